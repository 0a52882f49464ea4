"""A band that does not flicker: it changes when a score has passed an edge by a margin, or has stayed beyond it.

Worked example, edge 70, margin 2, 28 days. Healthy at 74; 69.4 a week later is within the margin: still healthy, and so
are 70.6, 69.2, 70.1. At 67.9 it needs attention at once. Or at 69.4, 69.0, 69.3, 69.1, 69.5 in weekly steps: on the day
that is 28 days after the first of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from healthscore.config import Trend
from healthscore.models.health import tenths

Integers = NDArray[np.int64]
NONE = -1


@dataclass(frozen=True, eq=False)
class Steady:
    """Where n accounts stand.

    Attributes
    ----------
    band
        Number of the steady band, 0 the lowest; `NONE` before the first score.
    side
        On which side of it the score was last: -1 below, 0 inside, +1 above.
    since
        Day since which it has been on that side.
    """

    band: Integers
    side: Integers
    since: Integers

    @classmethod
    def unknown(cls, n: int) -> Steady:
        """Accounts without a score so far."""
        return cls(np.full(n, NONE), np.zeros(n, np.int64), np.zeros(n, np.int64))

    def after(self, rows: Integers, shown: Integers, edges: NDArray[np.float64], day: int, rules: Trend) -> Steady:
        """Where they stand after the scores of one date.

        Parameters
        ----------
        rows
            Accounts that have a score, shape (m,).
        shown
            Their displayed scores in tenths, shape (m,).
        edges
            Between their bands, rising, shape (m, bands - 1).
        """
        at = tenths(edges)
        reached = (shown[:, None] >= at).sum(axis=1)
        margin = int(tenths(rules.margin))
        lowest = (shown[:, None] >= at + margin).sum(axis=1)
        highest = (shown[:, None] > at - margin).sum(axis=1)
        before = self.band[rows]
        band = np.where(before == NONE, reached, np.clip(before, lowest, highest))
        side = np.sign(reached - band)
        since = np.where((side == self.side[rows]) & (band == before), self.since[rows], day)
        settled = (side != 0) & (day - since >= rules.settle_days)
        band = band + np.where(settled, side, 0)
        side, since = np.where(settled, np.sign(reached - band), side), np.where(settled, day, since)
        made = Steady(self.band.copy(), self.side.copy(), self.since.copy())
        made.band[rows], made.side[rows], made.since[rows] = band, side, since
        return made
