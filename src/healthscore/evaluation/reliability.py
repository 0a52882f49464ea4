"""Are the probabilities honest? Calibration line, reliability bins, and calibration error beside its own null."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array
from scipy.special import expit, logit

from healthscore.evaluation.proportions import rates
from healthscore.evaluation.rows import Floats, Integers, Rows, cluster_codes, group_sums, scored_rows

NEWTON_STEPS = 50
NULL_CELLS = 20_000_000
"""Rows times draws of the simulated null: bounds its time to a fraction of a second."""


@dataclass(frozen=True)
class ReliabilityBin:
    """Accounts of similar predicted churn: what was predicted and what happened."""

    low: float
    high: float
    predicted: float
    observed: float
    observed_low: float | None
    observed_high: float | None
    n: float
    events: float

    def as_dict(self) -> dict[str, float | None]:
        """Give the bin as plain numbers for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class CalibrationError:
    """Expected calibration error, in probability, beside what a perfect model shows on the same rows."""

    observed: float
    null_mean: float
    null_high: float
    """95 % of perfect models stay at or below this."""

    @property
    def debiased(self) -> float:
        """What is left once a perfect model's own error is taken off; never below 0."""
        return max(0.0, self.observed - self.null_mean)

    def as_dict(self) -> dict[str, float]:
        """Give the error and its null as plain numbers for JSON."""
        return {**asdict(self), "debiased": self.debiased}


def calibration_line(rows: Rows) -> tuple[float, float] | None:
    """Fit intercept and slope of `logit P(y = 1) = intercept + slope logit(p)`: 0 and 1 for honest probabilities.

    A slope below 1 means predictions too extreme, above 1 too timid. Maximum likelihood by Newton's method, `p` kept
    1e-15 from 0 and 1. Cox, "Two further applications of a model for binary regression", Biometrika 45 (1958).

    Returns
    -------
    (intercept, slope), or None where no finite maximum exists: no probabilities, one class only, one value of `p`
    only, or a threshold on `p` that separates the classes.
    """
    if not rows.are_probabilities:
        return None
    x = logit(rows.clipped())
    churned, stayed = x[rows.y == 1], x[rows.y == 0]
    if not churned.size or not stayed.size:
        return None
    if churned.min() >= stayed.max() or stayed.min() >= churned.max():
        return None
    design = np.stack([np.ones_like(x), x])
    line = np.array([0.0, 1.0])
    loss = _loss(rows, line @ design)
    for _ in range(NEWTON_STEPS):
        fitted = expit(line @ design)
        gradient = design @ (rows.weight * (rows.y - fitted))
        curvature = (design * (rows.weight * fitted * (1.0 - fitted))) @ design.T
        if np.linalg.cond(curvature) > 1e14:
            return None
        step = np.linalg.solve(curvature, gradient)
        size = 1.0
        while (next_loss := _loss(rows, (line + size * step) @ design)) > loss + 1e-12 * abs(loss) and size > 1e-6:
            size /= 2.0
        line, loss = line + size * step, next_loss
        if np.abs(step).max() < 1e-12:
            break
    return float(line[0]), float(line[1])


def _loss(rows: Rows, z: Floats) -> float:
    """Sum the logistic loss at log-odds z without overflow."""
    return float(rows.weight @ (np.logaddexp(0.0, z) - rows.y * z))


def quantile_bins(p: Floats, weight: Floats, bins: int) -> Integers:
    """Put rows into bins of about equal weight by `p`; equal `p` always share a bin, so there may be fewer bins.

    Returns
    -------
    Bin of each row, 0 ... at most bins - 1 without gaps, rising with `p`; shape (n,).
    """
    distinct, group = np.unique(p, return_inverse=True)
    weights = group_sums(group, weight, distinct.size)
    middle = np.cumsum(weights) - weights / 2.0
    wanted = np.minimum((middle / weights.sum() * bins).astype(np.intp), bins - 1)
    return np.unique(wanted, return_inverse=True)[1][group].astype(np.intp)


def reliability_curve(
    y: ArrayLike, p: ArrayLike, clusters: ArrayLike, weight: ArrayLike | None = None, *, bins: int = 10
) -> list[ReliabilityBin]:
    """Compare predicted and observed churn in bins of about equal weight, lowest predictions first.

    The intervals of the observed rates are clustered by account (`proportions.rates`, 95 %). Empty without rows or
    where `p` are no probabilities.
    """
    weights = np.ones(np.asarray(y).shape) if weight is None else np.asarray(weight, dtype=np.float64)
    rows = scored_rows(y, p, weights)
    if not rows.are_probabilities:
        return []
    codes = cluster_codes(clusters)[0][weights > 0]
    bin_of = quantile_bins(rows.p, rows.weight, bins)
    curve = []
    for number, rate in rates(rows.y, bin_of, codes, rows.weight).items():
        inside = bin_of == number
        curve.append(
            ReliabilityBin(
                low=float(rows.p[inside].min()),
                high=float(rows.p[inside].max()),
                predicted=float(np.average(rows.p[inside], weights=rows.weight[inside])),
                observed=rate.events / rate.n,
                observed_low=rate.rate.low,
                observed_high=rate.rate.high,
                n=rate.n,
                events=rate.events,
            )
        )
    return curve


def calibration_error(
    y: ArrayLike,
    p: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    clusters: ArrayLike | None = None,
    bins: int = 10,
    draws: int = 1000,
    seed: int = 0,
) -> CalibrationError | None:
    """Measure `sum_b |sum_(i in b) w_i (y_i - p_i)| / sum w` over quantile bins, beside its null.

    The error of a *perfect* model is above 0, because outcomes scatter. Without `clusters` the null draws outcomes
    independently with the probabilities `p`. With `clusters` it keeps the dependence between the rows of an account:
    the residuals of whole accounts, centred in their bin, get random signs (wild bootstrap by cluster).

    Returns
    -------
    The error and the mean and 95 % point of the null, in probability; None where `p` are no probabilities.
    Deterministic by seed and independent of the order of the rows.
    """
    weights = np.ones(np.asarray(y).shape) if weight is None else np.asarray(weight, dtype=np.float64)
    rows = scored_rows(y, p, weights)
    if not rows.are_probabilities:
        return None
    bin_of = quantile_bins(rows.p, rows.weight, bins)
    observed = np.abs(group_sums(bin_of, rows.weight * (rows.y - rows.p))).sum() / rows.total
    generator = np.random.default_rng(seed)
    if clusters is None:
        null = _independent_null(rows, bin_of, draws, generator)
    else:
        null = _clustered_null(rows, bin_of, cluster_codes(clusters)[0][weights > 0], draws, generator)
    return CalibrationError(
        observed=float(observed), null_mean=float(null.mean()), null_high=float(np.quantile(null, 0.95))
    )


def _independent_null(rows: Rows, bin_of: Integers, draws: int, generator: np.random.Generator) -> Floats:
    """Draw the error of a perfect model whose rows are independent; shape (draws,)."""
    # Sorted, because the n-th random number goes to the n-th row: rows in another order must not change the null.
    order = np.lexsort((rows.weight, rows.p))
    p, weight = rows.p[order], rows.weight[order]
    starts = np.flatnonzero(np.diff(bin_of[order], prepend=-1))
    null = np.empty(max(100, min(draws, NULL_CELLS // p.size)))
    for number in range(null.size):
        residual = weight * ((generator.random(p.size) < p) - p)
        null[number] = np.abs(np.add.reduceat(residual, starts)).sum()
    return null / rows.total


def _clustered_null(
    rows: Rows, bin_of: Integers, codes: Integers, draws: int, generator: np.random.Generator
) -> Floats:
    """Draw the error that is left when accounts' centred residuals get random signs; shape (draws,)."""
    residual = rows.y - rows.p
    mean = group_sums(bin_of, rows.weight * residual) / group_sums(bin_of, rows.weight)
    by_account = csr_array((rows.weight * (residual - mean[bin_of]), (bin_of, codes)))
    null = np.empty(draws)
    width = max(1, 4_000_000 // by_account.shape[1])
    for start in range(0, draws, width):
        stop = min(start + width, draws)
        signs = generator.integers(0, 2, (stop - start, by_account.shape[1])).T * 2.0 - 1.0
        null[start:stop] = np.abs(np.asarray(by_account @ signs)).sum(axis=0)
    return null / rows.total
