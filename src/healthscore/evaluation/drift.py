"""Has the distribution moved? The largest change of a share between two dates, held against what chance moves.

The statistic is the largest difference of cumulative shares, `D = max_k |F_later(c_k) - F_earlier(c_k)|`, over cuts
`c_k` at the pooled quantiles (Kolmogorov and Smirnov on a grid; a missing value counts as larger than all others, so a
feature that goes missing has moved). It is its own effect size: 0.10 means that some share of the accounts, "at most 3
log-ins" say, changed by ten percentage points.

No limit on it (0.1, 0.25) means the same for 300 accounts and for 300,000, nor for two dates that share their accounts
and two that do not. So the null is that of these very accounts: an account moves the vector `F_later - F_earlier` by
its *influence* `psi_a`, the sum over its rows of `(1[x <= c] - F) / n` (minus for earlier rows; `F` of both dates
together), and under no change that vector is normal with mean 0 and covariance `C / (C - 1) sum_a psi_a psi_a'`. The
chance is that of a larger maximum under it: the account-clustered multiplier bootstrap with infinitely many multipliers
(Chernozhukov, Chetverikov, Kato, Annals of Statistics 41 (2013), 2786-2819). Ties, steps and accounts seen at both
dates are in it.

Measured in a world without change (two dates, four fifths of the accounts at both, twelve features of every kind, 1,500
seeds): some feature is called moved after Holm's adjustment in 3.9 % with 300 accounts a date, in 4.9 % with 1,000. By
a limit of 0.1 on the stability index it is 99 % and 82 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from healthscore.errors import InputError
from healthscore.evaluation.rows import Floats, Integers, cluster_codes, group_sums

CUTS = 19
"""Cuts between twenty equal parts of both dates together."""
DRAWS = 20_000
"""Draws of the null: the smallest chance that can be told is one in so many, enough for Holm over 500 features."""


@dataclass(frozen=True)
class Move:
    """How far a quantity moved between earlier and later rows.

    Attributes
    ----------
    size
        Largest difference of cumulative shares, 0 to 1; None where one side has no rows.
    chance
        Of a difference as large where nothing moved; None where nothing varies.
    before, after
        Medians of the values that are there; None where there are none.
    missing_before, missing_after
        Shares of rows without a value.
    """

    size: float | None
    chance: float | None
    before: float | None
    after: float | None
    missing_before: float | None
    missing_after: float | None


def moves(
    columns: Sequence[ArrayLike], later: ArrayLike, clusters: ArrayLike, *, draws: int = DRAWS, seed: int
) -> list[Move]:
    """Compare the later rows with the earlier ones, column by column.

    Parameters
    ----------
    columns
        Values, NaN where missing; shape (n,) each.
    later
        Whether the row is of the later date; shape (n,), bool.
    clusters
        The account (or person) of each row; shape (n,).
    draws, seed
        Of the null.
    """
    after = np.asarray(later, dtype=np.bool_)
    codes, accounts = cluster_codes(clusters)
    if codes.shape != after.shape:
        raise InputError(f"drift: {codes.size} account ids for {after.size} rows", "pass one id per row")
    normals = np.random.default_rng(seed).standard_normal((draws, CUTS + 1))
    return [_move(np.asarray(values, np.float64), after, codes, accounts, normals) for values in columns]


def _move(values: Floats, after: np.ndarray, codes: Integers, accounts: int, normals: Floats) -> Move:
    there = ~np.isnan(values)
    sides = [np.logical_not(after), after]
    medians = [float(np.median(values[side & there])) if (side & there).any() else None for side in sides]
    missing = [float(1.0 - there[side].mean()) if side.any() else None for side in sides]
    size, chance = None, None
    if after.any() and not after.all():
        size, chance = _tested(_steps(values, there), after, codes, accounts, normals)
    return Move(size, chance, medians[0], medians[1], missing[0], missing[1])


def _steps(values: Floats, there: np.ndarray) -> Floats:
    """Whether each value lies at or below each cut, shape (n, cuts); missing ones lie below none."""
    if not there.any():
        return np.zeros((len(values), 0))
    known = values[there]
    cuts = np.unique(np.quantile(known, np.arange(1, CUTS + 1) / (CUTS + 1), method="lower"))
    top = known.max()
    # The last cut is at infinity: it tells what is missing. The largest value itself would tell the same.
    cuts = np.append(cuts[cuts < top], np.inf)
    return np.where(there[:, None], values[:, None] <= cuts[None, :], False).astype(np.float64)


def _tested(
    below: Floats, after: np.ndarray, codes: Integers, accounts: int, normals: Floats
) -> tuple[float, float | None]:
    """The largest difference of the shares, and the chance of a larger one."""
    before = np.logical_not(after)
    shares = [below[side].mean(axis=0) for side in (before, after)]
    difference = shares[1] - shares[0]
    size = float(np.abs(difference).max(initial=0.0))
    if not below.size or not np.ptp(below, axis=0).any() or accounts < 2:
        return size, None
    # Around the share of both dates together, as in a score test: a rare step seen at one date only has a spread, too.
    centred = below - below.mean(axis=0)
    influence = np.where(after[:, None], centred / after.sum(), -centred / before.sum())
    by_account = np.stack([group_sums(codes, column, accounts) for column in influence.T], axis=1)
    covariance = accounts / (accounts - 1) * by_account.T @ by_account
    spread, axes = np.linalg.eigh(covariance)
    root = axes * np.sqrt(np.maximum(spread, 0.0))
    null = np.abs(normals[:, : root.shape[1]] @ root.T).max(axis=1)
    return size, float((1 + np.count_nonzero(null >= size)) / (1 + len(null)))
