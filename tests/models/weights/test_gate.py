"""The gate on later rows: figures recomputed by statsmodels and by hand, and what it lets through."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy.stats import t as student_t

from drawn_rows import drawn_rows
from healthscore.models.weights.gate import Gain, gain, skill, slope_of
from healthscore.models.weights.rows import WeightRows
from healthscore.models.weights.splitting import split_day, split_rows

TRUE = np.array([0.6, 0.3, 0.1])
WRONG = np.array([0.0, 0.2, 0.8])


def book(accounts: int = 800, seed: int = 1) -> tuple[WeightRows, WeightRows]:
    rows = drawn_rows((1.2, 0.6, 0.2), accounts=accounts, seed=seed)
    day = split_day(rows)
    assert day is not None
    return split_rows(rows, day)


def oracle_losses(later: WeightRows, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slopes of the other folds with dummies for the days, then a constant for each day, all by statsmodels."""
    score, fold = later.s @ weights, np.unique(later.cluster, return_inverse=True)[1] % 5
    days, number = np.unique(later.day, return_inverse=True)
    dummies, slope = np.eye(len(days))[number], np.zeros(len(score))
    for one in range(5):
        others = fold != one
        design = np.column_stack([score, dummies])[others]
        slope[~others] = sm.Logit(later.y[others], design).fit(disp=0).params[0] if score.any() else 0.0
    losses = np.zeros(len(later.y))
    for place in range(len(days)):
        rows = number == place
        offset = slope[rows] * score[rows]
        fit = sm.GLM(later.y[rows], np.ones(rows.sum()), family=sm.families.Binomial(), offset=offset).fit()
        p = fit.fittedvalues
        losses[rows] = -np.where(later.y[rows] == 1, np.log(p), np.log1p(-p))
    return losses


def test_the_gain_is_that_of_an_independent_computation() -> None:
    _, later = book()
    difference = oracle_losses(later, WRONG) - oracle_losses(later, TRUE)
    accounts = np.unique(later.cluster)
    sums = np.array([(difference - difference.mean())[later.cluster == one].sum() for one in accounts])
    error = np.sqrt(len(accounts) / (len(accounts) - 1) * (sums**2).sum()) / len(difference)
    found = gain(later, WRONG, TRUE)
    assert found is not None
    assert found.difference.estimate == pytest.approx(difference.mean(), abs=1e-8)
    left = student_t(len(np.unique(later.cluster[later.y == 1])) - 1)
    assert found.bound == pytest.approx(difference.mean() - left.ppf(0.95) * error, abs=1e-8)
    assert found.difference.low == pytest.approx(difference.mean() - left.ppf(0.975) * error, abs=1e-8)
    assert found.shown


def test_the_skill_is_a_share_of_the_loss_of_intercepts_alone() -> None:
    _, later = book()
    losses = oracle_losses(later, TRUE)
    alone = oracle_losses(replace(later, s=np.zeros_like(later.s)), TRUE)
    found = skill(later, TRUE)
    assert found.estimate == pytest.approx(1.0 - losses.mean() / alone.mean(), abs=1e-8)
    assert found.low is not None
    assert found.high is not None
    assert 0.0 < found.low < found.estimate < found.high < 1.0  # type: ignore[operator]  # None would fail too


def test_the_error_of_the_skill_is_that_of_resampled_accounts() -> None:
    _, later = book(accounts=300)
    found = skill(later, TRUE)
    losses = oracle_losses(later, TRUE)
    alone = oracle_losses(replace(later, s=np.zeros_like(later.s)), TRUE)
    code = np.unique(later.cluster, return_inverse=True)[1]
    sums = np.stack([np.bincount(code, losses), np.bincount(code, alone)])
    rng = np.random.default_rng(2)
    drawn = [sums[:, rng.integers(0, sums.shape[1], sums.shape[1])].sum(axis=1) for _ in range(2000)]
    spread = np.std([1.0 - mine / theirs for mine, theirs in drawn])
    assert found.high is not None
    assert found.estimate is not None
    assert (found.high - found.estimate) / 1.959963985 == pytest.approx(spread, rel=0.1)


def test_a_score_whose_steepness_changed_keeps_its_skill() -> None:
    """Weights are about order: how steep a score is on the learning dates says nothing about them."""
    learning, later = book()
    flat = replace(learning, s=learning.s / 20.0)
    assert (slope_of(flat, flat.s @ TRUE) or 0.0) > 10.0 * (slope_of(later, later.s @ TRUE) or 0.0)
    low = skill(later, TRUE).low
    assert low is not None
    assert low > 0.0


def test_a_score_that_points_the_wrong_way_has_no_slope_and_no_skill() -> None:
    _, later = book()
    turned = replace(later, s=-later.s)
    assert slope_of(turned, turned.s @ TRUE) == 0.0
    found = skill(turned, TRUE)
    assert found.as_dict() == {
        "estimate": pytest.approx(0.0, abs=1e-12),
        "low": pytest.approx(0.0, abs=1e-12),
        "high": pytest.approx(0.0, abs=1e-12),
    }


def test_the_gate_is_shut_from_the_other_side() -> None:
    _, later = book()
    found = gain(later, TRUE, WRONG)
    assert found is not None
    assert not found.shown
    assert found.bound is not None
    assert found.bound < 0


def test_weights_are_no_better_than_themselves_in_another_unit() -> None:
    _, later = book()
    found = gain(later, TRUE, TRUE)
    assert found is not None
    assert (found.difference.estimate, found.bound, found.shown) == (0.0, 0.0, False)
    scaled = gain(replace(later, s=9.0 * later.s), WRONG, TRUE)
    plain = gain(later, WRONG, TRUE)
    assert scaled is not None
    assert plain is not None
    assert scaled.bound == pytest.approx(plain.bound, abs=1e-9)


def test_a_few_that_left_later_open_no_gate() -> None:
    _, later = book()
    left = np.unique(later.cluster[later.y == 1])

    def of(accounts: int) -> Gain | None:
        y = np.where(np.isin(later.cluster, left[:accounts]), later.y, 0).astype(np.int8)
        return gain(replace(later, y=y), WRONG, TRUE)

    everybody, few = of(len(left)), of(6)
    assert everybody is not None
    assert few is not None
    assert everybody.shown
    assert not few.shown
    assert of(1) is None


def test_what_is_not_computable_is_none() -> None:
    _, later = book()
    silent = replace(later, y=np.zeros_like(later.y))
    assert skill(silent, TRUE).estimate is None
    assert gain(silent, WRONG, TRUE) is None
    one = replace(later, cluster=np.zeros_like(later.cluster))
    assert gain(one, WRONG, TRUE) is None
    assert skill(one, TRUE).low is None
