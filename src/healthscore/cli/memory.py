"""What a process takes; how it keeps within little address space; what is said where memory ran out nevertheless."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from healthscore.errors import HealthScoreError

SIGNS = ("can't start new thread", "bad allocation", "std::bad_alloc", "Out of Memory", "cannot allocate memory")
"""How libraries say it that do not raise `MemoryError`."""


THRIFTY = {"ARROW_DEFAULT_MEMORY_POOL": "system", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""What libraries read when they are loaded, so that they reserve no gigabytes for each thread."""
ARENA_MAX = -8
"""glibc's M_ARENA_MAX."""
LEAST = 6 * 10**8
"""Bytes of address space below which libraries crash while they are loaded, or when they start their threads."""


def keep_within_limit() -> None:
    """Reserve little where the process may have only so much address space (`ulimit -v`); to be called first.

    Allocators reserve far more addresses than they use, for each thread anew: under such a limit libraries would run
    out of them, and some crash, with a tenth of it in use. What the environment says of the same is left as it is.

    Raises
    ------
    OutOfMemoryError
        Where the limit is below `LEAST`: what crashes inside a library cannot be told afterwards.
    """
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY:
        return
    if limit < LEAST:
        what = f"`ulimit -v` allows {limit / 1e9:.2f} GB of addresses; the libraries alone need {LEAST / 1e9:.2f}"
        raise OutOfMemoryError(what, f"`ulimit -v {2 * 10**6}` allows two gigabytes, enough for millions of events")
    import ctypes

    for name, value in THRIFTY.items():
        os.environ.setdefault(name, value)
    arenas = getattr(ctypes.CDLL(None), "mallopt", None)  # of glibc; other systems have no arenas
    if arenas is not None:
        arenas(ARENA_MAX, 1)


def cpu_seconds() -> float:
    """CPU seconds of this process so far, all threads, and of those that it started and waited for."""
    return sum(os.times()[:4])


def peak_memory() -> dict[str, float]:
    """`peak_memory_gb`: the most that this process has held at once so far; empty where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return {}
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 if sys.platform == "linux" else 1024)
    return {"peak_memory_gb": round(kilobytes * 1024 / 1e9, 3)}


class OutOfMemoryError(HealthScoreError):
    """The process may hold no more. Nothing was published."""


def shortage(error: BaseException) -> OutOfMemoryError | None:
    """The error as one of memory, with what was held and what would help; None where it is none."""
    if not isinstance(error, MemoryError) and not any(sign in str(error) for sign in SIGNS):
        return None
    return OutOfMemoryError(
        f"memory ran out{_held()}; nothing was published",
        "give it more, or `threads = 1` in the run; docs/scoring.md says what a book needs",
    )


def _held() -> str:
    """What the process holds at most and may hold, in words; empty where the system does not tell."""
    try:
        import resource

        status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text("ascii").splitlines())
        held = [f"{int(status[key].split()[0]) / 2**20:.2f} GB" for key in ("VmHWM", "VmPeak")]
    except (ImportError, OSError, KeyError, ValueError):
        return ""
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    most = "" if limit == resource.RLIM_INFINITY else f" of the {limit / 2**30:.2f} GB that `ulimit -v` allows"
    return f" with {held[0]} in use and {held[1]} of addresses reserved{most}"
