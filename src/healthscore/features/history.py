"""What can be known of one signal at one as-of date, for a chunk of accounts: windows as arithmetic on cells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from healthscore.asof import WORD_BITS
from healthscore.config import Window
from healthscore.features.cells import Sightings, SignalCells
from healthscore.features.coverage import Covered
from healthscore.tables.segmented import FOREVER

NEVER = np.iinfo(np.int32).min
HALF_WORD = 31
Values = NDArray[np.float64]


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
        self._admission = _Admission(self._cells.late, self._cells.gone)
        shape = (len(signal.segments), self.accounts)
        self._dense = {name: np.zeros(shape, np.int64) for name in self._cells.measures}
        self._things = {thing: _Things(seen, low, high) for thing, seen in signal.sightings.items()}
        self._empty = True

    def at(self, index: int, t: int, seats: Values | None = None) -> History:
        """The history at as-of day `t`, the `index`-th of the grid; the dates must be asked for in rising order."""
        fresh, anew = self._admission.advance(index)
        if anew:
            for values in self._dense.values():
                values.fill(0)
        if anew or self._empty or fresh.any():
            self._admit(fresh)
            self._empty = False
        for things in self._things.values():
            things.advance(index)
        return History(self, index, t, seats)

    def _admit(self, rows: NDArray[np.bool_]) -> None:
        where = (self._cells.segment[rows], self._cells.account[rows])
        for name, values in self._cells.measures.items():
            # One cell holds several rows when some of them were late, so repeated indices must accumulate.
            (np.bitwise_or if name == "days" else np.add).at(self._dense[name], where, values[rows])
        self._sums = {name: _cumulated(values) for name, values in self._dense.items() if name != "days"}
        bits = self._dense["days"]
        self._sums["days"] = _cumulated(np.bitwise_count(bits).astype(np.int64))
        starts = self.signal.segments.starts[:, None]
        last = np.where(bits != 0, starts + _highest_bit(bits), NEVER)
        self._last = np.maximum.accumulate(last, axis=0, out=last)
        lowest = _highest_bit(bits & -bits)
        first = np.where(bits != 0, starts + lowest, -NEVER - 1)
        self._first = np.minimum.accumulate(first, axis=0, out=first)


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
        return self._chunk._things[thing].count(inside, self._chunk.accounts)

    def last_day(self) -> Values:
        """Last active day before the as-of date; NaN where there was none."""
        return self._edge(self._chunk._last, NEVER)

    def first_day(self) -> Values:
        """First active day before the as-of date; NaN where there was none."""
        return self._edge(self._chunk._first, -NEVER - 1)

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
        inside = self._signal.segments.within(*self._covered.span(window, before))
        sums = self._chunk._sums[measure]
        total: Values = (sums[inside.stop] - sums[inside.start]).astype(np.float64)
        return total

    def _edge(self, days: NDArray[np.int32], nothing: int) -> Values:
        stop = self._signal.segments.within(None, self.t).stop
        if stop == 0:
            return self._nothing()
        found = days[stop - 1]
        return np.where(found == nothing, np.nan, found.astype(np.float64))

    def _nothing(self) -> Values:
        return np.full(self._chunk.accounts, np.nan)


class _Admission:
    """Which of some rows are visible, as the as-of dates advance."""

    def __init__(self, late: NDArray[np.int32], gone: NDArray[np.int32]) -> None:
        self._late, self._gone = late, gone
        self._replaced = bool((gone != FOREVER).any())
        self._index = -2

    def advance(self, index: int) -> tuple[NDArray[np.bool_], bool]:
        """Rows that become visible at as-of index `index`; all that are, and True, where others no longer are."""
        before, self._index = self._index, index
        fresh = (self._late > before) & (self._late <= index)
        if not self._replaced:
            return fresh, False
        standing = self._gone > index
        if ((self._late <= before) & (self._gone > before) & ~standing).any():
            return (self._late <= index) & standing, True
        return fresh & standing, False


class _Things:
    """Sightings of the accounts of a chunk, one row of segment words per (account, thing)."""

    def __init__(self, seen: Sightings, low: int, high: int) -> None:
        rows = slice(*np.searchsorted(seen.account, [low, high]))
        self._admission, self._rows = _Admission(seen.late[rows], seen.gone[rows]), seen.words[rows]
        pairs, first, self._pair = np.unique(seen.pair[rows], return_index=True, return_inverse=True)
        self._account = seen.account[rows][first] - np.int32(low)
        self._words = np.zeros((len(pairs), seen.words.shape[1]), np.int64)

    def advance(self, index: int) -> None:
        """Bring the words to what is visible at as-of index `index`."""
        fresh, anew = self._admission.advance(index)
        if anew:
            self._words.fill(0)
        np.bitwise_or.at(self._words, self._pair[fresh], self._rows[fresh])

    def count(self, inside: slice, accounts: int) -> Values:
        """Things seen in the segments `inside`, per account."""
        seen = np.zeros(len(self._words), bool)
        for k in range(self._words.shape[1]):
            low, high = max(inside.start - k * WORD_BITS, 0), min(inside.stop - k * WORD_BITS, WORD_BITS)
            if low < high:
                seen |= (self._words[:, k] & np.int64((1 << high) - (1 << low))) != 0
        return np.bincount(self._account[seen], minlength=accounts).astype(np.float64)


def _cumulated(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sums over the segments before each edge, shape (segments + 1, accounts)."""
    sums = np.zeros((len(values) + 1, values.shape[1]), np.int64)
    np.cumsum(values, axis=0, out=sums[1:])
    return sums


def _highest_bit(words: NDArray[np.int64]) -> NDArray[np.int32]:
    """Position of the highest set bit (of 0: -1), exact: each half fits a float's mantissa."""
    high, low = words >> HALF_WORD, words & ((1 << HALF_WORD) - 1)
    found = (
        np.where(high > 0, np.frexp(high.astype(np.float64))[1] + HALF_WORD, np.frexp(low.astype(np.float64))[1]) - 1
    )
    return found.astype(np.int32)
