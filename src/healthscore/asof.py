"""Time: as-of dates, calendar windows, segments. Everything downstream counts in whole local days.

An as-of date `t` is midnight at the *start* of a date in the run's zone, so a row is visible at `t` if and only if its
local day and the local day on which it became known both lie before `t`'s day. Worked example, with `t` = 2024-03-01:
an event at 2024-02-29 23:59:59.999999 is visible, one at 2024-03-01 00:00:00 is the future, and the window of 7 days
is [2024-02-23, 2024-03-01): closed at its start, open at its end.

Days are integers since 1970-01-01. All window boundaries of all as-of dates cut the time axis into *segments*; any
window is then a union of segments, so one pass over the events serves every window of every as-of date.
"""

from __future__ import annotations

import bisect
import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

EPOCH = date(1970, 1, 1)
DAY_MICROSECONDS = 86_400_000_000
WORD_BITS = 62
"""Bits used of a signed 64-bit word: unsigned types do not translate between SQL dialects."""


def day_of(value: date) -> int:
    """Days from 1970-01-01 to `value`."""
    return (value - EPOCH).days


def date_of(day: int) -> date:
    """The date that lies `day` days after 1970-01-01."""
    return EPOCH + timedelta(days=int(day))


def upto(t: int, day: NDArray[np.int32], known: NDArray[np.int32] | None = None) -> NDArray[np.bool_]:
    """Which rows may be seen at as-of day `t`: those that happened, and were known, before it."""
    seen: NDArray[np.bool_] = day < t
    return seen if known is None else seen & (known < t)


def as_of_days(first: date, last: date, every: Literal["day", "week", "month"] | int) -> tuple[int, ...]:
    """As-of days from `first` to `last`, both included.

    A month later is the same day of the next month, or its last day where it has none: from 31 January follow
    29 February (2024), 31 March, 30 April. Each is counted from `first`, so a short month does not shift the rest.
    """
    if every == "month":
        days = []
        for months in range((last.year - first.year) * 12 + last.month - first.month + 1):
            year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
            days.append(date(year, month + 1, min(first.day, calendar.monthrange(year, month + 1)[1])))
        return tuple(day_of(value) for value in days if value <= last)
    step = {"day": 1, "week": 7}.get(every, every) if isinstance(every, str) else every
    return tuple(range(day_of(first), day_of(last) + 1, int(step)))


@dataclass(frozen=True)
class Segments:
    """Consecutive day ranges, none longer than a word's bits, such that every asked-for window is a union of them.

    Attributes
    ----------
    edges
        Days, strictly rising, shape (segments + 1,); segment i is [edges[i], edges[i + 1]).
    """

    edges: tuple[int, ...]

    @classmethod
    def cut(cls, boundaries: Iterable[int], first: int, last: int) -> Segments:
        """Cut [first, last) at every boundary that lies inside it, and wherever a piece would exceed a word."""
        inside = sorted({first, last} | {day for day in boundaries if first < day < last})
        edges = [inside[0]]
        for edge in inside[1:]:
            while edge - edges[-1] > WORD_BITS:
                edges.append(edges[-1] + WORD_BITS)
            edges.append(edge)
        return cls(tuple(edges))

    def __len__(self) -> int:
        return len(self.edges) - 1

    @cached_property
    def starts(self) -> NDArray[np.int32]:
        """First day of each segment."""
        return np.array(self.edges[:-1], dtype=np.int32)

    def within(self, low: int | None, high: int) -> slice:
        """Segments that make up the days [low, high); everything before `high` when `low` is None.

        Days outside the cut range hold no rows, so a window may begin before it or end after it.
        """
        return slice(0 if low is None else self._index(low), self._index(high))

    def _index(self, day: int) -> int:
        clipped = min(max(day, self.edges[0]), self.edges[-1])
        index = bisect.bisect_left(self.edges, clipped)
        if self.edges[index] != clipped:
            raise ValueError(f"{date_of(day)} is no boundary of these segments")
        return index


def utc_offsets(zone: str, first_year: int = 1990, last_year: int = 2100) -> list[tuple[int, int]]:
    """When a zone's offset from UTC changes: (UTC instant in microseconds, offset in microseconds from then on).

    The first entry's instant is the start of `first_year`. Offsets are exact: local time = UTC + offset.
    """
    tz = ZoneInfo(zone)

    def offset(at: int) -> int:
        delta = datetime.fromtimestamp(at, UTC).astimezone(tz).utcoffset()
        return 0 if delta is None else delta // timedelta(microseconds=1)

    start = int(datetime(first_year, 1, 1, tzinfo=UTC).timestamp())
    stop = int(datetime(last_year + 1, 1, 1, tzinfo=UTC).timestamp())
    changes = [(start * 1_000_000, offset(start))]
    step = 7 * 86_400
    for at in range(start, stop, step):
        low, high = at, min(at + step, stop)
        if offset(low) == offset(high):
            continue
        before = offset(low)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset(middle) == before else (low, middle)
        changes.append((high * 1_000_000, offset(high)))
    return changes


def window_edges(as_ofs: Sequence[int], windows: Sequence[int | Literal["all"]]) -> set[int]:
    """Every boundary that the windows, and the window before each of them, need at the as-of days."""
    edges = set(as_ofs)
    for t in as_ofs:
        for window in windows:
            if window != "all":
                edges |= {t - int(window), t - 2 * int(window)}
    return edges
