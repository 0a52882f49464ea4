"""Results on disk: each run writes a directory of its own, which appears whole or not at all."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from healthscore.config import Run
from healthscore.errors import ConfigurationError

_BLANKS = r"(?:[^\S\r\n]|[\u200b-\u200f\u2060\ufeff])*"
FORMULA = re.compile(rf"(^|\r\n|[\r\n])(?={_BLANKS}[=+\-@\uff1d\uff0b\uff0d\uff20]|\t)|^(?=[\r\n])")
"""Where a spreadsheet would begin to execute: at the start of a text or of a line in it, whatever blanks come first."""
POINTER = "CURRENT"
MANIFEST = "manifest.json"
RECORD = "run.json"


def run_identity(run: Run, verb: str, inputs: Mapping[str, str], **extra: Any) -> str:
    """Twelve hexadecimal digits that follow from what is run: configuration, inputs, package version, arguments.

    Never from the clock, so the same work twice has the same identity.
    """
    from importlib.metadata import version

    described = {
        "run": run.model_dump(mode="json", exclude={"path", "data", "out", "threads", "tracking", "deliveries"}),
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

    What stood there before is replaced only then; if the block raises, nothing is left behind and `CURRENT` still
    names the last whole run. With `newest` = False `CURRENT` stays as it is. `record` (see `runs.record.run_record`)
    is what the run is made of, and becomes `run.json`.
    """
    parent = out / verb
    target, partial = parent / identity, parent / f".{identity}.{os.getpid()}.partial"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
    except OSError as error:
        raise ConfigurationError(f"{parent} cannot be written: {error.strerror}", "choose another --out") from None
    try:
        yield partial
        write_json(partial / RECORD, record)
        _write_manifest(partial)
        if target.exists():
            shutil.rmtree(target)
        partial.replace(target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    if newest:
        pointer = parent / f".{POINTER}.{os.getpid()}"
        pointer.write_text(identity + "\n", encoding="utf-8")
        pointer.replace(parent / POINTER)


def current(out: Path, verb: str) -> Path | None:
    """Directory of the newest whole run of `verb`, or None."""
    pointer = out / verb / POINTER
    if not pointer.is_file():
        return None
    directory = pointer.parent / pointer.read_text(encoding="utf-8").strip()
    return directory if directory.is_dir() else None


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write strict JSON: what is not computable is null, never NaN."""
    text = json.dumps(plain(content), indent=1, allow_nan=False, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def plain(value: Any) -> Any:
    """A value of JSON's types only: what is missing, and numbers that are not finite, become null; dates ISO texts."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return plain(sorted(value, key=str))  # a set's own order changes from process to process
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if value is pd.NA or value is pd.NaT:
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


def csv_safe(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame whose texts no spreadsheet takes for a formula: each line that begins like one gets a quote before it.

    Numbers are left as they are, so -3.2 stays -3.2.
    """
    safe = frame.copy()
    for column in safe.select_dtypes(include=["object", "string", "category"]):
        safe[column] = [FORMULA.sub(r"\1'", value) if isinstance(value, str) else value for value in safe[column]]
    return safe


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table that opens in a spreadsheet as it is and runs nothing there.

    Lines end as RFC 4180 has them, which also makes the writer quote a text with a lone carriage return in it.
    """
    csv_safe(frame).to_csv(path, index=False, lineterminator="\r\n")


def _write_manifest(directory: Path) -> None:
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    entries = {
        path.relative_to(directory).as_posix(): {
            "bytes": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in files
    }
    write_json(directory / MANIFEST, {"files": entries})
