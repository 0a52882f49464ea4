"""Tables that are too long to be held: written a chunk of accounts at a time, from arrays that fit.

A million accounts with ten components have twelve million rows of drivers. As arrays of whole tenths these are a tenth
of that table's size, and only the rows of one chunk exist at any time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.integer]
CHUNK_VALUES = 2_000_000
"""Rows (of drivers) or values (of features) that a chunk has at most, about: tens of megabytes."""
TEXT = pa.large_string()


class ChunkedTable(ABC):
    """What can be done with a table whose rows come a chunk at a time; writing is that of a `pandas.DataFrame`."""

    @abstractmethod
    def chunks(self) -> Iterator[pa.Table]:
        """Its rows in order, a chunk at a time, all of one schema; one chunk at least, which may be empty."""

    def to_parquet(self, path: Path, *, index: bool = False) -> None:
        """Write it, holding one chunk. It has no index to write."""
        import pyarrow.parquet as pq

        chunks = self.chunks()
        first = next(chunks)
        with pq.ParquetWriter(path, first.schema) as writer:
            writer.write_table(first)
            for chunk in chunks:
                writer.write_table(chunk)

    def frame(self) -> pd.DataFrame:
        """The whole table, in memory."""
        whole: pd.DataFrame = pa.concat_tables(self.chunks()).to_pandas()
        return whole


@dataclass(frozen=True, eq=False)
class FeaturesTable(ChunkedTable):
    """What scores were made from: a row per scored account with its id and each feature, missing where not known.

    Attributes
    ----------
    ids
        Of the accounts, shape (n,).
    names
        Of the features.
    X
        Shape (n, features).
    """

    ids: pa.Array
    names: Sequence[str]
    X: Floats

    def chunks(self) -> Iterator[pa.Table]:
        """Its rows, a chunk of accounts at a time."""
        size = max(1, CHUNK_VALUES // (len(self.names) + 1))
        for low in range(0, max(len(self.ids), 1), size):
            rows = self.X[low : low + size]
            columns = {name: pa.array(rows[:, i], pa.float64(), from_pandas=True) for i, name in enumerate(self.names)}
            yield pa.table({"account_id": self.ids[low : low + size].cast(TEXT), **columns})


@dataclass(frozen=True, eq=False)
class Entries:
    """Rows of one kind in a table of drivers: `width` of them for every account that has any.

    Attributes
    ----------
    kind
        base, component, feature, or capped.
    components, features
        Names, one per entry.
    tenths
        Points in whole tenths, shape (m, width), of the m accounts that have these entries.
    values
        Shape (m, width); None where the entries have none.
    rows
        Positions of these accounts among all, rising, shape (m,); None where all have them.
    """

    kind: str
    components: Sequence[str]
    features: Sequence[str]
    tenths: Integers
    values: Floats | None = None
    rows: Integers | None = None

    def between(self, low: int, high: int) -> tuple[Integers, pa.Table]:
        """The entries of the accounts at [low, high): the account of each, and a table of the rest of the row."""
        first, last = (low, high) if self.rows is None else np.searchsorted(self.rows, [low, high]).tolist()
        account = np.arange(low, high) if self.rows is None else self.rows[first:last]
        tenths, width = self.tenths[first:last], self.tenths.shape[1]
        count = tenths.size
        values = np.full(count, np.nan) if self.values is None else self.values[first:last].ravel()
        place = pa.array(np.tile(np.arange(width), len(account)))
        columns = {
            "kind": pa.repeat(pa.scalar(self.kind, TEXT), count),
            "component": pa.array(list(self.components), TEXT).take(place),
            "feature": pa.array(list(self.features), TEXT).take(place),
            "value": pa.array(values, pa.float64(), from_pandas=True),
            "points": pa.array(tenths.ravel() / 10.0),
        }
        return np.repeat(account, width), pa.table(columns)


@dataclass(frozen=True, eq=False)
class DriversTable(ChunkedTable):
    """The long table of scores taken apart: per account the base, each component, each feature, what is cut off.

    Attributes
    ----------
    as_of
        Date of the scores.
    ids
        Of the accounts, in rising order, shape (n,).
    entries
        In the order in which they stand within each account.
    """

    as_of: date
    ids: pa.Array
    entries: tuple[Entries, ...]

    def chunks(self) -> Iterator[pa.Table]:
        """Its rows, a chunk of accounts at a time."""
        size = max(1, CHUNK_VALUES // max(1, sum(len(entries.components) for entries in self.entries)))
        for low in range(0, max(len(self.ids), 1), size):
            yield self._between(low, min(low + size, len(self.ids)))

    def of(self, account_id: str) -> pd.DataFrame:
        """The rows of one account; none where it is not among them."""
        place = self.ids.index(account_id).as_py()
        mine: pd.DataFrame = (self._between(0, 0) if place < 0 else self._between(place, place + 1)).to_pandas()
        return mine

    def _between(self, low: int, high: int) -> pa.Table:
        accounts, tables = zip(*(entries.between(low, high) for entries in self.entries), strict=True)
        account = np.concatenate(accounts)
        order = pa.array(np.argsort(account, kind="stable"))
        table = pa.concat_tables(tables).combine_chunks().take(order)
        ids = self.ids[low:high].cast(TEXT).take(pa.array(account - low).take(order))
        table = table.add_column(0, "account_id", ids)
        return table.add_column(1, "as_of", pa.repeat(pa.scalar(self.as_of, pa.date32()), len(table)))
