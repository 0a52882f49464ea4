"""SOURCES: what a source's files are on the engine: one raw table, with the place of every row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from healthscore.tables.engine import Engine, EngineError
from healthscore.tables.files import DataFile, FileError
from healthscore.tables.quoting import quote_identifier, quote_list, quote_literal

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


def open_parquet(engine: Engine, name: str, files: Sequence[DataFile], pii: Sequence[str] = ()) -> RawTable:
    """A view: Parquet is scanned where it lies, only the columns that are asked for, and never those in `pii`."""
    relation = quote_identifier(f"{name}/raw")
    unify = ", union_by_name=true" if len({tuple(sorted(file.columns)) for file in files}) > 1 else ""
    scan = f"read_parquet({quote_list(str(file.path) for file in files)}, filename='{FILE}'{unify})"
    engine.execute(f"CREATE VIEW {relation} AS SELECT {_all_but(pii)}, file_row_number + 1 AS {LINE} FROM {scan}")
    return RawTable(relation, _columns(engine, relation), stored=False)


def open_csv(engine: Engine, name: str, files: Sequence[DataFile], pii: Sequence[str] = ()) -> RawTable:
    """A table of texts without those in `pii`: no type is guessed, and the rows are read once and numbered."""
    relation = quote_identifier(f"{name}/raw")
    for number, file in enumerate(files):
        columns = ", ".join(f"{quote_literal(column)}: 'VARCHAR'" for column in file.columns)
        scan = (
            f"read_csv({quote_literal(str(file.path))}, auto_detect=false, header=true, "
            f"delim={quote_literal(file.delimiter)}, quote='\"', escape='\"', strict_mode=true, null_padding=false, "
            f"ignore_errors=false, columns={{{columns}}})"
        )
        place = f"{quote_literal(str(file.path))} AS {FILE}, row_number() OVER () + 1 AS {LINE}"
        select = f"SELECT {_all_but(pii)}, {place} FROM {scan}"
        try:
            engine.execute(
                f"INSERT INTO {relation} BY NAME {select}" if number else f"CREATE TABLE {relation} AS {select}"
            )
        except EngineError as error:
            raise _unreadable_csv(error.what) from None
    return RawTable(relation, _columns(engine, relation), stored=True)


SOURCES: dict[str, Callable[..., RawTable]] = {"parquet": open_parquet, "csv": open_csv}
"""Kind -> `(engine, name, files, pii) -> RawTable`; `files.SUFFIXES` says which kind reads which file."""


def _all_but(pii: Sequence[str]) -> str:
    return f"* EXCLUDE ({', '.join(map(quote_identifier, pii))})" if pii else "*"


def _columns(engine: Engine, relation: str) -> dict[str, str]:
    described = engine.describe(f"SELECT * FROM {relation}")
    return {column: kind for column, kind in described.items() if column not in (FILE, LINE)}


def _unreadable_csv(message: str) -> FileError:
    """The engine's complaint about a CSV in our words, with the line that it names."""
    head, _, rest = message.partition("CSV Error on Line:")
    words = rest.split("\n") if rest else [""]
    line = int(words[0]) if words[0].strip().isdigit() else None
    if "unterminated quote" in message:
        return FileError(
            "unclosed_quote", "a quote that opens is closed before the field ends", "mend the quotes", line
        )
    if "Expected Number of Columns" in message:
        counts = next(word for word in words if word.startswith("Expected Number"))
        return FileError(
            "ragged_row", f"every row has as many fields as the header ({counts.strip().lower()})", "mend the row", line
        )
    if "invalid state" in message:
        return FileError(
            "mixed_lines",
            "lines end alike throughout a file (\\n or \\r\\n), and quotes are doubled",
            "export it again",
        )
    return FileError("damaged_file", (head + rest).split("\n")[0][:300] or message[:300], "export it again", line)
