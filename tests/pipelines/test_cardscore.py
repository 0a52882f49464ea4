"""Scores by a scorecard alone, worked out by hand; who is scored, in which band, and why."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from healthscore.pipelines.publish import current
from healthscore.pipelines.score import ScoreResult, score
from literal_card import (
    ACTIONS,
    AS_OF,
    CARD,
    CASES,
    SURVEYS,
    TABLES,
    by_account,
    card_of,
    literal_run,
    rated,
    visits,
)


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> ScoreResult:
    return score(literal_run(tmp_path_factory.mktemp("literal")), as_of=AS_OF, scorecard=card_of())


# --- worked out by hand ----------------------------------------------------------------------------------------------
#
#    use        support      survey
# a  8/10: 80   1 (free): 100  9: 90   50 % 80 + 30 % 100 + 20 % 90 = 88
# b  10: 100    3: 2 over: 50 10: 100  50 + 15 + 20 = 85, capped below 70: 69.9
# c  2: 20      2: 1 over: 75  none    (50 * 20 + 30 * 75) / 80 = 40.625
# d  5: 50      2: 1 over: 75  5: 50   large, 20 % + 60 % + 20 %: 10 + 45 + 10 = 65
# h  4: 40      0: 100         none    beginner, 80 % + 20 %: 32 + 20 = 52, bands at 20 and 50


def test_scores_are_those_worked_out_by_hand(scored: ScoreResult) -> None:
    rows = rated(scored)
    shown = rows[["health", "band", "grade", "rank", "percentile", "cap", "variant", "missing", "value", "owner"]]
    assert {account: tuple(row) for account, row in zip(shown.index, shown.to_numpy().tolist(), strict=True)} == {
        "c": (40.6, "needs attention", "D", 1, 10.0, "", "", "survey", 50.0, "Bob"),
        "h": (52.0, "healthy", "D", 2, 30.0, "", "beginner", "survey", 20.0, "Bob"),
        "d": (65.0, "needs attention", "C", 3, 50.0, "", "large", "", 900.0, "Bob"),
        "b": (69.9, "needs attention", "C", 4, 70.0, "three cases", "", "", 200.0, "Ann"),
        "a": (88.0, "healthy", "A", 5, 90.0, "", "", "", 100.0, "Ann"),
    }


def test_points_are_those_worked_out_by_hand(scored: ScoreResult) -> None:
    names = ("points_base", "points_use", "points_support", "points_survey", "points_capped")
    rows = by_account(scored)
    assert {account: tuple(row[name] for name in names) for account, row in rows.items()} == {
        "a": (100.0, -10.0, 0.0, -2.0, 0.0),
        "b": (100.0, 0.0, -15.0, 0.0, -15.1),
        "c": (100.0, -50.0, -9.4, 0.0, 0.0),  # -50 and -9.375, and 40.6 is what is left
        "d": (100.0, -10.0, -15.0, -10.0, 0.0),
        "h": (100.0, -48.0, 0.0, 0.0, 0.0),
    }
    parts = ("use", "support", "survey")
    assert [rows["c"][f"weight_{name}"] for name in parts] == [62.5, 37.5, 0.0]
    assert [rows["d"][f"weight_{name}"] for name in parts] == [20.0, 60.0, 20.0]
    assert [rows["c"][f"subscore_{name}"] for name in parts[:2]] == [20.0, 75.0]
    assert np.isnan(rows["c"]["subscore_survey"])


def test_reasons_are_sentences_strongest_first(scored: ScoreResult) -> None:
    rows = by_account(scored)
    assert rows["b"]["drivers_down"] == (
        "three cases -15.1: 3 rows of cases open, so at most 69.9; support -15.0: 3 rows of cases open (free: 1)"
    )
    assert rows["b"]["drivers_up"] == (
        "use 50.0 of 50: 10 days with rows of visits in the last 28 days; "
        "survey 20.0 of 20: 10, the last of the rows of survey"
    )
    assert rows["c"]["drivers_down"].startswith("use -50.0: 2 days with rows of visits in the last 28 days; ")
    assert rows["c"]["drivers_up"] == "support 28.1 of 37.5: 2 rows of cases open (free: 1)"


def test_who_leaves_or_tries_has_a_status(scored: ScoreResult) -> None:
    rest = scored.scores[scored.scores["status"] != "scored"]
    assert dict(zip(rest["account_id"], rest["status"], strict=True)) == {"g": "leaving", "i": "trial"}
    assert rest[["health", "rank", "band", "points_base", "cap", "subscore_use"]].isna().to_numpy().all()
    assert scored.result["unscored"] == {"leaving": 1, "trial": 1}


def test_it_says_no_probability(scored: ScoreResult) -> None:
    assert scored.scores["probability"].isna().all()
    assert scored.result["expected_exits"] is None
    assert {band["probability"] for band in scored.result["band_probability"].values()} == {None}
    assert scored.result["period"] is None
    assert scored.scores[["gap_days", "horizon_days"]].isna().to_numpy().all()
    assert set(scored.scores["model"].dropna()) == {"scorecard literal_card"}


def test_the_result_counts_what_the_scorecard_did(scored: ScoreResult) -> None:
    told = scored.result["scorecard"]
    assert told["weights"] == {"use": 50.0, "support": 30.0, "survey": 20.0}
    assert (told["variants"], told["caps"]) == ({"beginner": 1, "large": 1}, {"three cases": 1})
    assert told["missing"] == {"use": 0, "support": 0, "survey": 2}
    assert scored.result["bands"] == {"at risk": 0, "needs attention": 3, "healthy": 2}
    assert scored.result["mean_health"] == pytest.approx((40.6 + 52 + 65 + 69.9 + 88) / 5)


def test_files_hold_what_was_returned(scored: ScoreResult) -> None:
    pd.testing.assert_frame_equal(pd.read_parquet(scored.directory / "scores.parquet"), scored.scores)
    pd.testing.assert_frame_equal(pd.read_parquet(scored.directory / "drivers.parquet"), scored.drivers)
    written = json.loads((scored.directory / "result.json").read_text(encoding="utf-8"))
    assert {key: scored.result[key] for key in written} == written
    assert current(scored.directory.parents[1], "score-literal_card") == scored.directory


# --- who is scored ---------------------------------------------------------------------------------------------------


def test_with_an_outcome_they_are_those_at_risk_with_the_same_scores(scored: ScoreResult, tmp_path: Path) -> None:
    outcome = {"kind": "churn", "source": "subscriptions", "gap_days": 7, "horizon_days": 60}
    found = score(literal_run(tmp_path, outcome=outcome), as_of=AS_OF, scorecard=card_of())
    pd.testing.assert_frame_equal(
        found.scores.drop(columns=["gap_days", "horizon_days"]),
        scored.scores.drop(columns=["gap_days", "horizon_days"]),
    )
    assert (found.scores["gap_days"] == 7).all()
    assert found.result["period"] == "day 7 to day 67 after 2024-03-01"


def test_a_gain_is_no_reason_not_to_score(tmp_path: Path) -> None:
    run = literal_run(tmp_path, outcome={"kind": "expansion", "source": "subscriptions", "horizon_days": 60})
    found = rated(score(run, as_of=AS_OF, scorecard=card_of()))
    assert set(found.index) == {"a", "b", "c", "d"}  # the outcome leaves beginners out


def test_without_subscriptions_they_are_those_known_by_then(scored: ScoreResult, tmp_path: Path) -> None:
    tables = {name: table for name, table in TABLES.items() if name not in ("subscriptions", "accounts")}
    run = literal_run(tmp_path, {**tables, "intervals": CASES + "z 2024-03-01 -\n"})
    found = rated(score(run, as_of=AS_OF, scorecard=card_of(variant=[])))
    assert set(found.index) == {"a", "b", "c", "d", "e", "h"}  # z is heard of only on the day itself
    assert found.loc[["a", "b", "c"], "health"].to_list() == rated(scored).loc[["a", "b", "c"], "health"].to_list()
    assert found["value"].isna().all()


def test_who_is_not_known_at_all_has_a_status(tmp_path: Path) -> None:
    survey = {"survey": {**CARD["components"]["survey"], "weight": 100}}
    found = score(literal_run(tmp_path), as_of=AS_OF, scorecard=card_of(components=survey, variant=[]))
    assert rated(found)["health"].to_dict() == {"d": 50.0, "a": 90.0, "b": 69.9}
    rest = found.scores[found.scores["status"] == "no features"]
    assert set(rest["account_id"]) == {"c", "h"}
    assert found.result["unscored"] == {"no features": 2, "leaving": 1, "trial": 1}
    assert set(found.drivers["account_id"]) == {"a", "b", "d"}


def test_other_accounts_change_no_account(scored: ScoreResult, tmp_path: Path) -> None:
    def without(table: str) -> str:
        header, *rows = table.strip().splitlines()
        return "\n".join(["", header, *(row for row in rows if row.split()[0] not in "ab")]) + "\n"

    run = literal_run(
        tmp_path, {name: without(table) for name, table in TABLES.items()} | {"events": without(visits())}
    )
    fewer, all_of_them = rated(score(run, as_of=AS_OF, scorecard=card_of())), rated(scored)
    compared = all_of_them.columns.difference(["rank", "percentile"])
    pd.testing.assert_frame_equal(fewer[compared], all_of_them.loc[fewer.index, compared], check_exact=True)
    assert fewer["rank"].to_list() == [1, 2, 3]


def test_equal_scores_share_a_rank(tmp_path: Path) -> None:
    weights = {"use": 33.33, "support": 33.33, "survey": 33.34}
    components = {name: {**part, "weight": weights[name]} for name, part in CARD["components"].items()}
    tables = {**TABLES, "intervals": "\naccount_id start end\na 2024-01-01 2024-01-02\n", "levels": SURVEYS}
    run = literal_run(tmp_path, tables | {"events": visits({"c": 3, "h": 3})})
    found = rated(score(run, as_of=AS_OF, scorecard=card_of(components=components, variant=[])))
    assert found["rank"].to_dict()["c"] == found["rank"].to_dict()["h"]
    assert found["percentile"].to_dict()["c"] == found["percentile"].to_dict()["h"]


# --- bands, letters, confidence, warnings ----------------------------------------------------------------------------


def test_bands_by_quartiles_are_those_of_the_reference_date(tmp_path: Path) -> None:
    bands = {"quartiles_of": "2024-02-16"}
    use = {"use": {**CARD["components"]["use"], "weight": 100}}
    card = card_of(components=use, variant=[], cap=[], bands=bands)
    found = score(literal_run(tmp_path), as_of=AS_OF, scorecard=card)
    # Days by 16 February: a, b 6, c 2, d 5, g (not yet leaving) 0; h had not begun, e had ended. Quartiles 20 and 60.
    assert {name: (band["low"], band["high"]) for name, band in found.result["band_probability"].items()} == {
        "at risk": (0.0, 20.0),
        "needs attention": (20.0, 60.0),
        "healthy": (60.0, 100.0),
    }
    assert rated(found)["band"].to_dict() == {
        "c": "needs attention",
        "h": "needs attention",
        "d": "needs attention",
        "a": "healthy",
        "b": "healthy",
    }
    assert found.result["warnings"] == []


def test_bands_of_a_later_date_are_hindsight(tmp_path: Path) -> None:
    bands = {"quartiles_of": "2024-03-01"}
    card = card_of(variant=[], cap=[], bands=bands)
    found = score(literal_run(tmp_path), as_of=date(2024, 2, 20), scorecard=card)
    assert found.result["warnings"][0] == "the bands are the quartiles of 2024-03-01, a later date than 2024-02-20"


def test_a_scorecard_may_have_letters_of_its_own(tmp_path: Path) -> None:
    card = card_of(letters={"edges": [50.0], "names": ["low", "high"]})
    assert rated(score(literal_run(tmp_path), as_of=AS_OF, scorecard=card))["grade"].to_dict() == {
        "c": "low",
        "h": "high",
        "d": "high",
        "b": "high",
        "a": "high",
    }


def test_a_score_of_which_half_is_not_known_is_of_low_confidence(tmp_path: Path) -> None:
    weights = {"use": 30, "support": 20, "survey": 50}
    components = {name: {**part, "weight": weights[name]} for name, part in CARD["components"].items()}
    found = score(literal_run(tmp_path), as_of=AS_OF, scorecard=card_of(components=components))
    assert rated(found)["low_confidence"].to_dict() == {
        "c": "nothing is known of survey: 50% of the weight",
        **dict.fromkeys("abdh", ""),  # for beginners, the survey has no weight
    }
    assert found.result["low_confidence"] == 1


def test_a_scorecard_nobody_looked_at_again_says_so(tmp_path: Path) -> None:
    purpose = {"question": "Whom to call?", "owner": "Ann", "review": "2024-02-01"}
    found = score(literal_run(tmp_path), as_of=AS_OF, scorecard=card_of(purpose=purpose))
    assert found.result["warnings"] == ["Ann was to look at this scorecard again on 2024-02-01"]
    assert found.result["scorecard"]["purpose"]["review"] == "2024-02-01"


def test_a_component_that_most_lack_is_told(tmp_path: Path) -> None:
    run = literal_run(tmp_path, {**TABLES, "levels": "\naccount_id time value\nb 2024-02-01 9\n"})
    found = score(run, as_of=AS_OF, scorecard=card_of())
    assert found.result["warnings"] == ["nothing is known of survey for 80% of the accounts"]


def test_a_variant_for_nobody_is_told(tmp_path: Path) -> None:
    variant = [{"name": "large", "segments": ["bigg"], "weights": {"use": 100}}]
    found = score(literal_run(tmp_path), as_of=AS_OF, scorecard=card_of(variant=variant))
    assert found.result["warnings"] == ["variant 'large' is for bigg, and counts for no account"]


def test_a_book_that_does_not_differ_is_told(tmp_path: Path) -> None:
    use = {"use": {**CARD["components"]["use"], "weight": 100}}
    tables = {"intervals": "\naccount_id start end\na 2024-01-01 2024-01-02\n", "levels": SURVEYS}
    run = literal_run(tmp_path, tables | {"events": visits({f"v{n}": 3 for n in range(10)})})
    card = card_of(components=use, variant=[], cap=[])
    assert score(run, as_of=AS_OF, scorecard=card).result["warnings"] == []
    alike = card_of(
        components={"use": {"weight": 100, "measures": [{"feature": "cases_open", "steps": [[0, 50], [1, 0]]}]}},
        variant=[],
        cap=[],
    )
    (said,) = score(run, as_of=AS_OF, scorecard=alike).result["warnings"]
    assert said == "all 14 accounts have the same score: what the scorecard reads does not differ among them"


# --- actions ---------------------------------------------------------------------------------------------------------


def test_actions_add_to_what_they_start_from(tmp_path: Path) -> None:
    components = {"deeds": ACTIONS, "support": {**CARD["components"]["support"], "weight": 50}}
    found = score(literal_run(tmp_path), as_of=AS_OF, scorecard=card_of(components=components, variant=[], cap=[]))
    rows = by_account(found)
    # a: 50 + 30 + 40 = 120, held at 100; b: 50 + 70 - 20 = 100; c: 50 - 20; d: 50 + 30 - 20; h: 50.
    subscores = {account: row["subscore_deeds"] for account, row in rows.items()}
    assert subscores == {"c": 30.0, "h": 50.0, "d": 60.0, "b": 100.0, "a": 100.0}
    assert rows["c"]["drivers_down"].startswith("deeds -35.0: has open cases (2 rows of cases open); ")
    assert rows["h"]["drivers_down"] == "deeds -25.0: 50 points to start with, and 0 of 2 actions that add to them"
    assert rows["b"]["drivers_up"] == (
        "deeds 50.0 of 50: came very often (10 days with rows of visits in the last 28 days)"
    )
    features = found.drivers[(found.drivers["kind"] == "feature") & (found.drivers["component"] == "deeds")]
    mine = features[features["account_id"] == "a"]
    assert dict(zip(mine["feature"], mine["points"], strict=True)) == {
        "visits_active_days_28d": 35.0,  # both actions, at half the weight
        "cases_open": 0.0,
        "": -35.0,  # 25 to begin with, and 10 beyond the end of the scale
    }
