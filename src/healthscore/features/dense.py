"""Cells of a chunk of accounts as arrays over (segment, account), from which any window is one difference or one OR."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from healthscore.asof import WORD_BITS
from healthscore.features.cells import NAMES, Cells, Integers
from healthscore.features.sightings import Sightings
from healthscore.tables.segmented import FOREVER

NEVER = np.iinfo(np.int32).min
HALF_WORD = 31
Values = NDArray[np.float64]


class Admission:
    """Which of some rows are visible, as the as-of dates advance."""

    def __init__(self, late: NDArray[np.int32], gone: NDArray[np.int32]) -> None:
        self._late, self._gone = late, gone
        self._replaced = bool((gone != FOREVER).any())
        self._latest = int(late.max(initial=-1))
        self._index = -2

    def advance(self, index: int) -> tuple[NDArray[np.bool_], bool]:
        """Rows that become visible at as-of index `index`; all that are, and True, where others no longer are."""
        before, self._index = self._index, index
        if before >= self._latest and not self._replaced:
            return np.zeros(len(self._late), bool), False
        fresh = (self._late > before) & (self._late <= index)
        if not self._replaced:
            return fresh, False
        standing = self._gone > index
        if ((self._late <= before) & (self._gone > before) & ~standing).any():
            return (self._late <= index) & standing, True
        return fresh & standing, False


class Dense:
    """The measures of the cells that are visible, of shape (segments, accounts).

    Parameters
    ----------
    cells
        Of the chunk, with accounts from 0.
    segments, accounts
        How many there are.

    Attributes
    ----------
    words
        Bit sets: of active days (`days`), and of names (`names_0`, ...).
    """

    def __init__(self, cells: Cells, segments: int, accounts: int) -> None:
        self._cells, self._shape = cells, (segments, accounts)
        self._place = cells.segment.astype(np.int64) * accounts + cells.account
        # Several cells share a place when rows of theirs were late, or replaced.
        self._alone = bool((cells.late == -1).all() and (cells.gone == FOREVER).all())
        sums = {name: values for name, values in cells.measures.items() if not _is_set(name)}
        self._added = {name: np.zeros(self._shape, self._type(values)) for name, values in sums.items()}
        self.words = {name: np.zeros(self._shape, np.int64) for name in cells.measures if _is_set(name)}
        self._sums: dict[str, Integers] = {}

    def admit(self, rows: NDArray[np.bool_], *, anew: bool) -> None:
        """Add cells; with `anew`, to nothing."""
        every: NDArray[np.bool_] | slice = slice(None) if rows.all() else rows
        place = self._place[every]
        for arrays, accumulate in ((self._added, np.add), (self.words, np.bitwise_or)):
            for name, values in arrays.items():
                if anew:
                    values.fill(0)
                flat, given = values.reshape(-1), self._cells.measures[name][every]
                if self._alone:
                    flat[place] = given
                else:
                    accumulate.at(flat, place, given.astype(flat.dtype))
        self._sums = {}

    def sum(self, measure: str, inside: slice) -> Values:
        """Sum of a measure over the segments `inside`, per account; of `days`, how many there are."""
        if measure not in self._sums:
            given = np.bitwise_count(self.words["days"]) if measure == "days" else self._added[measure]
            self._sums[measure] = _running(given, np.int32 if measure == "days" else given.dtype)
        sums = self._sums[measure]
        total: Values = (sums[inside.stop] - sums[inside.start]).astype(np.float64)
        return total

    def names(self, inside: slice) -> Values:
        """Distinct names in the segments `inside`, per account."""
        found = np.zeros(self._shape[1])
        for name, words in self.words.items():
            if name.startswith(NAMES):
                found += np.bitwise_count(np.bitwise_or.reduce(words[inside], axis=0))
        return found

    def _type(self, values: Integers) -> type[np.int32] | type[np.int64]:
        """The narrowest integers that no sum over an account's cells can leave: of each segment it has few cells."""
        most = max(-int(values.min(initial=0)), int(values.max(initial=0)))
        cells = self._shape[0] if self._alone else len(values)
        return np.int32 if most * cells <= np.iinfo(np.int32).max else np.int64


class ActiveDays:
    """First and last active day up to each segment, computed when asked for.

    Parameters
    ----------
    starts
        First day of each segment.
    words
        Bit sets of the active days, shape (segments, accounts); None where they are not kept.
    """

    def __init__(self, starts: NDArray[np.int32], words: NDArray[np.int64] | None = None) -> None:
        self._starts, self._words = starts, words

    def first(self, segment: int) -> Values | None:
        """First active day of each account in the segments up to `segment`; None where days are not kept."""
        return None if self._words is None else _days(self._first[segment], -NEVER - 1)

    def last(self, segment: int) -> Values | None:
        """Last active day of each account in the segments up to `segment`; None where days are not kept."""
        return None if self._words is None else _days(self._last[segment], NEVER)

    @cached_property
    def _first(self) -> NDArray[np.int32]:
        words = self._bits()
        days = np.full(words.shape, -NEVER - 1, np.int32)
        segment, account = np.nonzero(words)
        found = words[segment, account]
        days[segment, account] = self._starts[segment] + _highest_bit(found & -found)
        return np.minimum.accumulate(days, axis=0, out=days)

    @cached_property
    def _last(self) -> NDArray[np.int32]:
        words = self._bits()
        days = np.full(words.shape, NEVER, np.int32)
        segment, account = np.nonzero(words)
        days[segment, account] = self._starts[segment] + _highest_bit(words[segment, account])
        return np.maximum.accumulate(days, axis=0, out=days)

    def _bits(self) -> NDArray[np.int64]:
        return np.zeros((len(self._starts), 0), np.int64) if self._words is None else self._words


class Things:
    """Sightings of the accounts of a chunk, one row of segment words per (account, thing)."""

    def __init__(self, seen: Sightings, low: int, high: int) -> None:
        rows = slice(*np.searchsorted(seen.account, [low, high]))
        self._admission, self._rows = Admission(seen.late[rows], seen.gone[rows]), seen.words[rows]
        pairs, first, self._pair = np.unique(seen.pair[rows], return_index=True, return_inverse=True)
        self._account = seen.account[rows][first] - np.int32(low)
        self._words = np.zeros((len(pairs), seen.words.shape[1]), np.int64)

    def advance(self, index: int) -> None:
        """Bring the words to what is visible at as-of index `index`."""
        fresh, anew = self._admission.advance(index)
        if anew:
            self._words.fill(0)
        if fresh.any():
            np.bitwise_or.at(self._words, self._pair[fresh], self._rows[fresh])

    def count(self, inside: slice, accounts: int) -> Values:
        """Things seen in the segments `inside`, per account."""
        seen: NDArray[np.bool_] | None = None
        for k in range(self._words.shape[1]):
            low, high = max(inside.start - k * WORD_BITS, 0), min(inside.stop - k * WORD_BITS, WORD_BITS)
            if low < high:
                some = (self._words[:, k] & np.int64((1 << high) - (1 << low))) != 0
                seen = some if seen is None else seen | some
        if seen is None:
            return np.zeros(accounts)
        return np.bincount(self._account[seen], minlength=accounts).astype(np.float64)


def _running(given: NDArray[Any], dtype: DTypeLike) -> Integers:
    """Sums of the rows before each, and of all: row by row, as `cumsum` down columns takes five times as long."""
    sums = np.zeros((len(given) + 1, given.shape[1]), dtype)
    for row, more in enumerate(given):
        np.add(sums[row], more, out=sums[row + 1])
    return sums


def _is_set(measure: str) -> bool:
    return measure == "days" or measure.startswith(NAMES)


def _days(days: NDArray[np.int32], nothing: int) -> Values:
    return np.where(days == nothing, np.nan, days.astype(np.float64))


def _highest_bit(words: NDArray[np.int64]) -> NDArray[np.int32]:
    """Position of the highest set bit (of 0: -1), exact: each half fits a float's mantissa."""
    high, low = words >> HALF_WORD, words & ((1 << HALF_WORD) - 1)
    found = (
        np.where(high > 0, np.frexp(high.astype(np.float64))[1] + HALF_WORD, np.frexp(low.astype(np.float64))[1]) - 1
    )
    return found.astype(np.int32)
