"""Dates to learn from, and later dates that nothing was learned from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from healthscore.models.weights.rows import WeightRows


@dataclass(frozen=True)
class RowCount:
    """How much history there is: rows, as-of dates, rows with the outcome, and different accounts that have it."""

    rows: int
    dates: int
    events: int
    exiting: int


NO_ROWS = RowCount(0, 0, 0, 0)


def split_day(rows: WeightRows, later_than: int | None = None) -> int | None:
    """Find the as-of day on which the later rows start, such that the side with fewer exits has as many as can be.

    Counted are different accounts: those whose exit was final by that day, and those that left after it. Of equal days
    the one with more on the other side wins, then the earlier one. Only days after `later_than` are possible. None
    where every possible day leaves one side without exits.
    """
    left = rows.where(rows.y == 1)
    best: tuple[int, int, int] | None = None
    for day in np.unique(rows.day).tolist():
        if later_than is None or day > later_than:
            sides = [len(np.unique(left.cluster[side])) for side in (left.known <= day, left.day >= day)]
            candidate = (min(sides), max(sides), -day)
            best = candidate if best is None else max(best, candidate)
    return -best[2] if best is not None and best[0] > 0 else None


def split_rows(rows: WeightRows, day: int) -> tuple[WeightRows, WeightRows]:
    """Rows whose outcome was final by the day, and rows from that day on; those in between belong to neither."""
    return rows.where(rows.known <= day), rows.where(rows.day >= day)


def counted(rows: WeightRows) -> RowCount:
    """How much history the rows hold."""
    return RowCount(len(rows.y), len(np.unique(rows.day)), int(rows.y.sum()), rows.exiting)
