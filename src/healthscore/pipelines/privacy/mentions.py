"""Where an account is mentioned, and what is left of a file without it, by kind of file.

A cell, a JSON value or key, and the first cell of a row of a page mention an account where they are its id. Within
longer texts an id is looked for where it can stand for nothing else: `A-000017` yes, `17` no.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

FORGOTTEN = "(forgotten)"
"""Stands in longer texts where the id stood."""
ID_COLUMNS = ("account_id",)
ID_KEYS = (*ID_COLUMNS, "account", "accounts")
"""Keys of JSON at which ids stand."""
_LETTERS, _DIGITS = 4, 9
_GONE = object()


@dataclass(frozen=True)
class Account:
    """An account by its id, as files may spell it."""

    key: str

    @cached_property
    def telling(self) -> bool:
        """Whether the id, met in any text, can only be the account's."""
        has_both = any(one.isdigit() for one in self.key) and not self.key.isdigit()
        return len(self.key) >= (_LETTERS if has_both else _DIGITS)

    @cached_property
    def _inside(self) -> re.Pattern[str]:
        spelled = {self.key, html.escape(self.key), json.dumps(self.key)[1:-1]}
        return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, sorted(spelled)))})(?![\w-])")

    @cached_property
    def _row(self) -> re.Pattern[str]:
        """A row of a table of a page whose first cell is the id."""
        cell = re.escape(html.escape(self.key))
        return re.compile(rf"<tr[^>]*>\s*<t[hd][^>]*>\s*(?:<[^>]+>)*\s*{cell}\s*<.*?</tr>\s*", re.DOTALL)

    def without(self, value: Any) -> Any:
        """A JSON value without the account: what is about it falls out, longer texts say that it was forgotten."""
        found = self._without(value, is_id=False)
        return None if found is _GONE else found

    def _without(self, value: Any, *, is_id: bool) -> Any:
        """`is_id`: the value stands where ids of accounts do."""
        if isinstance(value, str):
            return _GONE if value == self.key and (is_id or self.telling) else self.blotted(value)
        if isinstance(value, list):
            return [kept for one in value if (kept := self._without(one, is_id=is_id)) is not _GONE]
        if not isinstance(value, dict):
            return value
        if any(value.get(name) == self.key for name in ID_COLUMNS):
            return _GONE
        cleaned = {
            self.blotted(key): self._without(one, is_id=key in ID_KEYS)
            for key, one in value.items()
            if not (self.telling and key == self.key)
        }
        return {key: None if one is _GONE else one for key, one in cleaned.items()}

    def blotted(self, text: str) -> str:
        """A longer text with the id struck out, where the id is telling."""
        return self._inside.sub(FORGOTTEN, text) if self.telling else text

    def page_without(self, text: str) -> str:
        """A page, or any text, without rows about the account."""
        return self.blotted(self._row.sub("", text))


def without(path: Path, account: Account) -> bytes | None:
    """The file without the account; None where it does not mention it.

    Raises
    ------
    ValueError
        It mentions the account, and nothing can be taken out of files of its kind.
    """
    return _KINDS.get(path.suffix, _text)(path, account)


def _parquet(path: Path, account: Account) -> bytes | None:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.ParquetFile(path).read()
    changed = False
    for name in set(ID_COLUMNS) & set(table.column_names):
        about = pc.fill_null(pc.equal(table[name].cast(pa.string()), account.key), False)
        changed |= bool(pc.any(about).as_py())
        table = table.filter(pc.invert(about))
    for index, field in enumerate(table.schema):
        if _is_plain(field.type) or (_is_text(field.type) and not _occurs(table[field.name], account)):
            continue
        values = table[field.name].to_pylist()
        kept = [account.without(value) for value in values]
        if kept != values:
            changed = True
            table = table.set_column(index, field, pa.array(kept, field.type))
    if not changed:
        return None
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def _occurs(column: Any, account: Account) -> bool:
    """Whether the id's letters are in a column of texts at all, which is quickly told."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return account.telling and bool(pc.any(pc.match_substring(column.cast(pa.string()), account.key)).as_py())


def _is_text(kind: Any) -> bool:
    import pyarrow.types as types

    plain = kind.value_type if types.is_dictionary(kind) else kind
    return bool(types.is_string(plain) or types.is_large_string(plain))


def _is_plain(kind: Any) -> bool:
    """Whether no text can be in a column of this type."""
    import pyarrow.types as types

    tests: tuple[Callable[[Any], bool], ...] = (
        types.is_integer, types.is_floating, types.is_boolean, types.is_temporal, types.is_decimal, types.is_null
    )  # fmt: skip
    return any(test(kind) for test in tests)


def _csv(path: Path, account: Account) -> bytes | None:
    text = path.read_bytes().decode("utf-8")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    head = rows[0] if rows else []
    # A table of a CRM calls the id by another name: where an id can stand for nothing else, any cell tells.
    ids = [n for n, name in enumerate(head) if account.telling or name in ID_COLUMNS]
    quoted = {account.key, f"'{account.key}'", f"'{account.key}"}
    kept = [row for row in rows if not any(n < len(row) and row[n] in quoted for n in ids)]
    cleaned = [[account.blotted(cell) for cell in row] for row in kept]
    if cleaned == rows:
        return None
    sink = io.StringIO(newline="")
    csv.writer(sink, lineterminator="\r\n" if "\r\n" in text else "\n").writerows(cleaned)
    return sink.getvalue().encode()


def _json(path: Path, account: Account) -> bytes | None:
    text = path.read_text(encoding="utf-8")
    try:
        said = json.loads(text)
    except ValueError:
        return _text(path, account)
    kept = account.without(said)
    if kept == said:
        return None
    return (json.dumps(kept, indent=1, allow_nan=False, ensure_ascii=False) + "\n").encode()


def _text(path: Path, account: Account) -> bytes | None:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        if account.telling and account.key.encode() in content:
            raise ValueError("a file of a kind that nothing can be taken out of") from None
        return None
    kept = account.page_without(text)
    return None if kept == text else kept.encode()


def _sqlite(path: Path, account: Account) -> bytes | None:
    """Databases are not ours to rewrite: whoever has one is told."""
    if account.telling and account.key.encode() in path.read_bytes():
        raise ValueError("a database: delete it there, and compact the file (VACUUM)")
    return None


def _duckdb(path: Path, account: Account) -> bytes | None:
    import duckdb

    from healthscore.tables.quoting import quote_identifier

    with duckdb.connect(str(path), read_only=True) as connection:
        columns = connection.execute(
            "SELECT schema_name, table_name, column_name FROM duckdb_columns() "
            "WHERE NOT internal AND data_type = 'VARCHAR'"
        ).fetchall()
        for schema, table, column in columns:
            if not account.telling and column not in ID_COLUMNS:
                continue
            place = f"{quote_identifier(schema)}.{quote_identifier(table)}"
            found = f"SELECT 1 FROM {place} WHERE {quote_identifier(column)} = ? LIMIT 1"
            if connection.execute(found, [account.key]).fetchone():
                raise ValueError(f"a database: DELETE FROM {place} WHERE {quote_identifier(column)} = <the account>")
    return None


_KINDS: dict[str, Callable[[Path, Account], bytes | None]] = {
    ".parquet": _parquet,
    ".csv": _csv,
    ".json": _json,
    ".db": _sqlite,
    ".duckdb": _duckdb,
}
