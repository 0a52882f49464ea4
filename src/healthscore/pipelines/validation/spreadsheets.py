"""Whatever was exported, as columns with known meaning: CSV, Parquet or a DataFrame, nothing guessed silently.

CSV is read as text and cast by its meaning, so that ``00042`` stays ``00042`` and ``NA`` may be somebody's id. Column
names are recognised by the words that exports use; where two columns could be meant, the user is asked.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from healthscore.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
PARQUET_SUFFIXES = (".parquet", ".pq")
SHOWN_ROWS = 3


@dataclass(frozen=True)
class Meaning:
    """A column that we look for.

    Attributes
    ----------
    name
        What it is called here.
    words
        Names under which exports carry it, in tiers: a column of an earlier tier wins over one of a later tier.
    option
        The command-line option that names it outright; empty where the column is to be renamed.
    """

    name: str
    words: tuple[tuple[str, ...], ...]
    option: str = ""
    required: bool = True

    @property
    def way_out(self) -> str:
        """What to do where the column is not recognised."""
        return f"say which one it is: {self.option} NAME" if self.option else f"call it {self.name!r}"


class MissingColumnsError(InputError):
    """No column looks like what a file needs.

    Attributes
    ----------
    label, role
        The file's name, and what it was given as.
    names
        The columns that it has.
    """

    def __init__(self, label: str, role: str, names: list[str], missing: Sequence[Meaning]) -> None:
        wanted, options = [meaning.name for meaning in missing], [meaning.option for meaning in missing]
        if len(missing) == 1:
            remedy = missing[0].way_out
        elif all(options):
            remedy = f"say which ones they are: {' '.join(f'{option} NAME' for option in options)}"
        else:
            remedy = f"call them {' and '.join(map(repr, wanted))}"
        super().__init__(f"{label}: no column looks like {' or '.join(wanted)}; there are {quoted(names)}", remedy)
        self.label, self.role, self.names = label, role, names


@dataclass(frozen=True)
class Sheet:
    """An opened table whose columns have been recognised.

    Attributes
    ----------
    label
        How messages call it: the file's name.
    table
        A pyarrow Table.
    columns
        Our name -> the column's own name.
    first_row
        Number of the first data row as a spreadsheet shows it (2 below a header line).
    """

    label: str
    table: Any
    columns: Mapping[str, str]
    first_row: int

    def column(self, name: str) -> Any:
        """One column as a pyarrow Array without dictionary encoding, or None where the table has none."""
        import pyarrow as pa

        if name not in self.columns:
            return None
        array = self.table.column(self.columns[name]).combine_chunks()
        if isinstance(array, pa.ChunkedArray):  # empty tables stay chunked
            array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], type=array.type)
        return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array

    def problem(self, name: str, rows: Sequence[int], what: str, remedy: str) -> InputError:
        """An error about some rows of a column: how many, what share, which first."""
        total = self.table.num_rows
        share = f"{100 * len(rows) / max(1, total):.1f} %"
        first = ", ".join(str(self.first_row + int(row)) for row in rows[:SHOWN_ROWS])
        return InputError(
            f"{self.label}, column {self.columns[name]!r}: {len(rows):,} of {total:,} rows ({share}) "
            f"{what}; first rows: {first}",
            remedy,
        )


def open_sheet(
    source: str | Path | pd.DataFrame, role: str, meanings: Sequence[Meaning], named: Mapping[str, str] | None = None
) -> Sheet:
    """Open a CSV file, a Parquet file or a DataFrame, and recognise its columns.

    Parameters
    ----------
    source, role
        What to open, and what it is: "scores", "exits", "weights". Messages call a DataFrame so.
    meanings
        The columns to look for.
    named
        Our name -> the column's own name, where the user said so.

    Raises
    ------
    InputError
        The file cannot be read, is empty, or its columns are missing or ambiguous.
    """
    if isinstance(source, (str, Path)):
        path = Path(source).expanduser()
        label, table, first_row = path.name, _read(path), 1 if path.suffix.lower() in PARQUET_SUFFIXES else 2
    else:
        label, table, first_row = role, _from_pandas(source, role), 0
    names = [str(name) for name in table.column_names]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InputError(f"{label}: the column {repeated[0]!r} is there twice", "rename or remove one of them")
    if table.num_rows == 0:
        raise InputError(f"{label} has no rows; its columns are {quoted(names)}", "export it again, with its rows")
    return Sheet(label, table, _recognise(label, role, names, meanings, named or {}), first_row)


def plain_name(name: str) -> str:
    """A column name in lower case with underscores: ``Customer ID`` and ``customer-id`` are ``customer_id``."""
    return re.sub(r"[^0-9a-z]+", "_", unicodedata.normalize("NFKC", name).strip().lower()).strip("_")


def squeezed(name: str) -> str:
    """A name without what people write differently: case, blanks, underscores, punctuation, form of letters."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name).casefold())


def _recognise(
    label: str, role: str, names: list[str], meanings: Sequence[Meaning], named: Mapping[str, str]
) -> dict[str, str]:
    found: dict[str, str] = {}
    missing = []
    for meaning in meanings:
        wanted = named.get(meaning.name)
        if wanted is not None and wanted not in names:
            raise InputError(f"{label} has no column {wanted!r}", f"{meaning.option} is one of {quoted(names)}")
        column = wanted or _match(label, names, meaning)
        if column is not None:
            found[meaning.name] = column
        elif meaning.required:
            missing.append(meaning)
    if missing:
        raise MissingColumnsError(label, role, names, missing)
    return found


def _match(label: str, names: list[str], meaning: Meaning) -> str | None:
    for words in meaning.words:
        candidates = [name for name in names if plain_name(name) in words]
        if len(candidates) > 1:
            raise InputError(f"{label}: {quoted(candidates)} could each be {meaning.name}", meaning.way_out)
        if candidates:
            return candidates[0]
    return None


def quoted(names: Sequence[str]) -> str:
    """Names of columns in quotation marks, the first twenty of them."""
    shown = ", ".join(repr(name[:60]) for name in names[:20])
    return shown + (f" and {len(names) - 20} more" if len(names) > 20 else "")


def _from_pandas(frame: pd.DataFrame, label: str) -> Any:
    import pyarrow as pa

    if frame.index.names != [None]:
        frame = frame.reset_index()
    frame = frame.set_axis([str(name) for name in frame.columns], axis=1)
    repeated = frame.columns[frame.columns.duplicated()]
    if len(repeated):
        raise InputError(f"{label}: the column {repeated[0]!r} is there twice", "rename or remove one of them")
    try:
        return pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise InputError(f"{label}: a column mixes types: {_first_line(error)}", "give each column one type") from None


def _read(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    suffix = path.suffix.lower()
    if suffix not in (*TEXT_SUFFIXES, *PARQUET_SUFFIXES):
        raise InputError(
            f"{path}: files ending in {suffix or 'nothing'!r} are not read",
            f"export CSV or Parquet ({', '.join((*TEXT_SUFFIXES, *PARQUET_SUFFIXES))})",
        )
    if not path.is_file():
        raise InputError(f"there is no file {path}", _nearest(path))
    try:
        if suffix in PARQUET_SUFFIXES:
            return pq.ParquetFile(path).read()
        return _read_text(path)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {_first_line(error)}", "export it again") from None
    except pa.ArrowInvalid as error:
        raise InputError(
            f"{path} is damaged or not what its name says: {_first_line(error)}", "export it again"
        ) from None


def _nearest(path: Path) -> str:
    """The file beside it that may have been meant."""
    there = sorted(one.name for one in path.parent.iterdir() if one.is_file()) if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, there, n=1)
    return f"did you mean {path.with_name(near[0])}?" if near else "mend the path"


def _read_text(path: Path) -> Any:
    """Read delimited text with every column as text; blank cells are empty texts, nothing else is missing."""
    import pyarrow as pa
    from pyarrow import csv

    with path.open("rb") as file:
        beginning = file.read(65_536)
    if not beginning.strip():
        raise InputError(f"{path.name} is empty", "export it again")
    if beginning[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in beginning:
        raise InputError(f"{path.name} is not UTF-8 text (it looks like UTF-16 or binary)", "save it as CSV UTF-8")
    if _quotes(path) % 2:
        raise InputError(
            f"{path.name} is no well-formed CSV: a quotation mark is never closed", "mend or re-export the file"
        )
    header = beginning.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0]
    delimiter = max((b",", b";", b"\t", b"|"), key=header.count).decode()
    parse = csv.ParseOptions(delimiter=delimiter, newlines_in_values=True)
    try:
        with csv.open_csv(path, parse_options=parse) as reader:
            names = reader.schema.names
        convert = csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=True
        )
        return csv.read_csv(path, parse_options=parse, convert_options=convert)
    except pa.ArrowInvalid as error:
        text = _first_line(error)
        if "utf8" in text.lower() or "utf-8" in text.lower():
            raise InputError(f"{path.name} is not UTF-8 text: {text}", "save it as CSV UTF-8") from None
        raise InputError(f"{path.name} is no well-formed CSV: {text}", "mend or re-export the file") from None


def _quotes(path: Path) -> int:
    """Count quotation marks: an odd number means that a quoted cell runs on to the end of the file."""
    with path.open("rb") as file:
        return sum(block.count(b'"') for block in iter(lambda: file.read(1 << 20), b""))


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
