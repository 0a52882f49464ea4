"""Files that survive whatever happens: whole or not there at all, on the disk before anybody is told of them.

The order is always the same: bytes, fsync, rename, fsync of the directory. What is seen under its own name is therefore
whole, whenever the power goes. Names of what is still being written are unpredictable, and no link is followed.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from healthscore.errors import WriteError

PARTIAL = ".partial"
"""How the names of things end that are not finished; they begin with a dot."""
FILE_MODE, FOLDER_MODE = 0o600, 0o700
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_REFUSED = _FULL | {
    *(errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.EEXIST, errno.ELOOP),
    *(errno.ENAMETOOLONG, errno.EISDIR, errno.EMFILE, errno.ENFILE, errno.ESTALE, errno.ENODEV, errno.ENXIO),
}


def put(path: Path, content: bytes, *, mode: int = FILE_MODE) -> None:
    """Replace a file in one step: whoever reads it finds what was there before, or all of the new.

    Raises
    ------
    WriteError
        The place cannot be written; what was there before is there still.
    """
    with refusals(path, lambda: len(content)):
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=PARTIAL, dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                fcntl.flock(handle, fcntl.LOCK_EX)  # see `abandoned`
                file.write(content)
                file.flush()
                os.fchmod(file.fileno(), mode)
                os.fsync(file.fileno())
            os.replace(name, path)  # noqa: PTH105 - a Path adds nothing here
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)  # noqa: PTH108 - as above
            raise
        sync(path.parent)


def folder(path: Path) -> Path:
    """Make a directory and those above it that are missing, for this user alone, and return it.

    Raises
    ------
    WriteError
        It cannot be made, or is a link or a file.
    """
    with refusals(path):
        missing = [path, *path.parents]
        missing = missing[: next((n for n, one in enumerate(missing) if one.exists()), len(missing))]
        for one in reversed(missing):
            with contextlib.suppress(FileExistsError):  # another process was first
                one.mkdir(mode=FOLDER_MODE)
            sync(one.parent)
        if path.is_symlink():
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        if not path.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    return path


@contextmanager
def partial_folder(parent: Path, name: str) -> Iterator[Path]:
    """A new directory for this user alone, whose name nobody can foresee; removed after the block if still there.

    It is locked for as long, so that `abandoned` tells it from what a killed process left.
    """
    with refusals(parent):
        partial = Path(tempfile.mkdtemp(prefix=f".{name}.", suffix=PARTIAL, dir=parent))
        descriptor = os.open(partial, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield partial
    finally:
        discard(partial)
        os.close(descriptor)


@contextmanager
def abandoned(partial: Path) -> Iterator[bool]:
    """Whether no living process is at work on a partial file or directory; held inside the block, if so."""
    try:
        descriptor = os.open(partial, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        yield False
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(descriptor)


def copy_tree(source: Path, target: Path) -> None:
    """Copy every file and folder into a folder, which may be there already.

    File by file, so that what the disk refuses is an error of its own, with its number and place: `shutil.copytree`
    gathers such errors into a list of texts.
    """
    target.mkdir(exist_ok=True)
    for path in sorted(source.rglob("*")):
        place = target / path.relative_to(source)
        if path.is_dir():
            place.mkdir(exist_ok=True)
        else:
            shutil.copyfile(path, place)


def size_of(directory: Path) -> int:
    """Bytes of all files of a directory."""
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def sync_tree(directory: Path) -> None:
    """Wait until everything below a directory, and the names of it, are on the disk; all of it for this user alone."""
    for place, _, names in os.walk(directory, topdown=False):
        for name in names:
            _settle(Path(place) / name, FILE_MODE)
        _settle(Path(place), FOLDER_MODE)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a directory, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def discard(path: Path) -> None:
    """Remove a directory that nobody reads; what cannot be removed is left to `healthscore runs gc`."""
    shutil.rmtree(path, ignore_errors=True)


@contextmanager
def refusals(path: Path, size: Callable[[], int] | None = None, were: str = "were to be written") -> Iterator[None]:
    """Tell what the disk refuses as a `WriteError` that names the place and, on a full disk, the bytes.

    Parameters
    ----------
    size
        Called for a number of bytes that is worth telling.
    were
        What was with these bytes.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _REFUSED or not _concerns(error, path):
            raise
        said = f"{path} cannot be written: {os.strerror(error.errno)}"
        if error.errno in _FULL:
            raise WriteError(said + _bytes(path, size, were), "free space, or choose another --out") from None
        raise WriteError(said, "choose another --out") from None


def _concerns(error: OSError, path: Path) -> bool:
    """Whether an error is of the place that is written, not of another that was read meanwhile."""
    if not isinstance(error.filename, str):
        return True
    named = Path(error.filename2 if isinstance(error.filename2, str) else error.filename)  # the second is written to
    return named.is_relative_to(path.parent) or path.is_relative_to(named)


def _bytes(path: Path, size: Callable[[], int] | None, were: str) -> str:
    """How many bytes were written or were to be, where that is known, and how many are free."""
    wanted = f"{size():,} bytes {were}" if size is not None else ""
    place = next((one for one in (path, *path.parents) if one.exists()), None)
    try:
        free = "" if place is None else f"{shutil.disk_usage(place).free:,} bytes are free"
    except OSError:
        free = ""
    told = ", ".join(filter(None, (wanted, free)))
    return f" ({told})" if told else ""


def _settle(path: Path, mode: int) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
