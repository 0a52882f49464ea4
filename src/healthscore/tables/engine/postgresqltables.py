"""Tables of PostgreSQL: found, offered as rows with their places, and told apart by a fingerprint of their rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from healthscore.tables.engine.postgresqlsession import Session
from healthscore.tables.files import DataFile
from healthscore.tables.quoting import quote_identifier, quote_literal

ROWS_OF_A_PAGE = 10_000
"""More than a page holds: row 3 of page 12 of a table has the place 120003, and the address `(12,3)`."""
_TEXTS = ("text", "name", "uuid", "citext", "bpchar")
_TYPES = {
    "smallint": "SMALLINT",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "real": "FLOAT",
    "double precision": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "numeric": "DECIMAL(38,9)",
    **dict.fromkeys(_TEXTS, "VARCHAR"),
}
"""PostgreSQL's name of a type -> DuckDB's, in which the rest of the package reads types."""


@dataclass(frozen=True)
class Found:
    """A table that was found.

    Attributes
    ----------
    file
        What the rest of the package knows of it: its name as a path, and its columns.
    relation
        Its name as SQL writes it, with its schema.
    placed
        Whether its rows have an address that does not change while they are read; those of a view have none.
    """

    file: DataFile
    relation: str
    placed: bool


def find_table(session: Session, name: str) -> Found | None:
    """The table or view of a name as SQL writes it, in the schemas that the role looks in; None where there is none."""
    session.run(f"SELECT set_config('search_path', {quote_literal(session.schemas)}, true)")
    rows = session.table(
        "SELECT format('%I.%I', n.nspname, c.relname) AS relation, CAST(c.relkind AS text) AS kind, a.attname AS name, "
        "format_type(COALESCE(NULLIF(t.typbasetype, 0), a.atttypid), "
        "CASE WHEN t.typbasetype = 0 THEN a.atttypmod ELSE t.typtypmod END) AS type, t.typtype = 'e' AS listed "
        "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid "
        "JOIN pg_type t ON t.oid = a.atttypid WHERE a.attnum > 0 AND NOT a.attisdropped "
        f"AND c.oid = to_regclass({quote_literal(name)}) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY a.attnum"
    ).to_pylist()
    session.run("SET LOCAL search_path = pg_catalog")
    if not rows:
        return None
    types = {row["name"]: "text" if row["listed"] else row["type"] for row in rows}
    file = DataFile(Path(rows[0]["relation"]), "table", tuple(types), types)
    return Found(file, rows[0]["relation"], rows[0]["kind"] in ("r", "p", "m"))


def type_of(kind: str) -> str:
    """PostgreSQL's type, with its precision, in DuckDB's words; in capitals where there is no such type."""
    if kind in _TYPES:
        return _TYPES[kind]
    if kind.startswith("numeric("):
        return kind.replace("numeric", "DECIMAL")
    if kind.startswith("timestamp"):
        return "TIMESTAMP WITH TIME ZONE" if kind.endswith("with time zone") else "TIMESTAMP"
    return "VARCHAR" if kind.startswith("character") else kind.upper()


def offered(found: Found, without: Sequence[str]) -> str:
    """SQL of PostgreSQL's: a table's columns but some, then `_file` and `_line`, the place of each row.

    Texts of all types become texts that are compared byte by byte. `infinity`, which stands for an open end, becomes
    9999-12-31, which does so everywhere else; `-infinity` becomes the year 1, which is no time anywhere.
    """
    columns = [f"{sql} AS {quote_identifier(name)}" for name, sql in _columns(found, without)]
    if not found.placed:
        place = f"{quote_literal(str(found.file.path))}, row_number() OVER ()"
    else:
        page, row = (f"CAST(split_part(btrim(CAST(ctid AS text), '()'), ',', {n}) AS bigint)" for n in (1, 2))
        place = f"CAST(CAST(tableoid AS regclass) AS text), {page} * {ROWS_OF_A_PAGE} + {row}"
    file, line = place.split(", ", 1)
    texts = f'CAST({file} AS text) COLLATE "C" AS _file'
    return f"SELECT {', '.join([*columns, texts, f'{line} AS _line'])} FROM {found.relation}"


def _columns(found: Found, without: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name, kind in found.file.types.items():
        quoted = quote_identifier(name)
        if name in without:
            continue
        if type_of(kind) == "VARCHAR":
            yield name, f'CAST({quoted} AS text) COLLATE "C"'
        elif kind == "date" or kind.startswith("timestamp"):
            ends = f"CASE WHEN {quoted} > '2000-01-01' THEN '9999-12-31' ELSE '0001-01-01' END"
            yield (
                name,
                f"CASE WHEN {quoted} IS NULL OR isfinite({quoted}) THEN {quoted} ELSE CAST({ends} AS {kind}) END",
            )
        else:
            yield name, f"CAST({quoted} AS {kind})"


def fingerprint_of(session: Session, tables: Sequence[Found], without: Sequence[str]) -> str:
    """SHA-256 over the columns of each table, how many rows it has, and the sum of 64 bits of each row's MD5.

    The sum does not depend on the order of the rows, nor on where the server keeps them; two equal rows count twice.
    """
    whole = hashlib.sha256()
    for found in tables:
        columns = [name for name in found.file.columns if name not in without]
        fields = ", ".join(map(quote_identifier, columns))
        bits = f"CAST(CAST('x' || left(md5(CAST(ROW({fields}) AS text)), 16) AS bit(64)) AS bigint)"
        said = session.table(f"SELECT count(*), CAST(COALESCE(sum({bits}), 0) AS text) FROM {found.relation}")
        rows, total = (said.column(i)[0].as_py() for i in range(2))
        whole.update(f"{[(name, found.file.types[name]) for name in columns]}\0{rows}\0{total}\n".encode())
    return whole.hexdigest()
