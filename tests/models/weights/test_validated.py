"""Validated weights: coverage, verdicts, an account bootstrap as oracle, and components that cannot be estimated."""

from dataclasses import replace

import numpy as np
import pytest

from drawn_rows import drawn_rows
from healthscore.models.weights.fit import fit_weights
from healthscore.models.weights.rows import WeightRows
from healthscore.models.weights.validated import Validated, fittable, validate_weights
from healthscore.tables.simulator import WORLDS
from validity.worlds import SUBSCORE_WORLDS


def verdict_of(said: Validated) -> dict[str, str]:
    return {one.name: one.verdict for one in said.components}


def test_clear_weights_are_found_with_their_verdicts() -> None:
    said = validate_weights(drawn_rows((1.2, 0.6, -0.6, 0.0), accounts=800))
    assert verdict_of(said) == {"a": "supported", "b": "supported", "c": "wrong direction", "d": "not shown"}
    shares = [one.weight.estimate for one in said.components]
    assert sum(share for share in shares if share is not None) == pytest.approx(1.0)
    assert shares == pytest.approx([1.0, 0.5, -0.5, 0.0], abs=0.15)
    assert said.joint == ()
    for one in said.components:
        assert one.beta.estimate is not None
        assert one.beta.excludes(0.0) == (one.p is not None and one.p < 0.05)


def test_intervals_agree_with_an_account_bootstrap() -> None:
    rows = drawn_rows((0.9, 0.5, 0.3), accounts=400, base=-2.5)
    said = validate_weights(rows)
    random = np.random.default_rng(11)
    by_account = np.split(np.argsort(rows.cluster, kind="stable"), 400)
    draws = []
    for _ in range(400):
        taken = [by_account[account] for account in random.integers(0, 400, 400)]
        chosen = np.concatenate(taken)
        fit = fit_weights(
            replace(
                rows,
                s=rows.s[chosen],
                y=rows.y[chosen],
                day=rows.day[chosen],
                cluster=np.repeat(np.arange(400), [len(one) for one in taken]),
            )
        )
        assert fit is not None
        draws.append(fit.beta / fit.beta.sum())
    low, high = np.quantile(draws, (0.025, 0.975), axis=0)
    for number, one in enumerate(said.components):
        assert one.weight.low is not None
        assert one.weight.high is not None
        width = one.weight.high - one.weight.low
        assert width == pytest.approx(high[number] - low[number], rel=0.15)
        assert one.weight.low == pytest.approx(low[number], abs=0.15 * width)
        assert one.weight.high == pytest.approx(high[number], abs=0.15 * width)


def test_intervals_hold_the_large_sample_weights() -> None:
    truth = WORLDS["additive"].large_sample or {}
    held = 0
    for number in range(20):
        for one in validate_weights(SUBSCORE_WORLDS["additive"].draw(800, 9_000 + number)).components:
            assert one.weight.low is not None
            assert one.weight.high is not None
            held += one.weight.low <= truth[one.name] <= one.weight.high
    # Of 120 intervals 114 are expected to; 106 or fewer with a chance below 1 %, were they independent.
    assert held > 106


def test_a_sub_score_that_is_upside_down_is_flagged_at_300_exits() -> None:
    said = [verdict_of(validate_weights(SUBSCORE_WORLDS["upside-down"].draw(1_700, 9_000 + k))) for k in range(8)]
    assert all(one["satisfaction"] == "wrong direction" for one in said)
    assert all("wrong direction" not in (one["activity"], one["adoption"]) for one in said)


def test_by_lot_hardly_any_component_is_shown() -> None:
    shown = sum(
        any(verdict != "not shown" for verdict in verdict_of(said).values())
        for said in (validate_weights(SUBSCORE_WORLDS["null"].draw(500, 9_000 + number)) for number in range(20))
    )
    assert shown <= 3


def test_a_component_that_never_moves_is_not_shown_and_leaves_the_others_alone() -> None:
    rows = drawn_rows((1.2, 0.6, 0.3))
    whole = validate_weights(rows)
    frozen = replace(rows, components=("a", "b", "c", "still"), s=np.column_stack([rows.s, np.full(len(rows.y), 70.0)]))
    said = validate_weights(frozen)
    assert said.components[:3] == whole.components
    still = said.components[3]
    assert (still.weight.estimate, still.beta.estimate, still.p, still.verdict) == (None, None, None, "not shown")
    assert said.fitted == (0, 1, 2)


def test_a_component_filled_in_from_the_others_is_not_shown_and_leaves_the_others_alone() -> None:
    rows = drawn_rows((1.2, 0.6, 0.3))
    filled = rows.s @ np.array([0.5, 0.3, 0.2])
    # In the middle, so that nothing depends on being last.
    said = validate_weights(replace(rows, components=("a", "b", "filled", "c"), s=np.insert(rows.s, 2, filled, axis=1)))
    assert said.fitted == (0, 1, 3)
    assert verdict_of(said)["filled"] == "not shown"
    whole = validate_weights(rows).components
    assert [one.weight.estimate for one in said.components if one.name != "filled"] == pytest.approx(
        [one.weight.estimate for one in whole]
    )
    assert said.joint[0].components == ("a", "b", "filled", "c")
    assert said.joint[0].inflation is None


def test_of_two_identical_components_the_later_has_no_estimate_and_both_are_reported_jointly() -> None:
    rows = drawn_rows((1.2, 0.6))
    twice = replace(rows, components=("a", "again", "b"), s=rows.s[:, [0, 0, 1]])
    assert fittable(twice) == (0, 2)
    said = validate_weights(twice)
    assert [group.components for group in said.joint] == [("a", "again")]
    assert said.joint[0].weight == said.components[0].weight


@pytest.mark.parametrize("kept", [0, 60])
def test_without_a_fit_nothing_is_said(kept: int) -> None:
    rows = drawn_rows((1.0, 0.5))
    nobody = replace(rows, y=np.zeros_like(rows.y)).where(np.arange(len(rows.y)) < kept)
    said = validate_weights(nobody)
    assert said.fit is None
    assert {one.verdict for one in said.components} == {"not shown"}
    assert [one.weight.estimate for one in said.components] == [None, None]


def test_points_or_tenths_and_order_of_rows_do_not_matter() -> None:
    rows = drawn_rows((1.0, 0.5, 0.1))
    order = np.random.default_rng(4).permutation(len(rows.y))
    moved = WeightRows(
        rows.components, rows.s[order] / 10, rows.y[order], rows.day[order], rows.known[order], -rows.cluster[order]
    )
    for one, other in zip(validate_weights(rows).components, validate_weights(moved).components, strict=True):
        assert one.verdict == other.verdict
        assert one.weight.as_dict() == pytest.approx(other.weight.as_dict(), rel=1e-8)
        assert one.p == pytest.approx(other.p, rel=1e-6)


def test_a_component_that_hardly_anybody_moved_voids_no_other() -> None:
    """Seven rows of accounts that stayed have an open case: their coefficient has no finite estimate, the others do."""
    rows = drawn_rows((1.0, 0.6), accounts=400)
    stayed = np.flatnonzero(~np.isin(rows.cluster, rows.cluster[rows.y == 1]))[:7]
    cases = np.full(len(rows.y), 100.0)
    cases[stayed] = 50.0
    more = replace(rows, components=("cases", "a", "b"), s=np.column_stack([cases, rows.s]))
    alone, found = validate_weights(rows), validate_weights(more)
    assert found.fitted == (1, 2)
    assert found.components[0].verdict == "not shown"
    assert found.components[0].weight.estimate is None
    assert [one.weight for one in found.components[1:]] == [one.weight for one in alone.components]
