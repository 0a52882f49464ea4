"""ENGINES: where the tables lie and where queries run. One SQL text (DuckDB's dialect), Arrow back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from healthscore.errors import HealthScoreError


class EngineError(HealthScoreError):
    """The engine refused a query: a value out of range, no memory, a file it cannot read."""


class Engine(Protocol):
    """What the rest of the package may ask of an engine."""

    def execute(self, sql: str) -> None:
        """Run a statement that returns nothing, such as CREATE VIEW."""

    def query(self, sql: str) -> Any:
        """Run a query; the whole result as a `pyarrow.Table`."""

    def batches(self, sql: str, rows: int) -> Iterator[Any]:
        """Run a query; its result as `pyarrow.RecordBatch`es of at most `rows` rows. Others may run meanwhile."""

    def describe(self, sql: str) -> dict[str, str]:
        """Columns that a query would return: name -> type, in the engine's words. Runs nothing."""

    def register(self, name: str, table: Any) -> None:
        """Copy a `pyarrow.Table` into the engine under `name` (unquoted), replacing what had that name."""

    def close(self) -> None:
        """Release everything."""


def _duckdb(*, files: Sequence[Path], threads: int) -> Engine:
    from healthscore.tables.engine.duckdb import DuckDBEngine

    return DuckDBEngine(files=files, threads=threads)


ENGINES: dict[str, Callable[..., Engine]] = {"duckdb": _duckdb}
"""Name -> factory `(files=, threads=)`; `files` are all that the engine may read from outside."""
