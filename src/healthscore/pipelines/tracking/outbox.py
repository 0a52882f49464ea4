"""Runs that could not be recorded, each a JSON file below the run's output directory, until they are sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from healthscore.pipelines import durable, locks
from healthscore.pipelines.publish import json_bytes
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
    path = durable.folder(out / OUTBOX) / f"{entry.name}.json"
    durable.put(path, json_bytes(entry.to_json(out)))
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


def alone(out: Path) -> AbstractContextManager[bool]:
    """Whether no other process is sending this outbox; true holds them off inside the block, and ends with this one."""
    return locks.attempt(out / OUTBOX / LOCK)
