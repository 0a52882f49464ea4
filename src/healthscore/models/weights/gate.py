"""The gate: weights are changed only if that would have paid on later dates, which shaped nothing.

Contenders are compared by the log-loss of `logit P = a_day - k (s @ w)` on the later rows. The slope `k >= 0` comes
from the learning rows; the intercept of each day is fitted on the later rows themselves, for every contender alike,
because levels change with the season and weights are about order.

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


def slope_of(learning: WeightRows, weights: Vector) -> float | None:
    """Fit the slope `k >= 0` of the score `s @ w` on the learning rows; None where there is no finite one."""
    score = (learning.s @ weights)[:, None]
    fit = fit_weights(replace(learning, components=("score",), s=score, weights=None))
    return None if fit is None else max(0.0, float(fit.beta[0]))


def losses_of(learning: WeightRows, later: WeightRows, weights: Vector) -> Vector | None:
    """Loss of each later row under these weights, shape (m,); None where the learning rows give no slope."""
    slope = slope_of(learning, weights)
    return None if slope is None else profiled_losses(later.y, later.day, -slope * (later.s @ weights))


def skill(learning: WeightRows, later: WeightRows, weights: Vector) -> Estimate:
    """Share of the loss of intercepts alone that the weighted score takes away on the later rows, clustered interval.

    `1 - mean l / mean l0`, a ratio of means: its error is that of the rows' influence `(l0 - l - skill l0) / mean l0`.
    """
    losses = losses_of(learning, later, weights)
    reference = profiled_losses(later.y, later.day, np.zeros(len(later.y)))
    if losses is None or not reference.any():
        return NOT_COMPUTABLE
    scale = float(reference.mean())
    share = 1.0 - float(losses.mean()) / scale
    said = clustered_mean((reference - losses - share * reference) / scale, later.cluster)
    half = None if said is None else _half_width(later, said[1], 0.975)
    return Estimate(share, None, None) if half is None else Estimate(share, share - half, share + half)


def gain(learning: WeightRows, later: WeightRows, old: Vector, new: Vector) -> Gain | None:
    """Compare new weights with those in force on the later rows; None where that is not computable."""
    before, after = (losses_of(learning, later, weights) for weights in (old, new))
    if before is None or after is None:
        return None
    said = clustered_mean(before - after, later.cluster)
    if said is None:
        return None
    saved, error = said
    both, one = _half_width(later, error, 0.975), _half_width(later, error, 0.95)
    if both is None or one is None:
        return Gain(Estimate(saved, None, None), None)
    return Gain(Estimate(saved, saved - both, saved + both), saved - one)


def _half_width(later: WeightRows, error: float, level: float) -> float | None:
    """Error times Student's quantile; None where fewer than two accounts left, or stayed."""
    rarer = min(len(np.unique(later.cluster[later.y == outcome])) for outcome in (0, 1))
    return error * float(stdtrit(rarer - 1, level)) if rarer > 1 else None
