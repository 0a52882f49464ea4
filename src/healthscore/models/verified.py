"""A directory of files that are never trusted before they are verified: checksums in a manifest, which is written last.

Every file is read once, whole, never through a link and never beyond a limit, and it is those bytes that are verified
and then used.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from healthscore.errors import BundleError, HealthScoreError
from healthscore.models import stored

MANIFEST = "manifest.json"
MANIFEST_BYTES, FILE_BYTES = 2**20, 256 * 2**20
REMEDY = "restore the bundle from a copy, or train again"

Entries = Mapping[str, tuple[str, int]]
"""File -> (SHA-256, bytes)."""


def write(path: Path, files: Mapping[str, bytes], about: Mapping[str, Any]) -> None:
    """Write files into a directory, synced to disk, then their manifest, which begins with what `about` says."""
    entries = {name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)} for name, data in files.items()}
    manifest = json.dumps({**about, "files": entries}, indent=1) + "\n"
    for name, data in [*files.items(), (MANIFEST, manifest.encode("utf-8"))]:
        _write(path / name, data)
    _sync_directory(path)


def manifest(path: Path) -> dict[str, Any]:
    """Read the manifest of a directory, whose entries are still to be read by `entries`."""
    return document(path / MANIFEST, _read(path / MANIFEST, MANIFEST_BYTES))


def entries(manifest: Mapping[str, Any]) -> dict[str, tuple[str, int]]:
    """Return what a manifest says of each file; ValueError if it is not what `write` writes."""
    return {name: _entry(entry) for name, entry in stored.section(manifest, "files").items()}


def read(path: Path, name: str, entries: Entries, limit: int) -> bytes:
    """Read a file of the directory `path` and compare it with the manifest.

    Raises
    ------
    BundleError
        The file is not listed, missing, a link, too large, or not what the manifest says.
    """
    if name not in entries:
        raise BundleError(f"{path / MANIFEST} does not list {name}", REMEDY)
    digest, size = entries[name]
    data = _read(path / name, limit)
    if len(data) != size or hashlib.sha256(data).hexdigest() != digest:
        raise BundleError(f"{path / name} is damaged: it is not what its manifest says", REMEDY)
    return data


def document(path: Path, data: bytes) -> dict[str, Any]:
    """Return the JSON object that a file's bytes hold."""
    with Naming(path):
        found = json.loads(data.decode("utf-8"))
        if not isinstance(found, dict):
            raise ValueError("not a JSON object")
    return dict(found)


class Naming:
    """Turns what readers of a file raise into a `BundleError` that names the file.

    Parameters
    ----------
    path
        The file.
    remedy
        What to do about it.
    """

    def __init__(self, path: Path, remedy: str = REMEDY) -> None:
        self.path, self.remedy = path, remedy

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, BundleError):
            return
        # OverflowError: a whole number beyond float64; RecursionError: JSON nested without end.
        if isinstance(error, (ValueError, OverflowError, RecursionError, HealthScoreError)):
            raise BundleError(f"{self.path} is damaged or foreign: {error}", self.remedy) from error


def _entry(entry: Any) -> tuple[str, int]:
    if not isinstance(entry, dict):
        raise ValueError("an entry of 'files' is not an object")
    if set(entry) != {"sha256", "bytes"}:
        raise ValueError(f"an entry of 'files' has {', '.join(sorted(entry))} and not bytes and sha256")
    return stored.text(entry, "sha256"), stored.integer(entry, "bytes", low=0, high=FILE_BYTES)


def _read(path: Path, limit: int) -> bytes:
    """Read a regular file, never through a symbolic link, and never more than the limit."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise BundleError(f"{path} is not a regular file", REMEDY)
            data = file.read(limit + 1)
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror}", "name a bundle's directory: " + REMEDY) from error
    if len(data) > limit:
        raise BundleError(f"{path} is larger than {limit} bytes", REMEDY)
    return data


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
