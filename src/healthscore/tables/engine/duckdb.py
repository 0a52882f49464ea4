"""The default engine: an in-memory DuckDB that reads the run's files and nothing else."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from healthscore.tables.engine import EngineError
from healthscore.tables.quoting import quote_identifier, quote_literal

if TYPE_CHECKING:
    from healthscore.tables.files import DataFile

SMALLEST_MEMORY = 64 * 2**20
"""Bytes without which the engine can do nothing."""


class DuckDBEngine:
    """DuckDB in memory, spilling into a private temporary directory.

    Parameters
    ----------
    files
        All that may be read from outside; any other path, any extension and any later change of settings is refused.
    threads
        Worker threads. Results do not depend on them: every number that leaves the engine is an exact integer.
    """

    def __init__(self, *, files: Sequence[Path] = (), threads: int = 2) -> None:
        self._spill = Path(tempfile.mkdtemp(prefix="healthscore-"))
        self._connection = duckdb.connect(
            ":memory:",
            config={
                "threads": threads,
                **_memory_limit(),
                "temp_directory": str(self._spill),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "allow_community_extensions": False,
                "python_enable_replacements": False,
                "preserve_insertion_order": True,  # line numbers of CSV rows rely on it
            },
        )
        # Only where there is one: in a notebook without ipywidgets DuckDB has none, and refuses to hear of it.
        if self._connection.execute("SELECT current_setting('enable_progress_bar')").fetchone() == (True,):
            self._connection.execute("SET enable_progress_bar = false")
        allowed = ", ".join(quote_literal(str(path)) for path in files)
        for setting in (
            "TimeZone = 'UTC'",
            f"allowed_paths = [{allowed}]",
            "enable_external_access = false",
            "lock_configuration = true",
        ):
            self._connection.execute(f"SET {setting}")

    def execute(self, sql: str) -> None:
        """Run a statement that returns nothing."""
        try:
            self._connection.execute(sql)
        except duckdb.Error as error:
            raise _explained(error) from error

    def query(self, sql: str) -> Any:
        """Run a query; the whole result as a `pyarrow.Table`."""
        try:
            return self._connection.sql(sql).to_arrow_table()
        except duckdb.Error as error:
            raise _explained(error) from error

    def batches(self, sql: str, rows: int) -> Iterator[Any]:
        """Run a query on a cursor of its own; its result as record batches of at most `rows` rows."""
        cursor = self._connection.cursor()
        try:
            yield from cursor.sql(sql).to_arrow_reader(rows)
        except duckdb.Error as error:
            raise _explained(error) from error
        finally:
            cursor.close()

    def describe(self, sql: str) -> dict[str, str]:
        """Columns that a query would return: name -> type. Runs nothing."""
        described = self.query(f"DESCRIBE {sql}").to_pydict()
        return dict(zip(described["column_name"], described["column_type"], strict=True))

    def register(self, name: str, table: Any) -> None:
        """Copy an Arrow table into the engine, so that every cursor sees it and nothing refers to Python's memory."""
        self._connection.register("registered", table)
        try:
            self.execute(f"CREATE OR REPLACE TABLE {quote_identifier(name)} AS SELECT * FROM registered")
        finally:
            self._connection.unregister("registered")

    def read_files(self, relation: str, files: Sequence[DataFile], without: Sequence[str]) -> bool:
        """Parquet as a view over the files, CSV as a table of texts."""
        from healthscore.tables.engine.duckdbfiles import table_of_csv, view_of_parquet

        stored = files[0].kind == "csv"
        (table_of_csv if stored else view_of_parquet)(self, relation, files, without)
        return stored

    def close(self) -> None:
        """Close the connection and remove what it spilled."""
        self._connection.close()
        shutil.rmtree(self._spill, ignore_errors=True)


def _memory_limit() -> dict[str, str]:
    """What the engine may hold before it spills, where the process may have only so much address space (`ulimit -v`).

    DuckDB looks at the memory of the machine and knows nothing of that limit. Three quarters of what is left are for
    everybody else: the arrays of a panel, and the address space that allocators reserve for each thread.
    """
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return {}
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY:
        return {}
    taken = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    return {"memory_limit": f"{max((limit - taken) // 4, SMALLEST_MEMORY) // 2**20}MiB"}


def _explained(error: duckdb.Error) -> EngineError:
    """First paragraph of the engine's message: the rest draws the query, which the user did not write."""
    return EngineError(str(error).split("\n\nLINE ")[0].strip())
