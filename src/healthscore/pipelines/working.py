"""Jobs that write what they read of accounts, and the forgetting of one: never both at a time.

A job that opened the tables before an account was forgotten would write it again after that; and while files are
rewritten, a job would take their runs for torn. Jobs do not keep each other off.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from healthscore.pipelines import locks

LOCK = ".forgetting"


def working(out: Path, doing: str) -> AbstractContextManager[None]:
    """Hold off the forgetting of accounts, from before tables are opened until all is written.

    Raises
    ------
    LockedError
        An account is being forgotten.
    """
    return locks.share(out / LOCK, doing)


def forgetting(out: Path) -> AbstractContextManager[None]:
    """Hold off all jobs that write what they read of accounts.

    Raises
    ------
    LockedError
        One is at work.
    """
    return locks.lock(out / LOCK, "forgetting an account")
