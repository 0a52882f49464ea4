"""Jobs that write what they read of accounts, and the forgetting of one: never both at a time.

A job that opened the tables before an account was forgotten would write it again after that; and while files are
rewritten, a job would take their runs for torn. Jobs do not keep each other off.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from healthscore.pipelines import locks

LOCK = ".forgetting"


@contextmanager
def working(out: Path, doing: str) -> Iterator[None]:
    """Hold off the forgetting of accounts, from before tables are opened until all is written.

    A job that is refused before it has results leaves no folder for them.

    Raises
    ------
    LockedError
        An account is being forgotten.
    """
    missing = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        with locks.share(out / LOCK, doing):
            yield
    except BaseException:
        made = sorted((path for path in out.rglob("*") if path.is_dir()), reverse=True) if missing else []
        for folder in (*made, *missing):
            with suppress(OSError):  # there are results in it
                folder.rmdir()
        raise


def forgetting(out: Path) -> AbstractContextManager[None]:
    """Hold off all jobs that write what they read of accounts.

    Raises
    ------
    LockedError
        One is at work.
    """
    return locks.lock(out / LOCK, "forgetting an account")
