"""Whom does the team reach? Churners, and their revenue, among the accounts scored worst."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from healthscore.evaluation.profit import expected_maximum_profit
from healthscore.evaluation.rows import Floats, ranking, scored_rows


def capture(
    y: ArrayLike,
    p: ArrayLike,
    weight: ArrayLike | None = None,
    value: ArrayLike | None = None,
    *,
    share: float,
) -> float | None:
    """Find the share of all churners among the `share` of accounts scored worst.

    The cut is at exactly `share` of the total weight. Where it falls into a group of equal scores, the group's churners
    count in proportion: the expected figure when ties are broken at random.
    """
    rows = scored_rows(y, p, weight)
    if not rows.churned:
        return None
    groups = ranking(rows)
    return float(groups.churned @ _part_taken(groups.churned + groups.stayed, share * rows.total)) / rows.churned


def lift(
    y: ArrayLike,
    p: ArrayLike,
    weight: ArrayLike | None = None,
    value: ArrayLike | None = None,
    *,
    share: float,
) -> float | None:
    """Find how many times more churners the worst-scored `share` holds than the same number of random accounts."""
    captured = capture(y, p, weight, share=share)
    return None if captured is None else captured / share


def revenue_capture(
    y: ArrayLike,
    p: ArrayLike,
    weight: ArrayLike | None = None,
    value: ArrayLike | None = None,
    *,
    share: float,
) -> float | None:
    """Find the share of the churned revenue among the `share` of accounts (not of revenue) scored worst."""
    rows = scored_rows(y, p, weight, value)
    groups = ranking(rows)
    lost = float(groups.value.sum())
    if not lost:
        return None
    return float(groups.value @ _part_taken(groups.churned + groups.stayed, share * rows.total)) / lost


def _part_taken(weights: Floats, cut: float) -> Floats:
    """Find the part of each tie group above the cut, from the top; shape (groups,)."""
    before = np.cumsum(weights) - weights
    return np.clip((cut - before) / weights, 0.0, 1.0)


def profit(y: ArrayLike, p: ArrayLike, weight: ArrayLike | None = None, value: ArrayLike | None = None) -> float | None:
    """Estimate the profit per account of the best retention campaign on this ranking (`profit.py`, its defaults)."""
    rows = scored_rows(y, p, weight)
    if not rows.p.size:
        return None
    groups = ranking(rows)
    return expected_maximum_profit(groups.churned, groups.stayed)
