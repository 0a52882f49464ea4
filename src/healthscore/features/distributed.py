"""The panel where the rows lie: the plan of one machine, run in every part of a cluster over the accounts of that part.

A plan asks its engine a few queries. Here it asks them once without any account, of an engine that takes them down:
those whose rows belong to accounts are computed in the cluster and parted by account, the others are answered once and
the answers travel along. In each part the same plan then runs on one machine's NumPy over an engine that gives the
part's rows for an answer. What it gives is bit by bit what one machine gives; rows come in another order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from healthscore.asof import WORD_BITS
from healthscore.config import Run
from healthscore.features.panel import Panel, PanelPlan, Progress
from healthscore.tables import Tables
from healthscore.tables.engine import Cluster, EngineError

PART_VALUES = 8_000_000
"""Values of the panel (features x as-of dates x accounts) that one part computes: 64 MB."""
PART_ACCOUNTS = 20_000
"""Accounts of a part at most, however few features they have: their cells must fit into its memory."""
BOOK = "panel/accounts"
SORTED = " ORDER BY ALL"
Beside = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Features of some rows -> something of each, shape (rows, k), that is computed where they are."""


class DistributedPlan:
    """The seam of `PanelPlan`, computed in a cluster.

    Parameters are those of `PanelPlan`; `beside` is computed of the features in the same place, see `Panel.beside`.
    """

    def __init__(
        self,
        run: Run,
        tables: Tables,
        accounts: pa.Array,
        as_ofs: Sequence[int],
        data_end: int | None = None,
        beside: Beside | None = None,
    ) -> None:
        self.run = run
        self.accounts = accounts
        self.as_ofs = tuple(as_ofs)
        assert isinstance(tables.engine, Cluster)  # noqa: S101 - who makes the plan has asked
        self._cluster = tables.engine
        notes: Any = _Notes(tables.engine)  # it is asked for rows and nothing else
        local = PanelPlan(run, replace(tables, engine=notes, scan="sql"), accounts.slice(0, 0), as_ofs, data_end)
        self.features = local.features
        self._queries = tuple(notes.parted)
        nowhere: Any = None  # engines do not travel
        there = replace(tables, engine=nowhere, scan="sql", reports={}, problems=())
        self._there = _Part(
            run, there, self.as_ofs, data_end, self._queries, notes.answers, notes.described, notes.common, beside
        )

    def build(self, rows: NDArray[np.bool_], progress: Progress | None = None) -> Panel:
        """The whole panel of the chosen rows, on this machine: `rows` has shape (as-of days, accounts)."""
        return Panel.gathered(self.chunks(rows, progress), rows, self.accounts, self.as_ofs, self.features)

    def chunks(self, rows: NDArray[np.bool_], progress: Progress | None = None) -> Iterator[Panel]:
        """The panel of the chosen rows, part by part, one held at a time; without any rows, one part of none."""
        done, total = 0, max(int(rows.sum()), 1)
        for table in self._made(self._there, rows):
            X = _matrix(table["X"])
            beside = _matrix(table["beside"]) if "beside" in table.column_names else None
            done += len(X)
            account, day = (table[name].to_numpy() for name in ("account", "day"))
            yield Panel(self.accounts, account, day, X, self.features, beside)
            if progress is not None:
                progress(done / total)
        if not done:
            none = np.empty(0, np.int32)
            yield Panel(self.accounts, none, none, np.empty((0, len(self.features))), self.features)

    def seen(self) -> NDArray[np.bool_]:
        """Which accounts had anything measured, or a subscription, known before each day: (as-of days, accounts)."""
        rows = np.zeros((len(self.as_ofs), len(self.accounts)), bool)
        for table in self._made(replace(self._there, seen=True), rows):
            rows[:, table["account"].to_numpy()] = np.stack(
                [table[str(index)].to_numpy(zero_copy_only=False) for index in range(len(rows))]
            )
        return rows

    def _made(self, part: _Part, rows: NDArray[np.bool_]) -> Iterator[pa.Table]:
        """What every part makes of its accounts; each carries which of its rows are wanted, as words of bits."""
        words = {
            f"w{k}": np.bitwise_or.reduce(
                rows[k * WORD_BITS : (k + 1) * WORD_BITS].astype(np.int64)
                << np.arange(len(rows[k * WORD_BITS : (k + 1) * WORD_BITS]))[:, None],
                axis=0,
            )
            for k in range(-(-len(rows) // WORD_BITS))
        }
        self._cluster.register(BOOK, pa.table({"account_id": self.accounts, "code": np.arange(rows.shape[1]), **words}))
        per_account = len(self.as_ofs) * max(len(self.features), 1)
        size = max(min(PART_VALUES // per_account, PART_ACCOUNTS), 1)
        queries = (f'SELECT * FROM "{BOOK}"', *(sql.removesuffix(SORTED) for sql in self._queries))
        return self._cluster.by_account(queries, part, -(-max(rows.shape[1], 1) // size))


class _Notes:
    """An engine that takes down the queries whose rows belong to accounts, and asks the others of the real one.

    Attributes
    ----------
    parted
        Queries whose rows belong to accounts.
    answers
        Answers to the others, in whole.
    common
        Of a parted query, the rows that every part is to have: they belong to no account and tell of all of them.
    described
        Descriptions that were asked for, or why there is none.
    """

    def __init__(self, engine: Cluster) -> None:
        self._engine = engine
        self.parted: list[str] = []
        self.answers: dict[str, pa.Table] = {}
        self.common: dict[str, pa.Table] = {}
        self.described: dict[str, dict[str, str] | str] = {}

    def query(self, sql: str) -> pa.Table:
        """The common rows of a query about accounts; the whole answer of others."""
        schema = self._engine.schema(sql)
        if "account_id" not in schema.names:
            self.answers[sql] = self._engine.query(sql)
            return self.answers[sql]
        self.parted.append(sql)
        self.common[sql] = self._common(sql, schema)
        return self.common[sql]

    def describe(self, sql: str) -> dict[str, str]:
        """What the real one says."""
        try:
            found = self.described[sql] = self._engine.describe(sql)
        except EngineError as error:
            self.described[sql] = error.what
            raise
        return found

    def register(self, name: str, table: pa.Table) -> None:
        """What queries join with: in the cluster."""
        self._engine.register(name, table)

    def _common(self, sql: str, schema: pa.Schema) -> pa.Table:
        """Of cells, per range of as-of dates: the source's first day, and the most rows that any cell has.

        A signal is unknown before its source begins, and how wide counters are depends on the fullest cell: that is
        told by the rows of all accounts, not of a part's.
        """
        wanted = {"first_day": "min", "total": "max", "segment": "min"}
        asked = ", ".join(f"{how}({name}) AS {name}" for name, how in wanted.items() if name in schema.names)
        if not {"first_day", "total"} & set(schema.names):
            return schema.empty_table()
        found = self._engine.query(f"SELECT late, gone, {asked} FROM ({sql}) AS cells GROUP BY late, gone")
        kind = schema.field("account_id").type
        nobody = "" if pa.types.is_string(kind) else np.iinfo(kind.to_pandas_dtype()).min
        columns = {
            field.name: found[field.name].cast(field.type)
            if field.name in found.column_names
            else pa.nulls(found.num_rows, field.type)
            for field in schema
        }
        columns["account_id"] = pa.array([nobody] * found.num_rows, kind)
        return pa.table(columns, schema=schema)


@dataclass(frozen=True)
class _Answers:
    """An engine that answers queries by the rows of one part."""

    rows: Mapping[str, pa.Table]
    described: Mapping[str, dict[str, str] | str]

    def query(self, sql: str) -> pa.Table:
        """The rows of the part."""
        if sql not in self.rows:
            raise EngineError(f"a part of the cluster asked what nobody foresaw: {sql[:200]}")
        return self.rows[sql]

    def describe(self, sql: str) -> dict[str, str]:
        """What the real engine said."""
        found = self.described[sql]
        if isinstance(found, str):
            raise EngineError(found)
        return found

    def register(self, name: str, table: pa.Table) -> None:
        """It is there already, where the queries ran."""


@dataclass(frozen=True)
class _Part:
    """What one part of the cluster does; it travels there.

    Attributes
    ----------
    queries
        Those that the part's results are of, in their order.
    answers, described, common
        As of the engine that took them down.
    seen
        It tells which rows there are, and computes none.
    """

    run: Run
    tables: Tables
    as_ofs: tuple[int, ...]
    data_end: int | None
    queries: tuple[str, ...]
    answers: Mapping[str, pa.Table] = field(repr=False)
    described: Mapping[str, dict[str, str] | str] = field(repr=False)
    common: Mapping[str, pa.Table] = field(repr=False)
    beside: Beside | None = None
    seen: bool = False

    def __call__(self, results: list[pa.Table]) -> Iterator[pa.Table]:
        """The panel of the accounts of the part, from the results of its queries; the first is the accounts."""
        book, *found = results
        if not book.num_rows:
            return
        book = book.sort_by("code")
        accounts = book["account_id"].combine_chunks()
        rows = {sql: self._completed(sql, table) for sql, table in zip(self.queries, found, strict=True)}
        engine: Any = _Answers({**self.answers, **rows}, self.described)
        plan = PanelPlan(self.run, replace(self.tables, engine=engine), accounts, self.as_ofs, self.data_end)
        code = book["code"].to_numpy().astype(np.int32)
        if self.seen:
            yield pa.table({"account": code, **{str(index): row for index, row in enumerate(plan.seen())}})
            return
        for chunk in plan.chunks(_wanted(book, len(self.as_ofs))):
            columns = {"account": code[chunk.account], "day": chunk.day, "X": _lists(chunk.X)}
            if self.beside is not None:
                columns["beside"] = _lists(self.beside(chunk.X))
            yield pa.table(columns)

    def _completed(self, sql: str, table: pa.Table) -> pa.Table:
        table = pa.concat_tables([table.cast(self.common[sql].schema), self.common[sql]])
        if sql.endswith(SORTED):
            table = table.sort_by([(name, "ascending") for name in table.column_names])
        return table


def _wanted(book: pa.Table, days: int) -> NDArray[np.bool_]:
    """Which rows the panel holds of a part's accounts, shape (as-of days, accounts)."""
    bits = [book[f"w{day // WORD_BITS}"].to_numpy() >> (day % WORD_BITS) & 1 for day in range(days)]
    return np.stack(bits).astype(bool)


def _lists(values: NDArray[np.float64]) -> pa.Array:
    """A matrix as one column, bit by bit."""
    return pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(values).ravel()), values.shape[1])


def _matrix(column: pa.ChunkedArray) -> NDArray[np.float64]:
    width = column.type.list_size
    flat: NDArray[np.float64] = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return flat.reshape(-1, width)
