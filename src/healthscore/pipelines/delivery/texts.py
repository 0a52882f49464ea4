"""Tables as CSV for other tools: one way to write each kind of value, and texts that no spreadsheet runs."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from healthscore.errors import ConfigurationError
from healthscore.pipelines.publish import FORMULA

if TYPE_CHECKING:
    import pyarrow as pa

CHUNK = 50_000
"""Rows that are turned into texts at a time."""


@dataclass(frozen=True)
class Dialect:
    """How a tool wants its files.

    Attributes
    ----------
    line_end
        Between lines.
    missing
        What stands for "no value", and for an empty text.
    largest_bytes, most_rows
        Of one file, its header among them; more becomes another file. None where there is no limit.
    """

    line_end: str = "\r\n"
    missing: str = ""
    largest_bytes: int | None = None
    most_rows: int | None = None


def cell(value: Any, missing: str) -> str:
    """One value as it is written: true and false, dates as 2025-05-31, the shortest digits that give a number back."""
    if value is None or value != value or value == "":
        return missing
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return value if isinstance(value, str) else repr(value) if isinstance(value, float) else str(value)


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula (see `publish.csv_safe`)."""
    if "\n" in text or "\r" in text:
        return FORMULA.sub(r"\1'", text)
    return f"'{text}" if FORMULA.match(text) else text  # one line: its start alone counts, which is ten times as fast


def lines(table: pa.Table, dialect: Dialect, *, raw: bool) -> Iterator[bytes]:
    """The rows of a table as lines of UTF-8, without the header."""
    write = _writer(dialect)
    for batch in table.to_batches(max_chunksize=CHUNK):
        columns = [_texts(column, dialect.missing, raw) for column in batch.columns]
        for row in zip(*columns, strict=True):
            yield write(row)


def write_files(
    table: pa.Table, dialect: Dialect, place: Callable[[int], Path], *, raw: bool, opened: Callable[[Path], Any]
) -> list[Path]:
    """Write a table as one file, or as many as the tool's limits ask for, each with a header.

    Parameters
    ----------
    place
        Number of a file, from 1 -> where it goes.
    opened
        Makes a file that appears whole or not at all (see `whole.whole_file`).
    """
    header = _writer(dialect)([name if raw else safe(name) for name in table.column_names])
    written: list[Path] = []
    rest = lines(table, dialect, raw=raw)
    line = next(rest, None)
    while line is not None or not written:
        target = place(len(written) + 1)
        with opened(target) as partial, partial.open("wb") as file:
            file.write(header)
            size, count = len(header), 0
            while line is not None and (count == 0 or _fits(dialect, size + len(line), count + 1)):
                file.write(line)
                size, count = size + len(line), count + 1
                line = next(rest, None)
        written.append(target)
    return written


def refuse_unsafe_keys(keys: Sequence[str], where: str) -> None:
    """Raise ConfigurationError where the guard against formulas would change the keys by which a tool knows records."""
    wrong = [key for key in keys if isinstance(key, str) and safe(key) != key]
    if wrong:
        shown = ", ".join(repr(key) for key in wrong[:3])
        raise ConfigurationError(
            f"{len(wrong):,} ids begin like a formula, the first {shown}: guarded, they would not be found again",
            f"give them other ids, or say `raw = true` in {where} if nobody opens its files in a spreadsheet",
        )


def _fits(dialect: Dialect, size: int, rows: int) -> bool:
    within = dialect.largest_bytes is None or size <= dialect.largest_bytes
    return within and (dialect.most_rows is None or rows <= dialect.most_rows)


def _texts(column: Any, missing: str, raw: bool) -> list[str]:
    import pyarrow as pa

    values = column.to_pylist()
    if pa.types.is_floating(column.type):  # most columns are numbers: as `cell` writes them, without its questions
        return [missing if value is None or value != value else repr(value) for value in values]
    if raw:
        return [cell(value, missing) for value in values]
    return [safe(value) if isinstance(value, str) and value else cell(value, missing) for value in values]


class _Line:
    """Where the writer of the standard library leaves its line."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text = text
        return len(text)


def _writer(dialect: Dialect) -> Callable[[Sequence[str]], bytes]:
    left = _Line()
    # Always between CR LF: a writer with another line end would leave a lone carriage return in a text unquoted.
    inner = csv.writer(left, lineterminator="\r\n")

    def line(row: Sequence[str]) -> bytes:
        inner.writerow(row)
        return (left.text.removesuffix("\r\n") + dialect.line_end).encode("utf-8")

    return line
