"""Has the rate itself moved? Outcomes of a later date against those of the dates that a model learned from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from healthscore.evaluation.proportions import NOT_COMPUTABLE, Estimate, rate
from healthscore.evaluation.rows import Floats, cluster_codes, group_sums


@dataclass(frozen=True)
class Shift:
    """Rates of earlier and later rows, and the later minus the earlier; a rate without rows is not computable."""

    before: Estimate
    after: Estimate
    difference: Estimate


def rate_shift(y: ArrayLike, later: ArrayLike, clusters: ArrayLike, *, level: float = 0.95) -> Shift:
    """Compare the rates of earlier and later rows of partly the same accounts.

    The interval of the difference is made of the two rates' own (Wilson's on the effective sample size, see `rate`),
    which hold where nothing happened on one side: `d - sqrt(a^2 - 2 r a b + b^2)` below, with `a` from the later rate
    down to its bound, `b` from the earlier up to its, and `r` the correlation of the two rates over the accounts;
    likewise above. Newcombe, Statistics in Medicine 17 (1998), 2635-2650; Zou and Donner, ibid. 27 (2008).

    Parameters
    ----------
    y
        1 where it happened, 0 where not; shape (n,).
    later
        Whether the row is of the later date; shape (n,), bool.
    clusters
        The account (or person) of each row, shape (n,).
    level
        Confidence of all three intervals.
    """
    outcome, after = np.asarray(y, dtype=np.float64), np.asarray(later, dtype=np.bool_)
    owner = np.asarray(clusters)
    first = rate(outcome[~after], owner[~after], level=level).rate
    second = rate(outcome[after], owner[after], level=level).rate
    if first.estimate is None or second.estimate is None:
        return Shift(first, second, NOT_COMPUTABLE)
    difference = second.estimate - first.estimate
    if first.low is None or first.high is None or second.low is None or second.high is None:
        return Shift(first, second, Estimate(difference, None, None))
    tied = _correlation(outcome, after, owner)
    below = _reach(second.estimate - second.low, first.high - first.estimate, tied)
    above = _reach(second.high - second.estimate, first.estimate - first.low, tied)
    return Shift(first, second, Estimate(difference, difference - below, difference + above))


def _reach(a: float, b: float, correlation: float) -> float:
    return float(np.sqrt(max(a * a - 2.0 * correlation * a * b + b * b, 0.0)))


def _correlation(y: Floats, after: np.ndarray, owner: np.ndarray) -> float:
    """Correlation of the two rates over the accounts: that of an account's deviations before and after."""
    codes, accounts = cluster_codes(owner)
    sums = [
        group_sums(codes, np.where(side, y - y[side].mean(), 0.0), accounts) for side in (np.logical_not(after), after)
    ]
    spread = float(np.sqrt((sums[0] @ sums[0]) * (sums[1] @ sums[1])))
    return float(sums[0] @ sums[1]) / spread if spread > 0.0 else 0.0
