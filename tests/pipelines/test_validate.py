"""`validate`: literal histories in, hand-computed figures out; the arithmetic is written beside each figure."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from healthscore.errors import ConfigurationError, InsufficientDataError
from healthscore.pipelines.validate import Validation, validate

START = date(2024, 1, 1)
EXIT = ("account_id", "date", "type")


def frame(rows: list[tuple[str, str, Any]], *names: str) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(names or ("account_id", "date", "score")))


def book() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Forty accounts scored once: on day 45, 8 of 10 in red leave, 3 of 10 in yellow, 1 of 20 in green."""
    scores = [(f"a{i:02}", "2024-01-01", 20.0 if i < 10 else 55.0 if i < 20 else 90.0) for i in range(40)]
    left = [*range(8), 10, 11, 12, 20]
    return frame(scores), frame([(f"a{i:02}", "2024-02-15", "voluntary") for i in left], "account_id", "date", "type")


def run(**settings: Any) -> Validation:
    scores, exits = book()
    return validate(scores, exits, **{"data_end": date(2024, 6, 1), "resamples": 200, **settings})


def conserved(result: dict[str, Any]) -> None:
    for source in result["data"]["sources"].values():
        assert source["rows_in"] == source["used"] + sum(source["dropped"].values()) + sum(
            source["quarantined"].values()
        )


def test_rates_per_band() -> None:
    bands = run().result["bands"]
    assert [(b["n"], b["events"], b["accounts"]) for b in bands] == [(10, 8, 10), (10, 3, 10), (20, 1, 20)]
    assert [b["rate"]["estimate"] for b in bands] == pytest.approx([0.8, 0.3, 0.05], abs=1e-12)
    # against the average of 12 / 40
    assert [b["relative"]["estimate"] for b in bands] == pytest.approx([0.8 / 0.3, 1.0, 0.05 / 0.3], abs=1e-12)
    assert [b["share"] for b in bands] == [0.25, 0.25, 0.5]
    for band in bands:
        assert band["rate"]["low"] < band["rate"]["estimate"] < band["rate"]["high"]
    assert bands[0]["relative"]["low"] > 1 > bands[2]["relative"]["high"]


def test_a_band_that_nobody_left_is_not_certain_to_be_left_by_nobody() -> None:
    scores, exits = book()
    bands = validate(scores, exits[exits["account_id"] != "a20"], data_end=date(2024, 6, 1), resamples=50).result[
        "bands"
    ]
    best = bands[2]
    assert (best["events"], best["relative"]["estimate"], best["relative"]["low"]) == (0, 0.0, 0.0)
    assert best["relative"]["high"] == pytest.approx(best["rate"]["high"] / (11 / 40))
    assert best["relative"]["high"] > 0.3


def test_the_band_ratio_in_resamples_is_the_ratio_of_rates() -> None:
    from healthscore.evaluation.clustered import resample
    from healthscore.evaluation.metrics import Metric
    from healthscore.pipelines.validation.breakdown import _relative_rate, _relative_rates

    random = np.random.default_rng(3)
    label, inside = random.integers(0, 2, 60), random.integers(0, 2, 60).astype(float)
    account = random.integers(0, 20, 60)
    slow = Metric("slow", "", "", _relative_rate, True)
    fast = Metric("fast", "", "", _relative_rate, True, fast=_relative_rates)
    said = resample(label, {"band": inside}, account, [slow, fast], resamples=50, seed=1)
    assert said.draws["band"]["fast"] == pytest.approx(said.draws["band"]["slow"], abs=1e-12)


def test_ranking_figures_with_ties() -> None:
    result = run(capacity=8).result
    figures = {name: one["estimate"] for name, one in result["pooled"]["models"]["score"].items()}
    # 12 leavers (8 red, 3 yellow, 1 green) against 28 stayers (2, 7, 19): wins and half ties
    assert figures["auc"] == pytest.approx((8 * (7 + 19 + 1.0) + 3 * (19 + 3.5) + 9.5) / (12 * 28), abs=1e-12)
    # 10 % of 40 accounts are 4 of the 10 equal reds, which hold 8 leavers: 3.2 of 12
    assert figures["capture_10"] == pytest.approx(3.2 / 12, abs=1e-12)
    assert figures["lift_10"] == pytest.approx(3.2 / 12 / 0.1, abs=1e-12)
    assert figures["capture_20"] == pytest.approx(6.4 / 12, abs=1e-12)
    assert figures["capture_capacity"] == pytest.approx(6.4 / 12, abs=1e-12)  # 8 of a book of 40
    assert result["churners"]["churners"] == 12
    assert result["churners"]["models"]["score"]["held"]["estimate"] == pytest.approx(3.2, abs=1e-12)
    assert result["pooled"]["rate"]["estimate"] == pytest.approx(0.3, abs=1e-12)


def test_lead_time() -> None:
    lead = run().result["lead_time"]
    # eight of twelve were red from 2024-01-01 until they left 45 days later, four had no warning
    assert lead["exits"] == 12
    assert lead["median_days"]["estimate"] == 45
    assert (lead["recall"]["30"]["events"], lead["recall"]["30"]["n"]) == (8, 12)
    assert lead["recall"]["60"]["n"] == 0
    assert lead["alarms_per_100_accounts"] == 25.0


def test_tables_by_tenth_and_in_frames() -> None:
    found = run()
    deciles = found.result["deciles"]
    assert [(d["low"], d["high"], d["n"], d["events"]) for d in deciles] == [
        (20, 20, 10, 8),
        (55, 55, 10, 3),
        (90, 90, 20, 1),
    ]
    assert [d["captured"] for d in deciles] == pytest.approx([8 / 12, 11 / 12, 1.0])
    assert found.result["monotone"] == {"bands": True, "out_of_order": [], "decile_rises": 0}
    assert found.bands["rate.estimate"].tolist() == pytest.approx([0.8, 0.3, 0.05])
    assert len(found.snapshots) == 40
    assert found.snapshots.loc[found.snapshots["account_id"] == "a00"].iloc[0].tolist() == [
        "a00",
        START,
        20.0,
        "at risk",
        1,
    ]


def test_words_a_manager_understands() -> None:
    headline = run(capacity=8).result["headline"]
    text = " ".join(headline["sentences"]).replace("\u202f", " ")
    assert headline["verdict"] == "separates"
    assert "Of 12 accounts that left within 90 days of a score, the worst-scored 10 % of accounts held 3 (" in text
    assert "a score without any information would hold 1." in text
    assert "Accounts in red (0 to 40) left 2.7 (" in text
    assert "Each band left less often than the one below it." in text
    assert "8 of 12 exits were announced 30 days ahead, at a price of 25 alarms per 100 accounts." in text
    assert "A team that looks after the 8 worst-scored accounts of about 40 " in text


@pytest.mark.parametrize(
    ("days", "gap", "left", "reason"),
    [
        (-1, 0, None, "after_exit"),
        (0, 0, 1, None),  # midnight at the start of the day comes before any exit on it
        (89, 0, 1, None),
        (90, 0, 0, None),
        (6, 7, None, "exit_in_gap"),
        (7, 7, 1, None),
        (96, 7, 1, None),
        (97, 7, 0, None),
    ],
)
def test_window_boundaries(days: int, gap: int, left: int | None, reason: str | None) -> None:
    scores, exits = book()
    extra = frame([("edge", "2024-01-01", 50.0)])
    at = (START + timedelta(days=days)).isoformat()
    gone = frame([("edge", at, "voluntary")], "account_id", "date", "type")
    found = validate(
        pd.concat([scores, extra]), pd.concat([exits, gone]), gap=gap, data_end=date(2024, 6, 1), resamples=100
    )
    row = found.snapshots.loc[found.snapshots["account_id"] == "edge"]
    assert row["left"].tolist() == ([] if left is None else [left])
    dropped = found.result["data"]["sources"]["scores"]["dropped"]
    assert dropped == ({} if reason is None else {reason: 1})
    conserved(found.result)


def test_unfinished_windows_are_set_aside_even_if_the_account_has_left() -> None:
    scores, exits = book()
    late = frame([("a00", "2024-02-10", 20.0), ("a30", "2024-03-31", 90.0), ("a30", "2024-03-03", 90.0)])
    found = validate(pd.concat([scores, late]), exits, data_end=date(2024, 6, 1), resamples=100)
    # 2024-03-03 + 90 days = 2024-06-01 is just over; 2024-03-31 is not; 2024-02-10 ends on 2024-05-10
    assert found.result["data"]["sources"]["scores"]["dropped"] == {"immature": 1}
    assert [s["immature"] for s in found.result["snapshots"]] == [0, 0, 0, 1]
    default = validate(pd.concat([scores, late]), exits, horizon=46, resamples=100)
    assert default.result["data"]["data_end"] == "2024-04-01", "the day after the last dated row of either file"
    later = validate(scores, exits, maturity=60, horizon=90, data_end=date(2024, 5, 30), resamples=100)
    assert later.result["data"]["sources"]["scores"]["used"] == 40


def test_exits_of_accounts_never_scored_or_before_their_first_score_are_counted() -> None:
    scores, exits = book()
    early = [("a39", "2023-12-01", "voluntary"), ("zz", "2024-02-01", "voluntary"), ("a01", "2024-03-01", "voluntary")]
    result = validate(
        scores, pd.concat([exits, frame(early, "account_id", "date", "type")]), data_end=date(2024, 6, 1), resamples=100
    ).result
    assert result["data"]["sources"]["exits"]["dropped"] == {"unknown_account": 1, "second_exit": 1}
    assert result["data"]["sources"]["scores"]["dropped"] == {"after_exit": 1}
    assert result["data"]["exits_before_first_score"] == 1
    assert "1 score of 1 account came after the account had left" in " ".join(result["warnings"])
    assert "1 of 15 exits belong to no scored account" in " ".join(result["warnings"])
    conserved(result)


def test_accounts_that_return_have_a_life_each_if_the_user_says_so() -> None:
    scores, exits = book()
    again = pd.concat([scores, frame([("a00", "2024-03-01", 30.0)])])
    second = pd.concat([exits, frame([("a00", "2024-04-01", "voluntary")], "account_id", "date", "type")])
    once = validate(again, second, data_end=date(2024, 6, 1), resamples=100).result
    assert once["data"]["sources"]["scores"]["dropped"] == {"after_exit": 1}
    twice = validate(again, second, data_end=date(2024, 6, 1), returns=True, resamples=100).result
    assert (twice["pooled"]["events"], twice["pooled"]["exits"], twice["pooled"]["n"]) == (13, 13, 41)


def test_exits_of_types_that_do_not_count_are_neither_left_nor_stayed() -> None:
    scores, exits = book()
    exits["type"] = ["merged", *["voluntary"] * 10, "Involuntary"]
    result = validate(scores, exits, data_end=date(2024, 6, 1), resamples=100).result
    assert (result["pooled"]["events"], result["pooled"]["n"]) == (11, 39)
    assert result["data"]["sources"]["scores"]["dropped"] == {"left_otherwise": 1}
    assert result["data"]["exit_types"] == {"Involuntary": 1, "merged": 1, "voluntary": 10}
    conserved(result)
    chosen = validate(scores, exits, types=["voluntary"], data_end=date(2024, 6, 1), resamples=100).result
    assert (chosen["pooled"]["events"], chosen["pooled"]["n"]) == (10, 38)
    with pytest.raises(ConfigurationError, match="no exit has the type 'volunteer'"):
        validate(scores, exits, types=["volunteer"])


def test_an_account_leaving_once_counts_once_however_often_it_was_scored() -> None:
    scores, exits = book()
    weekly = pd.concat(scores.assign(date=(START + timedelta(days=7 * week)).isoformat()) for week in range(4))
    result = validate(weekly, exits, data_end=date(2024, 6, 1), resamples=100).result
    assert (result["pooled"]["events"], result["pooled"]["exits"]) == (48, 12)
    assert result["churners"]["churners"] == 12
    assert result["churners"]["models"]["score"]["held"]["estimate"] == pytest.approx(3.2, abs=1e-12)


def test_a_score_that_points_the_wrong_way_is_called_so() -> None:
    scores, exits = book()
    risk = scores.assign(score=100 - scores["score"])
    wrong = validate(risk, exits, data_end=date(2024, 6, 1), resamples=200).result
    assert wrong["headline"]["verdict"] == "reversed"
    assert "--higher-is-riskier" in " ".join(wrong["headline"]["sentences"])
    assert wrong["monotone"]["bands"] is False
    turned = validate(risk, exits, higher_is_riskier=True, data_end=date(2024, 6, 1), resamples=200).result
    assert turned["bands"] == run().result["bands"]


def test_the_order_of_bands_is_no_news_where_the_score_tells_nothing() -> None:
    scores, exits = book()
    scores["score"] = [20.0, 55.0, 90.0, 90.0] * 10
    exits = exits[exits["account_id"] != "a02"]
    headline = validate(scores, exits, data_end=date(2024, 6, 1), resamples=100).result["headline"]
    assert headline["verdict"] == "not shown"
    assert not any(sentence.startswith("Each band") for sentence in headline["sentences"])


def test_noise_is_rarely_called_a_score() -> None:
    verdicts = []
    for seed in range(20):
        random = np.random.default_rng(seed)
        accounts = [f"c{i}" for i in range(300)]
        scores = frame([(name, "2024-01-01", float(random.integers(1, 100))) for name in accounts])
        exits = frame([(name, "2024-02-01", "") for name in random.choice(accounts, 60, replace=False)], *EXIT)
        headline = validate(scores, exits, data_end=date(2024, 6, 1), resamples=100).result["headline"]
        verdicts.append(headline["verdict"])
    # 5 % of twenty, either way; more than four happens once in four hundred times
    assert verdicts.count("not shown") >= 16


def test_small_books_say_what_they_cannot_say() -> None:
    scores, exits = book()
    assert "Small book: 12 exits" in " ".join(run().result["warnings"])
    with pytest.raises(InsufficientDataError, match="9 exits followed a score") as refused:
        validate(scores, exits.iloc[:9], data_end=date(2024, 6, 1))
    assert refused.value.exit_code == 3
    with pytest.raises(InsufficientDataError, match="every scored account left"):
        validate(scores[scores["account_id"].isin(exits["account_id"])], exits, data_end=date(2024, 6, 1))


def test_exits_before_all_scores_are_refused_with_the_days_of_both() -> None:
    scores, exits = book()
    with pytest.raises(
        InsufficientDataError, match="the scores are of 2024-01-01 to 2024-01-01, the exits of 2021-02-15"
    ):
        validate(scores, exits.assign(date="2021-02-15"))


def test_files_that_do_not_cover_the_same_time_are_noticed() -> None:
    months = [date(2023, month, 1) for month in range(1, 13)] + [date(2024, month, 1) for month in range(1, 7)]
    scores = frame([(f"a{i}", day.isoformat(), float(40 + i % 60)) for i in range(200) for day in months])
    exits = frame([(f"a{i}", f"2023-{3 + i % 3:02}-10", "") for i in range(60)], "account_id", "date", "type")
    said = " ".join(validate(scores, exits, resamples=100).result["warnings"])
    assert "No exit is recorded in the last 388 days of the data" in said
    assert "--data-end 2023-05-11" in said
    future = pd.concat([exits, frame([("a199", "2025-12-31", "")], "account_id", "date", "type")])
    assert "Where it is only scheduled" in " ".join(validate(scores, future, resamples=100).result["warnings"])


def test_segments_and_revenue() -> None:
    scores, exits = book()
    scores["segment"] = ["small" if i % 2 else "large" for i in range(40)]
    scores["MRR"] = [100.0 if i < 10 else 1.0 for i in range(39)] + [np.nan]
    result = validate(scores, exits, data_end=date(2024, 6, 1), resamples=100).result
    assert {s["segment"]: (s["n"], s["events"], s["auc"]["estimate"], s["separates"]) for s in result["segments"]} == {
        "large": (20, 7, None, None),  # 0, 2, 4, 6, 10, 12, 20: fewer than ten exits, so nothing is said of the score
        "small": (20, 5, None, None),
    }
    # four tenths of the eight red leavers' 800, of 804 lost in all
    assert result["pooled"]["models"]["score"]["revenue_capture_10"]["estimate"] == pytest.approx(320 / 804, abs=1e-12)
    assert "1 score had no value" in " ".join(result["warnings"])


@pytest.mark.parametrize("edges", [(), (70, 40), (40, 40), (0, 40), (40, 100)])
def test_edges_that_cannot_be_meant(edges: tuple[float, ...]) -> None:
    with pytest.raises(ConfigurationError, match="edges"):
        run(edges=edges)


def test_bands_are_those_of_the_score_as_displayed() -> None:
    scores, exits = book()
    scores["score"] = [39.94 if i < 10 else 39.96 if i < 20 else 69.95 for i in range(40)]
    bands = validate(scores, exits, data_end=date(2024, 6, 1), resamples=100).result["bands"]
    assert [band["n"] for band in bands] == [10, 10, 20]  # shown as 39.9, 40.0 and 70.0 (69.95 rounds half to even)
    five = run(edges=(20.0, 40.0, 60.0, 80.0)).result["bands"]
    assert [(band["name"], band["n"]) for band in five] == [
        ("0 to 20", 0), ("20 to 40", 10), ("40 to 60", 10), ("60 to 80", 0), ("80 to 100", 20),
    ]  # fmt: skip
    assert "No account was ever in red" in " ".join(run(edges=(10.0, 60.0)).result["headline"]["sentences"])


def test_results_are_published_whole_and_the_same_work_has_the_same_name(tmp_path: Path) -> None:
    first, second = run(out=tmp_path), run(out=tmp_path)
    assert first.directory == second.directory == tmp_path / "validate" / first.result["identity"]
    assert first.directory is not None
    assert json.loads((first.directory / "result.json").read_text(encoding="utf-8")) == first.result
    assert (first.directory / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert run(horizon=60).result["identity"] != first.result["identity"]
    assert run().directory is None
