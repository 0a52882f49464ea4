"""What those to whom it happened had in common: each quantity's rank among its date, compared between the two groups.

Rows are ranked within their date, ties and missing values apart: `u = (rank - 1/2) / n`. The difference of the mean
ranks is `AUC - 1/2`: how often somebody who left had more of the quantity than somebody who stayed, ties counting
half, averaged over dates in the proportion of those who left. Its uncertainty is that of a difference of two means with
residuals summed by account (sandwich), which lets the same account count at several dates. Medians and units stay out
of it: log-ins, days and amounts are compared on one scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from healthscore.evaluation.proportions import NOT_COMPUTABLE, Estimate
from healthscore.evaluation.rows import Floats, Integers, cluster_codes, group_sums


@dataclass(frozen=True)
class Contrast:
    """One quantity among those to whom it happened, and among the others.

    Attributes
    ----------
    more
        Share of pairs in which the one to whom it happened has more of it; a half is no difference.
    chance
        Two-sided, unadjusted, that `more` is a half; None where not computable.
    happened, others
        Medians; None without values.
    n, events
        Rows that have a value, and those of them to which it happened.
    """

    more: Estimate
    chance: float | None
    happened: float | None
    others: float | None
    n: int
    events: int


def contrasts(
    columns: Sequence[ArrayLike], y: ArrayLike, moment: ArrayLike, clusters: ArrayLike, *, level: float = 0.95
) -> list[Contrast]:
    """Compare every column between rows with y = 1 and y = 0 of the same dates.

    Parameters
    ----------
    columns
        Values, NaN where missing, which are left out; shape (n,) each.
    y
        1 where it happened, else 0; shape (n,).
    moment
        Date of each row: rows are compared within it; shape (n,).
    clusters
        The account (or person) of each row; shape (n,).
    """
    outcome, dates = np.asarray(y, np.float64), np.unique(np.asarray(moment), return_inverse=True)[1]
    codes = cluster_codes(clusters)[0]
    return [_contrast(np.asarray(column, np.float64), outcome, dates, codes, level) for column in columns]


def _contrast(values: Floats, y: Floats, date: Integers, codes: Integers, level: float) -> Contrast:
    there = ~np.isnan(values)
    x, y, date, codes = values[there], y[there], date[there], codes[there]
    medians = [float(np.median(x[y == one])) if (y == one).any() else None for one in (1.0, 0.0)]
    more, chance = _more(x, y, date, codes, level)
    return Contrast(more, chance, medians[0], medians[1], len(x), int(y.sum()))


def _more(x: Floats, y: Floats, date: Integers, codes: Integers, level: float) -> tuple[Estimate, float | None]:
    from scipy.stats import rankdata

    u, kept, weight = np.zeros(len(x)), np.zeros(len(x), np.bool_), np.zeros(len(x))
    for one in np.unique(date):
        rows = np.flatnonzero(date == one)
        events = float(y[rows].sum())
        if 0.0 < events < len(rows):  # a date on which nobody, or everybody, left compares nothing
            u[rows] = (rankdata(x[rows]) - 0.5) / len(rows)
            weight[rows] = np.where(y[rows] == 1.0, 1.0, events / (len(rows) - events))
            kept[rows] = True
    u, y, codes, weight = u[kept], y[kept], codes[kept], weight[kept]
    leavers, total = len(np.unique(codes[y == 1.0])), float(y.sum())
    if leavers < 2 or not np.ptp(u):
        return NOT_COMPUTABLE, None
    means = [float((weight * u)[y == one].sum()) / total for one in (1.0, 0.0)]
    difference = means[0] - means[1]
    accounts = len(np.unique(codes))
    # Around the means of either group and, as under no difference, around the mean of both: a step that nobody who left
    # has taken gives them no spread of their own, and still is no proof. The larger of the two counts.
    middles = (means, [float((weight * u).sum()) / (2.0 * total)] * 2)
    error = max(_spread(weight * np.where(y == 1.0, u - one, other - u) / total, codes) for one, other in middles)
    error *= float(np.sqrt(accounts / (accounts - 1)))
    half = error * float(stdtrit(leavers - 1, 0.5 + level / 2.0))
    chance = 2.0 * float(stdtr(leavers - 1, -abs(difference) / error)) if error > 0.0 else None
    middle = 0.5 + difference
    return Estimate(middle, max(0.0, middle - half), min(1.0, middle + half)), chance


def _spread(residual: Floats, codes: Integers) -> float:
    by_account = group_sums(codes, residual)
    return float(np.sqrt(by_account @ by_account))
