"""Does the score hold still? Shift of its distribution, and accounts that change their band, from date to date."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from healthscore.evaluation.proportions import NOT_COMPUTABLE, Rate, rate
from healthscore.evaluation.rows import Floats

PSI_BINS = 10
PSI_FLOOR = 1e-4
"""Least share of a bin: an empty one would make the index infinite."""


def population_stability_index(reference: ArrayLike, current: ArrayLike, *, bins: int = PSI_BINS) -> float | None:
    """Measure how far the scores have moved since a reference: `sum_b (c_b - r_b) ln(c_b / r_b)`.

    `r_b` and `c_b` are the shares of the reference and the current scores in bins cut at the reference's quantiles;
    equal cuts are merged, shares are at least 1e-4. By convention below 0.1 is stable, above 0.25 has shifted
    (Siddiqi, "Credit Risk Scorecards", 2006).

    Returns
    -------
    0 for the same distribution, without upper limit; None where either side is empty.
    """
    before = np.asarray(reference, dtype=np.float64)
    after = np.asarray(current, dtype=np.float64)
    if not before.size or not after.size:
        return None
    cuts = np.unique(np.quantile(before, np.arange(1, bins) / bins))
    r, c = _shares(before, cuts), _shares(after, cuts)
    return float(((c - r) * np.log(c / r)).sum())


def _shares(scores: Floats, cuts: Floats) -> Floats:
    counts = np.bincount(np.searchsorted(cuts, scores, side="left"), minlength=cuts.size + 1)
    return np.maximum(counts / scores.size, PSI_FLOOR)


def band_flips(accounts: ArrayLike, days: ArrayLike, bands: ArrayLike) -> Rate:
    """Find how often an account scored at two consecutive origins was in another band at the second.

    Parameters
    ----------
    accounts, days, bands
        One row per account and origin, in any order; shape (n,). Consecutive origins are consecutive distinct days of
        the history; an account that skips an origin is not compared across it.

    Returns
    -------
    Comparisons, flips and their share with an interval clustered by account.
    """
    ids, moments, colours = np.asarray(accounts), np.asarray(days), np.asarray(bands)
    flips, owners = [], []
    for earlier, later in pairwise(np.unique(moments).tolist()):
        before, after = np.flatnonzero(moments == earlier), np.flatnonzero(moments == later)
        both, first, second = np.intersect1d(ids[before], ids[after], assume_unique=True, return_indices=True)
        flips.append(colours[before[first]] != colours[after[second]])
        owners.append(both)
    if not flips:
        return Rate(n=0.0, events=0.0, accounts=0, rate=NOT_COMPUTABLE)
    return rate(np.concatenate(flips), np.concatenate(owners))
