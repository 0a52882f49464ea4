"""The gate: weights are changed only if that would have paid on later dates, which shaped nothing.

Contenders are compared by the log-loss of `logit P = a_day - k (s @ w)` on the later rows, whose weights `w` come from
the learning rows alone. Level and steepness belong to the season and not to the weights: the intercept of each day is
fitted on the later rows, and the slope `k >= 0` of an account's rows on those of other accounts, for every contender
alike. (With the slope of the learning rows, a score whose order held, AUC 0.67 with 336 exits, passed for useless: its
slope of the year before was too steep.)

Errors are clustered by account, and the quantiles are Student's with as many degrees of freedom as different accounts
left (or stayed, where these are fewer) minus 1: thousands that stay and two that left are two pieces of evidence.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtrit

from healthscore.evaluation.proportions import NOT_COMPUTABLE, Estimate
from healthscore.models.design import Vector
from healthscore.models.weights.fit import clustered_mean, fit_weights, profiled_losses
from healthscore.models.weights.rows import WeightRows

FOLDS = 5
"""Parts of the accounts, so that no account's outcome is in the slope that its rows are judged by."""


@dataclass(frozen=True)
class Gain:
    """Log-loss per row (nats) that new weights save on later rows, against those in force.

    Parameters
    ----------
    difference
        The saving, with its two-sided 95 % interval by account.
    bound
        The saving is above this with 95 % confidence, one-sided; None where not computable.
    """

    difference: Estimate
    bound: float | None

    @property
    def shown(self) -> bool:
        """Whether the new weights are shown to be better."""
        return self.bound is not None and self.bound > 0.0


def slope_of(rows: WeightRows, score: Vector) -> float | None:
    """Fit the slope `k >= 0` of a score, shape (n,), on these rows; None where there is no finite one."""
    fit = fit_weights(replace(rows, components=("score",), s=score[:, None], weights=None))
    return None if fit is None else max(0.0, float(fit.beta[0]))


def later_losses(later: WeightRows, score: Vector) -> Vector | None:
    """Loss of each later row by a score, shape (m,), under the slope that fits the accounts of the other folds.

    None where the rows of some folds give no slope.
    """
    fold = np.unique(later.cluster, return_inverse=True)[1] % FOLDS
    z = np.zeros(len(score))
    for number in range(FOLDS):
        slope = slope_of(later.where(fold != number), score[fold != number])
        if slope is None:
            return None
        z[fold == number] = -slope * score[fold == number]
    return profiled_losses(later.y, later.day, z)


def skill(later: WeightRows, weights: Vector) -> Estimate:
    """Share of the loss of intercepts alone that the weighted score takes away on the later rows, clustered interval.

    `1 - mean l / mean l0`, a ratio of means: its error is that of the rows' influence `(l0 - l - skill l0) / mean l0`.
    """
    losses = later_losses(later, later.s @ weights)
    reference = profiled_losses(later.y, later.day, np.zeros(len(later.y)))
    if losses is None or not reference.any():
        return NOT_COMPUTABLE
    scale = float(reference.mean())
    share = 1.0 - float(losses.mean()) / scale
    said = clustered_mean((reference - losses - share * reference) / scale, later.cluster)
    half = None if said is None else half_width(later, said[1], 0.975)
    return estimate_within(share, half)


def gain(later: WeightRows, old: Vector, new: Vector) -> Gain | None:
    """Compare new weights with those in force on the later rows; None where that is not computable."""
    before, after = (later_losses(later, later.s @ weights) for weights in (old, new))
    if before is None or after is None:
        return None
    said = clustered_mean(before - after, later.cluster)
    if said is None:
        return None
    saved, error = said
    one = half_width(later, error, 0.95)
    return Gain(estimate_within(saved, half_width(later, error, 0.975)), None if one is None else saved - one)


def half_width(later: WeightRows, error: float, level: float) -> float | None:
    """Error times Student's quantile; None where fewer than two accounts left, or stayed."""
    rarer = min(len(np.unique(later.cluster[later.y == outcome])) for outcome in (0, 1))
    return error * float(stdtrit(rarer - 1, level)) if rarer > 1 else None


def estimate_within(estimate: float, half: float | None) -> Estimate:
    """The estimate with an interval of this half width; without one where that is not computable."""
    return Estimate(estimate, *((None, None) if half is None else (estimate - half, estimate + half)))
