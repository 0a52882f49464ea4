"""Exits that several scores announced: how many of the churners a list of the worst-scored accounts would have held."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from healthscore.evaluation.proportions import Rate, rate
from healthscore.evaluation.rows import Floats

TARGETED_SHARE = 0.10


def churners_found(
    y: ArrayLike,
    at_risk: ArrayLike,
    moment: ArrayLike,
    exit_of: ArrayLike,
    clusters: ArrayLike,
    *,
    share: float = TARGETED_SHARE,
) -> Rate:
    """Of the accounts that left, the part that the worst-scored `share` of their date held, by account.

    An account that leaves is seen at several dates before it does; each exit counts once, spread evenly over those
    dates, so the figure is what a team would have found on an average one. Equal scores share what is left of the list.

    Parameters
    ----------
    y
        1 churned, 0 stayed; shape (n,).
    at_risk
        Higher is more at risk; shape (n,).
    moment
        The date (or month) whose accounts are ranked together; shape (n,).
    exit_of
        Non-negative number of the exit that a row with y = 1 announces; others are not read; shape (n,).
    clusters
        Account of each row; shape (n,).

    Returns
    -------
    `n` is the number of exits; `rate.times(n)` is the number found, with its interval.
    """
    flagged = on_the_list(at_risk, moment, share)
    left = np.flatnonzero(np.asarray(y) == 1)
    exits = np.asarray(exit_of, np.int64)[left]
    seen = np.bincount(exits)[exits] if len(left) else np.ones(0)
    return rate(flagged[left], np.asarray(clusters)[left], 1.0 / seen)


def on_the_list(at_risk: ArrayLike, moment: ArrayLike, share: float = TARGETED_SHARE) -> Floats:
    """Part of each row that lies in the worst-scored `share` of its date, 0 to 1; equal scores share what is left."""
    risk, moments = np.asarray(at_risk, np.float64), np.asarray(moment)
    flagged = np.zeros(len(risk))
    for one in np.unique(moments):
        flagged[moments == one] = _targeted(risk[moments == one], share)
    return flagged


def _targeted(at_risk: Floats, share: float) -> Floats:
    """Part of each row that lies in the worst-scored share."""
    values, place, count = np.unique(-at_risk, return_inverse=True, return_counts=True)
    before = np.cumsum(count) - count
    taken = np.clip((share * at_risk.size - before) / count, 0.0, 1.0)
    return np.asarray(taken[place], dtype=np.float64) if values.size else at_risk
