"""What can go wrong, in three parts: what was found, where, and what to do.

The library raises these; the command line prints them and exits with `exit_code`.
"""

from __future__ import annotations


class HealthScoreError(Exception):
    """Anything that the package refuses, with a remedy.

    Parameters
    ----------
    what
        What was found, and where (table, file, column, rows, share).
    remedy
        What the user can do about it.
    """

    exit_code = 2

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(f"{what}\n  remedy: {remedy}" if remedy else what)
        self.what = what
        self.remedy = remedy


class ConfigurationError(HealthScoreError):
    """A run's TOML says something that cannot be meant."""


class InputError(HealthScoreError):
    """A source's rows break its contract. Nothing is published."""


class InsufficientDataError(HealthScoreError):
    """The data are sound and cannot support what was asked: too few exits, one class, too short a history."""

    exit_code = 3


class BundleError(HealthScoreError):
    """A saved model is missing, damaged, foreign, or of another version."""


class WriteError(HealthScoreError):
    """A place cannot be written: full, read-only, damaged, or not ours. What was published before is as it was."""


class WorkersError(HealthScoreError):
    """Processes that were to share the work cannot be reached, or one of them failed. Nothing is published."""


class LockedError(HealthScoreError):
    """Another job is at the same work. Later is another matter: schedulers take this exit code for "try again"."""

    exit_code = 75
