"""The one pass over the events, in the engine: additive cells per (account, segment), sightings per (account, thing).

Worked example: with one as-of date 2024-03-01 and a window of 7 days, the segments are [first day, 2024-02-16),
[2024-02-16, 2024-02-23) and [2024-02-23, 2024-03-01). Three log-ins of account A on 25 and 26 February become one cell
(A, segment 2): count 3, active days {2, 3}. Whatever window is asked for later is arithmetic on such cells.

A row that became known only after an as-of date at which it had already happened is kept apart: its cell also carries
the index of the first as-of date that could have known it (`late`), and -1 stands for "as soon as it happened". So is a
row that a later version has replaced: its cell carries the index of the first as-of date that knew better (`gone`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from healthscore.asof import WORD_BITS, Segments, window_edges
from healthscore.features.signals import SignalPlan
from healthscore.tables import Tables
from healthscore.tables.keyed import texts_of_keys
from healthscore.tables.quoting import quote_literal
from healthscore.tables.segmented import FOREVER, SegmentedSource, segment_source, sorted_by_account

MEASURES = ("count", "days", "quantity", "measured", "named", "key")
"""Per cell: rows, bit set of active days, scaled sum of the quantities, rows with a quantity, with a name, with a key
name."""


@dataclass(frozen=True)
class Cells:
    """Cells of one signal, sorted by account.

    Attributes
    ----------
    account, segment
        Shape (cells,): code of the account, index of the segment.
    late, gone
        Shape (cells,): index of the first as-of date that may see the cell (-1: at once), and of the first that may no
        longer (`FOREVER` for most).
    measures
        Each of `MEASURES` that the signal needs, int64, shape (cells,).
    """

    account: NDArray[np.int32]
    segment: NDArray[np.int32]
    late: NDArray[np.int32]
    gone: NDArray[np.int32]
    measures: dict[str, NDArray[np.int64]]

    def rows(self, chosen: NDArray[np.bool_] | slice) -> Cells:
        """Some of the cells."""
        measures = {name: values[chosen] for name, values in self.measures.items()}
        return Cells(self.account[chosen], self.segment[chosen], self.late[chosen], self.gone[chosen], measures)


@dataclass(frozen=True)
class Sightings:
    """In which segments an account's actor (or name) was seen, sorted by account.

    Attributes
    ----------
    account, pair, late, gone
        Shape (rows,): account code; number of the (account, thing) pair, rising with the account; as in `Cells`.
    words
        int64, shape (rows, words): bit b of word k is segment k * 62 + b.
    """

    account: NDArray[np.int32]
    pair: NDArray[np.int64]
    late: NDArray[np.int32]
    gone: NDArray[np.int32]
    words: NDArray[np.int64]


@dataclass(frozen=True)
class SignalCells:
    """Everything that the pass over the events kept of one signal.

    Attributes
    ----------
    first
        Shape (as-of days,): first day of the source among the rows that each as-of date could know. A history imported
        later makes the source begin earlier from then on, and changes nothing before.
    scale
        Decimals kept of the quantities.
    """

    plan: SignalPlan
    segments: Segments
    first: NDArray[np.int64]
    scale: int
    cells: Cells
    sightings: dict[str, Sightings] = field(default_factory=dict)


def source_accounts(tables: Tables, sources: Sequence[str]) -> pa.Array:
    """Ids of every account that occurs in the sources, sorted, without repetition."""
    found = []
    for keyed in map(tables.keyed, sources):
        ids = tables.engine.query(f"SELECT DISTINCT {keyed.key('account_id')} AS account_id FROM {keyed.relation}")
        found.append(texts_of_keys(ids["account_id"]).dictionary)
    ids = pc.unique(pa.chunked_array(found, pa.string()))
    return ids.take(pc.sort_indices(ids))


def collect(
    tables: Tables, plans: Sequence[SignalPlan], as_ofs: Sequence[int], accounts: pa.Array
) -> list[SignalCells]:
    """Reduce the events of one source's signals to cells, in one query (and one per kind of thing counted distinct).

    Parameters are those of `healthscore.features.kinds.read_signals`; the plans are those of one source.
    """
    source = plans[0].source
    windows = {window for plan in plans for window in plan.windows}
    rows = segment_source(tables, source, window_edges(as_ofs, sorted(windows, key=str)), as_ofs, last=as_ofs[-1])
    filters = [tables.predicate(source, plan.where) if plan.where else "TRUE" for plan in plans]
    cells, first = _cells(tables, rows, plans, filters, as_ofs, accounts)
    sightings: list[dict[str, Sightings]] = [{} for _ in plans]
    for thing in sorted({thing for plan in plans for thing in plan.distinct}):
        asking = [i for i, plan in enumerate(plans) if thing in plan.distinct]
        found = _sightings(tables, rows, [filters[i] for i in asking], thing, accounts)
        for i, seen in zip(asking, found, strict=True):
            sightings[i][thing] = seen
    scale = tables.scale(source, "quantity") if any(plan.quantity for plan in plans) else 0
    return [SignalCells(plan, rows.segments, first, scale, cells[i], sightings[i]) for i, plan in enumerate(plans)]


def _cells(
    tables: Tables,
    rows: SegmentedSource,
    plans: Sequence[SignalPlan],
    filters: Sequence[str],
    as_ofs: Sequence[int],
    accounts: pa.Array,
) -> tuple[list[Cells], NDArray[np.int64]]:
    """Cells of each signal, and the source's first day as each as-of date could know it."""
    columns = ["min(e.day) AS first_day"]
    for i, (plan, condition) in enumerate(zip(plans, filters, strict=True)):
        given = "" if condition == "TRUE" else f" FILTER (WHERE {condition})"
        columns.append(f"count(*){given} AS count_{i}")
        columns.append(f"bit_or(CAST(1 AS BIGINT) << d._position){given} AS days_{i}")
        if plan.quantity:
            columns.append(f"CAST(sum(e.quantity){given} AS BIGINT) AS quantity_{i}")
            columns.append(f"count(e.quantity){given} AS measured_{i}")
        if plan.named:
            columns.append(f"count(e.name){given} AS named_{i}")
        if plan.key:
            names = ", ".join(map(quote_literal, plan.key))
            columns.append(f"count(*) FILTER (WHERE ({condition}) AND e.name IN ({names})) AS key_{i}")
    found = tables.engine.query(
        f"SELECT {rows.key('account_id')} AS account_id, d._segment AS segment, {rows.late} AS late, "
        f"{rows.gone} AS gone, {', '.join(columns)} FROM {rows.tables} GROUP BY 1, 2, 3, 4"
    )
    code, order = sorted_by_account(found, accounts)
    segment, late, gone = (found[name].to_numpy()[order].astype(np.int32) for name in ("segment", "late", "gone"))
    result = []
    for i in range(len(plans)):
        measures = {m: pc.fill_null(found[f"{m}_{i}"], 0) for m in MEASURES if f"{m}_{i}" in found.column_names}
        values = {name: column.to_numpy()[order].astype(np.int64) for name, column in measures.items()}
        result.append(Cells(code, segment, late, gone, values).rows(values["count"] > 0))
    return result, _first_days(found, as_ofs)


def _first_days(found: pa.Table, as_ofs: Sequence[int]) -> NDArray[np.int64]:
    """Earliest day among the rows that each as-of date may see; the last as-of day where there is none."""
    late, gone, day = (found[name].to_numpy() for name in ("late", "gone", "first_day"))
    first, stands = np.full(len(as_ofs) + 2, as_ofs[-1], np.int64), gone == FOREVER
    np.minimum.at(first, late[stands] + 1, day[stands])
    first = np.minimum.accumulate(first)[1:-1]
    for index in range(len(as_ofs) if not stands.all() else 0):
        replaced = ~stands & (late <= index) & (index < gone)
        first[index] = day[replaced].min(initial=first[index])
    return first


def _sightings(
    tables: Tables,
    rows: SegmentedSource,
    filters: Sequence[str],
    thing: str,
    accounts: pa.Array,
) -> list[Sightings]:
    words = range(-(-len(rows.segments) // WORD_BITS))
    columns = []
    for i, condition in enumerate(filters):
        for k in words:
            low, high = k * WORD_BITS, (k + 1) * WORD_BITS - 1
            inside = f"d._segment BETWEEN {low} AND {high}"
            # A FILTER does not keep the shift from being computed for the rows that it leaves out.
            bit = f"CAST(1 AS BIGINT) << CASE WHEN {inside} THEN d._segment - {low} ELSE 0 END"
            columns.append(f"bit_or({bit}) FILTER (WHERE ({condition}) AND {inside}) AS w_{i}_{k}")
    asked = "" if "TRUE" in filters else f" AND ({' OR '.join(filters)})"
    found = tables.engine.query(
        f"SELECT {rows.key('account_id')} AS account_id, {rows.key(thing)} AS thing, {rows.late} AS late, "
        f"{rows.gone} AS gone, {', '.join(columns)} FROM {rows.tables} AND {rows.key(thing)} IS NOT NULL{asked} "
        "GROUP BY 1, 2, 3, 4"
    )
    code, order = sorted_by_account(found, accounts)
    late, gone = (found[name].to_numpy()[order].astype(np.int32) for name in ("late", "gone"))
    pair = _pairs(code, found["thing"], order) if rows.split else np.arange(len(code), dtype=np.int64)
    result = []
    for i in range(len(filters)):
        bits = np.stack([pc.fill_null(found[f"w_{i}_{k}"], 0).to_numpy()[order] for k in words], axis=1).astype(
            np.int64
        )
        some = bits.any(axis=1)
        result.append(Sightings(code[some], pair[some], late[some], gone[some], bits[some]))
    return result


def _pairs(code: NDArray[np.int32], thing: pa.ChunkedArray, order: NDArray[np.int64]) -> NDArray[np.int64]:
    """One number per (account, thing): the same for its row that was on time, those that were late, and older ones."""
    things = pc.dictionary_encode(thing).combine_chunks().indices.to_numpy()[order].astype(np.int64)
    key = code.astype(np.int64) * (things.max(initial=0) + 1) + things
    return np.unique(key, return_inverse=True)[1].astype(np.int64)
