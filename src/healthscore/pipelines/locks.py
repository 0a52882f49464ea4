"""One process at a time: locks that fall with the process that holds them, and say who that is.

A lock is the kernel's (`flock`), never the existence of a file: whatever a killed job leaves behind stops nobody. The
file says who holds it, for people; it is removed with the lock.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from healthscore.errors import LockedError
from healthscore.pipelines.durable import FILE_MODE, folder, refusals

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
_PATIENCE, _PAUSE = 1.0, 0.02
"""Seconds to wait for the name of a holder that has only just taken the lock, and between two looks."""


@contextmanager
def lock(path: Path, doing: str) -> Iterator[None]:
    """Hold a lock inside the block.

    Parameters
    ----------
    doing
        What holds it, in words.

    Raises
    ------
    LockedError
        Another process holds it, who and since when; said at once.
    """
    descriptor = _open(path, wait=False)
    if descriptor is None:
        raise _refusal(path, doing)
    with _held(descriptor, path, doing):
        yield


@contextmanager
def share(path: Path, doing: str) -> Iterator[None]:
    """Hold a lock together with others that share it; `lock` holds it alone, and neither begins beside the other.

    Raises
    ------
    LockedError
        A process holds it alone, and not only for the moment in which one that shared it removes the file.
    """
    until = time.monotonic() + _PATIENCE
    while (descriptor := _open(path, wait=False, how=fcntl.LOCK_SH)) is None:
        if time.monotonic() >= until:
            raise _refusal(path, doing)
        time.sleep(_PAUSE)
    with _held(descriptor, path, doing):
        yield


@contextmanager
def queue(path: Path) -> Iterator[None]:
    """Hold a lock inside the block, after waiting for it: for what is done in a moment."""
    descriptor = _open(path, wait=True)
    assert descriptor is not None  # noqa: S101 - who waits is given one, or an error is raised
    with _held(descriptor, path):
        yield


@contextmanager
def attempt(path: Path) -> Iterator[bool]:
    """Whether nobody else holds the lock; true holds it inside the block."""
    descriptor = _open(path, wait=False)
    if descriptor is None:
        yield False
        return
    with _held(descriptor, path):
        yield True


def _open(path: Path, *, wait: bool, how: int = fcntl.LOCK_EX) -> int | None:
    """Descriptor of the locked file; None where another holds it and nobody waits."""
    folder(path.parent)
    while True:
        with refusals(path):
            descriptor = os.open(path, _FLAGS, FILE_MODE)
        try:
            fcntl.flock(descriptor, how | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            os.close(descriptor)
            return None
        except BaseException:
            os.close(descriptor)
            raise
        if _is(path, descriptor):
            return descriptor
        os.close(descriptor)  # the file was removed with the lock that was waited for


@contextmanager
def _held(descriptor: int, path: Path, doing: str = "") -> Iterator[None]:
    try:
        since = datetime.now(UTC).isoformat(timespec="seconds")
        said = {"pid": os.getpid(), "host": socket.gethostname(), "since": since, "doing": doing}
        with refusals(path):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(said).encode(), 0)
        yield
    finally:
        if _is(path, descriptor) and _is_last(descriptor):
            path.unlink(missing_ok=True)
        os.close(descriptor)


def _is_last(descriptor: int) -> bool:
    """Whether nobody else shares the lock: the file must stay for those who do."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is(path: Path, descriptor: int) -> bool:
    """Whether the locked file is still the one of that name."""
    try:
        named, locked = path.lstat(), os.fstat(descriptor)
    except FileNotFoundError:
        return False
    return (named.st_dev, named.st_ino) == (locked.st_dev, locked.st_ino)


def _refusal(path: Path, doing: str) -> LockedError:
    """Why the lock cannot be had: who holds it, since when, and at what; of several that share it, who came last."""
    said = _holder(path)
    other = said.get("doing") or doing
    beside = "" if other == doing else f"cannot begin beside {other}, which "
    what = f"{doing} {beside}is done by another job"
    who = "process {pid} on {host}, since {since}".format(**said) if said else "which one is not known"
    return LockedError(f"{what}: {who}", "wait until it has ended, and try again")


def _holder(path: Path) -> dict[str, Any]:
    """What the file of a lock says of who holds it; nothing where it says nothing in time."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            if said.keys() >= {"pid", "host", "since"}:
                return dict(said)
        except (OSError, ValueError, AttributeError):
            pass
        time.sleep(_PAUSE)
    return {}
