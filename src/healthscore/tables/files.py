"""The files of a source: found, told apart, and looked at byte by byte where the engine would be too forgiving."""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import io
import math
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from healthscore.tables.expressions import nearest_name

SUFFIXES = {".parquet": "parquet", ".pq": "parquet", ".csv": "csv", ".csv.gz": "csv", ".tsv": "csv", ".tsv.gz": "csv"}
"""How a file's name ends -> the kind of source that reads it."""

DELIMITERS = (",", ";", "\t", "|")
MAXIMUM_RATIO = 200
"""Decompressed bytes per compressed byte beyond which a file is taken for a bomb."""
_CHUNK = 1 << 20
_MARKS = {codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16", codecs.BOM_UTF32_BE: "UTF-32"}


class FileError(Exception):
    """A file that cannot be a table: the rule that it breaks, what to do, and the line if it is known."""

    def __init__(self, code: str, rule: str, remedy: str, line: int | None = None) -> None:
        super().__init__(rule)
        self.code, self.rule, self.remedy, self.line = code, rule, remedy, line


@dataclass(frozen=True)
class DataFile:
    """One file of a source.

    Attributes
    ----------
    columns
        Names as they are written in the file, in order, duplicates included.
    types
        Coarse type per column, Parquet only: files of one source must agree on it.
    rows
        Number of rows if the file says so itself.
    """

    path: Path
    kind: str
    columns: tuple[str, ...]
    types: dict[str, str] = field(default_factory=dict)
    rows: int | None = None
    delimiter: str = ","


def kind_of(path: Path) -> str:
    """Kind of source by the file's suffix; empty if none reads it."""
    name = path.name.lower()
    return next(
        (kind for suffix, kind in sorted(SUFFIXES.items(), key=lambda i: -len(i[0])) if name.endswith(suffix)), ""
    )


def find(root: Path, patterns: Sequence[str]) -> tuple[list[Path], list[str]]:
    """Files that the patterns name, sorted within each pattern and none twice, and the patterns that name none."""
    found: dict[Path, None] = {}
    empty = []
    for pattern in patterns:
        target = Path(pattern).expanduser()
        base, rest = (
            (Path(target.anchor), target.relative_to(target.anchor)) if target.is_absolute() else (root, target)
        )
        exact = base / rest
        matches = [exact] if exact.is_file() else sorted(p for p in base.glob(str(rest)) if p.is_file())
        if not matches:
            empty.append(pattern)
        found |= dict.fromkeys(path.resolve() for path in matches)
    return list(found), empty


def nearest_file(root: Path, pattern: str) -> str:
    """A file beside the one that is missing, with a similar name; empty if there is none."""
    folder = (root / pattern).parent
    names = [path.name for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []
    return nearest_name(Path(pattern).name, names)


def fingerprint(paths: Iterable[Path]) -> str:
    """SHA-256 over the files' names, sizes and contents; the folder that they lie in does not matter."""
    whole = hashlib.sha256()
    for path in sorted(paths, key=lambda p: p.name):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        whole.update(f"{path.name}\0{path.stat().st_size}\0{content}\n".encode())
    return whole.hexdigest()


def inspect_file(path: Path, largest: float = math.inf) -> DataFile:
    """Look at a file before the engine does; FileError if it cannot be a table, or holds more than `largest` bytes."""
    if path.stat().st_size == 0:
        raise FileError(
            "empty_file", "a file holds at least a header and one row; this one holds 0 bytes", "export it again"
        )
    return _inspect_parquet(path, largest) if kind_of(path) == "parquet" else _inspect_csv(path, largest)


def _inspect_parquet(path: Path, largest: float) -> DataFile:
    import pyarrow.parquet as parquet
    from pyarrow import ArrowException

    try:
        with parquet.ParquetFile(path) as file:
            schema, rows = file.schema_arrow, int(file.metadata.num_rows)
            groups = map(file.metadata.row_group, range(file.metadata.num_row_groups))
            unpacked = sum(int(group.total_byte_size) for group in groups)
    except (ArrowException, OSError) as error:
        reason = str(error).split("\n")[0][:200]
        raise FileError("damaged_file", f"it is no whole Parquet file: {reason}", "export it again") from None
    if unpacked > largest:
        raise _too_large(largest)
    types = {column.name: _coarse(str(column.type)) for column in schema}
    return DataFile(path, "parquet", tuple(schema.names), types, rows)


def _coarse(arrow_type: str) -> str:
    """Arrow's type in the distinctions that matter between the files of one source."""
    if arrow_type.startswith("dictionary<values="):
        arrow_type = arrow_type.removeprefix("dictionary<values=").split(",")[0]
    if arrow_type.startswith("timestamp"):
        return "timestamp with a zone" if "tz=" in arrow_type else "timestamp without a zone"
    for prefix, coarse in {
        "int": "integer",
        "uint": "integer",
        "float": "float",
        "double": "float",
        "halffloat": "float",
    }.items():
        if arrow_type.startswith(prefix):
            return coarse
    return {"large_string": "text", "string": "text", "string_view": "text"}.get(
        arrow_type, arrow_type.split("[")[0].split("(")[0]
    )


def _too_large(largest: float) -> FileError:
    rule = f"a file unpacks to at most {largest / 1e9:g} gigabytes; this one to more"
    return FileError("bomb", rule, "split it, or raise `file_limit_gigabytes` in [checks]")


def _inspect_csv(path: Path, largest: float) -> DataFile:
    """Header and delimiter; every byte is read once, because the engine lets NUL characters pass and knows no bombs."""
    try:
        header = _scan_text(path, largest)
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise FileError("damaged_file", f"it is no whole gzip file: {error}", "export it again") from None
    if header is None:
        raise FileError(
            "empty_file", "a file holds at least a header and one row; this one holds no text", "export it again"
        )
    delimiter = max(DELIMITERS, key=lambda mark: (_unquoted(header)[mark], -DELIMITERS.index(mark)))
    try:
        names = next(csv.reader(io.StringIO(header), delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        raise FileError(
            "bad_header", "the first line names the columns; this one has an unclosed quote", "mend line 1", 1
        ) from None
    columns = tuple(name.strip() or f"unnamed_{position}" for position, name in enumerate(names, start=1))
    return DataFile(path, "csv", columns, delimiter=delimiter)


def _unquoted(line: str) -> Counter[str]:
    """How often each character occurs outside quotes."""
    return Counter("".join(line.split('"')[::2]))


def _chunks(path: Path, largest: float) -> Iterator[bytes]:
    """The file's bytes, decompressed, with the bomb's fuse cut."""
    size, total = path.stat().st_size, 0
    with path.open("rb") as plain:
        file = gzip.GzipFile(fileobj=plain) if path.name.lower().endswith(".gz") else plain
        while chunk := file.read(_CHUNK):
            total += len(chunk)
            if total > max(size, 4096) * MAXIMUM_RATIO:
                rule = f"a file unpacks to at most {MAXIMUM_RATIO} times its size; this one of {size:,} bytes to more"
                raise FileError("bomb", rule, "export it plain")
            if total > largest:
                raise _too_large(largest)
            yield chunk


def _scan_text(path: Path, largest: float) -> str | None:
    """The first line, after making sure that all of the file is UTF-8 text without NUL; None if there is none."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    header, lines, complete = "", 1, False
    for number, chunk in enumerate(_chunks(path, largest)):
        if number == 0:
            _refuse_wide(chunk)
        if (at := chunk.find(b"\0")) >= 0:
            line = lines + chunk.count(b"\n", 0, at)
            raise FileError("nul_character", "a text holds no NUL character", "export it again as UTF-8 text", line)
        try:
            text = decoder.decode(chunk)
        except UnicodeDecodeError as error:
            line = lines + error.object.count(b"\n", 0, error.start)
            raise _not_utf8(line) from None
        if not complete:
            header += text
            complete = "\n" in header or "\r" in header
            header = header.splitlines()[0] if complete and header.splitlines() else header
        lines += chunk.count(b"\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise _not_utf8(lines) from None
    return header.strip("\r\n") or None


def _refuse_wide(start: bytes) -> None:
    mark = next((name for bytes_, name in _MARKS.items() if start.startswith(bytes_)), "")
    if not mark and start[:400].count(b"\0") * 3 > len(start[:400]):
        mark = "UTF-16"
    if mark:
        raise FileError("encoding", f"a text is UTF-8; this one looks like {mark}", "export it as UTF-8", 1)


def _not_utf8(line: int) -> FileError:
    return FileError(
        "encoding", "a text is UTF-8; this one is not (Latin-1, Windows-1252?)", "export it as UTF-8", line
    )
