"""SOURCES: what a source's files are on the engine: one raw table, with the place of every row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from healthscore.tables.engine import Engine
from healthscore.tables.files import DataFile
from healthscore.tables.quoting import quote_identifier

FILE = "_file"
LINE = "_line"
"""Columns beside the file's own: its path, and the line (a CSV's header is line 1, a Parquet file's first row too)."""
SENTIMENT = "_sentiment"
"""Column that a source with `sentiment` has beside them."""


@dataclass(frozen=True)
class RawTable:
    """A source's files as one relation: the file's columns, then `FILE` and `LINE`.

    Attributes
    ----------
    relation
        Quoted name of the view or table.
    columns
        Column -> the engine's type.
    stored
        It is a copy inside the engine, which can be dropped once the rows are bound.
    """

    relation: str
    columns: dict[str, str]
    stored: bool


def open_files(engine: Engine, name: str, files: Sequence[DataFile], pii: Sequence[str] = ()) -> RawTable:
    """Files of one kind as the engine reads them, without the columns in `pii`, which never enter it."""
    relation = quote_identifier(f"{name}/raw")
    stored = engine.read_files(relation, files, pii)
    return RawTable(relation, columns_of(engine, relation), stored)


SOURCES: dict[str, Callable[..., RawTable]] = {"parquet": open_files, "csv": open_files, "table": open_files}
"""Kind -> `(engine, name, files, pii) -> RawTable`; `files.SUFFIXES` says which kind reads which file, and a `table` is
one of a database."""


def columns_of(engine: Engine, relation: str) -> dict[str, str]:
    """Columns of a raw relation -> the engine's type, without those of the place."""
    described = engine.describe(f"SELECT * FROM {relation}")
    return {column: kind for column, kind in described.items() if column not in (FILE, LINE)}
