"""The verdict's table, row by row, and the tests that it rests on, on literal books."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pytest
from scipy.special import expit

from healthscore.asof import day_of
from healthscore.evaluation.proportions import NOT_COMPUTABLE, Estimate
from healthscore.models.weights.rows import WeightRows
from healthscore.pipelines.auditing.evidence import Evidence, Promise, components_test, evidence_from, level_test
from healthscore.pipelines.auditing.hindsight import exiting, foretold
from healthscore.pipelines.auditing.verdict import decide, verdict_of
from healthscore.pipelines.happenings import words_of

RANKS = Estimate(0.75, 0.70, 0.80)
COMPONENTS = ("use", "mood", "money")


def evidence(broken: Mapping[str, tuple[float, bool, bool]] | None = None, exits: int = 100) -> Evidence:
    """Evidence of literal promises: figure, whether it matters, whether it is shown."""
    figures = broken or {}
    tests = {
        name: Promise(name, Estimate(*figures.get(name, (1.0,))[:1], None, None), 1.0, 0.5, matters=False)
        for name in ("level", "slope", "components")
    }
    for name, (figure, matters, shown) in figures.items():
        tests[name] = Promise(
            name, Estimate(figure, figure - 0.1, figure + 0.1), 1.0, 0.001, matters=matters, shown=shown
        )
    return Evidence(exits, 100, tests, {"use": Estimate(2.0, 1.5, 2.5), "mood": Estimate(0.9, 0.5, 1.3)})


def found(auc: Estimate = RANKS, *, stale: bool = False, moved: int = 0, doubtful: int = 0) -> dict[str, Any]:
    """Sections of an audit as far as the verdict reads them."""
    move = {"shown": False, "before": 60.0, "after": 61.0}
    drift = {"score": move, "moved": moved, "tested": 50, "season": True, "weekday": False, "then": "2025-01-01"}
    newest = {"accounts": 100, "low_confidence": doubtful, "bands": {"at risk": 10}}
    return {
        "outcome": {"words": words_of("churn")},
        "hindsight": None,
        "sources": [{"name": "usage", "stale": stale, "last": "2025-04-20"}],
        "pooled": {"models": {"score": {"auc": auc}}},
        "drift": drift,
        "needs": {"dates": [newest], "capacity": None},
        "prevalence": None,
    }


TABLE = [
    ({}, "keep"),
    ({"level": (1.3, True, True)}, "recalibrate"),
    ({"level": (1.3, True, False)}, "keep"),
    ({"level": (1.05, False, True)}, "keep"),
    ({"slope": (0.7, True, True)}, "recalibrate"),
    ({"slope": (0.4, True, True)}, "retrain"),
    ({"components": (2.0, True, True)}, "retrain"),
    ({"components": (2.0, True, True), "level": (1.3, True, True)}, "retrain"),
]


@pytest.mark.parametrize(("broken", "verdict"), TABLE)
def test_the_table(broken: dict[str, tuple[float, bool, bool]], verdict: str) -> None:
    assert decide(evidence(broken), RANKS) == verdict
    said = verdict_of(found(), evidence(broken), by_scorecard=False, read=["usage"])
    assert said.verdict == verdict
    assert said.reasons
    assert said.as_dict()["exit_code"] == (0 if verdict == "keep" else 5)


def test_a_scorecard_whose_weights_are_wrong_is_recalibrated() -> None:
    assert decide(evidence({"components": (2.0, True, True)}), RANKS, by_scorecard=True) == "recalibrate"


@pytest.mark.parametrize("auc", [Estimate(0.55, 0.48, 0.62), Estimate(0.40, 0.35, 0.45)])
def test_what_does_not_rank_is_not_trusted(auc: Estimate) -> None:
    said = verdict_of(found(auc), evidence(), by_scorecard=False, read=["usage"])
    assert (said.verdict, said.headline) == ("do not trust", "Do not trust the score.")
    assert "AUC" in said.reasons[0]


def test_a_silent_source_is_not_trusted_unless_nothing_reads_it() -> None:
    said = verdict_of(found(stale=True), evidence(), by_scorecard=False, read=["usage"])
    assert said.verdict == "do not trust"
    assert said.reasons == ("Silent, which its own past makes improbable: usage (last row 2025-04-20).",)
    assert verdict_of(found(stale=True), evidence(), by_scorecard=False, read=["tickets"]).verdict == "keep"


def test_too_few_exits_keep_what_nothing_speaks_against() -> None:
    said = verdict_of(found(NOT_COMPUTABLE), evidence(exits=29), by_scorecard=False, read=[])
    assert (said.verdict, said.judged) == ("keep", False)
    assert said.headline == "Keep the score; it is not yet judged."
    assert said.reasons[0].startswith("29 accounts that left")


def test_drift_and_doubt_are_told_and_decide_nothing() -> None:
    said = verdict_of(found(moved=7, doubtful=30), evidence(), by_scorecard=False, read=[])
    assert said.verdict == "keep"
    assert said.notes[0] == "7 of 50 features have moved; the season alone may be why."
    assert "of low confidence" in said.notes[1]


def book(seed: int, worth: tuple[float, ...] = (1.0, 1.0, 1.0), level: float = 0.0) -> tuple[WeightRows, np.ndarray]:
    """Points of 600 accounts at four dates with the probabilities they stand for, and exits by what they are worth."""
    random = np.random.default_rng(seed)
    account, day = np.tile(np.arange(600), 4), np.repeat(np.arange(4) * 30, 600)
    points = 10.0 * (0.9 * random.normal(size=(600, 3))[account] + 0.4 * random.normal(size=(2400, 3)))
    per_point = np.log(2.0) / 15.0
    p = expit(-2.2 - per_point * points.sum(axis=1))
    true = expit(-2.2 + level - per_point * points @ np.array(worth))
    y = (random.random(2400) < true).astype(np.int8)
    return WeightRows(COMPONENTS, points, y, day, day + 90, account), p


def test_an_honest_score_breaks_no_promise() -> None:
    broken = [any(test.broken for test in evidence_from(*book(seed), None).tests.values()) for seed in range(60)]
    assert sum(broken) <= 8  # of 60 at 5 %: the 99 % limit


def test_a_level_that_is_off_is_found_and_nothing_else() -> None:
    said = evidence_from(*book(1, level=0.6), 5_000)
    assert [name for name, test in said.tests.items() if test.broken] == ["level"]
    figure = said.tests["level"].figure
    assert figure.low is not None
    assert figure.low > 1.2


def test_components_that_trade_places_are_found() -> None:
    said = evidence_from(*book(2, worth=(0.0, 2.0, 1.0)), 5_000)
    assert said.tests["components"].broken
    worth = {name: one.estimate for name, one in said.worth.items()}
    assert worth["mood"] == pytest.approx(2.0, abs=0.7)
    assert worth["use"] == pytest.approx(0.0, abs=0.5)
    assert "a point of mood counts" in verdict_of(found(), said, by_scorecard=False, read=[]).reasons[0]


def test_a_model_of_few_exits_is_given_the_benefit_of_its_own_chance() -> None:
    rows, p = book(3, level=0.35)
    sure, unsure = (evidence_from(rows, p, learned).tests["level"] for learned in (100_000, 40))
    assert sure.chance is not None
    assert unsure.chance is not None
    assert sure.chance < unsure.chance
    assert sure.figure.estimate == unsure.figure.estimate


def test_few_exits_give_a_ratio_without_a_range() -> None:
    y = np.r_[np.ones(3, bool), np.zeros(47, bool)]
    said = level_test(y, np.full(50, 0.03), np.arange(50))
    assert said.figure.estimate == pytest.approx(2.0)
    assert (said.figure.low, said.chance) == (None, None)


def test_one_component_has_nothing_to_differ_from() -> None:
    rows, _ = book(4)
    alone = WeightRows(("use",), rows.s[:, :1], rows.y, rows.day, rows.known, rows.cluster)
    test, worth = components_test(alone)
    assert (test.chance, worth) == (None, {})


def test_scores_that_knew_what_came_judge_nothing() -> None:
    """A history that was scored afterwards ranks well whatever the model is worth."""
    knew = {"known_until": "2025-06-21", "rows": 2280, "left_out": False, "exits": 3}
    broken = evidence({"slope": (0.4, True, True)})
    said = verdict_of(found() | {"hindsight": knew}, broken, by_scorecard=False, read=[])
    assert (said.verdict, said.judged, said.as_dict()["exit_code"]) == ("keep", False, 0)
    few, why = said.reasons
    assert few.startswith("3 accounts that left after a published score of this scorer, which did not know it, are")
    assert why.startswith("The model had learned outcomes up to 2025-06-21: 2,280 scores of earlier dates knew what")


def test_once_enough_left_after_honest_scores_those_are_judged_alone() -> None:
    knew = {"known_until": "2025-06-21", "rows": 2280, "left_out": True, "exits": 40}
    said = verdict_of(found() | {"hindsight": knew}, evidence(exits=40), by_scorecard=False, read=[])
    assert (said.verdict, said.judged) == ("keep", True)
    assert said.notes[0].startswith("2,280 scores of dates before 2025-06-21 are left out")


def test_a_row_is_foretold_from_the_day_on_up_to_which_outcomes_were_learned() -> None:
    rows, day = np.arange(3), np.array([day_of(date(2025, month, 1)) for month in (4, 5, 6)])
    assert foretold(rows, day, date(2025, 5, 1)).tolist() == [1, 2]
    assert foretold(rows, day, None).tolist() == [0, 1, 2]
    label = np.array([1, 1, 0], np.int8)
    assert exiting(rows, label, np.array([7, 7, 8])) == 1
