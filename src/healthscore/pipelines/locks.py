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
        raise LockedError(f"{doing} is done by another job: {_holder(path)}", "wait until it has ended, and try again")
    with _held(descriptor, path):
        yield


@contextmanager
def queue(path: Path) -> Iterator[None]:
    """Hold a lock inside the block, after waiting for it: for what is done in a moment."""
    descriptor = _open(path, wait=True)
    assert descriptor is not None  # noqa: S101 - by waiting
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


def _open(path: Path, *, wait: bool) -> int | None:
    """Descriptor of the locked file; None where another holds it and nobody waits."""
    folder(path.parent)
    while True:
        with refusals(path):
            descriptor = os.open(path, _FLAGS, FILE_MODE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
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
def _held(descriptor: int, path: Path) -> Iterator[None]:
    try:
        since = datetime.now(UTC).isoformat(timespec="seconds")
        said = {"pid": os.getpid(), "host": socket.gethostname(), "since": since}
        with refusals(path):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(said).encode(), 0)
        yield
    finally:
        if _is(path, descriptor):
            path.unlink(missing_ok=True)
        os.close(descriptor)


def _is(path: Path, descriptor: int) -> bool:
    """Whether the locked file is still the one of that name."""
    try:
        named, locked = path.lstat(), os.fstat(descriptor)
    except FileNotFoundError:
        return False
    return (named.st_dev, named.st_ino) == (locked.st_dev, locked.st_ino)


def _holder(path: Path) -> str:
    """Who holds a lock and since when, in words."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            return f"process {said['pid']} on {said['host']}, since {said['since']}"
        except (OSError, ValueError, KeyError, TypeError):
            time.sleep(_PAUSE)
    return "which one is not known"
