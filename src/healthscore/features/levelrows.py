"""Levels at an as-of date: the last value, what it was before, and the values of a window.

A row without a value was asked for and not answered: it counts as asked, and as nothing else. Where several values
stand at the same moment, the one known last is the last; of those known on one day, the largest.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from healthscore.config import Window
from healthscore.features.datedrows import RowSignal, Seen, read_dated_rows
from healthscore.features.history import Values
from healthscore.features.signals import SignalPlan
from healthscore.tables import Tables

NONE = -1


class LevelState:
    """The levels of one signal at one as-of day; every method gives float64 of shape (accounts,), NaN if not known.

    The last value is the last value however long ago; what happened in a window is known where at least half of it was
    recorded.
    """

    def __init__(self, seen: Seen, scale: int) -> None:
        self.t = seen.t
        self._seen = seen
        self._unit = 10.0**scale
        self._answered = seen.column("answered")
        self._value = seen.column("value")
        rows = np.flatnonzero(self._answered)
        self._last = self._last_of(rows)
        # Rows are sorted by account and time, so the one before is the row before, if it is the same account's.
        place = np.full(len(seen.day), NONE)
        place[rows[1:]] = np.where(seen.account[rows[1:]] == seen.account[rows[:-1]], rows[:-1], NONE)
        self._previous = np.where(self._last == NONE, NONE, place[self._last]) if len(place) else self._last

    def first_day(self) -> Values:
        """Day of the account's first row, answered or not; NaN where there is none."""
        return self._seen.first_day()

    def last(self) -> Values:
        """The last value."""
        return self._number(self._last)

    def age(self) -> Values:
        """Days since the last value; yesterday counts 1."""
        return self.t - self._seen.largest(self._answered, self._seen.day)

    def change(self) -> Values:
        """The last value against the one before it."""
        return self._difference(self._previous)

    def change_over(self, window: int) -> Values:
        """The last value against the one in force when the window began."""
        before = self._answered & (self._seen.day < self.t - window)
        return self._seen.known(self._difference(self._last_of(np.flatnonzero(before))), window)

    def count(self, window: Window) -> Values:
        """Values in the window."""
        return self._seen.known(self._seen.count(self._inside(window)), window)

    def mean(self, window: Window) -> Values:
        """Mean of the values in the window; NaN where there are none."""
        inside = self._inside(window)
        total = self._seen.total(inside, self._value) / self._unit
        return self._seen.known(total / _or_missing(self._seen.count(inside)), window)

    def balance(self, window: Window, favourable_from: float, unfavourable_to: float) -> Values:
        """100 (favourable - unfavourable) / values, of those in the window; NaN where there are none."""
        inside, value = self._inside(window), self._value / self._unit
        favourable = self._seen.count(inside & (value >= favourable_from))
        unfavourable = self._seen.count(inside & (value <= unfavourable_to))
        return self._seen.known(100 * (favourable - unfavourable) / _or_missing(self._seen.count(inside)), window)

    def unanswered(self, window: Window) -> Values:
        """Rows without a value in the window."""
        inside = ~self._answered & self._seen.within(self._seen.day, window)
        return self._seen.known(self._seen.count(inside), window)

    def silence(self) -> Values:
        """Days since the last row, answered or not; yesterday counts 1."""
        return self.t - self._seen.largest(np.ones(len(self._answered), bool), self._seen.day)

    def _inside(self, window: Window) -> NDArray[np.bool_]:
        inside: NDArray[np.bool_] = self._answered & self._seen.within(self._seen.day, window)
        return inside

    def _last_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The last of the rows, per account; NONE for accounts without any."""
        last = np.full(self._seen.accounts, NONE)
        last[self._seen.account[rows]] = rows  # rows rise with time: the last one stays
        return last

    def _number(self, row: NDArray[np.int64]) -> Values:
        if not len(self._value):
            return np.full(len(row), np.nan)
        return np.where(row == NONE, np.nan, self._value[row] / self._unit)

    def _difference(self, before: NDArray[np.int64]) -> Values:
        """The last value less that of another row; scaled integers are subtracted, so that 7.3 - 7.2 is 0.1."""
        if not len(self._value):
            return np.full(len(before), np.nan)
        change = (self._value[self._last] - self._value[before]) / self._unit
        return np.where((self._last == NONE) | (before == NONE), np.nan, change)


def read_levels(
    tables: Tables, plans: Sequence[SignalPlan], as_ofs: Sequence[int], accounts: pa.Array
) -> list[RowSignal]:
    """Read the levels of one source for its signals."""
    source = plans[0].source
    columns = {"instant": "instant", "answered": "value IS NOT NULL", "value": "COALESCE(value, 0)"}
    order = ("instant", "known", "value")
    rows = read_dated_rows(tables, plans, as_ofs, accounts, day="day", columns=columns, order=order)
    state = partial(LevelState, scale=tables.scale(source, "value"))
    return [RowSignal(of_plan, state) for of_plan in rows]


def _or_missing(divisor: Values) -> Values:
    return np.where(divisor == 0, np.nan, divisor)
