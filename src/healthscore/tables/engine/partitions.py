"""Python where the rows lie: results of queries, parted by account, handed to a function in every part of a cluster.

The results of several queries travel as one: a row says which query it is of, and columns of one type share their
places, so that the wide table is no wider than its widest part. What the function makes of a part travels back as
bytes of Arrow, which no type of Spark comes between, and is read piece by piece: the driver holds one at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

PIECE_ROWS = 50_000
"""Rows of a piece that travels back: some tens of megabytes."""
OF, ACCOUNT, BYTES = "_of", "_account", "piece"

Work = Callable[[list[pa.Table]], Iterator[pa.Table]]
"""Results of the queries for some accounts, in the order of the queries -> tables that travel back."""


@dataclass(frozen=True)
class _Layout:
    """Where the columns of one query lie in the wide table: its number, and name -> place."""

    number: int
    places: dict[str, str]

    def of(self, wide: pa.Table) -> pa.Table:
        """The rows of the query."""
        mine = wide.filter(pc.equal(wide[OF], self.number))
        return mine.select(list(self.places.values())).rename_columns(list(self.places))


@dataclass(frozen=True)
class _Part:
    """What is done in one part of the cluster; it travels there."""

    layouts: tuple[_Layout, ...]
    work: Work

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        received = list(batches)
        if not received:
            return
        wide = pa.Table.from_batches(received)
        for table in self.work([layout.of(wide) for layout in self.layouts]):
            for batch in table.combine_chunks().to_batches(PIECE_ROWS):
                yield pa.record_batch({BYTES: pa.array([_bytes_of(batch)], pa.binary())})


def made_by_account(frames: Sequence[Any], work: Work, parts: int) -> Any:
    """Part the rows of several DataFrames by their `account_id` and work on every part.

    Parameters
    ----------
    frames
        Each has a column `account_id`: an integer or a text, the same account everywhere in decimal.
    work
        Runs where the parts are; everything it holds travels there.
    parts
        Their number; each must fit into the memory of one process of Python.

    Returns
    -------
    What came of it, as a DataFrame of pieces that is computed and kept; see `table_of`. Who reads it forgets it.
    """
    layouts, wide = _laid_out(frames)
    made = wide.repartition(parts, ACCOUNT).mapInArrow(_Part(layouts, work), f"{BYTES} binary").persist()
    try:
        made.count()  # all parts at once: whoever iterates over what is not there computes one after the other
    except BaseException:
        made.unpersist()
        raise
    return made


def table_of(piece: Any) -> pa.Table:
    """A row of what `made_by_account` gives, as the table that it carries."""
    with pa.ipc.open_stream(piece[BYTES]) as stream:
        return stream.read_all()


def _laid_out(frames: Sequence[Any]) -> tuple[tuple[_Layout, ...], Any]:
    """The frames as one wide DataFrame, and where each query's columns are in it."""
    from pyspark.sql import functions

    known: dict[tuple[str, int], str] = {}
    layouts, aligned = [], []
    for number, frame in enumerate(frames):
        places, taken = {}, dict[str, int]()
        for field in frame.schema:
            kind = field.dataType.simpleString()
            taken[kind] = taken.get(kind, 0) + 1
            places[field.name] = known.setdefault((kind, taken[kind]), f"c{len(known)}")
        layouts.append(_Layout(number, places))
        columns = [frame["`" + name.replace("`", "``") + "`"].alias(place) for name, place in places.items()]
        account = frame["account_id"].cast("string").alias(ACCOUNT)
        aligned.append(frame.select(functions.lit(number).alias(OF), account, *columns))
    wide = aligned[0]
    for frame in aligned[1:]:
        wide = wide.unionByName(frame, allowMissingColumns=True)
    return tuple(layouts), wide


def _bytes_of(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]  # pyarrow has no types
