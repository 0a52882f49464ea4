"""What waits to be delivered, and receipts of what has been: small files below `deliveries/` of the run's results.

    deliveries/outbox/<stream>/00000007.json       the publication that waits as the seventh of this stream
    deliveries/receipts/<stream>/00000007.json     ... and has arrived
    deliveries/arrived/<stream>.log                keys of the alerts that a receiver has taken, one per line

A stream is a delivery, and the scorecard whose scores it takes where one made them. A publication is entered before it
is sent, and its receipt is written before its entry is removed. A process that is killed in between sends again, which
is why every kind of delivery can be repeated.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from healthscore.errors import HealthScoreError
from healthscore.pipelines import durable, locks
from healthscore.pipelines.publish import json_bytes
from healthscore.pipelines.runs.finding import read_object

FOLDER, OUTBOX, RECEIPTS, ARRIVED = "deliveries", "outbox", "receipts", "arrived"
LOCK, ENTERING = ".delivering", ".entering"


@dataclass(frozen=True)
class Entry:
    """A publication's place in the order of a stream.

    Attributes
    ----------
    number
        None before it has been entered.
    publication
        Its directory, relative to the run's results: `published/9a07...`.
    """

    number: int | None
    publication: str


def entries(out: Path, stream: str) -> list[Entry]:
    """What waits, oldest first. What a process that was killed did not remove after its receipt is removed here."""
    found = []
    for path in _numbered(out / FOLDER / OUTBOX / stream):
        if (out / FOLDER / RECEIPTS / stream / path.name).is_file():
            path.unlink(missing_ok=True)
        else:
            found.append(_entry(path))
    return found


def last_receipt(out: Path, stream: str) -> Mapping[str, Any] | None:
    """Receipt of what arrived last; None before anything has."""
    found = _numbered(out / FOLDER / RECEIPTS / stream)
    return read_object(found[-1]) if found else None


def enter(out: Path, stream: str, publication: str) -> None:
    """Let a publication wait, after all that wait already. Two processes at once get two numbers."""
    folder, receipts = durable.folder(out / FOLDER / OUTBOX / stream), out / FOLDER / RECEIPTS / stream
    with locks.queue(folder / ENTERING):
        number = 1 + max((int(path.stem) for path in (*_numbered(folder), *_numbered(receipts))), default=0)
        durable.put(folder / _name(number), json_bytes({"publication": publication}))


def receive(out: Path, stream: str, entry: Entry, receipt: Mapping[str, Any]) -> None:
    """Write the receipt of an entry that has arrived, then let it wait no longer."""
    if entry.number is None:
        raise ValueError(f"{entry.publication} was never entered")
    receipts = durable.folder(out / FOLDER / RECEIPTS / stream)
    durable.put(receipts / _name(entry.number), json_bytes({"publication": entry.publication, **receipt}))
    waiting = out / FOLDER / OUTBOX / stream / _name(entry.number)
    waiting.unlink(missing_ok=True)
    durable.sync(waiting.parent)


class Arrived:
    """Keys of the alerts that a receiver has taken: a log that is only added to, each key durable before the next."""

    def __init__(self, out: Path, stream: str) -> None:
        self._path = out / FOLDER / ARRIVED / f"{stream}.log"
        text = self._path.read_text(encoding="ascii") if self._path.is_file() else ""
        # What stands behind the last line break was torn by a crash: that alert is sent again, under its key.
        whole, _, torn = text.rpartition("\n")
        self._begin = "\n" if torn else ""
        self._keys = set(whole.split("\n"))

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    def add(self, key: str) -> None:
        """Remember that an alert has arrived."""
        durable.folder(self._path.parent)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self._path, flags, 0o600)
        try:
            os.write(descriptor, f"{self._begin}{key}\n".encode("ascii"))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self._begin = ""
        self._keys.add(key)


def alone(out: Path) -> AbstractContextManager[bool]:
    """Whether no other process delivers; true holds others off inside the block, and ends with this process."""
    return locks.attempt(out / FOLDER / LOCK)


def _numbered(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9]*.json"))


def _name(number: int) -> str:
    return f"{number:08d}.json"


def _entry(path: Path) -> Entry:
    told = read_object(path).get("publication")
    if not isinstance(told, str):
        raise HealthScoreError(f"{path} is damaged: it names no publication", "remove it, and deliver again")
    return Entry(int(path.stem), told)
