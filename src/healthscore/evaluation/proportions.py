"""Rates and counts with intervals that know several rows belong to one account."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from healthscore.errors import InputError
from healthscore.evaluation.rows import Floats, Integers, cluster_codes, group_sums


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval. None means not computable; the bounds are None where only the figure is."""

    estimate: float | None
    low: float | None
    high: float | None

    def as_dict(self) -> dict[str, float | None]:
        """Give the figure as plain numbers for JSON: never NaN."""
        return {"estimate": self.estimate, "low": self.low, "high": self.high}

    def times(self, factor: float) -> Estimate:
        """Express the figure in another unit, for example a share of churners as a number of churners."""
        scaled = [None if number is None else number * factor for number in (self.estimate, self.low, self.high)]
        low, high = (scaled[1], scaled[2]) if factor >= 0 else (scaled[2], scaled[1])
        return Estimate(scaled[0], low, high)

    def excludes(self, number: float) -> bool:
        """Say whether the interval lies wholly above or wholly below the number: only then is a difference printed."""
        return self.low is not None and self.high is not None and (self.low > number or self.high < number)


NOT_COMPUTABLE = Estimate(None, None, None)


@dataclass(frozen=True)
class Rate:
    """How many of `n` happened. Weights may make `n` and `events` fractional; `accounts` are distinct."""

    n: float
    events: float
    accounts: int
    rate: Estimate

    def as_dict(self) -> dict[str, Any]:
        """Give the rate as plain numbers for JSON."""
        return {"n": self.n, "events": self.events, "accounts": self.accounts, "rate": self.rate.as_dict()}


def rates(
    y: ArrayLike, groups: ArrayLike, clusters: ArrayLike, weight: ArrayLike | None = None, *, level: float = 0.95
) -> dict[Hashable, Rate]:
    """Estimate the churn rate in every group (a band, a segment, a bin), with an interval clustered by account.

    Groups in sorted order. See `rate` for the interval.
    """
    outcome = np.asarray(y, dtype=np.float64)
    labels = np.asarray(groups)
    codes = cluster_codes(clusters)[0]
    weights = np.ones_like(outcome) if weight is None else np.asarray(weight, dtype=np.float64)
    if not outcome.shape == labels.shape == codes.shape == weights.shape:
        raise InputError(
            f"rates: {outcome.size} outcomes, {labels.size} groups, {codes.size} accounts, {weights.size} weights",
            "pass one of each per row",
        )
    answer: dict[Hashable, Rate] = {}
    for label in np.unique(labels).tolist():
        inside = (labels == label) & (weights > 0)
        answer[label] = _rate(outcome[inside], codes[inside], weights[inside], level)
    return answer


def rate(y: ArrayLike, clusters: ArrayLike, weight: ArrayLike | None = None, *, level: float = 0.95) -> Rate:
    """Estimate one rate with Wilson's interval on the effective sample size.

    The effective size is the number of independent rows that would be as uncertain: `n* = r (1 - r) / v`, with `v` the
    clustered (sandwich) variance of the rate `r`, `v = C / (C - 1) sum_c (sum_(i in c) w_i (y_i - r))^2 / (sum w)^2`
    over the C accounts, and at most `(sum w)^2 / sum w^2`. The critical value is Student's with C - 1 degrees of
    freedom. Where nothing (or everything) churned, `v` says nothing and each account counts once: 0 of 40 accounts is
    0 % (0-9 %), which resampling would call 0 % (0-0 %).

    Wilson (1927) with the design-adjusted size of Korn and Graubard, Survey Methodology 24 (1998); recommended by Dean
    and Pagano, J. Surv. Stat. Methodol. 3 (2015). NOT COMPUTABLE (None) without rows.
    """
    outcome = np.asarray(y, dtype=np.float64)
    answer = rates(outcome, np.zeros(outcome.shape, dtype=np.int8), clusters, weight, level=level)
    return answer.get(0, Rate(n=0.0, events=0.0, accounts=0, rate=NOT_COMPUTABLE))


def _rate(y: Floats, codes: Integers, weight: Floats, level: float) -> Rate:
    n = float(weight.sum())
    if not n:
        return Rate(n=0.0, events=0.0, accounts=0, rate=NOT_COMPUTABLE)
    events = float(weight @ y)
    share = events / n
    seen = np.bincount(codes) > 0
    accounts = int(seen.sum())
    if accounts < 2:
        # The t-interval of one account is the whole line.
        return Rate(n=n, events=events, accounts=accounts, rate=Estimate(share, 0.0, 1.0))
    deviation = group_sums(codes, weight * (y - share))
    variance = accounts / (accounts - 1) * float(deviation @ deviation) / n**2
    by_account = group_sums(codes, weight)
    size = n**2 / float(by_account @ by_account)
    if variance > 0 and 0 < events < n:
        size = min(share * (1.0 - share) / variance, n**2 / float(weight @ weight))
    low, high = wilson(share, size, critical=float(stdtrit(accounts - 1, 0.5 + level / 2.0)))
    return Rate(n=n, events=events, accounts=accounts, rate=Estimate(share, low, high))


def wilson(share: float, size: float, critical: float) -> tuple[float, float]:
    """Bound a proportion by Wilson's score interval: the rates that a test at `critical` would not reject."""
    squared = critical**2 / size
    centre = (share + squared / 2.0) / (1.0 + squared)
    half = (squared * share * (1.0 - share) + squared**2 / 4.0) ** 0.5 / (1.0 + squared)
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))
