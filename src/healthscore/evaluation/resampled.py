"""The metrics of `metrics.py` for many resamples at once, each resample a number of times every account is drawn.

Rows are never copied or sorted again. Once per model, the rows are collected by account into

- sums of everything that is a weighted mean (log-loss, Brier, observed and expected churn, score and information of the
  calibration line), so that all resamples are one matrix product;
- *blocks* in the order of falling risk, one for each tie group that holds a churner: the stayers in the groups without
  churners just above it, the stayers in it, the churners in it. AUC, average precision, capture and lift depend on
  these sums only, exactly and with ties, so a resample costs as much as there are churners, not rows.

Symbols: C accounts, K blocks, R resamples in a chunk. Functions return one figure per resample, shape (R,); NaN where
the resample has no answer (for example drew no churner).
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.special import expit, logit

from healthscore.evaluation.profit import expected_maximum_profit
from healthscore.evaluation.reliability import calibration_line
from healthscore.evaluation.rows import Floats, Integers, Rows, group_sums


class Prepared:
    """One model's rows, collected by account once.

    Parameters
    ----------
    rows
        Outcomes, predictions, weights, values.
    codes
        Account of each row, 0 ... C-1; shape (n,).
    accounts
        C.
    """

    def __init__(self, rows: Rows, codes: Integers, accounts: int) -> None:
        self.rows = rows
        self.codes = codes
        self.accounts = accounts

    @cached_property
    def mass(self) -> Floats:
        """Sums per account of 1 and y, weighted; shape (2, C)."""
        return self._sums(np.ones_like(self.rows.y), self.rows.y)

    @cached_property
    def probability_sums(self) -> Floats:
        """Sums per account of p, surprise and squared error, weighted; shape (3, C). NaN for what is no probability."""
        rows = self.rows
        if not rows.are_probabilities:
            return np.full((3, self.accounts), np.nan)
        return self._sums(rows.p, rows.surprise(), (rows.p - rows.y) ** 2)

    @cached_property
    def line(self) -> tuple[float, float] | None:
        """Intercept and slope of the calibration line on all rows."""
        return calibration_line(self.rows)

    @cached_property
    def line_sums(self) -> Floats:
        """Sums per account of the line's first (2), second (3) and third (4) derivatives at its maximum; (9, C)."""
        if self.line is None:
            return np.full((9, self.accounts), np.nan)
        x = logit(self.rows.clipped())
        fitted = expit(self.line[0] + self.line[1] * x)
        residual, variance = self.rows.y - fitted, fitted * (1.0 - fitted)
        third = variance * (1.0 - 2.0 * fitted)
        return self._sums(
            residual, residual * x, variance, variance * x, variance * x**2, *(third * x**power for power in range(4))
        )

    @cached_property
    def block_sums(self) -> tuple[csr_array, int]:
        """Weights per block and account, stacked: stayers above, stayers tied, churners, their value; (4K, C), and K.

        Weights are 0 in the fourth part where no values were given. Stayers below every churner are in no block.
        """
        rows = self.rows
        group = np.unique(-rows.p, return_inverse=True)[1]
        churned = rows.y == 1.0
        with_churners = np.unique(group[churned])
        block = np.searchsorted(with_churners, group)
        count = with_churners.size
        inside = block < count
        tied = np.zeros_like(inside)
        tied[inside] = with_churners[block[inside]] == group[inside]
        part = np.where(churned, 2, np.where(tied, 1, 0))
        row, column, weight = (part * count + block)[inside], self.codes[inside], rows.weight[inside]
        if rows.value is not None:
            row = np.concatenate([row, 3 * count + block[churned]])
            column = np.concatenate([column, self.codes[churned]])
            weight = np.concatenate([weight, rows.weight[churned] * rows.value[churned]])
        stacked = coo_array((weight, (row, column)), shape=(4 * count, self.accounts))
        return stacked.tocsr(), count

    def _sums(self, *columns: Floats) -> Floats:
        return np.stack([group_sums(self.codes, self.rows.weight * c, self.accounts) for c in columns])


class Resampled:
    """One model under a chunk of resamples: `counts[c, r]` times account c is drawn in resample r; shape (C, R)."""

    def __init__(self, prepared: Prepared, counts: Floats) -> None:
        self.prepared = prepared
        self.counts = counts
        self._taken: dict[float, Floats] = {}

    @cached_property
    def total(self) -> Floats:
        """Weight of all rows; shape (R,)."""
        return np.asarray(self.prepared.mass[0] @ self.counts)

    @cached_property
    def churners(self) -> Floats:
        """Weight of the churners; shape (R,)."""
        return np.asarray(self.prepared.mass[1] @ self.counts)

    @cached_property
    def means(self) -> Floats:
        """Means of p, surprise and squared error; shape (3, R)."""
        return _ratio(self.prepared.probability_sums @ self.counts, self.total)

    @cached_property
    def blocks(self) -> Floats:
        """Weights per block: stayers above, stayers tied, churners, their value; shape (4, K, R)."""
        stacked, count = self.prepared.block_sums
        return np.asarray(stacked @ self.counts).reshape(4, count, self.counts.shape[1])

    @cached_property
    def stayers_above(self) -> Floats:
        """Stayers scored strictly worse than the churners of each block; shape (K, R)."""
        above, tied = self.blocks[:2]
        through = above + tied
        np.cumsum(through, axis=0, out=through)
        through -= tied
        return np.asarray(through)

    @cached_property
    def churners_through(self) -> Floats:
        """Churners scored at least as badly as those of each block; shape (K, R)."""
        return np.cumsum(self.blocks[2], axis=0)

    @cached_property
    def before(self) -> Floats:
        """Weight of everybody scored strictly worse than each block's tie group; shape (K, R)."""
        return np.asarray(self.stayers_above + self.churners_through - self.blocks[2])

    @cached_property
    def calibration(self) -> Floats:
        """Intercept and slope of the calibration line; shape (2, R).

        One Newton step from the maximum on all rows, corrected for the third derivative (Chebyshev's step), instead of
        a fit per resample: `d = H^-1 g`, then `d = H^-1 (g - T(d, d) / 2)`. Its error is of smaller order than the
        interval's width (k-step bootstrap: Andrews, Econometrica 70, 2002).
        """
        if self.prepared.line is None:
            return np.full((2, self.counts.shape[1]), np.nan)
        g0, g1, h00, h01, h11, t0, t1, t2, t3 = self.prepared.line_sums @ self.counts
        determinant = h00 * h11 - h01**2
        determinant = np.where(determinant > 1e-12 * h00 * h11, determinant, 0.0)

        def solved(first: Floats, second: Floats) -> Floats:
            return _ratio(np.stack([h11 * first - h01 * second, h00 * second - h01 * first]), determinant)

        d0, d1 = solved(g0, g1)
        bend0 = t0 * d0**2 + 2.0 * t1 * d0 * d1 + t2 * d1**2
        bend1 = t1 * d0**2 + 2.0 * t2 * d0 * d1 + t3 * d1**2
        step = solved(g0 - bend0 / 2.0, g1 - bend1 / 2.0)
        return np.asarray(np.array(self.prepared.line)[:, None] + step)

    def part_taken(self, share: float) -> Floats:
        """Find the part of each block's tie group above a cut at `share` of the weight; shape (first blocks, R)."""
        if (known := self._taken.get(share)) is not None:
            return known
        cut = share * self.total
        reached = int((self.before < cut).any(axis=1).sum())
        tied = self.blocks[1, :reached] + self.blocks[2, :reached]
        left = cut - self.before[:reached]
        taken = np.clip(np.divide(left, tied, out=np.zeros_like(tied), where=tied > 0), 0.0, 1.0)
        self._taken[share] = taken
        return taken


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Divide where there is something to divide by; NaN elsewhere."""
    nothing = np.full(np.broadcast_shapes(part.shape, whole.shape), np.nan)
    return np.asarray(np.divide(part, whole, out=nothing, where=whole > 0))


def _sum_of_products(left: Floats, right: Floats) -> Floats:
    return np.asarray(np.einsum("kr,kr->r", left, right), dtype=np.float64)


def auc(draws: Resampled) -> Floats:
    """Compute AUC per resample."""
    stayers = draws.total - draws.churners
    worse_scored = draws.stayers_above + draws.blocks[1] / 2.0
    inverted = _sum_of_products(draws.blocks[2], worse_scored)
    return 1.0 - _ratio(inverted, draws.churners * stayers)


def pr_auc(draws: Resampled) -> Floats:
    """Compute average precision per resample."""
    everybody = draws.stayers_above + draws.blocks[1]
    everybody += draws.churners_through
    precision = np.divide(draws.churners_through, everybody, out=np.zeros_like(everybody), where=everybody > 0)
    return _ratio(_sum_of_products(draws.blocks[2], precision), draws.churners)


def log_loss(draws: Resampled) -> Floats:
    """Compute log-loss per resample."""
    return np.asarray(draws.means[1])


def brier(draws: Resampled) -> Floats:
    """Compute the Brier score per resample."""
    return np.asarray(draws.means[2])


def _base_rate(draws: Resampled) -> Floats:
    """Compute the base rate per resample; NaN where only one outcome was drawn."""
    base = _ratio(draws.churners, draws.total)
    return np.where((base > 0) & (base < 1), base, np.nan)


def log_loss_skill(draws: Resampled) -> Floats:
    """Compute log-loss skill per resample, each against its own base rate."""
    base = _base_rate(draws)
    return 1.0 - log_loss(draws) / -(base * np.log(base) + (1.0 - base) * np.log1p(-base))


def brier_skill(draws: Resampled) -> Floats:
    """Compute Brier skill per resample, each against its own base rate."""
    base = _base_rate(draws)
    return 1.0 - brier(draws) / (base * (1.0 - base))


def capture(draws: Resampled, *, share: float) -> Floats:
    """Compute the captured share of churners per resample."""
    taken = draws.part_taken(share)
    return _ratio(_sum_of_products(draws.blocks[2, : len(taken)], taken), draws.churners)


def lift(draws: Resampled, *, share: float) -> Floats:
    """Compute lift per resample."""
    return capture(draws, share=share) / share


def revenue_capture(draws: Resampled, *, share: float) -> Floats:
    """Compute the captured share of churned revenue per resample; NaN where no values were given."""
    taken = draws.part_taken(share)
    value = draws.blocks[3]
    return _ratio(_sum_of_products(value[: len(taken)], taken), np.asarray(value.sum(axis=0)))


def observed_expected(draws: Resampled) -> Floats:
    """Compute observed over expected churn per resample."""
    return _ratio(_ratio(draws.churners, draws.total), draws.means[0])


def calibration_intercept(draws: Resampled) -> Floats:
    """Compute the calibration line's intercept per resample."""
    return np.asarray(draws.calibration[0])


def calibration_slope(draws: Resampled) -> Floats:
    """Compute the calibration line's slope per resample."""
    return np.asarray(draws.calibration[1])


def profit(draws: Resampled) -> Floats:
    """Compute expected maximum profit per resample, each on its own convex hull.

    The hull never ends between the churners of a block and the stayers just above or beside them, so that they enter
    together; the stayers below every churner are one piece.
    """
    above, tied, churned, _ = draws.blocks
    # One row per resample, so that each has its blocks side by side in memory.
    stayed, leaving = np.ascontiguousarray((above + tied).T), np.ascontiguousarray(churned.T)
    below = np.maximum(0.0, draws.total - draws.churners - stayed.sum(axis=1))
    groups = zip(leaving, stayed, below, strict=True)
    profits = [expected_maximum_profit(np.append(gone, 0.0), np.append(here, rest)) for gone, here, rest in groups]
    return np.array(profits)
