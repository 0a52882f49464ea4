"""The simulated calendar: fixed dates, days counted from its first day, weeks that start on Mondays."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from healthscore.tables.simulator.recipe import Flags, Integers

DATA_START = datetime.date(2024, 1, 1)
"""The first day with data, a Monday. Fixed: nothing here asks the clock."""

EPOCH_DAY = (DATA_START - datetime.date(1970, 1, 1)).days
DAY = 86_400_000_000
"""Microseconds in a day."""

OPEN = 1_000_000
"""The day number of what has not ended."""


@dataclass(frozen=True)
class Timeline:
    """`months` calendar months from `DATA_START`; the end is exclusive."""

    months: int

    @property
    def end(self) -> datetime.date:
        """The day after the last day with data: when the extract was taken."""
        years, month = divmod(self.months, 12)
        return datetime.date(DATA_START.year + years, 1 + month, 1)

    @property
    def days(self) -> int:
        """Number of days with data."""
        return (self.end - DATA_START).days

    @property
    def weeks(self) -> int:
        """Number of weeks; the last one may be cut short by the end."""
        return -(-self.days // 7)

    @property
    def month_starts(self) -> list[int]:
        """Day number of the first day of every month."""
        firsts = (datetime.date(DATA_START.year + month // 12, 1 + month % 12, 1) for month in range(self.months))
        return [(first - DATA_START).days for first in firsts]

    @property
    def outage(self) -> tuple[int, int]:
        """Three days (Tuesday to Thursday) somewhat before the middle, in which tracking recorded nothing."""
        tuesday = -(-int(0.46 * self.days - 1) // 7) * 7 + 1
        return tuesday, tuesday + 3

    def date(self, day: int) -> datetime.date:
        """Turn a day number into a date."""
        return DATA_START + datetime.timedelta(days=int(day))


def anniversary(days: Integers, years: int) -> Integers:
    """The same day so many years later; from 29 February, the 1st of March."""
    date = (days + EPOCH_DAY).astype("datetime64[D]")
    month = date.astype("datetime64[M]")
    then = month + np.asarray(12 * years).astype("timedelta64[M]")
    later: Integers = (then.astype("datetime64[D]") + (date - month.astype("datetime64[D]"))).astype(
        np.int64
    ) - EPOCH_DAY
    return later


def dates(days: Integers, missing: Flags | None = None) -> Any:
    """Day numbers -> Arrow date32, null where `missing`."""
    return pa.array((days + EPOCH_DAY).astype(np.int32), mask=missing).cast(pa.date32())


def instants(microseconds: Integers, missing: Flags | None = None) -> Any:
    """Microseconds since the start of the calendar -> Arrow timestamp in UTC, null where `missing`."""
    since_epoch = microseconds + EPOCH_DAY * DAY
    return pa.array(since_epoch, mask=missing).cast(pa.timestamp("us", tz="UTC"))


def labels(names: Any, codes: Integers, missing: Flags | None = None) -> Any:
    """Codes -> the text at those positions of `names`, null where `missing`."""
    return pa.array(names, type=pa.string()).take(pa.array(codes, type=pa.int64(), mask=missing))


def money(cents: Integers) -> Any:
    """Whole cents -> Arrow decimal128(14, 2), exactly."""
    words = np.stack([cents, np.where(cents < 0, -1, 0)], axis=1).astype("<i8")
    return pa.Array.from_buffers(pa.decimal128(14, 2), len(cents), [None, pa.py_buffer(words.tobytes())])
