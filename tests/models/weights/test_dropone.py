"""Drop-one loss: an oracle with statsmodels, and what carries nothing."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import t as student_t
from statsmodels.api import Logit

from drawn_rows import drawn_rows
from healthscore.models.weights.dropone import drop_one
from healthscore.models.weights.rows import WeightRows

Floats = NDArray[np.float64]


def halves(rows: WeightRows) -> tuple[WeightRows, WeightRows]:
    return rows.where(rows.day < 120), rows.where(rows.day >= 120)


def oracle_losses(learning: WeightRows, later: WeightRows, columns: list[int]) -> Floats:
    """Weights with dummies on the learning rows; slopes of the other folds, and intercepts of the later days."""
    dummies = (learning.day[:, None] == np.unique(learning.day)).astype(float)
    fit = Logit(learning.y, np.hstack([dummies, -(learning.s[:, columns] - 50.0)])).fit(disp=0, tol=1e-12)
    score = later.s[:, columns] @ fit.params[dummies.shape[1] :]
    fold, z = np.unique(later.cluster, return_inverse=True)[1] % 5, np.zeros(len(score))
    dummies = (later.day[:, None] == np.unique(later.day)).astype(float)
    for one in range(5):
        others = fold != one
        design = np.hstack([dummies, (score.mean() - score)[:, None]])[others]
        z[~others] = -max(0.0, Logit(later.y[others], design).fit(disp=0, tol=1e-12).params[-1]) * score[~others]
    losses = np.empty(len(later.y))
    for day in np.unique(later.day):
        rows = later.day == day
        y, own = later.y[rows], z[rows]

        def excess(a: float, y: Floats = y, own: Floats = own) -> float:
            return float((1.0 / (1.0 + np.exp(-own - a)) - y).sum())

        p = 1.0 / (1.0 + np.exp(-own - brentq(excess, -60, 60, xtol=1e-12)))
        losses[rows] = -np.log(np.where(y == 1, p, 1.0 - p))
    return losses


def test_losses_are_those_of_an_independent_computation() -> None:
    learning, later = halves(drawn_rows((1.0, 0.5, 0.0)))
    lost = drop_one(learning, later)
    whole = oracle_losses(learning, later, [0, 1, 2])
    for number, estimate in enumerate(lost):
        difference = oracle_losses(learning, later, [one for one in range(3) if one != number]) - whole
        by_account = np.bincount(later.cluster, difference - difference.mean(), 400)
        error = np.sqrt(400 / 399 * by_account @ by_account) / len(difference)
        half = error * student_t(len(np.unique(later.cluster[later.y == 1])) - 1).ppf(0.975)
        assert estimate.estimate == pytest.approx(difference.mean(), abs=1e-8)
        assert estimate.low == pytest.approx(difference.mean() - half, abs=1e-8)
        assert estimate.high == pytest.approx(difference.mean() + half, abs=1e-8)
    assert lost[0].excludes(0.0)
    assert (lost[0].estimate or 0) > (lost[1].estimate or 0) > abs(lost[2].estimate or 1)


def test_what_another_component_tells_too_is_not_missed() -> None:
    rows = drawn_rows((1.0, 0.9))
    learning, later = halves(replace(rows, components=("a", "again", "b"), s=rows.s[:, [0, 0, 1]]))
    lost = drop_one(learning, later)
    assert [one.estimate for one in lost[:2]] == pytest.approx([0.0, 0.0], abs=1e-12)
    assert lost[2].excludes(0.0)


def test_the_only_component_is_held_against_none() -> None:
    (lost,) = drop_one(*halves(drawn_rows((1.0,))))
    assert lost.excludes(0.0)


def test_what_cannot_be_fitted_has_no_loss() -> None:
    learning, later = halves(drawn_rows((1.0, 0.5)))
    nobody = replace(learning, y=np.zeros_like(learning.y))
    assert [one.estimate for one in drop_one(nobody, later)] == [None, None]
    assert [one.estimate for one in drop_one(learning, later.where(later.cluster == 3))] == [None, None]
