"""Reaching the tables of a run: an engine over them, what each source reads, and what is wrong with that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from healthscore.config import Run, Source
from healthscore.tables.engine import DATABASES, ENGINES, Database, Engine, EngineError
from healthscore.tables.files import DataFile, find, fingerprint
from healthscore.tables.gathering import gather, gather_tables
from healthscore.tables.personal import personal_everywhere
from healthscore.tables.problems import Problem


@dataclass(frozen=True)
class Reached:
    """A run's tables, before any of them is opened.

    Attributes
    ----------
    run
        The run, in which every source declares the personal columns of what it reads.
    files, lookups
        What each source reads, by source and by ``source/number`` of a lookup: files, or a table of the database.
    """

    engine: Engine
    run: Run
    files: dict[str, list[DataFile]]
    lookups: dict[str, list[DataFile]]
    problems: list[Problem]


def reach(run: Run, names: Sequence[str]) -> Reached:
    """An engine over what some sources of a run read; who asks for it closes it."""
    if run.database is None:
        files, lookups, problems = gather(run, names)
        readable = [file.path for group in (*files.values(), *lookups.values()) for file in group]
        engine = ENGINES[run.engine](files=readable, threads=run.threads)
        return Reached(engine, personal_everywhere(run, files, partial(_files, run)), files, lookups, problems)
    database = DATABASES[run.engine](run.database)
    try:
        files, lookups, problems = gather_tables(database, run, names)
        return Reached(database, personal_everywhere(run, files, partial(_table, database)), files, lookups, problems)
    except BaseException:
        database.close()
        raise


def fingerprints(
    engine: Engine, files: Sequence[DataFile], without: Sequence[str], pool: Executor
) -> Callable[[], str]:
    """How to learn the fingerprint of files, which is computed meanwhile, or of tables, when it is asked for."""
    if isinstance(engine, Database):
        return partial(engine.fingerprint, files, without)
    return pool.submit(fingerprint, [file.path for file in files]).result


def _files(run: Run, source: Source) -> Iterable[Path]:
    return find(run.data, source.paths)[0]


def _table(database: Database, source: Source) -> Iterable[Path]:
    try:
        found = None if source.table is None else database.find(source.table)
    except EngineError:  # told where the source itself is opened
        found = None
    return () if found is None else (found.path,)
