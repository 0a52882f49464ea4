"""The one pass over the events, in the engine: additive cells per (account, segment), sightings per (account, thing).

Worked example: with one as-of date 2024-03-01 and a window of 7 days, the segments are [first day, 2024-02-16),
[2024-02-16, 2024-02-23) and [2024-02-23, 2024-03-01). Three log-ins of account A on 25 and 26 February become one cell
(A, segment 2): count 3, active days {2, 3}. Whatever window is asked for later is arithmetic on such cells.

A row that became known only after an as-of date at which it had already happened is kept apart: its cell also carries
the index of the first as-of date that could have known it (`late`), and -1 stands for "as soon as it happened". So is a
row that a later version has replaced: its cell carries the index of the first as-of date that knew better (`gone`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from healthscore.asof import Segments, window_edges
from healthscore.features.names import WIDTHS, Names, unpacked
from healthscore.features.sightings import Sightings, query_sightings, sightings_of
from healthscore.features.signals import SignalPlan
from healthscore.tables import Tables
from healthscore.tables.keyed import texts_of_keys
from healthscore.tables.quoting import quote_literal
from healthscore.tables.segmented import FOREVER, SegmentedSource, segment_source, sorted_by_account

MEASURES = ("count", "days", "quantity", "measured", "named", "key")
"""Per cell: rows, bit set of active days, scaled sum of the quantities, rows with a quantity, with a name, with a key
name. Beside them the words of the bit set of names, `names_0`, `names_1`, ..."""
Integers = NDArray[np.int32] | NDArray[np.int64]
NAMES = "names_"
"""What the measures of bit sets of names begin with."""


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
        Each of `MEASURES` that the signal needs, shape (cells,): counts int32 or int64, everything else int64.
    """

    account: NDArray[np.int32]
    segment: NDArray[np.int32]
    late: NDArray[np.int32]
    gone: NDArray[np.int32]
    measures: dict[str, Integers]

    def rows(self, chosen: NDArray[np.intp] | slice) -> Cells:
        """Some of the cells."""
        measures = {name: values[chosen] for name, values in self.measures.items()}
        return Cells(self.account[chosen], self.segment[chosen], self.late[chosen], self.gone[chosen], measures)


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
    sightings
        Of each thing whose distinct values are counted, unless the cells have bit sets of it (names, where there are
        few).
    """

    plan: SignalPlan
    segments: Segments
    first: NDArray[np.int64]
    scale: int
    cells: Cells
    sightings: dict[str, Sightings] = field(default_factory=dict)

    def seen(self, index: int, t: int) -> NDArray[np.int32]:
        """Codes of the accounts with a row known before as-of day `t`, the `index`-th of the grid; some repeat."""
        account, begin = self._begun
        rest = self._unsettled
        began = self.segments.starts[rest.segment] < t
        visible = rest.account[began & (rest.late <= index) & (index < rest.gone)]
        return np.concatenate([account[begin < t], visible])

    @cached_property
    def _begun(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Accounts with rows that are seen at once and for good, and the first day of the first segment of each."""
        settled = self.cells if not len(self._unsettled.account) else self.cells.rows(np.flatnonzero(~self._later))
        where = np.flatnonzero(np.diff(settled.account, prepend=-1))
        begin = self.segments.starts[settled.segment]
        return settled.account[where], np.minimum.reduceat(begin, where) if len(where) else begin

    @cached_property
    def _later(self) -> NDArray[np.bool_]:
        later: NDArray[np.bool_] = (self.cells.late >= 0) | (self.cells.gone != FOREVER)
        return later

    @cached_property
    def _unsettled(self) -> Cells:
        """Cells of rows that were late, or were replaced."""
        return self.cells.rows(np.flatnonzero(self._later))


def source_accounts(tables: Tables, sources: Sequence[str]) -> pa.Array:
    """Ids of every account that occurs in the sources, sorted, without repetition."""
    found = []
    for keyed in map(tables.keyed, sources):
        keys = tables.engine.query(keyed.accounts)
        found.append(texts_of_keys(keys["account_id"]).dictionary)
    ids = pc.unique(pa.chunked_array(found, pa.string()))
    return ids.take(pc.sort_indices(ids))


class Grouped(Protocol):
    """The rows of a source, grouped for its signals: made from tables, rows, plans and their filters.

    Attributes
    ----------
    things
        What is counted distinct by sightings.
    """

    things: list[str]

    def cells(self) -> pa.Table:
        """A row per cell: account_id (its key), segment, late, gone, total, and of signal i the measures `count_i`, ...

        Where signal i has no `count_i`, the total is its count; where rows may be late, `first_day` is there.
        """

    def sightings(self, thing: str) -> pa.Table:
        """A row per (account, thing): account_id and thing (their keys), late, gone, and of signal i words `w_i_k`."""


Grouping = Callable[[Tables, SegmentedSource, Sequence[SignalPlan], Sequence[str]], Grouped]


def collect(
    tables: Tables,
    plans: Sequence[SignalPlan],
    as_ofs: Sequence[int],
    accounts: pa.Array,
    grouping: Grouping | None = None,
) -> list[SignalCells]:
    """Reduce the events of one source's signals to cells, in one query (and one per kind of thing counted distinct).

    Parameters are those of `healthscore.features.kinds.read_signals`; the plans are those of one source. Rows are
    grouped by the engine's SQL, or by another `grouping`.
    """
    source = plans[0].source
    windows = {window for plan in plans for window in plan.windows}
    rows = segment_source(tables, source, window_edges(as_ofs, sorted(windows, key=str)), as_ofs, last=as_ofs[-1])
    filters = [tables.predicate(source, plan.where) if plan.where else "TRUE" for plan in plans]
    grouped = (grouping or BySql)(tables, rows, plans, filters)
    found = grouped.cells()
    cells, first = _sorted_cells(found, filters, accounts), _first_days(found, rows, as_ofs)
    sightings: list[dict[str, Sightings]] = [{} for _ in plans]
    for thing in grouped.things:
        asking = [i for i, plan in enumerate(plans) if thing in plan.distinct]
        for i, seen in sightings_of(grouped.sightings(thing), asking, rows, accounts).items():
            sightings[i][thing] = seen
    scale = tables.scale(source, "quantity") if any(plan.quantity for plan in plans) else 0
    return [SignalCells(plan, rows.segments, first, scale, cells[i], sightings[i]) for i, plan in enumerate(plans)]


class BySql:
    """The queries of one source: what is counted for each signal, and by which aggregate."""

    def __init__(
        self, tables: Tables, rows: SegmentedSource, plans: Sequence[SignalPlan], filters: Sequence[str]
    ) -> None:
        self._tables, self._rows, self._plans, self._filters = tables, rows, plans, filters
        conditions = {f"count_{i}": condition for i, condition in enumerate(filters) if condition != "TRUE"}
        for i, plan in enumerate(plans):
            if plan.key:
                among = f"name IN ({', '.join(map(quote_literal, plan.key))})"
                conditions[f"key_{i}"] = among if filters[i] == "TRUE" else f"({filters[i]}) AND {among}"
        self._conditions = conditions
        needed = bool(conditions) or any("name" in plan.distinct for plan in plans)
        named = needed and "name" in tables.bound_columns(plans[0].source)
        self.names = Names.of(tables, plans[0].source, rows, list(conditions.values())) if named else None
        holds = {} if self.names is None else self.names.holds
        self._by_name = {column: condition for column, condition in conditions.items() if condition in holds}
        distinct = {thing for plan in plans for thing in plan.distinct}
        self.things = sorted(distinct if self.names is None else distinct - {"name"})

    def cells(self) -> pa.Table:
        """See `Grouped`."""
        for width in WIDTHS:
            found = self._query(width)
            if not self._by_name or pc.max(found["total"]).as_py() < 1 << width:
                break
        # A cell none of whose rows has a name has no counters at all.
        words = [pc.fill_null(found[name], 0).to_numpy() for name in found.column_names if name.startswith("counts_")]
        for place, name in enumerate(self._by_name):
            found = found.append_column(name, pa.array(unpacked(words, place, width)))
        return found

    def sightings(self, thing: str) -> pa.Table:
        """See `Grouped`."""
        asking = {i: self._filters[i] for i, plan in enumerate(self._plans) if thing in plan.distinct}
        return query_sightings(self._tables, self._rows, asking, thing)

    def _query(self, width: int) -> pa.Table:
        rows, joined, columns = self._rows, self._rows.joined, ["count(*) AS total"]
        if rows.split:
            columns.append("min(e.day) AS first_day")
        if self.names is not None:
            made = self.names.register(self._tables.engine, list(self._by_name.values()), width)
            columns += [f"CAST(sum(n._counts_{k}) AS BIGINT) AS counts_{k}" for k in range(made)]
            joined += self.names.join.format(key=rows.key("name"))
        for i in range(len(self._plans)):
            columns += [f"{sql} AS {measure}_{i}" for measure, sql in self._aggregates(i)]
        return self._tables.engine.query(
            f"SELECT {rows.key('account_id')} AS account_id, d._segment AS segment, {rows.late} AS late, "
            f"{rows.gone} AS gone, {', '.join(columns)} FROM {joined} WHERE {rows.where} GROUP BY 1, 2, 3, 4"
        )

    def _aggregates(self, i: int) -> list[tuple[str, str]]:
        """Measure and SQL of what is counted for a signal beside the counters of names."""
        plan, condition = self._plans[i], self._filters[i]
        given = "" if condition == "TRUE" else f" FILTER (WHERE {condition})"
        columns = []
        for measure in ("count", "key"):
            if f"{measure}_{i}" in self._conditions and f"{measure}_{i}" not in self._by_name:
                columns.append((measure, f"count(*) FILTER (WHERE {self._conditions[f'{measure}_{i}']})"))
        if plan.dated:
            columns.append(("days", f"bit_or(d._bit){given}"))
        if plan.quantity:
            columns.append(("quantity", f"CAST(sum(e.quantity){given} AS BIGINT)"))
            columns.append(("measured", f"count(e.quantity){given}"))
        if plan.named:
            columns.append(("named", f"count({self._rows.key('name')}){given}"))
        if "name" in plan.distinct and self.names is not None:
            columns += [(f"{NAMES}{k}", f"bit_or(n._bits_{k}){given}") for k in range(self.names.words)]
        return columns


def _sorted_cells(found: pa.Table, filters: Sequence[str], accounts: pa.Array) -> list[Cells]:
    """Cells of each signal."""
    code, order = sorted_by_account(found, accounts)

    def column(name: str) -> Integers:
        values: Integers = pc.fill_null(found[name], 0).to_numpy()[order]
        return values if values.dtype == np.int32 else values.astype(np.int64, copy=False)

    segment, late, gone = (column(name).astype(np.int32) for name in ("segment", "late", "gone"))
    measures: list[dict[str, Integers]] = [{} for _ in filters]
    for name in found.column_names:
        measure, _, i = name.rpartition("_")
        if measure in MEASURES or measure.startswith(NAMES):
            measures[int(i)][measure] = column(name)
    result = []
    for condition, counted in zip(filters, measures, strict=True):
        counted["count"] = counted["count"] if "count" in counted else column("total")
        whole = Cells(code, segment, late, gone, counted)
        result.append(whole if condition == "TRUE" else whole.rows(np.flatnonzero(counted["count"])))
    return result


def _first_days(found: pa.Table, rows: SegmentedSource, as_ofs: Sequence[int]) -> NDArray[np.int64]:
    """Earliest day among the rows that each as-of date may see; the last as-of day where there is none."""
    if not rows.split:
        return np.full(len(as_ofs), min(rows.first, as_ofs[-1]), np.int64)
    late, gone, day = (found[name].to_numpy() for name in ("late", "gone", "first_day"))
    first, stands = np.full(len(as_ofs) + 2, as_ofs[-1], np.int64), gone == FOREVER
    np.minimum.at(first, late[stands] + 1, day[stands])
    first = np.minimum.accumulate(first)[1:-1]
    for index in range(len(as_ofs) if not stands.all() else 0):
        replaced = ~stands & (late <= index) & (index < gone)
        first[index] = day[replaced].min(initial=first[index])
    return first
