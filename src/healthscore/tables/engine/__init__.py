"""ENGINES: where the tables lie and where queries run. One SQL text (DuckDB's dialect), Arrow back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

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


@runtime_checkable
class Database(Engine, Protocol):
    """An engine in which the tables lie already."""

    def find(self, name: str) -> DataFile | None:
        """A table or view, as SQL writes its name, with its columns; None where there is none that may be seen."""

    def names(self) -> list[str]:
        """Every table and view that may be read."""

    def fingerprint(self, files: Sequence[DataFile], without: Sequence[str]) -> str:
        """What follows from the rows of tables, whatever their order, but for some columns, which are not read."""


@runtime_checkable
class Cluster(Engine, Protocol):
    """An engine that can run Python where the rows lie."""

    def schema(self, sql: str) -> Any:
        """The `pyarrow.Schema` of a query's result. Runs nothing."""

    def by_account(
        self, queries: Sequence[str], work: Callable[[list[Any]], Iterator[Any]], parts: int
    ) -> Iterator[Any]:
        """Part the results of queries, which all have `account_id`, by account, and work on every part.

        `work` travels to the parts, takes the results for some accounts in the order of the queries, and gives
        `pyarrow.Table`s, which are read here one at a time.
        """


def _duckdb(*, files: Sequence[Path], threads: int) -> Engine:
    from healthscore.tables.engine.duckdb import DuckDBEngine

    return DuckDBEngine(files=files, threads=threads)


def _spark(*, files: Sequence[Path], threads: int) -> Engine:
    from healthscore.tables.engine.spark import SparkEngine

    return SparkEngine(threads=threads)


ENGINES: dict[str, Callable[..., Engine]] = {"duckdb": _duckdb, "spark": _spark}
"""Name -> factory `(files=, threads=)`; `files` are all that the engine may read from outside."""


def _postgresql(address: str) -> Database:
    from healthscore.tables.engine.postgresql import PostgreSQLEngine

    return PostgreSQLEngine(database=address)


DATABASES: dict[str, Callable[[str], Database]] = {"postgresql": _postgresql}
"""Name -> factory; it takes the run's `database`."""
