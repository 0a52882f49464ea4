"""Why a score changed between two dates, in points that add up exactly (method, section 7).

With P_c the points of component c by the scorer of the later date, S* = base + sum_c P_c, S = S* + capped the score:

    S2 - S1 = sum_c [P_c(x2*) - P_c(x1*)]                    behaviour, by component
            + [S*(x1*) - S*(x1)] + [S*(x2) - S*(x2*)]        data that went missing, or came back
            + [S(x1) - S1]                                   the scorer: model, scale, definitions
            + [capped(x2) - capped(x1)]                      ends of the scale, hard rules

where x* is x without what only one of the dates knows, so that behaviour compares what both know.

Worked example. x1 knows 20 log-ins and a survey of 9, x2 knows 8 log-ins and no survey. The earlier model said 71.0 and
the later one, of x1, 69.4: model -1.6. Without the survey x1 would have had 66.2 by the later model: missing -3.2. From
there, 20 log-ins to 8 cost 12.0: activity -12.0. Together -16.8, and 71.0 - 16.8 = 54.2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from healthscore.models.design import Integers, Matrix, Vector
from healthscore.models.drivers import apportion
from healthscore.models.health import tenths

NOISE = 1e-9
"""Points that two computations of the same sum may differ by."""


@dataclass(frozen=True, eq=False)
class Apart:
    """Scores of n rows taken apart by one scorer; NaN where a row has none.

    Parameters
    ----------
    base
        `S*` of an account without points.
    points
        Of the components, shape (n, G).
    capped
        What the ends of the scale, or a hard rule, take or give, shape (n,).
    """

    base: float
    points: Matrix
    capped: Vector

    @property
    def uncapped(self) -> Vector:
        """`S*`, shape (n,)."""
        return np.asarray(self.base + self.points.sum(axis=1), np.float64)


Scoring = Callable[[Matrix, Integers], Apart]
"""Scores rows of features that belong to the accounts at the given positions: what else a scorer knows of them."""


@dataclass(frozen=True, eq=False)
class Ledger:
    """Changes of n scores over G components: exact points, and as displayed in whole tenths.

    Parameters
    ----------
    exact, shown
        Shape (n, G + 3): the components, then missing data, the scorer, the limit. The tenths add up to the difference
        of the displayed scores.
    """

    exact: Matrix
    shown: Integers


def change_ledger(then: Scoring, now: Scoring, x1: Matrix, x2: Matrix, shown1: Integers, shown2: Integers) -> Ledger:
    """Divide the change of each score among what moved it.

    Parameters
    ----------
    then, now
        The scorer of the later date, on rows as of the earlier and of the later date.
    x1, x2
        Features at the two dates, shape (n, p), NaN where missing.
    shown1, shown2
        Scores as they were published, in tenths, shape (n,).

    Notes
    -----
    What was published is to one decimal. Where the scorer gives x1 that very score, the earlier score is taken to be
    its own, unrounded: the row of the scorer is then 0, as it must be where nothing of it changed.
    """
    everyone = np.arange(len(x1))
    before, after = then(x1, everyone), now(x2, everyone)
    behaviour, missing = _behaviour(then, now, x1, x2, before, after)
    s1, s2 = before.uncapped + before.capped, after.uncapped + after.capped
    scorer = (s1 - _published(s1, shown1)) + (_published(s2, shown2) - s2)
    exact = np.column_stack([behaviour, missing, scorer, after.capped - before.capped])
    exact[np.abs(exact) < NOISE] = 0.0
    lost = np.isnan(exact).any(axis=1)  # the scorer makes nothing of one of them: nothing else can be told
    exact[lost] = 0.0
    exact[lost, -2] = (shown2[lost] - shown1[lost]) / 10.0
    return Ledger(exact, apportion(exact, shown2 - shown1))


def _behaviour(
    then: Scoring, now: Scoring, x1: Matrix, x2: Matrix, before: Apart, after: Apart
) -> tuple[Matrix, Vector]:
    """Points by component among what both dates know, shape (n, G), and what missing data did, shape (n,)."""
    moved, missing = after.points - before.points, np.zeros(len(x1))
    rows = np.flatnonzero((np.isnan(x1) != np.isnan(x2)).any(axis=1))
    if not len(rows):
        return moved, missing
    either = np.isnan(x1[rows]) | np.isnan(x2[rows])
    first, last = (scoring(np.where(either, np.nan, x[rows]), rows).points for scoring, x in ((then, x1), (now, x2)))
    alike = np.nan_to_num(last - first)  # where both know nothing in common, nothing is behaviour
    missing[rows] = moved[rows].sum(axis=1) - alike.sum(axis=1)
    moved[rows] = np.where(np.isnan(moved[rows]), np.nan, alike)
    return moved, missing


def _published(score: Vector, shown: Integers) -> Vector:
    """The score itself where it is what was shown, else what was shown."""
    same = tenths(np.nan_to_num(score)) == shown
    return np.where(same | np.isnan(score), score, shown / 10.0)
