"""Weights in whole steps of 5 points: by hand, and the laws whatever the weights and the wish."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from healthscore.models.weights.snapping import STEP, on_grid, snap

Shares = NDArray[np.float64]


def per_cent(*points: float) -> Shares:
    return np.array(points) / 100.0


@pytest.mark.parametrize(
    ("written", "wished", "expected"),
    [
        ((40, 20, 20, 20), (46.2, 13.1, 20.7, 20), (45, 15, 20, 20)),
        ((33, 33, 34), (33, 33, 34), (33, 33, 34)),  # nothing to change
        ((33, 33, 34), (34.9, 31.1, 34), (33, 33, 34)),  # less than half a step
        ((33, 33, 34), (36, 30, 34), (38, 28, 34)),  # half a step up and half a step down, and a bit
        ((33.33, 33.33, 33.34), (43, 24, 33), (43.33, 23.33, 33.34)),
        ((30, 40, 30), (38, 47, 15), (40, 45, 15)),  # 8 + 7 up, 15 down: three steps, the larger remainder first
        ((3, 47, 50), (0, 50, 50), (3, 47, 50)),  # 3 points have no step to give
        ((8, 42, 50), (0, 50, 50), (3, 47, 50)),
        ((5, 45, 50), (0, 50, 50), (0, 50, 50)),
        ((0, 50, 50), (25, 25, 50), (25, 25, 50)),
        ((100,), (100,), (100,)),
        ((50, 50), (100, 0), (100, 0)),
    ],
)
def test_by_hand(written: tuple[float, ...], wished: tuple[float, ...], expected: tuple[float, ...]) -> None:
    found = snap(per_cent(*written), per_cent(*wished), farthest=2.0)
    assert 100 * found == pytest.approx(np.array(expected), abs=1e-9)


def test_rounding_up_stops_at_the_farthest_allowed() -> None:
    # 3.5 points from two components to a third: rounded, a step each; 7 points of change allow one pair of steps only
    # when the refit is at least 10 points away.
    written, wished = per_cent(30, 30, 40), per_cent(33.5, 26.5, 40)
    assert 100 * snap(written, wished) == pytest.approx(np.array([30, 30, 40]))
    assert 100 * snap(written, wished, farthest=0.0999) == pytest.approx(np.array([30, 30, 40]))
    assert 100 * snap(written, wished, farthest=0.10) == pytest.approx(np.array([35, 25, 40]))


def test_of_equal_wishes_the_first_is_heard() -> None:
    third = np.full(3, 1 / 3)
    assert snap(third, third + np.array([0.03, 0.03, -0.06])) == pytest.approx(third + np.array([0.05, 0, -0.05]))


def test_a_step_is_no_hair_off() -> None:
    assert snap(per_cent(20, 80), per_cent(15, 85)).tolist() == [0.15, 0.85]


@st.composite
def weights(draw: st.DrawFn) -> tuple[Shares, Shares, Shares]:
    """Written weights (whole, or with two decimals), a wish between them and a free refit, and that refit."""
    size = draw(st.integers(1, 9))
    scale = draw(st.sampled_from([1, 100]))
    parts = draw(st.lists(st.integers(0, 100 * scale), min_size=size, max_size=size).filter(lambda each: sum(each) > 0))
    written = np.round(100 * np.array(parts) / sum(parts), 0 if scale == 1 else 2)
    written[written.argmax()] += 100 - written.sum()
    refit = np.array(
        draw(st.lists(st.floats(0, 1), min_size=size, max_size=size).filter(lambda each: sum(each) > 0.01))
    )
    refit = refit / refit.sum()
    way = draw(st.floats(0, 1))
    return written / 100, written / 100 + way * (refit - written / 100), refit


@settings(max_examples=500, deadline=None)
@given(weights())
def test_laws(given_weights: tuple[Shares, Shares, Shares]) -> None:
    written, wished, refit = given_weights
    free = float(np.abs(refit - written).sum())
    found = snap(written, wished, farthest=free)
    steps = (found - written) / STEP
    assert np.abs(steps - steps.round()).max() < 1e-9, "changes are whole steps"
    assert found.sum() == pytest.approx(written.sum(), abs=1e-12)
    assert found.min() >= 0.0
    assert np.abs(found - written).sum() <= free + 1e-8, "never farther than the free refit"
    assert (steps.round() * (wished - written) >= 0).all(), "nothing moves against its wish"
    assert np.sum((found - wished) ** 2) <= np.sum((written - wished) ** 2) + 1e-12
    assert snap(written, wished, farthest=free).tolist() == found.tolist()
    assert snap(written, written, farthest=free).tolist() == written.tolist()
    assert np.abs(snap(written, wished) - written).sum() <= np.abs(wished - written).sum() + 1e-8


@settings(max_examples=300, deadline=None)
@given(weights())
def test_no_other_pair_of_steps_is_closer(given_weights: tuple[Shares, Shares, Shares]) -> None:
    written, wished, _ = given_weights
    found = snap(written, wished, farthest=2.0)
    for giver in range(len(found)):
        for taker in range(len(found)):
            other = found.copy()
            other[giver] -= STEP
            other[taker] += STEP
            if giver != taker and other[giver] >= -1e-9:
                assert np.sum((found - wished) ** 2) <= np.sum((other - wished) ** 2) + 1e-8


@settings(max_examples=200, deadline=None)
@given(weights())
def test_new_weights_are_multiples_of_5_that_sum_to_100(given_weights: tuple[Shares, Shares, Shares]) -> None:
    _, wished, _ = given_weights
    found = on_grid(wished)
    assert (20 * found == np.round(20 * found)).all()
    assert np.round(20 * found).sum() == 20
    assert np.abs(found - wished).max() < STEP
