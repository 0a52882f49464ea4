"""ENGINES: where the tables lie and where queries run. One SQL text (DuckDB's dialect), Arrow back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from healthscore.errors import HealthScoreError

if TYPE_CHECKING:
    from healthscore.tables.files import DataFile


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

    def read_files(self, relation: str, files: Sequence[DataFile], without: Sequence[str]) -> bool:
        """Offer files of one kind as a relation (quoted): their columns but some, then the file and line of each row.

        Returns whether it is a copy, which can be dropped once nobody reads it. A FileError names a file that is no
        table.
        """

    def close(self) -> None:
        """Release everything."""


def _duckdb(*, files: Sequence[Path], threads: int) -> Engine:
    from healthscore.tables.engine.duckdb import DuckDBEngine

    return DuckDBEngine(files=files, threads=threads)


def _spark(*, files: Sequence[Path], threads: int) -> Engine:
    from healthscore.tables.engine.spark import SparkEngine

    return SparkEngine(threads=threads)


ENGINES: dict[str, Callable[..., Engine]] = {"duckdb": _duckdb, "spark": _spark}
"""Name -> factory `(files=, threads=)`; `files` are all that the engine may read from outside."""
