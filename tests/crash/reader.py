"""What a reader finds: written against the layout on the disk alone, without the code that writes it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MANIFEST, POINTER, REGISTRY = "manifest.json", "CURRENT", "registry.json"
VERSIONS = "models"
"""Folder of the registry: its own digests of bundles count there."""


class TornError(Exception):
    """A pointer, a run or the registry says something that is not so."""


Found = dict[str, str | None]
"""What each pointer shows: the digest of a run's manifest; None where there is no such pointer."""


def published(out: Path) -> Found:
    """Follow every pointer, and hold every checksum against its file.

    Raises
    ------
    TornError
        Something that a reader can see is torn.
    """
    found: Found = {}
    for pointer in sorted([*out.glob(f"*/{POINTER}"), *out.glob("*/dates/*")]):
        if pointer.name.startswith("."):
            continue
        name = pointer.relative_to(out).as_posix()
        found[name] = _pointed(pointer)
    for path in _visible(out, f"*/*/{MANIFEST}"):
        whole(path.parent)
    registry = out / VERSIONS / REGISTRY
    if registry.is_file():
        found["models"] = _registered(registry)
    return found


def _pointed(pointer: Path) -> str:
    folder = pointer.parent if pointer.name == POINTER else pointer.parent.parent
    lines = pointer.read_text(encoding="utf-8").splitlines()
    if not lines or not lines[-1].strip():
        raise TornError(f"{pointer} is empty")
    for line in lines:
        if not (folder / line.strip() / MANIFEST).is_file():
            raise TornError(f"{pointer} names {line!r}, which is not there or not whole")
    return whole(folder / lines[-1].strip())


def _visible(out: Path, pattern: str) -> Iterator[Path]:
    for path in sorted(out.glob(pattern)):
        parts = path.relative_to(out).parts
        if parts[0] != VERSIONS and not any(part.startswith(".") for part in parts):
            yield path


def whole(directory: Path) -> str:
    """Digest of a run's manifest, all of whose files are what it says."""
    text = (directory / MANIFEST).read_bytes()
    files: dict[str, Any] = _json(text, directory / MANIFEST).get("files", {})
    for name, entry in files.items():
        path = directory / name
        if not path.is_file():
            raise TornError(f"{path} is missing")
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != entry["sha256"] or len(data) != entry["bytes"]:
            raise TornError(f"{path} is not what the manifest says")
    beside = {path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()}
    extra = beside - set(files) - {MANIFEST}
    if extra:
        raise TornError(f"{directory} holds {sorted(extra)}, which the manifest does not name")
    return hashlib.sha256(text).hexdigest()


def _registered(registry: Path) -> str:
    document = _json(registry.read_bytes(), registry)
    for event in document["events"]:
        for name, digest in event["digests"].items():
            manifest = registry.parent / event["directory"] / name / MANIFEST
            if not manifest.is_file() or hashlib.sha256(manifest.read_bytes()).hexdigest() != digest:
                raise TornError(f"{manifest} is not the bundle that was registered")
            whole(manifest.parent)
    return hashlib.sha256(registry.read_bytes()).hexdigest()


def _json(text: bytes, path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise TornError(f"{path} is no JSON: {error}") from None
    return content


def tree(root: Path) -> dict[str, str]:
    """Every file below a folder with the digest of its bytes, and every empty folder."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_symlink():
            found[name] = f"link to {path.readlink()}"
        elif path.is_file():
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        elif not any(path.iterdir()):
            found[name] = "empty folder"
    return found


def differences(found: dict[str, str], wanted: dict[str, str]) -> list[str]:
    """What one tree has, lacks, or has otherwise than the other."""
    told = [f"{name} is left over" for name in sorted(set(found) - set(wanted))]
    told += [f"{name} is missing" for name in sorted(set(wanted) - set(found))]
    return told + [f"{name} differs" for name in sorted(set(found) & set(wanted)) if found[name] != wanted[name]]
