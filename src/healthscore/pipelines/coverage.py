"""What a source covers: rows by month, and days without any row that its past makes improbable.

A day is silent when it has no row. It is *improbable* when the same weekday's past says so: of the last 12 such days
(at least 6, silent stretches left out) mean m and variance v give a negative binomial, or a Poisson where v <= m, and
under it no row at all has a probability below one in a thousand. Only the past is used, so that a later closure of the
business does not make earlier days look odd; and nothing is assumed: whoever knows declares it.

Worked example: a shop with about 120 orders on each of the last 12 Tuesdays (v = 400) and none on Tuesday 24 December
has r = 120^2 / (400 - 120) = 51 and P(0) = (51 / (51 + 120))^51, far below 0.001. Its Sundays never had orders: m = 0,
P(0) = 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from healthscore.asof import date_of, day_of
from healthscore.tables import Tables

IMPROBABLE = 1e-3
PAST = 12
"""Days of the same weekday that a day is held against."""
FEWEST = 6
WEEK = 7


@dataclass(frozen=True)
class Silence:
    """Consecutive days without any row.

    Attributes
    ----------
    first, last
        Days since 1970-01-01, both without a row.
    expected
        Rows that the past would have let expect on these days.
    """

    first: int
    last: int
    expected: float


@dataclass(frozen=True)
class Coverage:
    """What a source of dated rows covers.

    Attributes
    ----------
    months
        ``YYYY-MM`` -> rows; every month from the first to the last row, also those without any.
    silences
        Improbable silent stretches that the run does not declare.
    days
        Days with at least one row.
    """

    months: dict[str, int]
    silences: tuple[Silence, ...]
    days: int

    @property
    def full_months(self) -> int:
        """Months with at least one row."""
        return sum(rows > 0 for rows in self.months.values())


DAY_COLUMN = {
    "events": "day",
    "levels": "day",
    "intervals": "start_day",
    "subscriptions": "start",
    "interventions": "date",
}


def coverage_of(
    tables: Tables, source: str, contract: str, outages: Sequence[tuple[date, date]] = ()
) -> Coverage | None:
    """Count a source's rows by day; None for one without time or rows. Silences are looked for in events only."""
    column = DAY_COLUMN.get(contract)
    if column is None:
        return None
    found = tables.engine.query(
        f"SELECT {column} AS day, count(*) AS rows FROM {tables.relation(source)} WHERE {column} IS NOT NULL "
        "GROUP BY 1 ORDER BY 1"
    )
    if not found.num_rows:
        return None
    days, rows = found["day"].to_numpy(), found["rows"].to_numpy()
    counts = np.zeros(int(days[-1] - days[0]) + 1, np.int64)
    counts[days - days[0]] = rows
    declared = [(day_of(first), day_of(last)) for first, last in outages]
    silences = find_silences(int(days[0]), counts, declared) if contract == "events" else ()
    return Coverage(_by_month(int(days[0]), counts), tuple(silences), len(days))


def find_silences(first: int, counts: NDArray[np.int64], declared: Sequence[tuple[int, int]] = ()) -> list[Silence]:
    """Improbable silent stretches.

    Parameters
    ----------
    first
        Day of ``counts[0]``.
    counts
        Rows per day, shape (days,).
    declared
        Ranges of days, both ends included, that are declared already.
    """
    odd = np.zeros(len(counts), bool)
    expected = np.zeros(len(counts))
    for low, high in declared:
        odd[max(low - first, 0) : max(high - first + 1, 0)] = True
    known = odd.copy()
    for day in np.flatnonzero(counts == 0):
        past = np.arange(day - WEEK, -1, -WEEK)
        past = past[~odd[past]][:PAST]
        if len(past) < FEWEST or known[day]:
            continue
        mean, variance = float(counts[past].mean()), float(counts[past].var(ddof=1))
        expected[day] = mean
        odd[day] = _no_rows(mean, variance) < IMPROBABLE
    return _stretches(first, counts, odd & ~known, expected)


def _no_rows(mean: float, variance: float) -> float:
    """Probability of a day without any row."""
    if mean == 0:
        return 1.0
    if variance <= mean:
        return float(np.exp(-mean))
    size = mean * mean / (variance - mean)
    return float((size / (size + mean)) ** size)


def _stretches(
    first: int, counts: NDArray[np.int64], odd: NDArray[np.bool_], expected: NDArray[np.float64]
) -> list[Silence]:
    """Join odd days; silent days between two of them, a closed Sunday say, belong to the stretch."""
    found: list[Silence] = []
    for day in np.flatnonzero(odd):
        if found and not counts[found[-1].last - first : day].any():
            before = found.pop()
            found.append(Silence(before.first, first + int(day), before.expected + float(expected[day])))
        else:
            found.append(Silence(first + int(day), first + int(day), float(expected[day])))
    return found


def outage_line(silences: Sequence[Silence], declared: Sequence[tuple[date, date]] = ()) -> str:
    """The line of the run that declares the silences, beside those that are declared already."""
    ranges = sorted({*declared, *((date_of(s.first), date_of(s.last)) for s in silences)})
    return "outages = [" + ", ".join(f"[{low.isoformat()}, {high.isoformat()}]" for low, high in ranges) + "]"


def _by_month(first: int, counts: NDArray[np.int64]) -> dict[str, int]:
    months = np.arange(first, first + len(counts)).astype("datetime64[D]").astype("datetime64[M]")
    names, position = np.unique(months, return_inverse=True)
    rows = np.bincount(position, weights=counts).astype(np.int64)
    return {str(name): int(n) for name, n in zip(names, rows, strict=True)}
