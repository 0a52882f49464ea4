"""PostgreSQL as the engine: the same queries over tables that lie there, in temporary views and tables of a session."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from healthscore.tables.engine import EngineError
from healthscore.tables.engine.postgresqldialect import long_names, postgresql_sql, short_name
from healthscore.tables.engine.postgresqlsession import Session
from healthscore.tables.engine.postgresqltables import Found, find_table, fingerprint_of, offered, type_of
from healthscore.tables.engine.translation import parse
from healthscore.tables.quoting import quote_identifier

if TYPE_CHECKING:
    import pyarrow as pa

    from healthscore.tables.files import DataFile


class PostgreSQLEngine:
    """A session with PostgreSQL. It reads the run's tables, writes nothing but temporary things, and leaves nothing.

    Parameters
    ----------
    database
        The run's `database`.

    Raises
    ------
    ConfigurationError
        There is no driver, no such address, or no server.
    """

    def __init__(self, *, database: str) -> None:
        self._session = Session(database)
        self._found: dict[Path, Found] = {}
        self._names: dict[str, str] = {}
        self._cursors = 0

    def find(self, name: str) -> DataFile | None:
        """A table or view that the role may see, as SQL writes its name; None where there is none."""
        with self._session.undone_on_error():
            found = find_table(self._session, name)
        if found is None:
            return None
        self._found[found.file.path] = found
        return found.file

    def names(self) -> list[str]:
        """Tables and views that the role may read."""
        readable = (
            "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^(pg_|information_schema$)' "
            "AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1"
        )
        names: list[str] = self._session.table(readable).column(0).to_pylist()
        return names

    def fingerprint(self, files: Sequence[DataFile], without: Sequence[str]) -> str:
        """What follows from the rows of tables, whatever their order, but for some columns, which are not read."""
        with self._session.undone_on_error():
            return fingerprint_of(self._session, [self._found[file.path] for file in files], without)

    def execute(self, sql: str) -> None:
        """Run CREATE VIEW, CREATE TABLE, INSERT or DROP; what is made is temporary."""
        tree = self._parsed(sql)
        with self._session.undone_on_error():
            if isinstance(tree, exp.Create):
                self._create(tree)
            else:
                self._session.run(postgresql_sql(tree))

    def query(self, sql: str) -> Any:
        """Run a query; the whole result as a `pyarrow.Table`."""
        tree = self._parsed(sql)
        with self._session.undone_on_error():
            return self._arrow(self._session.table(postgresql_sql(tree)))

    def batches(self, sql: str, rows: int) -> Iterator[Any]:
        """Run a query by a cursor of the server; its result as record batches of at most `rows` rows."""
        self._cursors += 1
        cursor = quote_identifier(f"cursor {self._cursors}")
        tree = self._parsed(sql)
        with self._session.undone_on_error():
            self._session.run(f"DECLARE {cursor} NO SCROLL CURSOR FOR {postgresql_sql(tree)}")
        try:
            while True:
                with self._session.undone_on_error():
                    found = self._session.table(f"FETCH FORWARD {rows} FROM {cursor}", fetched=True)
                yield from self._arrow(found).combine_chunks().to_batches()
                if found.num_rows < rows:
                    return
        finally:
            self._session.run(f"CLOSE {cursor}")

    def describe(self, sql: str) -> dict[str, str]:
        """Columns that a query would return: name -> type, in DuckDB's words. Runs nothing."""
        tree = self._parsed(sql)
        with self._session.undone_on_error():
            self._session.run(f"CREATE TEMPORARY VIEW described AS {postgresql_sql(tree)}")
            columns = self._session.table(
                "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
                "WHERE attrelid = 'pg_temp.described'::regclass AND attnum > 0 ORDER BY attnum"
            ).to_pydict()
            self._session.run("DROP VIEW pg_temp.described")
        names, types = columns.values()
        return {self._names.get(name, name): type_of(kind) for name, kind in zip(names, types, strict=True)}

    def register(self, name: str, table: Any) -> None:
        """Copy an Arrow table into a temporary table; texts in it are compared byte by byte."""
        sent = _sendable(table)
        columns = [f"{quote_identifier(short_name(f.name))} {_SENT[str(f.type)]}" for f in sent.schema]
        relation = quote_identifier(short_name(name))
        with self._session.undone_on_error():
            self._session.run(f"DROP TABLE IF EXISTS pg_temp.{relation} CASCADE")
            self._session.run(f"CREATE TEMPORARY TABLE {relation} ({', '.join(columns)})")
            self._session.copy_in(short_name(name), sent)
            self._session.run(f"ANALYZE pg_temp.{relation}")

    def read_files(self, relation: str, files: Sequence[DataFile], without: Sequence[str]) -> bool:
        """A table as a view with the place of each row; a view, whose rows have none, as a copy with their numbers."""
        found = self._found[files[0].path]
        what = "VIEW" if found.placed else "TABLE"
        with self._session.undone_on_error():
            self._session.run(f"CREATE TEMPORARY {what} {relation} AS {offered(found, without)} OFFSET 0")
        return not found.placed

    def close(self) -> None:
        """End the session; everything that was made in it is gone."""
        self._session.close()

    def _parsed(self, sql: str) -> Any:
        tree = parse(sql)
        self._names |= long_names(tree)
        return tree

    def _create(self, tree: Any) -> None:
        """CREATE, of something temporary; what had the name goes first, and with it views that read it.

        Such a view is made again by whoever replaced the table; who relies on the old one is told that it is gone.
        """
        schema = tree.this if isinstance(tree.this, exp.Schema) else None
        name = postgresql_sql(tree.this if schema is None else schema.this)
        if schema is not None:
            columns = ", ".join(
                f"{postgresql_sql(c.this)} {_SENT_AS[c.kind.this.name](c.kind)}" for c in schema.expressions
            )
            self._replace(tree, name)
            self._session.run(f"CREATE TEMPORARY TABLE {name} ({columns})")
        elif tree.kind == "VIEW":
            self._replace(tree, name)
            # OFFSET 0 keeps the layers apart: else each use of a column would be replaced by how it is computed.
            self._session.run(f"CREATE TEMPORARY VIEW {name} AS {postgresql_sql(tree.expression)} OFFSET 0")
        else:
            # The query may read the table that it takes the place of.
            self._session.run(f"CREATE TEMPORARY TABLE made AS {postgresql_sql(tree.expression)}")
            self._replace(tree, name)
            self._session.run(f"ALTER TABLE pg_temp.made RENAME TO {name}")
            self._session.run(f"ANALYZE pg_temp.{name}")

    def _replace(self, tree: Any, name: str) -> None:
        if tree.args.get("replace"):
            self._session.run(f"DROP {tree.kind} IF EXISTS pg_temp.{name} CASCADE")

    def _arrow(self, found: pa.Table) -> pa.Table:
        """A result with its full names, and in the types that DuckDB would give."""
        import pyarrow as pa

        columns = [_plain(field, found.column(i)) for i, field in enumerate(found.schema)]
        names = [self._names.get(field.name, field.name) for field in found.schema]
        return pa.Table.from_arrays(columns, names=names)


def _text_column(_: Any) -> str:
    return 'text COLLATE "C"'


_SENT_AS: dict[str, Callable[[Any], str]] = {
    "TEXT": _text_column,
    "VARCHAR": _text_column,
    "BIGINT": lambda _: "bigint",
    "DECIMAL": lambda kind: kind.sql("postgres"),
}
"""Type of a declared column -> PostgreSQL's."""
_SENT = {
    "string": 'text COLLATE "C"',
    "bool": "boolean",
    "int16": "smallint",
    "int32": "integer",
    "int64": "bigint",
    "float": "real",
    "double": "double precision",
    "date32[day]": "date",
    "timestamp[us]": "timestamp",
    "timestamp[us, tz=UTC]": "timestamptz",
    "decimal128(5, 4)": "numeric(5, 4)",
}
"""Arrow type -> PostgreSQL's."""


def _sendable(table: pa.Table) -> pa.Table:
    """A table in types that the driver sends: texts plain, integers of at least 16 bits, signed."""
    import pyarrow as pa

    def sent(kind: pa.DataType) -> pa.DataType:
        if pa.types.is_dictionary(kind):
            return sent(kind.value_type)
        if pa.types.is_null(kind) or pa.types.is_large_string(kind):
            return pa.string()
        if pa.types.is_integer(kind) and not pa.types.is_int16(kind) and not pa.types.is_int32(kind):
            return pa.int16() if kind.bit_width == 8 else pa.int64()
        return kind

    fields = [pa.field(short_name(field.name), sent(field.type)) for field in table.schema]
    if unknown := [field for field in fields if str(field.type) not in _SENT]:
        raise EngineError(f"{unknown[0].name}: a column of {unknown[0].type} is not sent to PostgreSQL")
    return table.rename_columns([field.name for field in fields]).cast(pa.schema(fields))


def _plain(field: pa.Field, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of a result: sums as whole numbers of 38 digits or as doubles, JSON as lists and structs."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = field.type
    if not isinstance(kind, pa.BaseExtensionType):
        return column
    chunks = [chunk.storage if isinstance(chunk, pa.ExtensionArray) else chunk for chunk in column.chunks]
    texts = pa.chunked_array(chunks, pa.string())
    if "json" in str(kind):
        return pa.chunked_array([pa.array([None if text is None else json.loads(text) for text in texts.to_pylist()])])
    whole = pc.all(pc.match_substring_regex(texts, r"^-?[0-9]{1,38}$")).as_py()
    return texts.cast(pa.decimal128(38, 0)) if whole is not False else texts.cast(pa.float64())
