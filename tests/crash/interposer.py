"""The library between a process and its disk: built from `interpose.c`, loaded by LD_PRELOAD, told what to do here."""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MODES = {"off": 0, "count": 1, "kill": 2, "tear": 3, "fail": 4, "short": 5, "log": 6}
ENDLESS = 2**62
SOURCES = (Path(__file__).with_name("interpose.c"), Path(__file__).with_name("plan.h"))


@dataclass(frozen=True)
class Plan:
    """What is to happen to a process's operations on files below a folder.

    Attributes
    ----------
    mode
        `count` them; `kill` the process before one; `tear`: kill it in the middle of a write; `fail` by `error`
        whatever needs the disk (removing does not); write half (`short`); `log` all with their data.
    at, until
        Numbers of the first and last operation concerned, from 1; of those that the mode is about: all, writes
        (`tear`, `short`), or what needs the disk (`fail`).
    """

    mode: str
    at: int = 1
    until: int = ENDLESS
    error: int = 0
    log: str = ""


def compiler() -> str | None:
    """The C compiler, if there is one."""
    return shutil.which("cc") or shutil.which("gcc")


@cache
def library() -> Path:
    """The built library; it is built when its source has changed.

    Raises
    ------
    FileNotFoundError
        There is no C compiler.
    """
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in SOURCES)).hexdigest()[:12]
    built = Path(tempfile.gettempdir()) / f"healthscore-crash-{os.getuid()}" / f"interpose-{digest}.so"
    if built.exists():
        return built
    found = compiler()
    if found is None:
        raise FileNotFoundError("there is no C compiler")
    built.parent.mkdir(mode=0o700, exist_ok=True)
    partial = built.with_suffix(f".{os.getpid()}")
    flags = ["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run([found, *flags, "-o", str(partial), str(SOURCES[0]), "-ldl", "-lpthread"], check=True)
    partial.replace(built)
    return built


@cache
def _loaded() -> ctypes.CDLL:
    found = ctypes.CDLL(str(library()))
    found.crash_arm.argtypes = [
        ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_long, ctypes.c_long, ctypes.c_int, ctypes.c_char_p,
    ]  # fmt: skip
    found.crash_count.restype = ctypes.c_long
    found.crash_last.restype = ctypes.c_char_p
    return found


def arm(root: Path, plan: Plan, apart: Path | None = None) -> None:
    """From now on, in this process: `plan` holds for what changes below `root`, but for what lies below `apart`."""
    _loaded().crash_arm(
        os.fsencode(root.resolve()),
        b"" if apart is None else os.fsencode(apart.resolve()),
        MODES[plan.mode],
        plan.at,
        plan.until,
        plan.error,
        os.fsencode(plan.log),
    )


def disarm() -> None:
    """From now on nothing is counted or disturbed."""
    _loaded().crash_disarm()


def counted() -> int:
    """Operations since `arm`, in this process or the last that it forked."""
    return int(_loaded().crash_count())


def met() -> str:
    """The operation that was last disturbed, and on which file."""
    return os.fsdecode(_loaded().crash_last())
