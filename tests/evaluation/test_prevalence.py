"""Rates that moved: by hand, against a published example, and coverage with accounts on both sides."""

from __future__ import annotations

import numpy as np
import pytest

from healthscore.evaluation.prevalence import rate_shift
from healthscore.evaluation.proportions import Estimate, rate


def test_the_shift_by_hand() -> None:
    found = rate_shift([1, 0, 0, 0, 1, 1], [False] * 4 + [True] * 2, [1, 2, 3, 4, 5, 6])
    assert (found.before.estimate, found.after.estimate) == (0.25, 1.0)
    assert found.difference.estimate == pytest.approx(0.75, abs=1e-12)


def ends(figure: Estimate) -> tuple[float, float, float]:
    assert figure.estimate is not None
    assert figure.low is not None
    assert figure.high is not None
    return figure.estimate, figure.low, figure.high


def test_independent_sides_are_newcombes_hybrid_of_wilson_intervals() -> None:
    chance = np.random.default_rng(1)
    y = np.concatenate([chance.random(300) < 0.2, chance.random(100) < 0.4])
    later = np.arange(400) >= 300
    found = rate_shift(y, later, np.arange(400))
    assert (found.before, found.after) == (rate(y[~later], range(300)).rate, rate(y[later], range(100)).rate)
    (before, before_low, before_high), (after, after_low, after_high) = ends(found.before), ends(found.after)
    low = after - before - np.hypot(after - after_low, before_high - before)
    high = after - before + np.hypot(after_high - after, before - before_low)
    assert ends(found.difference)[1:] == pytest.approx((low, high), abs=1e-12)


def test_newcombes_published_example() -> None:
    # 56 of 70 against 48 of 80: 0.2 (0.0524 to 0.3339), his method 10, with the normal instead of Student's quantile.
    y = np.repeat([1, 0, 1, 0], [48, 32, 56, 14])
    found = rate_shift(y, np.arange(150) >= 80, np.arange(150)).difference
    assert ends(found) == pytest.approx((0.2, 0.0524, 0.3339), abs=0.004)


def test_the_same_accounts_before_and_after_are_compared_with_themselves() -> None:
    # Half of the accounts always do it, half never: nothing has moved, and nothing could.
    y = np.tile([1, 0], 100)
    found = rate_shift(np.concatenate([y, y]), np.arange(400) >= 200, np.tile(np.arange(200), 2))
    assert found.difference.estimate == 0.0
    assert found.difference.low == pytest.approx(0.0, abs=1e-12)
    assert found.difference.high == pytest.approx(0.0, abs=1e-12)


def test_a_date_on_which_nothing_happened_is_no_proof_of_zero() -> None:
    y, later = np.array([1] * 4 + [0] * 76 + [0] * 20), np.arange(100) >= 80
    found = rate_shift(y, later, np.arange(100)).difference
    assert found.estimate == pytest.approx(-0.05, abs=1e-12)
    assert not found.excludes(0.0)
    assert rate_shift(np.repeat(y, 30), np.repeat(later, 30), np.arange(3000)).difference.excludes(0.0)


def test_what_is_not_there_is_not_computable() -> None:
    nothing = rate_shift([0, 1], [False, False], [1, 2])
    assert nothing.after.estimate is None
    assert nothing.difference.estimate is None


@pytest.mark.parametrize("moved", [0.0, 0.03])
def test_the_interval_covers_where_accounts_return(moved: float) -> None:
    """300 accounts seen four times before and once after, each with a rate of its own; 200 companies."""
    covered = 0
    for seed in range(200):
        chance = np.random.default_rng(seed)
        own = chance.beta(0.5, 9.5, 300)
        before = chance.random((4, 300)) < own
        after = chance.random(300) < np.minimum(own + moved, 1.0)
        y = np.concatenate([before.ravel(), after])
        truth = float(np.minimum(own + moved, 1.0).mean() - own.mean())
        found = rate_shift(y, np.arange(1500) >= 1200, np.tile(np.arange(300), 5)).difference
        _, low, high = ends(found)
        covered += low <= truth <= high
    assert 180 <= covered <= 200  # accounts' own rates are given here, so that somewhat more than 95 % is right


def test_an_interval_of_many_dates_together_is_wider() -> None:
    y, later = np.array([1, 0, 0, 0] * 25), np.arange(100) >= 50
    one, many = (rate_shift(y, later, np.arange(100), level=level).difference for level in (0.95, 0.995))
    assert ends(many)[1] < ends(one)[1] < ends(one)[2] < ends(many)[2]
