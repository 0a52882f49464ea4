"""A source's files as DuckDB reads them: Parquet where it lies, CSV as texts without a guess."""

from __future__ import annotations

from collections.abc import Sequence

from healthscore.tables.engine import Engine, EngineError
from healthscore.tables.files import DataFile, FileError
from healthscore.tables.quoting import quote_identifier, quote_list, quote_literal
from healthscore.tables.sources import FILE, LINE


def view_of_parquet(engine: Engine, relation: str, files: Sequence[DataFile], without: Sequence[str]) -> None:
    """A view: Parquet is scanned where it lies, and only the columns that are asked for."""
    unify = ", union_by_name=true" if len({tuple(sorted(file.columns)) for file in files}) > 1 else ""
    scan = f"read_parquet({quote_list(str(file.path) for file in files)}, filename='{FILE}'{unify})"
    engine.execute(f"CREATE VIEW {relation} AS SELECT {_all_but(without)}, file_row_number + 1 AS {LINE} FROM {scan}")


def table_of_csv(engine: Engine, relation: str, files: Sequence[DataFile], without: Sequence[str]) -> None:
    """A table of texts: no type is guessed, and the rows are read once and numbered.

    Raises
    ------
    FileError
        A file is no table: its quotes, fields or lines are not those of one.
    """
    for number, file in enumerate(files):
        columns = ", ".join(f"{quote_literal(column)}: 'VARCHAR'" for column in file.columns)
        scan = (
            f"read_csv({quote_literal(str(file.path))}, auto_detect=false, header=true, "
            f"delim={quote_literal(file.delimiter)}, quote='\"', escape='\"', strict_mode=true, null_padding=false, "
            f"ignore_errors=false, columns={{{columns}}})"
        )
        place = f"{quote_literal(str(file.path))} AS {FILE}, row_number() OVER () + 1 AS {LINE}"
        select = f"SELECT {_all_but(without)}, {place} FROM {scan}"
        try:
            engine.execute(
                f"INSERT INTO {relation} BY NAME {select}" if number else f"CREATE TABLE {relation} AS {select}"
            )
        except EngineError as error:
            raise _unreadable_csv(error.what) from None


def _all_but(without: Sequence[str]) -> str:
    return f"* EXCLUDE ({', '.join(map(quote_identifier, without))})" if without else "*"


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
