"""The tables of a run, loaded from its files into a real PostgreSQL, and the run that reads them there."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import duckdb
import pyarrow as pa

from healthscore.config import Run
from postgres_server import Server

ADDRESS = "HEALTHSCORE_TEST_DATABASE"
"""Variable in which the tests keep the address."""


def database(server: Server, name: str) -> str:
    """A database in UTF-8 that sorts texts as a dictionary does, not byte by byte; its address, with the password."""
    icu = "LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LC_COLLATE 'C' LC_CTYPE 'C'"
    _outside(server.uri, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' {icu}")
    parts = urlsplit(server.uri)
    return urlunsplit(parts._replace(path=f"/{name}"))


def _outside(uri: str, sql: str) -> None:
    """Run a statement outside of a transaction."""
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(uri, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(sql)


def execute(uri: str, *statements: str) -> None:
    """Run statements, each on its own."""
    for sql in statements:
        _outside(uri, sql)


def load(uri: str, table: str, rows: pa.Table) -> None:
    """Write an Arrow table into the schema `company` of a database."""
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(uri) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA IF NOT EXISTS company")
        cursor.adbc_ingest(table, rows, mode="create", db_schema_name="company")
        connection.commit()


def in_database(run: Run, uri: str, *, typed: bool = True) -> Run:
    """The run over the same rows in a database, every file a table; CSV with the types that it means, or as texts."""
    loaded: dict[tuple[str, ...], str] = {}

    def table_of(paths: tuple[str, ...]) -> str:
        if paths not in loaded:
            loaded[paths] = f"t{len(loaded)}_{Path(paths[0]).stem.lower().replace('*', '')}"
            load(uri, loaded[paths], read(run.data, paths, typed=typed))
        return f'company."{loaded[paths]}"'

    def moved(placed: Any) -> Any:
        return placed.model_copy(update={"table": table_of(placed.paths), "path": None})

    sources = {
        name: moved(source).model_copy(update={"lookup": tuple(map(moved, source.lookup))})
        for name, source in run.sources.items()
    }
    return run.model_copy(update={"engine": "postgresql", "database": f"env:{ADDRESS}", "sources": sources})


def read(root: Path, paths: tuple[str, ...], *, typed: bool) -> pa.Table:
    """Files as one Arrow table; of CSV every value is a text unless `typed`."""
    named = {file for path in paths for file in ([root / path] if (root / path).is_file() else root.glob(path))}
    files = sorted(map(str, named))
    with duckdb.connect() as connection:
        scan = f"read_csv({files}, header=true, all_varchar={not typed})"
        if files[0].endswith(".parquet"):
            scan = f"read_parquet({files}, union_by_name=true)"
        found = connection.from_query(f"SELECT * FROM {scan}").to_arrow_table()
    return pa.table({name: _plain(found.column(name)) for name in found.column_names})


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Without dictionaries and unsigned integers, which the driver does not send."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return column.cast(kind.value_type)
    if pa.types.is_integer(kind):
        return column.cast(pa.int64())
    return column
