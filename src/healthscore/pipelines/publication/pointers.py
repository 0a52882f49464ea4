"""Which scores stand: a line in the file of their date, then `CURRENT`, each in one step, by one job at a time."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

from healthscore.pipelines import durable, locks
from healthscore.pipelines.publication.history import DATES, names_at, newest, publications_of
from healthscore.pipelines.publish import POINTER, point, pointed

LOCKS = "locks"


def computing(out: Path, series: str, as_of: date) -> AbstractContextManager[None]:
    """Hold the work on one date: another job for it is told who is at it, jobs for other dates go on."""
    return locks.lock(out / series / LOCKS / as_of.isoformat(), f"scoring {as_of}")


def composing(out: Path, series: str) -> AbstractContextManager[None]:
    """Hold what readers follow, after waiting for it: the last of several jobs sees what all of them have scored."""
    return locks.queue(out / publications_of(series) / LOCKS / "composing")


def pointing(out: Path, series: str) -> AbstractContextManager[None]:
    """Hold the pointers of a series, for a moment."""
    return locks.queue(out / series / LOCKS / "pointers")


def stand(out: Path, series: str, as_of: date, name: str) -> None:
    """Let the scores in the directory `name` stand for their date, and for the series if no date is newer."""
    folder = durable.folder(out / series / DATES)
    with pointing(out, series):
        names = names_at(out, as_of, series)
        if names[-1:] != [name]:
            durable.put(folder / as_of.isoformat(), "".join(f"{one}\n" for one in (*names, name)).encode())
        leading, pointer = newest(out, series), out / series / POINTER
        if leading is not None and pointed(pointer) != leading.directory.name:
            point(pointer, leading.directory.name)
