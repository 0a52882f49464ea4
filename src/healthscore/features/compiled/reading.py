"""Rows of a source as they stream out of the engine, with codes instead of ids, texts and days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from healthscore.features.compiled.conditions import Conditions, Mask
from healthscore.features.compiled.kernel import Codes, Integers, Texts, function, integers_of, pointer, widened
from healthscore.features.compiled.pairs import Pairs
from healthscore.tables.engine import Engine
from healthscore.tables.segmented import FOREVER, SegmentedSource

BATCH_ROWS = 122_880
"""Rows that are grouped at a time: one row group of the engine, whose codes stay in the processor's cache."""


@dataclass(frozen=True)
class Rows:
    """A batch of rows; every array has shape (rows,), and code -1 stands for nothing.

    Attributes
    ----------
    codes
        Codes of account_id, of what is counted distinct, and of names where conditions need them.
    segment, position
        The segment of the row's day, -1 outside of all, and the day's position in it.
    version
        Code of the row's (late, gone).
    masks
        Words of bits: the conditions that hold.
    quantity, measured
        The quantity, 0 where there is none, and whether there is one. The quantity is None where no signal needs it,
        `measured` where every row has one.
    """

    codes: dict[str, Codes]
    segment: Codes
    position: Codes
    version: Codes
    masks: list[Mask]
    quantity: NDArray[np.int64] | None
    measured: NDArray[np.bool_] | None


class Reader:
    """The rows of a source, batch by batch.

    Parameters
    ----------
    engine, source
        Where the rows are, and how their days are cut.
    columns
        Whose values get codes: the account's, and what is counted distinct.
    conditions
        Are known of every row.
    quantity
        Whether the quantity is read.
    """

    def __init__(
        self, engine: Engine, source: SegmentedSource, columns: Sequence[str], conditions: Conditions, *, quantity: bool
    ) -> None:
        self._engine, self._source, self._conditions, self._quantity = engine, source, conditions, quantity
        self._columns = list(dict.fromkeys([*columns, *(["name"] if conditions.of_names else [])]))
        self._codes: dict[str, Integers | Texts] = {}
        self._versions = Pairs()
        self._first = np.zeros(0, np.int64)
        days = np.arange(source.segments.edges[0], source.segments.edges[-1], dtype=np.int32)
        self._segment = (np.searchsorted(source.segments.edges, days, side="right") - 1).astype(np.int32)
        self._position = days - source.segments.starts[self._segment]

    def batches(self) -> Iterator[Rows]:
        """All rows. While a batch is grouped, the next gets its codes, and the engine decodes the one after it."""
        batches = self._engine.batches(self._query(), BATCH_ROWS)
        with ThreadPoolExecutor(max_workers=1) as pool:
            coming = pool.submit(self._next, batches)
            while (rows := coming.result()) is not None:
                coming = pool.submit(self._next, batches)
                yield rows

    def _next(self, batches: Iterator[pa.RecordBatch]) -> Rows | None:
        batch = next(batches, None)
        return None if batch is None else self._read(batch)

    def keys(self, column: str) -> pa.Array:
        """What the codes of a column stand for: its keys, by code."""
        return self._codes[column].keys() if column in self._codes else pa.array([], pa.string())

    def known(self, column: str) -> int:
        """How many codes a column has so far."""
        return len(self._codes[column])

    def versions(self) -> tuple[Codes, Codes, NDArray[np.int64]]:
        """Late, gone, and the first day of any row, by the code of the version."""
        if not self._source.split:
            return np.full(1, -1, np.int32), np.full(1, FOREVER, np.int32), self._first
        late, gone = self._versions.halves()
        return late - 1, gone, self._first

    def _query(self) -> str:
        source = self._source
        columns = {column: source.key(column) for column in self._columns} | {"day": "e.day"}
        columns |= {"quantity": "e.quantity"} if self._quantity else {}
        # Rows that all stand as soon as they happened need no join with the calendar: days are looked up here.
        columns |= {"late": source.late, "gone": source.gone} if source.split else {}
        columns |= self._conditions.columns()
        rows = source.tables if source.split else f"{source.keyed.relation} AS e"
        return f"SELECT {', '.join(f'{sql} AS {column}' for column, sql in columns.items())} FROM {rows}"

    def _read(self, batch: pa.RecordBatch) -> Rows:
        codes = {column: self._encode(column, batch.column(column)) for column in self._columns}
        if self._conditions.of_names:
            self._conditions.learn(self._codes["name"])
        day = _days_of(batch.column("day"), nothing=self._source.segments.edges[0] - 1)
        segment, position = self._placed(day)
        version = self._version(batch)
        self._keep_first(version, day, segment >= 0)
        quantity = measured = None
        if self._quantity:
            given = widened(batch.column("quantity"))
            quantity = integers_of(given.fill_null(0) if given.null_count else given)
            measured = None if given.null_count == 0 else pc.is_valid(given).to_numpy(zero_copy_only=False)
        masks = self._conditions.masks(batch, codes.get("name"))
        return Rows(codes, segment, position, version, masks, quantity, measured)

    def _placed(self, day: NDArray[np.int32]) -> tuple[Codes, Codes]:
        segment, position = np.empty_like(day), np.empty_like(day)
        tables = (self._segment, self._position, segment, position)
        first, days = self._source.segments.edges[0], len(self._segment)
        function("place_days")(len(day), pointer(day), first, days, *map(pointer, tables))
        return segment, position

    def _encode(self, column: str, values: pa.Array) -> Codes:
        integers = pa.types.is_integer(values.type)
        if column not in self._codes:
            self._codes[column] = Integers() if integers else Texts()
        return self._codes[column].encode(
            values if integers or values.type == pa.string() else values.cast(pa.string())
        )

    def _version(self, batch: pa.RecordBatch) -> Codes:
        if not self._source.split:
            return np.zeros(batch.num_rows, np.int32)
        late, gone = (batch.column(name).cast(pa.int32()).to_numpy() for name in ("late", "gone"))
        return self._versions.encode(late + np.int32(1), gone)  # late is -1 at least, and a code is not negative

    def _keep_first(self, version: Codes, day: NDArray[np.int32], inside: NDArray[np.bool_]) -> None:
        known = max(len(self._versions), 1)
        if len(self._first) < known:
            fresh = np.full(known - len(self._first), np.iinfo(np.int32).max, np.int64)
            self._first = np.append(self._first, fresh)
        if self._source.split:
            np.minimum.at(self._first, version[inside], day[inside])
        else:
            self._first[0] = min(int(self._first[0]), int(day[inside].min(initial=np.iinfo(np.int32).max)))


def _days_of(days: pa.Array, nothing: int) -> NDArray[np.int32]:
    """Days as int32; `nothing` where there is none."""
    given = days.fill_null(nothing) if days.null_count else days
    found: NDArray[np.int32] = (given if given.type == pa.int32() else given.cast(pa.int32())).to_numpy()
    return found
