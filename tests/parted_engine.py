"""DuckDB that pretends to be a cluster: results are parted by account, and the work is pickled on its way to a part."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pyarrow as pa

from healthscore.tables.engine.duckdb import DuckDBEngine

PARTS = 3


class PartedDuckDB(DuckDBEngine):
    """An engine with the seam of a cluster. `asked` are the queries whose results were parted."""

    asked: Sequence[str] = ()

    def schema(self, sql: str) -> Any:
        return self.query(f"SELECT * FROM ({sql}) AS asked LIMIT 0").schema

    def by_account(
        self, queries: Sequence[str], work: Callable[[list[Any]], Iterator[Any]], parts: int
    ) -> Iterator[Any]:
        self.asked = queries
        travelled = pickle.loads(pickle.dumps(work))  # noqa: S301 - made a line before
        for part in range(PARTS):
            mine = f"CAST(hash(CAST(account_id AS VARCHAR)) % {PARTS} AS INTEGER) = {part}"
            results = [self.query(f"SELECT * FROM ({sql}) AS asked WHERE {mine}") for sql in queries]
            yield from (pa.table(table) for table in travelled(results))
