"""What can be known of one signal at one as-of date, for a chunk of accounts: windows as arithmetic on cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from healthscore.config import Window
from healthscore.features.cells import SignalCells
from healthscore.features.coverage import Covered
from healthscore.features.dense import ActiveDays, Admission, Dense, Things, Values

__all__ = ["Chunk", "History", "Values"]


class Chunk:
    """Cells of one signal for the accounts [low, high), as the as-of dates advance.

    Late rows are admitted to what was there. Where a row was replaced, all is added up again: bit sets cannot be
    subtracted from, and corrections are rare.

    Parameters
    ----------
    signal
        The signal's cells.
    low, high
        Range of account codes.
    """

    def __init__(self, signal: SignalCells, low: int, high: int) -> None:
        self.signal = signal
        self.accounts = high - low
        cells = signal.cells
        rows = slice(*np.searchsorted(cells.account, [low, high]))
        self._cells = replace(cells.rows(rows), account=cells.account[rows] - np.int32(low))
        self._admission = Admission(self._cells.late, self._cells.gone)
        self._dense = Dense(self._cells, len(signal.segments), self.accounts)
        self._things = {thing: Things(seen, low, high) for thing, seen in signal.sightings.items()}
        self._days = ActiveDays(signal.segments.starts)
        self._empty = True

    def at(self, index: int, t: int, seats: Values | None = None) -> History:
        """The history at as-of day `t`, the `index`-th of the grid; the dates must be asked for in rising order."""
        fresh, anew = self._admission.advance(index)
        if anew or self._empty or fresh.any():
            self._dense.admit(fresh, anew=anew)
            self._days = ActiveDays(self.signal.segments.starts, self._dense.words.get("days"))
            self._empty = False
        for things in self._things.values():
            things.advance(index)
        return History(self, index, t, seats)


class History:
    """One signal at one as-of day; every method gives float64 of shape (accounts,), NaN where it is not known."""

    def __init__(self, chunk: Chunk, index: int, t: int, seats: Values | None) -> None:
        self._chunk = chunk
        self.t = t
        self._seats = seats
        self._signal = chunk.signal
        self._covered = Covered(t, int(chunk.signal.first[index]), chunk.signal.plan.outages)

    def count(self, window: Window, before: int = 0) -> Values:
        """Rows in the window; with `before` = 1, in the window of the same length before it."""
        return self._sum("count", window, before)

    def recorded(self, window: Window) -> Values:
        """Rows in the window, however little of it was covered: for sums over parts of a window that is."""
        return self._total("count", window, 0)

    def active_days(self, window: Window) -> Values:
        """Days with at least one row in the window."""
        return self._sum("days", window)

    def quantity(self, window: Window) -> Values:
        """Sum of the quantities in the window."""
        summed: Values = self._sum("quantity", window) / 10.0**self._signal.scale
        return summed

    def measured(self, window: Window) -> Values:
        """Rows with a quantity in the window."""
        return self._sum("measured", window)

    def named(self, window: Window) -> Values:
        """Rows with a name in the window."""
        return self._sum("named", window)

    def key_count(self, window: Window) -> Values:
        """Rows of key names in the window."""
        return self._sum("key", window)

    def distinct(self, thing: str, window: Window) -> Values:
        """Distinct actors (or names) in the window, exactly."""
        if not self.covered(window):
            return self._nothing()
        inside = self._signal.segments.within(*self._covered.span(window))
        if thing in self._chunk._things:
            return self._chunk._things[thing].count(inside, self._chunk.accounts)
        return self._chunk._dense.names(inside)

    def last_day(self) -> Values:
        """Last active day before the as-of date; NaN where there was none."""
        return self._edge(self._chunk._days.last)

    def first_day(self) -> Values:
        """First active day before the as-of date; NaN where there was none, or where days are not kept."""
        return self._edge(self._chunk._days.first)

    def seats(self) -> Values:
        """Seats in force at the as-of date; NaN where they are not known."""
        return self._nothing() if self._seats is None else self._seats

    def covered_days(self, window: Window, before: int = 0) -> int:
        """Days of the window in which the source was recording."""
        return self._covered.days(window, before)

    def covered(self, window: Window, before: int = 0) -> bool:
        """Whether enough of the window was recorded; if not, what it holds is not known (and is not 0)."""
        return self._covered.enough(window, before)

    def _sum(self, measure: str, window: Window, before: int = 0) -> Values:
        return self._total(measure, window, before) if self.covered(window, before) else self._nothing()

    def _total(self, measure: str, window: Window, before: int) -> Values:
        return self._chunk._dense.sum(measure, self._signal.segments.within(*self._covered.span(window, before)))

    def _edge(self, day_by_segment: Callable[[int], Values | None]) -> Values:
        stop = self._signal.segments.within(None, self.t).stop
        found = day_by_segment(stop - 1) if stop else None
        return self._nothing() if found is None else found

    def _nothing(self) -> Values:
        return np.full(self._chunk.accounts, np.nan)
