"""Results on disk: each run writes a directory of its own, which appears whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import math
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from healthscore.config import Run
from healthscore.pipelines import durable

if TYPE_CHECKING:
    import pandas as pd

_BLANKS = r"(?:[^\S\r\n]|[\u200b-\u200f\u2060\ufeff])*"
FORMULA = re.compile(rf"^(?=[\r\n])|(^|\r\n|[\r\n])(?={_BLANKS}[=+\-@\uff1d\uff0b\uff0d\uff20]|\t)")
"""Where a spreadsheet would begin to execute: at the start of a text or of a line in it, whatever blanks come first."""
QUOTED = re.compile(rf"^'(?=[\r\n])|(^|\r\n|[\r\n])'(?={_BLANKS}[=+\-@\uff1d\uff0b\uff0d\uff20]|\t)")
"""The quotes that keep it from that, in a text that was read back."""
HARMLESS = r"(?:[0-9A-Za-z][^\r\n]*)?"
"""Most texts, told from the others at once where there are millions: one line that begins with a letter or digit."""
CSV_ROWS = 100_000
"""Rows that are made safe and written at a time."""
POINTER = "CURRENT"
MANIFEST = "manifest.json"
RECORD = "run.json"
RUN_NAME = re.compile(r"[0-9a-z_]{1,64}(-[1-9][0-9]{0,5})?")
"""How directories of runs are called: identity, and attempt where it is not the first. Never a path."""


ELSEWHERE = frozenset({"path", "data", "out", "threads", "engine", "database", "scan", "tracking", "deliveries"})
"""Keys of a run that say nothing of its results: where things lie and are reduced, and where they are sent."""
AFTERWARDS = frozenset({"trend", "playbooks", "worklist", "path_to_green"})
"""Sections of a run that say what becomes of scores: scores are the same whatever they say."""


def run_identity(run: Run, verb: str, inputs: Mapping[str, str], *, afterwards: bool = False, **extra: Any) -> str:
    """Twelve hexadecimal digits that follow from what is run: configuration, inputs, package version, arguments.

    Never from the clock, so the same work twice has the same identity. `afterwards` asks for that of a publication,
    which also follows from what the run says of the use of scores.
    """
    from importlib.metadata import version

    described = {
        "run": run.model_dump(mode="json", exclude=set(ELSEWHERE if afterwards else ELSEWHERE | AFTERWARDS)),
        "verb": verb,
        "inputs": dict(inputs),
        "version": version("healthscore"),
        "extra": extra,
    }
    return hashlib.sha256(json.dumps(described, sort_keys=True, default=str).encode()).hexdigest()[:12]


@contextmanager
def run_directory(
    out: Path, verb: str, identity: str, *, record: Mapping[str, Any], newest: bool = True
) -> Iterator[Path]:
    """A new directory `out/verb/identity`, filled inside the block and moved into place, with a manifest, after it.

    It appears whole and on the disk, or not at all; if the block raises, nothing is left behind and `CURRENT` still
    names the last whole run. What lies there already is never touched: where it holds the same bytes it stays, else
    the new directory is the next attempt, `identity-2`, `identity-3`, ...; `attempt_of` tells which.

    Parameters
    ----------
    record
        What the run is made of (see `runs.record.run_record`); becomes `run.json`.
    newest
        Whether `CURRENT` shall name it.

    Raises
    ------
    WriteError
        The place cannot be written.
    """
    parent = durable.folder(out / verb)
    with (
        durable.partial_folder(parent, identity) as partial,
        durable.refusals(parent / identity, lambda: durable.size_of(partial), "had been written"),
    ):
        yield partial
        write_json(partial / RECORD, record)
        durable.sync_tree(partial)
        durable.put(partial / MANIFEST, json_bytes({"files": entries_of(partial)}))
        target = _settle(partial, parent, identity)
    if newest:
        point(parent / POINTER, target.name)


def attempt_of(out: Path, verb: str, identity: str) -> Path:
    """Directory of the last attempt at a run; where its first would lie, before there is one."""
    parent = out / verb
    found = attempts_of(parent, identity)
    return found[-1] if found else parent / identity


def point(pointer: Path, name: str) -> None:
    """Let a pointer name another directory, in one step: readers find the old one or the new one."""
    durable.put(pointer, f"{name}\n".encode())


def current(out: Path, verb: str) -> Path | None:
    """Directory of the newest whole run of `verb`, or None."""
    pointer = out / verb / POINTER
    name = pointed(pointer)
    if name is None:
        return None
    directory = pointer.parent / name
    return directory if directory.is_dir() and not directory.is_symlink() else None


def pointed(pointer: Path) -> str | None:
    """The directory that a pointer names; None where there is no pointer, or what it says can be no run's name."""
    try:
        name = pointer.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return name if RUN_NAME.fullmatch(name) else None


def entries_of(directory: Path) -> dict[str, dict[str, Any]]:
    """The manifest's entries: bytes and SHA-256 of each file below a directory; rows and columns of Parquet."""
    files = sorted(path for path in directory.rglob("*") if path.is_file() and path != directory / MANIFEST)
    return {path.relative_to(directory).as_posix(): _entry(path) for path in files}


def _entry(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        entry = {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
    if path.suffix != ".parquet":
        return entry
    import pyarrow.parquet as pq

    kept = pq.ParquetFile(path)
    schema = kept.schema_arrow
    return entry | {"rows": kept.metadata.num_rows, "columns": {one.name: str(one.type) for one in schema}}


def attempts_of(parent: Path, identity: str) -> list[Path]:
    """Directories of a run's attempts, in their order."""
    numbered = {}
    for path in parent.glob(f"{identity}*"):
        _, _, number = path.name.partition("-")
        if path.name == identity or (path.name == f"{identity}-{number}" and number.isdecimal()):
            numbered[int(number or 1)] = path
    return [numbered[number] for number in sorted(numbered)]


def _settle(partial: Path, parent: Path, identity: str) -> Path:
    """Move a finished directory into its place, beside what lies there, or drop it where the same lies there."""
    while True:
        attempts = attempts_of(parent, identity)
        if attempts and same_results(attempts[-1], partial):
            return attempts[-1]
        number = int(attempts[-1].name.partition("-")[2] or 1) + 1 if attempts else 1
        target = parent / (identity if number == 1 else f"{identity}-{number}")
        try:
            partial.rename(target)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            continue  # another process was first
        durable.sync(parent)
        return target


def same_results(one: Path, other: Path) -> bool:
    """Whether two directories hold the same files, but for the record of where and by which code they were made.

    False where the first is not what its manifest says.
    """
    try:
        listed, found = (json.loads((place / MANIFEST).read_bytes())["files"] for place in (one, other))
        return bool(listed == entries_of(one) and {**listed, RECORD: None} == {**found, RECORD: None})
    except (OSError, ValueError, KeyError, TypeError):  # torn; pyarrow's errors are of ValueError
        return False


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write strict JSON: what is not computable is null, never NaN."""
    path.write_bytes(json_bytes(content))


def json_bytes(content: Mapping[str, Any]) -> bytes:
    """Strict JSON as `write_json` writes it."""
    return (json.dumps(plain(content), indent=1, allow_nan=False, ensure_ascii=False) + "\n").encode()


def plain(value: Any) -> Any:
    """A value of JSON's types only: what is missing, and numbers that are not finite, become null; dates ISO texts."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return plain(sorted(value, key=str))  # a set's own order changes from process to process
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if _is_missing(value):
        return None
    if getattr(value, "dtype", None) == "datetime64[ns]" and hasattr(value, "astype"):
        value = value.astype("datetime64[us]")  # in nanoseconds, numpy's `tolist` gives bare numbers
    if hasattr(value, "as_dict"):
        return plain(value.as_dict())
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (str, int, bool)) else str(value)


def _is_missing(value: Any) -> bool:
    """Whether it is one of pandas' marks of a missing value; there are none where nobody has imported it."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and (value is pandas.NA or value is pandas.NaT)


def csv_safe(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame whose texts no spreadsheet takes for a formula: each line that begins like one gets a quote before it.

    Numbers are left as they are, so -3.2 stays -3.2.
    """
    import pandas as pd  # whoever has a frame has imported it

    safe = frame.copy()
    for column in safe.select_dtypes(include=["object", "string", "category"]):
        if isinstance(safe[column].dtype, pd.StringDtype):
            texts = safe[column].copy()
            odd = (~texts.str.fullmatch(HARMLESS, na=True)).to_numpy().nonzero()[0]
            texts.iloc[odd] = [_quoted(text) for text in texts.iloc[odd]]
            safe[column] = texts
        else:
            safe[column] = [_quoted(value) for value in safe[column]]
    return safe


def _quoted(value: Any) -> Any:
    return FORMULA.sub(r"\1'", value) if isinstance(value, str) else value


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table that opens in a spreadsheet as it is and runs nothing there.

    Lines end as RFC 4180 has them, which also makes the writer quote a text with a lone carriage return in it.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        _write_safely(frame, file)


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """The same as a file to download."""
    held = io.StringIO(newline="")
    _write_safely(frame, held)
    return held.getvalue().encode()


def _write_safely(frame: pd.DataFrame, file: IO[str]) -> None:
    for start in range(0, max(len(frame), 1), CSV_ROWS):
        rows = csv_safe(frame.iloc[start : start + CSV_ROWS])
        rows.to_csv(file, index=False, header=start == 0, lineterminator="\r\n")
