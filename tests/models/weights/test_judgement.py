"""Keep, change, or no evidence: each answer where it is due, and what comes with it."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from drawn_rows import drawn_rows
from healthscore.models.weights.gate import gain
from healthscore.models.weights.judgement import MINIMUM_EXITING, ComponentJudgement, Judgement, judge_weights
from healthscore.models.weights.rows import WeightRows
from healthscore.models.weights.splitting import NO_ROWS, RowCount, split_day, split_rows
from healthscore.models.weights.validated import validate_weights
from validity.worlds import EQUAL, PLANTED, SUBSCORE_WORLDS

BETAS = (1.2, 0.6, 0.2, 0.0)
TRUE, WRONG = (0.6, 0.3, 0.1, 0.0), (0.1, 0.2, 0.3, 0.4)


def book(weights: tuple[float, ...] | None = TRUE, accounts: int = 600, seed: int = 1) -> WeightRows:
    return drawn_rows(BETAS, accounts=accounts, weights=weights, seed=seed)


@pytest.fixture(scope="module")
def kept() -> Judgement:
    return judge_weights(book())


@pytest.fixture(scope="module")
def changed() -> Judgement:
    return judge_weights(book(WRONG))


def numbers(value: Any) -> Iterator[float]:
    """Every number anywhere in a judgement."""
    if isinstance(value, float):
        yield value
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from numbers(getattr(value, field.name))
    elif isinstance(value, dict):
        yield from numbers(list(value.values()))
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from numbers(one)


def recommended(judgement: Judgement) -> list[float | None]:
    return [one.recommended for one in judgement.components]


def test_weights_that_history_confirms_are_kept(kept: Judgement) -> None:
    assert (kept.decision, kept.why) == ("keep", "nothing to change")
    assert recommended(kept) == [one.handcrafted for one in kept.components] == list(TRUE)
    assert kept.gain is None
    assert all(one.low is not None and one.low > 0 for one in kept.skill.values())


def test_wrong_weights_are_changed_in_steps_of_5_points(changed: Judgement) -> None:
    assert (changed.decision, changed.why) == ("change", "later dates agree")
    weights = np.array(recommended(changed), dtype=np.float64)
    steps = (weights - np.array(WRONG)) / 0.05
    assert steps == pytest.approx(np.round(steps), abs=1e-9)
    assert weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert np.abs(weights - np.array(TRUE)).sum() < 0.35 < np.abs(np.array(WRONG) - np.array(TRUE)).sum()


def test_the_gain_is_that_of_the_recommended_weights_on_the_later_rows(changed: Judgement) -> None:
    rows = book(WRONG)
    assert changed.split_day == split_day(rows)
    assert changed.split_day is not None
    learning, later = split_rows(rows, changed.split_day)
    assert changed.gain == gain(later, np.array(WRONG), np.array(recommended(changed), dtype=np.float64))
    assert changed.gain is not None
    assert changed.gain.bound is not None
    assert changed.gain.bound > 0
    assert changed.learning == RowCount(len(learning.y), 3, int(learning.y.sum()), learning.exiting)
    assert changed.later == RowCount(len(later.y), 4, int(later.y.sum()), later.exiting)
    assert changed.exiting == rows.exiting


def test_what_each_component_is_worth_is_estimated_on_all_rows(changed: Judgement) -> None:
    validated = validate_weights(book(WRONG))
    assert [one.validated for one in changed.components] == list(validated.components)
    assert [one.validated.verdict for one in changed.components if one.validated][:2] == ["supported", "supported"]
    lost = [one.drop_one.estimate for one in changed.components if one.drop_one is not None]
    assert len(lost) == 4
    assert lost[0] is not None
    assert lost[3] is not None
    assert lost[0] > lost[3]


def test_the_effective_weight_is_that_of_what_moves_on_the_last_learning_date() -> None:
    rows = book()
    rows.s[:, 1] = 50.0 + 0.5 * (rows.s[:, 1] - 50.0)
    judged = judge_weights(rows)
    assert judged.split_day is not None
    last = rows.s[rows.day == rows.day[rows.known <= judged.split_day].max()]
    spread = np.array(TRUE) * last.std(axis=0)
    assert [one.effective for one in judged.components] == pytest.approx((spread / spread.sum()).tolist())


def test_a_component_that_never_moves_is_not_shown_and_keeps_its_weight() -> None:
    rows = book(WRONG)
    rows.s[:, 3] = 70.0
    judged = judge_weights(rows)
    still = judged.components[3]
    assert still.validated is not None
    assert (still.validated.weight.estimate, still.validated.verdict) == (None, "not shown")
    assert (still.effective, still.handcrafted, still.recommended) == (0.0, 0.4, 0.4)


def test_shap_shares_are_shown_beside() -> None:
    judged = judge_weights(book(), shap_share=np.array([0.5, 0.3, 0.15, 0.05]))
    assert [one.shap_share for one in judged.components] == [0.5, 0.3, 0.15, 0.05]


def test_too_few_exits_say_nothing_about_weights() -> None:
    rows = book()
    leaving = np.unique(rows.cluster[rows.y == 1])[: MINIMUM_EXITING - 1]
    few = replace(rows, y=np.where(np.isin(rows.cluster, leaving), rows.y, 0).astype(np.int8))
    judged = judge_weights(few)
    assert (judged.decision, judged.why, judged.exiting) == ("no evidence", "too few exits", MINIMUM_EXITING - 1)
    assert (judged.split_day, judged.learning, judged.later, judged.skill) == (None, NO_ROWS, NO_ROWS, {})
    nothing_said(judged)
    one_more = np.unique(rows.cluster[rows.y == 1])[:MINIMUM_EXITING]
    enough = replace(rows, y=np.where(np.isin(rows.cluster, one_more), rows.y, 0).astype(np.int8))
    assert judge_weights(enough).why != "too few exits"


def nothing_said(judged: Judgement) -> None:
    """No weight, no verdict, no gain: only what the card itself says."""
    assert judged.gain is None
    assert len(judged.joint) == len(judged.segments) == 0
    for one in judged.components:
        assert isinstance(one, ComponentJudgement)
        assert (one.recommended, one.drop_one) == (None, None)
        assert one.validated is not None
        assert (one.validated.verdict, one.validated.p) == ("not shown", None)
        assert one.validated.weight.as_dict() == {"estimate": None, "low": None, "high": None}
        assert one.handcrafted is not None
        assert one.effective is not None


def test_a_single_date_has_nothing_later() -> None:
    rows = drawn_rows(BETAS, accounts=3000, dates=1, weights=TRUE)
    judged = judge_weights(rows)
    assert (judged.decision, judged.why) == ("no evidence", "no later dates")
    nothing_said(judged)


def test_points_that_say_nothing_are_no_evidence() -> None:
    judged = judge_weights(drawn_rows((0, 0, 0, 0), accounts=600, weights=TRUE))
    assert (judged.decision, judged.why) == ("no evidence", "no skill")
    assert judged.split_day is not None
    assert set(judged.skill) == {"handcrafted", "refit"}
    nothing_said(judged)


def test_weights_that_point_the_wrong_way_have_no_skill_and_are_changed_all_the_same() -> None:
    judged = judge_weights(drawn_rows((1.5, 0.0), accounts=1500, weights=(0.0, 1.0)))
    assert judged.decision == "change"
    assert recommended(judged)[0] == pytest.approx(1.0, abs=0.15)


def test_the_test_may_be_told_to_start_later() -> None:
    free, late = judge_weights(book(WRONG)), judge_weights(book(WRONG), later_than=150)
    assert free.split_day is not None
    assert late.split_day is not None
    assert late.split_day > 150 >= free.split_day
    assert late.later.dates < free.later.dates
    assert judge_weights(book(WRONG), later_than=10_000).why == "no later dates"


def test_without_weights_in_force_the_supported_components_are_recommended() -> None:
    judged = judge_weights(book(None, accounts=1200))
    assert (judged.decision, judged.why, judged.gain) == ("change", "no weights in force", None)
    assert set(judged.skill) == {"refit"}
    weights = np.array(recommended(judged), dtype=np.float64)
    assert 20 * weights == pytest.approx(np.round(20 * weights), abs=1e-9)
    assert weights.sum() == pytest.approx(1.0)
    assert weights[3] == 0.0
    assert weights == pytest.approx(np.array(TRUE), abs=0.1)
    assert all(one.handcrafted is one.effective is None for one in judged.components)


def test_the_order_of_the_rows_does_not_matter(changed: Judgement) -> None:
    rows = book(WRONG)
    order = np.random.default_rng(5).permutation(len(rows.y))
    again = judge_weights(rows.where(order))  # type: ignore[arg-type]  # positions choose as well
    assert (again.decision, again.split_day, recommended(again)) == (
        changed.decision,
        changed.split_day,
        recommended(changed),
    )
    assert again.gain is not None
    assert changed.gain is not None
    assert again.gain.bound == pytest.approx(changed.gain.bound, abs=1e-9)


def test_segments_are_judged_where_there_are_some() -> None:
    rows = book()
    tier = np.where(rows.cluster % 2 == 0, "large", "small").astype(object)
    judged = judge_weights(replace(rows, segment=tier))
    assert [one.segment for one in judged.segments] == ["large", "small"]
    assert judge_weights(rows).segments == ()


def test_no_number_is_nan(kept: Judgement, changed: Judgement) -> None:
    for judged in (kept, changed, judge_weights(book(None))):
        said = list(numbers(judged))
        assert len(said) > 40
        assert all(math.isfinite(one) for one in said)


# A deterministic part of the suites that `make validity` runs with 200 seeds each.


def decisions(world: str, weights: dict[str, float], accounts: int, seeds: int = 4) -> Counter[str]:
    """How often each decision is taken on simulated companies."""
    draws = (SUBSCORE_WORLDS[world].draw(accounts, number, weights) for number in range(seeds))
    return Counter(judge_weights(rows).decision for rows in draws)


def test_true_weights_are_kept_in_simulated_companies() -> None:
    assert decisions("additive", dict(PLANTED), accounts=800) == {"keep": 4}


def test_equal_weights_are_changed_where_the_truth_differs_by_60_points() -> None:
    assert decisions("unequal", EQUAL, accounts=1200) == {"change": 4}


def test_companies_that_lose_accounts_by_lot_get_no_weights() -> None:
    assert decisions("null", dict(PLANTED), accounts=800) == {"no evidence": 4}
