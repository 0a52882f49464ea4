"""Intervals at an as-of date: what is open, what closed when, and what is due.

A row is open at `t` unless its end lies before `t` and was known before `t`; an end that lies ahead is only a plan. A
deadline is a day by which it should have closed, that day included: due on 10 March, it is overdue from 11 March on,
by one day at as-of 11 March.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pyarrow as pa

from healthscore.asof import upto
from healthscore.config import Window
from healthscore.features.datedrows import OPEN, RowSignal, Seen, read_dated_rows
from healthscore.features.history import Values
from healthscore.features.signals import SignalPlan
from healthscore.tables import Tables

READ = {
    "end": f"COALESCE(end_day, {OPEN})",
    "end_known": f"COALESCE(end_known_day, {OPEN})",
    "deadline": f"COALESCE(deadline, {OPEN})",
    "quantity": "COALESCE(quantity, 0)",
}


class IntervalState:
    """The intervals of one signal at one as-of day; every method gives float64 of shape (accounts,).

    What is so *now* needs anything of the source to be known, what happened in a window that at least half of it was
    recorded; NaN where it was not.
    """

    def __init__(self, seen: Seen, scale: int) -> None:
        self.t = seen.t
        self._seen = seen
        self._unit = 10.0**scale
        self._end, self._deadline, self._quantity = (seen.column(name) for name in ("end", "deadline", "quantity"))
        self._closed = upto(seen.t, self._end, seen.column("end_known"))
        self._open = ~self._closed
        self._due = self._deadline < OPEN
        self._pending = self._open & self._due & (self._deadline >= seen.t)
        self._overdue = self._open & (self._deadline < seen.t)

    def first_day(self) -> Values:
        """Day on which the account's first interval began; NaN where there is none."""
        return self._seen.first_day()

    def open(self) -> Values:
        """Intervals open now."""
        return self._seen.known(self._seen.count(self._open))

    def oldest_open(self) -> Values:
        """Days since the oldest open one began; 0 where none is open."""
        return self._seen.known(_or_zero(self.t - self._seen.smallest(self._open, self._seen.day)))

    def quantity_open(self) -> Values:
        """Quantity of those open now."""
        return self._seen.known(self._seen.total(self._open, self._quantity) / self._unit)

    def opened(self, window: Window) -> Values:
        """Intervals that began in the window."""
        return self._seen.known(self._seen.count(self._seen.within(self._seen.day, window)), window)

    def closed(self, window: Window) -> Values:
        """Intervals that ended in the window."""
        return self._seen.known(self._seen.count(self._closed & self._seen.within(self._end, window)), window)

    def days_to_close(self, window: Window) -> Values:
        """Mean days from start to end of those that ended in the window; NaN where none did."""
        ended = self._closed & self._seen.within(self._end, window)
        closed = self._seen.count(ended)
        days = self._seen.total(ended, self._end.astype(np.int64) - self._seen.day)
        return self._seen.known(days / np.where(closed > 0, closed, np.nan), window)

    def done(self, window: Window, *, late: bool) -> Values:
        """Intervals with a deadline that ended in the window: after the day of it, or on that day or before."""
        ended = self._closed & self._due & self._seen.within(self._end, window)
        return self._seen.known(self._seen.count(ended & ((self._end > self._deadline) == late)), window)

    def pending(self) -> Values:
        """Open ones whose deadline is today or lies ahead."""
        return self._seen.known(self._seen.count(self._pending))

    def overdue(self) -> Values:
        """Open ones whose deadline has passed."""
        return self._seen.known(self._seen.count(self._overdue))

    def quantity_overdue(self) -> Values:
        """Quantity of those overdue."""
        return self._seen.known(self._seen.total(self._overdue, self._quantity) / self._unit)

    def days_overdue(self) -> Values:
        """Days by which the one longest overdue is; 0 where none is."""
        return self._seen.known(_or_zero(self.t - self._seen.smallest(self._overdue, self._deadline)))

    def days_to_deadline(self) -> Values:
        """Days to the next deadline of those pending; 0 is the as-of date itself, NaN where none is pending."""
        return self._seen.known(self._seen.smallest(self._pending, self._deadline) - self.t)


def read_intervals(
    tables: Tables, plans: Sequence[SignalPlan], as_ofs: Sequence[int], accounts: pa.Array
) -> list[RowSignal]:
    """Read the intervals of one source for its signals."""
    rows = read_dated_rows(tables, plans, as_ofs, accounts, day="start_day", columns=READ)
    state = partial(IntervalState, scale=tables.scale(plans[0].source, "quantity"))
    return [RowSignal(of_plan, state) for of_plan in rows]


def _or_zero(days: Values) -> Values:
    """Nothing is 0 days old."""
    return np.where(np.isnan(days), 0.0, days)
