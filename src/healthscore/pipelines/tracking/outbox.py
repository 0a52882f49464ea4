"""Runs that could not be recorded, each a JSON file below the run's output directory, until they are sent."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from healthscore.pipelines.publish import write_json
from healthscore.pipelines.tracking.entry import Alias, Entry

OUTBOX = "outbox"
LOCK = ".sending"
KINDS: dict[str, Callable[[Mapping[str, Any], Path], Entry | Alias]] = {
    "run": Entry.from_json,
    "alias": Alias.from_json,
}


class TrackingWarning(UserWarning):
    """A run could not be recorded; its results are complete."""


def keep(out: Path, entry: Entry | Alias) -> Path:
    """Write an entry into the outbox, whole or not at all; one of the same name is replaced."""
    folder = out / OUTBOX
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path, partial = folder / f"{entry.name}.json", folder / f".{entry.name}.{os.getpid()}"
    write_json(partial, entry.to_json(out))
    partial.replace(path)
    return path


def waiting(out: Path) -> list[Path]:
    """Files of all entries, in no particular order."""
    return sorted((out / OUTBOX).glob("*.json"))


def read(path: Path, out: Path) -> Entry | Alias:
    """Read an entry back; ValueError if the file is not one."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return KINDS[document["kind"]](document, out)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path} is no entry of an outbox ({error}); remove it") from error


@contextmanager
def alone(out: Path) -> Iterator[bool]:
    """Whether no other process is sending this outbox; true holds them off inside the block, and ends with this one."""
    descriptor = os.open(out / OUTBOX / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
