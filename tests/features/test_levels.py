"""Levels: the last value and its age, the values of a window, and how they changed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from literal import entry_of, expect, panel_of, run_of

ANSWERS = """
account_id  time                  value  known_at
A           2024-01-10T09:00:00Z  10     -
A           2024-02-10T09:00:00Z  6      -
A           2024-02-20T09:00:00Z  9      -
A           2024-02-25T09:00:00Z  -      -
A           2024-02-28T09:00:00Z  2      2024-03-04T00:00:00Z
B           2024-02-29T23:59:59Z  7.5    -
C           2024-03-01T00:00:00Z  1      -
D           2024-02-10T09:00:00Z  -      -
"""
FEATURES = {"tenure": False}


def test_the_last_value_its_age_and_how_it_changed(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        {"levels": ANSWERS},
        as_of=["2024-03-01", "2024-03-04", "2024-03-05"],
        signals={"nps": {"source": "levels", "windows": [14, 28, "all"]}},
        features=FEATURES,
    )
    found = panel_of(run)
    expect(
        found,
        """
        account  as_of       nps_last  nps_age  nps_change  nps_change_14d  nps_change_28d
        A        2024-03-01  9         10       3           3               -1
        A        2024-03-04  9         13       3           3               -1
        A        2024-03-05  2         6        -7          -4              -8
        B        2024-03-01  7.5       1        -           -               -
        B        2024-03-05  7.5       5        -           -               -
        C        2024-03-01  -         -        -           -               -
        D        2024-03-01  -         -        -           -               -
        """,
    )
    expect(
        found,
        """
        account  as_of       nps_mean_14d  nps_mean_28d  nps_mean_ever  nps_count_14d  nps_count_28d
        A        2024-03-01  9             15/2          25/3           1              2
        A        2024-03-05  11/2          17/3          27/4           2              3
        B        2024-03-01  7.5           7.5           7.5            1              1
        C        2024-03-01  -             -             -              0              0
        D        2024-03-01  -             -             -              0              0
        """,
    )
    assert "nps_change_ever" not in found["A", date(2024, 3, 1)]


def test_the_last_of_a_day_is_the_last_by_its_time_then_by_when_it_was_known(tmp_path: Path) -> None:
    seats = """
    account_id  time                         value  known_at
    A           2024-02-20T09:00:00Z         3      -
    A           2024-02-20T08:59:59.999999Z  5      -
    B           2024-02-20T09:00:00Z         3      2024-02-22T00:00:00Z
    B           2024-02-20T09:00:00Z         5      2024-02-21T00:00:00Z
    C           2024-02-20T09:00:00Z         3      -
    C           2024-02-20T09:00:00Z         5      -
    """
    run = run_of(
        tmp_path,
        {"levels": seats},
        as_of=["2024-02-22", "2024-03-01"],
        signals={"seats": {"source": "levels", "windows": [28]}},
        features=FEATURES,
    )
    expect(
        panel_of(run),
        """
        account  as_of       seats_last  seats_change
        A        2024-03-01  3           -2
        B        2024-02-22  5           -
        B        2024-03-01  3           -2
        C        2024-03-01  5           2
        """,
    )


def test_the_balance_is_the_net_promoter_score_with_nine_and_six(tmp_path: Path) -> None:
    answers = "\n".join(
        ["", "account_id  time  value", *(f"A  2024-02-{10 + n}  {n}" for n in (0, 6, 7, 8, 9, 10, 10))]
    )
    run = run_of(
        tmp_path,
        {"levels": answers + "\nB  2024-01-10  -"},
        as_of=["2024-03-01"],
        signals={"nps": {"source": "levels", "windows": [28], "favourable_from": 9, "unfavourable_to": 6}},
        features=FEATURES,
    )
    expect(
        panel_of(run),
        """
        account  as_of       nps_balance_28d
        A        2024-03-01  100/7
        B        2024-03-01  -
        """,
    )


def test_the_edges_of_the_balance_are_exact_decimals(tmp_path: Path) -> None:
    scores = """
    account_id  time        value
    A           2024-02-20  7.3
    A           2024-02-21  7.29
    A           2024-02-22  2.1
    A           2024-02-23  2.11
    """
    run = run_of(
        tmp_path,
        {"levels": scores},
        as_of=["2024-02-24"],
        signals={"ces": {"source": "levels", "windows": [4], "favourable_from": 7.3, "unfavourable_to": 2.1}},
        features=FEATURES,
    )
    found = panel_of(run)["A", date(2024, 2, 24)]
    assert (found["ces_balance_4d"], found["ces_change"]) == (0, 0.01)


def test_a_window_that_was_not_recorded_is_missing_and_the_last_value_is_not(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        {"levels": "\naccount_id  time        value\nA  2024-02-10  4\nA  2024-02-25  5"},
        as_of=["2024-03-01"],
        sources={"levels": {"outages": [["2024-02-26", "2024-02-29"]]}},
        signals={"score": {"source": "levels", "windows": [7, 10, 28]}},
        features=FEATURES,
    )
    expect(
        panel_of(run),
        """
        account  as_of       score_last  score_age  score_count_7d  score_change_7d  score_count_10d  score_change_10d
        A        2024-03-01  5           5          -               -                1                1
        """,
    )


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("nps_last", 7, "7 points, the last of the survey answers"),
        ("nps_last", 1, "1 point, the last of the survey answers"),
        ("nps_age", 12, "12 days since the last of the survey answers"),
        ("nps_change", -3, "-3 points of change from the one before to the last of the survey answers"),
        ("nps_change", 0, "no change from the one before to the last of the survey answers"),
        ("nps_change_28d", 1, "+1 point of change in the last 28 days (survey answers)"),
        ("nps_change_28d", 0, "no change in the last 28 days (survey answers)"),
        ("nps_mean_28d", 7.25, "7.25 points on average in the last 28 days (survey answers)"),
        ("nps_count_28d", 1, "1 survey answer in the last 28 days"),
        ("nps_balance_28d", 40, "a balance of +40 in the last 28 days (survey answers: 9 or more against 6 or less)"),
    ],
)
def test_sentences_for_people_about_levels(tmp_path: Path, name: str, value: float, said: str) -> None:
    signal = {
        "source": "levels",
        "windows": [28],
        "label": "survey answers",
        "unit": "points",
        "favourable_from": 9,
        "unfavourable_to": 6,
    }
    run = run_of(tmp_path, {"levels": ANSWERS}, as_of=["2024-03-01"], signals={"nps": signal})
    assert entry_of(run, name).say(value) == said
