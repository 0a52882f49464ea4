"""Time zones as arithmetic: the exact offsets of a zone as a CASE over microseconds, the same on every engine.

Worked example, Europe/London in 2024: at the UTC instant 2024-03-31 01:00 the offset rises from 0 to 1 h, so local
times [01:00, 02:00) do not exist (*gap*); at 2024-10-27 01:00 UTC it falls back, so local times [01:00, 02:00) happen
twice (*overlap*) and are read as the earlier of the two, under the offset that held before.
"""

from __future__ import annotations

import bisect
from functools import lru_cache

from healthscore.asof import DAY_MICROSECONDS, utc_offsets

_YEAR_ZERO = 719_528
"""Days from 0000-01-01 to 1970-01-01: added before dividing, because the engine's `//` truncates toward zero."""
_MARGIN = 2 * DAY_MICROSECONDS

Range = tuple[int, int]
"""First and last microsecond of a column's plausible values."""


@lru_cache(maxsize=64)
def _offsets(zone: str) -> tuple[tuple[int, int], ...]:
    return tuple(utc_offsets(zone))


def is_fixed(zone: str) -> bool:
    """Whether the zone keeps one offset throughout."""
    return len(_offsets(zone)) == 1


def changes_within(zone: str, data: Range | None) -> tuple[int, list[tuple[int, int, int]]]:
    """Offset at the start of the data, and the changes inside it: (UTC instant, offset before, offset after)."""
    offsets = _offsets(zone)
    if data is None:
        return offsets[0][1], []
    low, high = data[0] - _MARGIN, data[1] + _MARGIN
    instants = [at for at, _ in offsets]
    first = max(bisect.bisect_right(instants, low) - 1, 0)
    inside = [
        (offsets[i][0], offsets[i - 1][1], offsets[i][1])
        for i in range(first + 1, len(offsets))
        if offsets[i][0] <= high
    ]
    return offsets[first][1], inside


def day_of_utc(utc: str, zone: str, data: Range | None) -> str:
    """SQL: the local day of a UTC instant, both counted from 1970-01-01.

    Parameters
    ----------
    utc
        SQL of microseconds since 1970-01-01 UTC.
    zone
        Whose days are meant.
    data
        Range of the values; offsets outside it are left out. None is enough for zones of one offset. Before 1990 the
        offset of 1990 holds.
    """
    return day_of_local(f"({utc} + {_stepwise(utc, zone, data, local=False)})")


def day_of_local(local: str) -> str:
    """SQL: the day that a count of local microseconds falls on."""
    return f"CAST(({local} + {_YEAR_ZERO * DAY_MICROSECONDS}) // {DAY_MICROSECONDS} - {_YEAR_ZERO} AS INTEGER)"


def utc_of_local(local: str, zone: str, data: Range | None) -> str:
    """SQL: UTC microseconds of local ones; the earlier reading where there are two."""
    return f"({local} - {_stepwise(local, zone, data, local=True)})"


def gaps(local: str, zone: str, data: Range | None) -> str:
    """SQL: whether the local time does not exist. Empty if the zone has no gap within the data."""
    return _any_between(
        local, [(at + before, at + after) for at, before, after in changes_within(zone, data)[1] if after > before]
    )


def overlaps(local: str, zone: str, data: Range | None) -> str:
    """SQL: whether the local time happens twice. Empty if the zone has no overlap within the data."""
    return _any_between(
        local, [(at + after, at + before) for at, before, after in changes_within(zone, data)[1] if after < before]
    )


def _stepwise(value: str, zone: str, data: Range | None, *, local: bool) -> str:
    """The offset as a CASE. On the local clock a change takes effect only when the larger offset's time has come."""
    offset, changes = changes_within(zone, data)
    if not changes:
        return str(offset) if offset >= 0 else f"({offset})"
    steps = " ".join(
        f"WHEN {value} < {at + max(before, after) if local else at} THEN {before}" for at, before, after in changes
    )
    return f"CASE {steps} ELSE {changes[-1][2]} END"


def _any_between(value: str, ranges: list[tuple[int, int]]) -> str:
    return " OR ".join(f"({value} >= {low} AND {value} < {high})" for low, high in ranges)
