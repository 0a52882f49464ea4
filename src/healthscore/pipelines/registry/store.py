"""The registry's file: read whole, written whole, by one process at a time."""

from __future__ import annotations

import getpass
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from healthscore.config import Run
from healthscore.errors import BundleError, HealthScoreError
from healthscore.pipelines import durable, locks
from healthscore.pipelines.publish import MANIFEST, json_bytes
from healthscore.pipelines.registry.records import FORMAT, Registry, read_registry

FOLDER, FILE, PREVIOUS, LOCK = "models", "registry.json", "registry.previous.json", ".lock"


def folder_of(run: Run) -> Path:
    """Directory of the run's versions."""
    return run.out / FOLDER


def read(run: Run) -> Registry:
    """The run's registry; an empty one where nothing was registered.

    Raises
    ------
    BundleError
        The file is torn, was written by a newer version of the package, or is gone while versions are there.
    """
    path = folder_of(run) / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if any(folder_of(run).glob("[0-9]*")):
            raise BundleError(f"{path} is missing, and versions lie beside it", _remedy(path)) from None
        return Registry()
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(f"{path} cannot be read: {error}", _remedy(path)) from None
    try:
        return _parsed(text, path)
    except BundleError:
        raise
    except (ValueError, HealthScoreError) as error:
        raise BundleError(f"{path} is damaged: {str(error).splitlines()[0]}", _remedy(path)) from None


def _parsed(text: str, path: Path) -> Registry:
    document = json.loads(text)
    written = document.get("format") if isinstance(document, dict) else None
    if isinstance(written, int) and written > FORMAT:
        raise BundleError(
            f"{path} has format {written}, and this version of the package reads up to {FORMAT}",
            "use the version of the package that wrote it, or a newer one",
        )
    return read_registry(document)


def change(run: Run, step: Callable[[Registry], Registry]) -> Registry:
    """Replace the registry by what `step` makes of it, while no other process can, and return that.

    The file is replaced in one move; what it was before lies beside it, for the case that it is damaged from outside.
    """
    with locks.queue(folder_of(run) / LOCK):
        before = read(run)
        after = step(before)
        if after is before:
            return before
        path = folder_of(run) / FILE
        if path.exists():
            _put(path.with_name(PREVIOUS), before)
        _put(path, after)
        return after


def digest_of_bundle(directory: Path) -> str | None:
    """SHA-256 of a bundle's manifest, which holds the checksums of its files; None where there is no manifest."""
    try:
        return hashlib.sha256((directory / MANIFEST).read_bytes()).hexdigest()
    except OSError:
        return None


def digests_in(directory: Path) -> dict[str, str]:
    """`digest_of_bundle` of every bundle in the directory of a training run or of a version, by the bundle's name."""
    found = {path.parent.name: digest_of_bundle(path.parent) for path in sorted(directory.glob(f"*/{MANIFEST}"))}
    return {name: digest for name, digest in found.items() if digest is not None}


def author() -> str:
    """User name of whoever runs this process."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "unknown"


def _put(path: Path, registry: Registry) -> None:
    durable.put(path, json_bytes(registry.model_dump(mode="json")))


def _remedy(path: Path) -> str:
    whole = f"; {PREVIOUS} beside it holds all but the last event" if path.with_name(PREVIOUS).is_file() else ""
    return (
        f"restore {path.name} from a copy{whole}. Without one, move {path.parent} aside and train again: versions then "
        "begin at 1. Until then, score by the directory of a bundle: --model DIRECTORY"
    )
