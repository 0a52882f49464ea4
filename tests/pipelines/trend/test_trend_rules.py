"""Rules of the course of a score: series in, findings out."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from healthscore.config import Trend
from healthscore.config.trend import Drop
from healthscore.pipelines.trend.courses import dates_looked_at
from healthscore.pipelines.trend.following import trend_of
from scored_history import write_course, write_scored

MONTHS = 30
WEEKS = 7
DAYS = 1
SLIDE = [80.0 - 0.25 * day for day in range(91)]


@pytest.mark.parametrize(
    ("every", "scores", "rules"),
    [
        (MONTHS, [88, 72], "drop"),
        (MONTHS, [88, 73.1], ""),
        (MONTHS, [90, 70], "drop"),
        (MONTHS, [60, 60, 60], ""),
        (MONTHS, [95, 85, 75], "decline"),
        (WEEKS, [95, 85, 75], "drop;decline"),
        (MONTHS, [95, 85, 86, 75], ""),
        (MONTHS, [95, 94, 75], "drop"),
        (MONTHS, [82, 77, 72, 67], "decline"),
        (MONTHS, [82, 80, 78, 76], ""),
        (MONTHS, [35, 55], "recovery"),
        (MONTHS, [45, 50, 65], "recovery"),
        (MONTHS, [45, 52, 60], "recovery"),
        (MONTHS, [72, 90], ""),
        (MONTHS, [45], ""),
        (MONTHS, [88, None, 72], ""),
        (MONTHS, [95, None, 85, 75], "decline"),
        (MONTHS, [None, None, 72], ""),
        (MONTHS, [88, "paused", 72], ""),
        (WEEKS, [88, "paused", 72], "drop"),
        (MONTHS, [75, 76, 77, 75, 64.5], "sudden_drop"),
        (MONTHS, [75, 66, 77, 75, 64.5], ""),
        (MONTHS, [75, 76, 64.5], ""),
        (MONTHS, [75, 76, None, 75, 64.5], "sudden_drop"),
        (MONTHS, [90, 91, 90, 92, 74], "drop;sudden_drop"),
        (DAYS, SLIDE, "decline"),
        (WEEKS, SLIDE[::7], "decline"),
        (MONTHS, SLIDE[::30], "decline"),
        (WEEKS, [88, 60, 76], "recovery"),
        (200, [88, 72], ""),
    ],
)
def test_a_course_and_what_is_found(tmp_path: Path, every: int, scores: list[float | str | None], rules: str) -> None:
    found = trend_of(write_course(tmp_path, scores, every), Trend()).set_index("account_id")
    assert found.loc["a", "trend_rules"] == rules


def test_findings_are_told_with_points_dates_and_bands(tmp_path: Path) -> None:
    inside = trend_of(write_course(tmp_path / "inside", [88, 72], MONTHS), Trend()).set_index("account_id")
    assert inside.loc["a", "trend"] == "fell 16.0 points since 2025-01-06, inside 'healthy'"
    across = trend_of(write_course(tmp_path / "across", [88, 62], MONTHS), Trend()).set_index("account_id")
    assert across.loc["a", "trend"] == "fell 26.0 points since 2025-01-06, from 'healthy' to 'needs attention'"
    row = trend_of(write_course(tmp_path / "row", [95, 85, 75], MONTHS), Trend()).set_index("account_id")
    assert row.loc["a", "trend"] == "falls in 3 scores in a row: 20.0 points since 2025-01-06, inside 'healthy'"
    back = trend_of(write_course(tmp_path / "back", [35, 55], MONTHS), Trend()).set_index("account_id")
    assert back.loc["a", "trend"] == "recovered 20.0 points since 2025-01-06, from 'at risk' to 'needs attention'"


def test_what_a_run_says_of_a_rule_counts(tmp_path: Path) -> None:
    course = write_course(tmp_path, [88, 80], MONTHS)
    assert trend_of(course, Trend(drop=Drop(points=8))).set_index("account_id").loc["a", "trend_rules"] == "drop"


def test_changes_are_told_against_the_youngest_date_that_is_old_enough(tmp_path: Path) -> None:
    days = [date(2025, 3, 31), date(2025, 4, 1), date(2025, 4, 20), date(2025, 4, 24), date(2025, 4, 30)]
    days += [date(2025, 5, 1)]
    history = [write_scored(tmp_path, day, {"a": 50.0 + i, "b": 60.0}) for i, day in enumerate(days)]
    found = trend_of(history, Trend()).set_index("account_id").loc["a"]
    assert (found["previous_as_of"], found["previous_health"], found["change"]) == (date(2025, 4, 30), 54.0, 1.0)
    assert (found["week_as_of"], found["change_week"]) == (date(2025, 4, 24), 2.0)
    assert (found["month_as_of"], found["change_month"]) == (date(2025, 4, 1), 4.0)


def test_a_date_that_is_too_old_is_no_week_and_no_month_ago(tmp_path: Path) -> None:
    found = trend_of(write_course(tmp_path, [80, 70], 60), Trend()).set_index("account_id").loc["a"]
    assert found["change"] == -10.0
    assert found[["week_as_of", "month_as_of"]].isna().all()
    assert found[["change_week", "change_month"]].isna().all()


def test_the_previous_score_counts_however_old_it_is(tmp_path: Path) -> None:
    found = trend_of(write_course(tmp_path, [80, 70], 300), Trend()).set_index("account_id").loc["a"]
    assert (found["previous_as_of"], found["change"]) == (date(2025, 1, 6), -10.0)


def test_of_daily_scores_the_rules_look_at_every_day_of_five_weeks_and_at_one_of_a_week_before() -> None:
    days = [date(2025, 1, 1) + timedelta(days=n) for n in range(366)]
    looked_at = sorted(dates_looked_at(days))
    assert looked_at[-36:] == days[-36:]
    before = looked_at[:-36]
    assert {(b - a).days for a, b in pairwise(before)} == {7}
    assert {day.isoweekday() for day in before} == {7}
    assert (days[-1] - before[0]).days <= 200


def test_ranks_move_with_the_others(tmp_path: Path) -> None:
    history = [
        write_scored(tmp_path, date(2025, 4, 1), {"a": 30.0, "b": 40.0, "c": 50.0}),
        write_scored(tmp_path, date(2025, 5, 1), {"a": 45.0, "b": 40.0, "d": 10.0}),
    ]
    found = trend_of(history, Trend()).set_index("account_id")
    assert found.loc["a", "rank_change"] == 2
    assert found.loc["b", "rank_change"] == 0
    assert found.loc["d", ["previous_rank", "rank_change"]].isna().all()


def test_whoever_had_a_status_last_time_is_compared_with_the_score_before(tmp_path: Path) -> None:
    found = trend_of(write_course(tmp_path, [80, "leaving", 70], WEEKS), Trend()).set_index("account_id").loc["a"]
    assert (found["previous_as_of"], found["change"]) == (date(2025, 1, 6), -10.0)
