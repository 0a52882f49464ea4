"""A source of events joined with the calendar: each row's segment, and the as-of dates that may see it.

They are a range [first that may, first that may no longer): a row may have become known late, and a later version of it
may have taken its place. Most rows are seen as soon as they happened, and for good.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from healthscore.asof import WORD_BITS, Segments
from healthscore.errors import InsufficientDataError
from healthscore.tables import Tables
from healthscore.tables.keyed import Keyed, texts_of_keys

FOREVER = np.iinfo(np.int32).max
"""Stands for the index of an as-of date: no later version has replaced the row."""


@dataclass(frozen=True)
class SegmentedSource:
    """What a query over a source's rows needs to group them by segment.

    Attributes
    ----------
    segments
        The cut of the time axis.
    first
        The source's first day: before it nothing was recorded.
    joined, where
        FROM and WHERE: the rows as `e`, their day's segment and position in it as `d`.
    late
        SQL for the index of the first as-of date that may see a row; -1 where that is the first after it happened.
    gone
        SQL for the index of the first as-of date that no longer sees it, `FOREVER` for rows that stand. A row that was
        replaced after the last as-of date has the number of as-of dates.
    split
        Whether rows of one thing may differ in `late` or `gone`.
    keyed
        Tells the columns of `e` that stand for ids in GROUP BY.
    """

    segments: Segments
    first: int
    joined: str
    where: str
    late: str
    gone: str
    split: bool
    keyed: Keyed

    @property
    def tables(self) -> str:
        """FROM and WHERE of the rows."""
        return f"{self.joined} WHERE {self.where}"

    def key(self, column: str) -> str:
        """SQL of what stands for a column in GROUP BY."""
        return f"e.{self.keyed.key(column)}"


def segment_source(
    tables: Tables, source: str, boundaries: Iterable[int], as_ofs: Sequence[int], last: int | None = None
) -> SegmentedSource:
    """Cut the days of a source at `boundaries`; rows from day `last` on are left out where it is given."""
    keyed = tables.keyed(source)
    first, latest, delay, known, until = _extent(tables, keyed)
    if first is None:
        raise InsufficientDataError(
            f"{source}: no rows are left after checks and filters", "look at `healthscore check`"
        )
    end = max(latest + 1 if last is None else last, first + 1)
    segments = Segments.cut(boundaries, first, end)
    calendar = f"calendar_{source}"
    tables.engine.register(calendar, _calendar(segments, as_ofs, max(known, until or 0)))
    joined = f"{keyed.relation} AS e JOIN {calendar} AS d ON e.day = d._day"
    if delay > 0:
        joined += f" JOIN {calendar} AS k ON e.known_day = k._day"
    if until is not None:
        joined += f" LEFT JOIN {calendar} AS u ON e.until_day = u._day"
    late = "CASE WHEN k._seen > d._seen THEN k._seen ELSE -1 END" if delay > 0 else "-1"
    gone = f"COALESCE(u._seen, {FOREVER})" if until is not None else str(FOREVER)
    split = delay > 0 or until is not None
    return SegmentedSource(segments, first, joined, "d._segment IS NOT NULL", late, gone, split, keyed)


def sorted_by_account(
    found: pa.Table, accounts: pa.Array, then: Sequence[str] = ()
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Account codes in rising order, and the rows of `found` in that order; rows of other accounts are left out.

    `found` has the accounts' keys as `account_id`. The rows of an account are ordered by the columns `then`.
    """
    ids = texts_of_keys(found["account_id"])
    codes = pc.fill_null(pc.index_in(ids.dictionary, value_set=accounts), -1).to_numpy(zero_copy_only=False)
    position = codes[ids.indices.to_numpy(zero_copy_only=False)]
    order = np.argsort(position, kind="stable")
    if then:
        order = np.lexsort((*(found[name].to_numpy() for name in reversed(then)), position))
    order = order[np.searchsorted(position[order], 0) :]
    return position[order].astype(np.int32), order


def _extent(tables: Tables, keyed: Keyed) -> tuple[int | None, int, int, int, int | None]:
    """First and last day, longest delay until a row was known, last day of that, and of a row's being replaced."""
    if keyed.days is not None:
        return *keyed.days, 0, keyed.days[1], None
    asked = "min(day), max(day), max(known_day - day), max(known_day), max(until_day)"
    found = tables.engine.query(f"SELECT {asked} FROM {keyed.relation}")
    first, latest, delay, known, until = (found.column(i)[0].as_py() for i in range(5))
    return first, latest, delay, known, until


def _calendar(segments: Segments, as_ofs: Sequence[int], last_known: int) -> pa.Table:
    """A row per day: its segment, its position in it, both as bits, and the index of the first as-of date after it.

    `_bit` is that of the position; that of the segment lies in one of the words `_word_0`, `_word_1`, ...
    Names begin with an underscore, which no column or attribute of a source may, so that filters stay unambiguous.
    """
    days = np.arange(segments.edges[0], max(segments.edges[-1], last_known + 1), dtype=np.int32)
    segment = np.searchsorted(segments.edges, days, side="right") - 1
    outside = segment >= len(segments)
    position = days - segments.starts[np.minimum(segment, len(segments) - 1)]
    words = range(-(-len(segments) // WORD_BITS))
    bit = np.int64(1) << (segment % WORD_BITS)
    return pa.table(
        {
            "_day": days,
            "_segment": pa.array(segment.astype(np.int32), mask=outside),
            "_position": pa.array(position.astype(np.int32), mask=outside),
            "_seen": np.searchsorted(np.asarray(as_ofs), days, side="right").astype(np.int32),
            "_bit": pa.array(np.int64(1) << np.clip(position, 0, WORD_BITS), mask=outside),
            **{f"_word_{k}": pa.array(np.where(segment // WORD_BITS == k, bit, 0), mask=outside) for k in words},
        }
    )
