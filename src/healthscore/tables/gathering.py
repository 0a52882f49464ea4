"""Gathering: the files that a run's sources name, each looked at, and everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from healthscore.config import Run
from healthscore.tables.engine import Database, EngineError
from healthscore.tables.expressions import nearest_name
from healthscore.tables.files import SUFFIXES, DataFile, FileError, find, inspect_file, kind_of, nearest_file
from healthscore.tables.problems import Problem


def gather(
    run: Run, names: Sequence[str]
) -> tuple[dict[str, list[DataFile]], dict[str, list[DataFile]], list[Problem]]:
    """Files of the sources, of their lookups (by ``source/number``), and all that is wrong with them.

    A source of which any file cannot be used has none.
    """
    problems: list[Problem] = []
    files: dict[str, list[DataFile]] = {}
    lookups: dict[str, list[DataFile]] = {}
    for name in names:
        found = _files_of(run, name, run.sources[name].paths, problems)
        if found:
            files[name] = found
        for number, lookup in enumerate(run.sources[name].lookup):
            lookups[f"{name}/{number}"] = _files_of(run, name, lookup.paths, problems)
    return files, lookups, problems


def gather_tables(
    database: Database, run: Run, names: Sequence[str]
) -> tuple[dict[str, list[DataFile]], dict[str, list[DataFile]], list[Problem]]:
    """Like `gather`, where the rows lie in tables of a database."""
    problems: list[Problem] = []
    files: dict[str, list[DataFile]] = {}
    lookups: dict[str, list[DataFile]] = {}
    for name in names:
        if found := _tables_of(database, name, run.sources[name].table, problems):
            files[name] = found
        for number, lookup in enumerate(run.sources[name].lookup):
            lookups[f"{name}/{number}"] = _tables_of(database, name, lookup.table, problems)
    return files, lookups, problems


def _tables_of(database: Database, name: str, table: str | None, problems: list[Problem]) -> list[DataFile]:
    try:
        found = None if table is None else database.find(table)
    except EngineError as error:
        rule = f"`table` is a name as SQL writes it, schema.name; {table!r} is none: {error.what}"
        problems.append(Problem("no_table", "error", name, rule=rule, remedy=f"mend `table` in [sources.{name}]"))
        return []
    if found is None:
        near = nearest_name(str(table), database.names())
        hint = f"did you mean {near!r}? " if near else ""
        rule = f"`table` names a table or view of the database that the role may see; there is no {table!r}"
        remedy = f"{hint}mend `table` in [sources.{name}], or grant the role USAGE on its schema and SELECT on it"
        problems.append(Problem("no_table", "error", name, rule=rule, remedy=remedy))
        return []
    faults = _repeated_columns(name, found)
    problems += faults
    return [] if faults else [found]


def _files_of(run: Run, name: str, patterns: Sequence[str], problems: list[Problem]) -> list[DataFile]:
    paths, empty = find(run.data, patterns)
    faults = [_absent(run, name, pattern) for pattern in empty]
    files = []
    for path in paths:
        try:
            if not kind_of(path):
                endings = ", ".join(SUFFIXES)
                raise FileError("unknown_format", f"a source's files end with {endings}", "export it as Parquet or CSV")
            files.append(inspect_file(path, run.checks.file_limit_gigabytes * 1e9))
        except FileError as fault:
            faults.append(unreadable(name, fault, path))
        except OSError as error:
            rule = f"a file can be read; this one cannot: {error.strerror}"
            faults.append(
                Problem("unreadable_file", "error", name, file=path.name, rule=rule, remedy="mend its rights")
            )
    for file in files:
        faults += [*_repeated_columns(name, file), *_differences(name, file, files[0])]
    problems += faults
    return [] if faults else files


def unreadable(name: str, fault: FileError, path: Path) -> Problem:
    """A file's fault as a finding."""
    lines = (f"{path.name}:{fault.line}",) if fault.line is not None else ()
    return Problem(fault.code, "error", name, lines=lines, rule=fault.rule, remedy=fault.remedy, file=path.name)


def _absent(run: Run, name: str, pattern: str) -> Problem:
    near = nearest_file(run.data, pattern)
    hint = f"did you mean {near!r}? " if near else ""
    rule = f"path {pattern!r} names a file under the data root {run.data}; there is none"
    remedy = f"{hint}set `path` in [sources.{name}], or the root by `data`, --data or HEALTHSCORE_DATA"
    return Problem("no_file", "error", name, rule=rule, remedy=remedy)


def _repeated_columns(name: str, file: DataFile) -> list[Problem]:
    folded: dict[str, list[str]] = {}
    for column in file.columns:
        folded.setdefault(column.casefold(), []).append(column)
    faults = []
    for same in folded.values():
        if len(same) > 1:
            rule = f"a column's name occurs once, whatever its case; found {', '.join(map(repr, same))}"
            where = (name, same[0])
            faults.append(
                Problem(
                    "duplicate_column", "error", *where, file=file.path.name, rule=rule, remedy="rename one of them"
                )
            )
    return faults


def _differences(name: str, file: DataFile, first: DataFile) -> list[Problem]:
    """In what a file differs from the first one of its source."""

    def fault(code: str, rule: str, column: str = "", remedy: str = "export all files alike") -> Problem:
        return Problem(code, "error", name, column, file=file.path.name, rule=rule, remedy=remedy)

    if file.kind != first.kind:
        return [fault("mixed_formats", "a source's files are of one kind", remedy="make two sources of them")]
    if set(file.columns) != set(first.columns):
        missing = sorted(set(first.columns) - set(file.columns))
        added = sorted(set(file.columns) - set(first.columns))
        rule = f"a source's files have the same columns; against {first.path.name}, missing {missing}, added {added}"
        return [fault("mixed_columns", rule)]
    return [
        fault("mixed_types", f"one type in all files; {kind} here, {first.types[column]} in {first.path.name}", column)
        for column, kind in file.types.items()
        if kind != first.types[column]
    ]
