"""What other weights would have found: churners, and their revenue, on the list of worst-scored accounts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from healthscore.evaluation.announced import TARGETED_SHARE, on_the_list
from healthscore.evaluation.clustered import Resamples, resample
from healthscore.evaluation.metrics import Metric
from healthscore.evaluation.resampled import Resampled
from healthscore.evaluation.rows import Floats, scored_rows


def found_gain(
    y: ArrayLike,
    old: ArrayLike,
    new: ArrayLike,
    moment: ArrayLike,
    exit_of: ArrayLike,
    clusters: ArrayLike,
    *,
    value: ArrayLike | None = None,
    share: float = TARGETED_SHARE,
    capacity: int | None = None,
    resamples: int = 1000,
    seed: int,
) -> dict[str, Any]:
    """Churners that the worst-scored share of each date held by old and by new scores, and the difference.

    Each exit counts once, spread evenly over the dates at which it was still to come, as in `churners_found`;
    differences are paired and resampled by account.

    Parameters
    ----------
    y
        1 where it happened, else 0; shape (n,).
    old, new
        Scores, higher is healthier; shape (n,).
    moment
        The date (or month) whose accounts are ranked together; shape (n,).
    exit_of
        Non-negative number of the exit that a row with y = 1 announces; others are not read; shape (n,).
    clusters, value
        Account of each row, and what it is worth; shape (n,).
    share
        Part of the accounts that the team can work, by date.
    capacity
        Accounts that the team can work, where `share` follows from them: people are told of these, not of a share.

    Returns
    -------
    `churners`: share, capacity, exits, old, new, difference (counts of exits, with intervals), and `revenue` (shares of
    the revenue that left), None where no value is given or none left.
    """
    left = np.flatnonzero(np.asarray(y) == 1)
    listed = {
        name: on_the_list(-np.asarray(score, np.float64), moment, share)[left]
        for name, score in (("old", old), ("new", new))
    }
    exits = np.asarray(exit_of, np.int64)[left]
    seen = np.bincount(exits)[exits] if len(left) else np.ones(0)
    number = len(np.unique(exits))
    accounts = np.asarray(clusters)[left]
    if not number:
        return {"churners": None, "revenue": None}
    said = _means(listed, accounts, 1.0 / seen, resamples, seed)
    size = {"share": share, "capacity": capacity}
    worth = None if value is None else np.nan_to_num(np.asarray(value, np.float64))[left]
    revenue = None
    if worth is not None and worth.sum() > 0:
        revenue = {**size, **_figures(_means(listed, accounts, worth / seen, resamples, seed), 1.0)}
    return {"churners": {**size, "exits": number, **_figures(said, float(number))}, "revenue": revenue}


def _figures(said: Resamples, factor: float) -> dict[str, dict[str, float | None]]:
    return {
        "old": said.interval("old", "mean").times(factor).as_dict(),
        "new": said.interval("new", "mean").times(factor).as_dict(),
        "difference": said.interval("new", "mean", minus="old").times(factor).as_dict(),
    }


def _means(listed: dict[str, Floats], accounts: ArrayLike, weight: Floats, resamples: int, seed: int) -> Resamples:
    """Weighted share of the exits on either list, on the same resamples of accounts."""
    metric = Metric("mean", "", "", _mean, True, fast=_resampled_means)
    return resample(np.ones(len(weight)), listed, accounts, [metric], resamples=resamples, seed=seed, weight=weight)


def _mean(y: ArrayLike, p: ArrayLike, weight: ArrayLike | None = None, value: ArrayLike | None = None) -> float | None:
    rows = scored_rows(y, p, weight)
    return float(rows.weight @ rows.p) / rows.total if rows.total else None


def _resampled_means(draws: Resampled) -> Floats:
    return np.asarray(draws.means[0], dtype=np.float64)
