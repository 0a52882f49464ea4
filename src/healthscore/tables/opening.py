"""Opening one source after the other: files -> raw table -> binding -> judgement -> relation, collecting every fault."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from healthscore.config import Run
from healthscore.tables.binding import Binding, Unbindable, bind
from healthscore.tables.checks import Judgement, judge, quarantine_query
from healthscore.tables.engine import Engine, EngineError
from healthscore.tables.files import (
    SUFFIXES,
    DataFile,
    Unreadable,
    find,
    fingerprint,
    inspect_file,
    kind_of,
    nearest_file,
)
from healthscore.tables.lookups import join_lookups
from healthscore.tables.problems import Problem
from healthscore.tables.quoting import quote_identifier
from healthscore.tables.reports import SourceReport
from healthscore.tables.shapes import projection
from healthscore.tables.sources import SOURCES


@dataclass
class Opened:
    """What opening has produced so far."""

    problems: list[Problem] = field(default_factory=list)
    bindings: dict[str, Binding] = field(default_factory=dict)
    relations: dict[str, str] = field(default_factory=dict)
    reports: dict[str, SourceReport] = field(default_factory=dict)


def find_files(
    run: Run, names: Sequence[str]
) -> tuple[dict[str, list[DataFile]], dict[str, list[DataFile]], list[Problem]]:
    """Files of the sources, of their lookups (by ``source/number``), and all that is wrong with them."""
    problems: list[Problem] = []
    files: dict[str, list[DataFile]] = {}
    lookups: dict[str, list[DataFile]] = {}
    for name in names:
        found = _files_of(run, name, run.sources[name].paths, problems)
        if found:
            files[name] = found
        for number, lookup in enumerate(run.sources[name].lookup):
            lookups[f"{name}/{number}"] = _files_of(run, name, (lookup.path,), problems)
    return files, lookups, problems


def _files_of(run: Run, name: str, patterns: Sequence[str], problems: list[Problem]) -> list[DataFile]:
    """Files of one source; nothing if any of them cannot be used."""
    paths, empty = find(run.data, patterns)
    faults = [_absent(run, name, pattern) for pattern in empty]
    files = []
    for path in paths:
        if not kind_of(path):
            rule = f"a source's files end with {', '.join(SUFFIXES)}"
            faults.append(
                Problem(
                    "unknown_format", "error", name, file=path.name, rule=rule, remedy="export it as Parquet or CSV"
                )
            )
            continue
        try:
            files.append(inspect_file(path))
        except Unreadable as fault:
            faults.append(unreadable(name, fault, path))
        except OSError as error:
            faults.append(
                Problem("unreadable_file", "error", name, file=path.name, rule=f"a file can be read: {error.strerror}")
            )
    for file in files:
        faults += _odd_columns(name, file, files[0])
    problems += faults
    return [] if faults else files


def unreadable(name: str, fault: Unreadable, path: Path) -> Problem:
    """A file's fault as a finding."""
    lines = (f"{path.name}:{fault.line}",) if fault.line is not None else ()
    return Problem(fault.code, "error", name, lines=lines, rule=fault.rule, remedy=fault.remedy, file=path.name)


def _absent(run: Run, name: str, pattern: str) -> Problem:
    near = nearest_file(run.data, pattern)
    hint = f"did you mean {near!r}? " if near else ""
    return Problem(
        "no_file", "error", name, rule=f"path {pattern!r} names a file under the data root {run.data}",
        remedy=f"{hint}set `path` in [sources.{name}], or the root by `data`, --data or HEALTHSCORE_DATA",
    )  # fmt: skip


def _odd_columns(name: str, file: DataFile, first: DataFile) -> list[Problem]:
    """Repeated columns inside a file, and columns in which the files of a source differ."""
    folded: dict[str, list[str]] = {}
    for column in file.columns:
        folded.setdefault(column.casefold(), []).append(column)
    faults = [
        Problem("duplicate_column", "error", name, same[0], file=file.path.name,
                rule=f"a column's name occurs once, whatever its case; found {', '.join(map(repr, same))}", remedy="rename one of them")
        for same in folded.values() if len(same) > 1
    ]  # fmt: skip
    if file.kind != first.kind:
        faults.append(
            Problem(
                "mixed_formats",
                "error",
                name,
                file=file.path.name,
                rule="a source's files are of one kind",
                remedy="use two sources",
            )
        )
    elif set(file.columns) != set(first.columns):
        missing, extra = sorted(set(first.columns) - set(file.columns)), sorted(set(file.columns) - set(first.columns))
        rule = f"a source's files have the same columns; against {first.path.name}, missing {missing}, added {extra}"
        faults.append(
            Problem("mixed_columns", "error", name, file=file.path.name, rule=rule, remedy="export all files alike")
        )
    for column in file.types.keys() & first.types.keys():
        if file.types[column] != first.types[column]:
            rule = f"a column has one type in all files; {file.types[column]} here, {first.types[column]} in {first.path.name}"
            faults.append(
                Problem(
                    "mixed_types",
                    "error",
                    name,
                    column,
                    file=file.path.name,
                    rule=rule,
                    remedy="export all files alike",
                )
            )
    return faults


def open_sources(
    engine: Engine,
    run: Run,
    files: dict[str, list[DataFile]],
    lookups: dict[str, list[DataFile]],
    opened: Opened,
    *,
    quarantine_dir: Path | None,
    inspect: bool,
) -> None:
    """Open every source whose files are sound, the accounts first, because the others are held against them."""
    ordered = sorted(files, key=lambda name: run.sources[name].contract != "accounts")
    with ThreadPoolExecutor(max_workers=1) as pool:
        prints = {name: pool.submit(fingerprint, [file.path for file in files[name]]) for name in ordered}
        for name in ordered:
            try:
                _open(
                    engine,
                    run,
                    name,
                    files[name],
                    lookups,
                    opened,
                    prints[name],
                    quarantine_dir=quarantine_dir,
                    inspect=inspect,
                )
            except Unbindable as fault:
                opened.problems += fault.problems
            except Unreadable as fault:
                opened.problems.append(unreadable(name, fault, files[name][0].path))
            except EngineError as error:
                rule = f"its rows can be read and computed; the engine says: {error.what.splitlines()[0][:300]}"
                opened.problems.append(
                    Problem(
                        "engine", "error", name, rule=rule, remedy="mend the files, or the expressions of the source"
                    )
                )


def _open(
    engine: Engine,
    run: Run,
    name: str,
    files: list[DataFile],
    lookups: dict[str, list[DataFile]],
    opened: Opened,
    print_: Future[str],
    *,
    quarantine_dir: Path | None,
    inspect: bool,
) -> None:
    table = SOURCES[files[0].kind](engine, name, files)
    table, findings = join_lookups(engine, run, name, table, lookups)
    binding = bind(engine, run, name, table)
    known = [opened.relations[n] for n in opened.relations if run.sources[n].contract == "accounts"]
    judgement = judge(engine, binding, run.checks, known)
    problems = [*findings, *judgement.problems]
    opened.problems += [problem for problem in problems if problem.severity == "error"]
    refused = any(problem.severity == "error" for problem in problems) and not inspect
    opened.bindings[name] = binding
    opened.relations[name] = materialise(engine, judgement, stored=table.stored)
    opened.reports[name] = SourceReport(
        name, binding.contract.name, judgement.rows_in, judgement.used, judgement.accounts, print_.result(),
        judgement.taken("quarantine"), judgement.taken("drop"), judgement.first_day, judgement.last_day, tuple(problems),
    )  # fmt: skip
    if quarantine_dir is not None and not refused and judgement.taken("quarantine"):
        write_quarantine(engine, judgement, quarantine_dir / f"{name}.parquet")
    if table.stored:
        _forget(engine, name, table.relation)


def materialise(engine: Engine, judgement: Judgement, *, stored: bool) -> str:
    """The relation that others read: a view where a scan is cheap, a table where texts were parsed or copies sorted out."""
    binding = judgement.binding
    relation = quote_identifier(f"source:{binding.name}")
    clean = judgement.used == judgement.rows_in
    source = binding.relation if clean else f"{judgement.relation} WHERE _fault IS NULL"
    copied = stored or bool(judgement.marks) or binding.contract.name == "accounts"
    engine.execute(
        f"CREATE {'TABLE' if copied else 'VIEW'} {relation} AS SELECT {projection(binding.shaped)} FROM {source}"
    )
    return relation


def _forget(engine: Engine, name: str, relation: str) -> None:
    """Drop the texts of a CSV once its rows are bound, with the views over them."""
    for view in ("judged", "cast", "instants", "read"):
        engine.execute(f"DROP VIEW IF EXISTS {quote_identifier(f'{name}/{view}')}")
    engine.execute(f"DROP VIEW IF EXISTS {quote_identifier(f'{name}/looked')}")
    engine.execute(f"DROP TABLE IF EXISTS {relation}")


def write_quarantine(engine: Engine, judgement: Judgement, target: Path) -> None:
    """Write the rows set aside; the file appears whole or not at all."""
    import pyarrow.parquet as parquet

    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = target.with_name(f".{target.name}.part")
    writer = None
    try:
        for batch in engine.batches(quarantine_query(judgement), 100_000):
            writer = writer or parquet.ParquetWriter(part, batch.schema)
            writer.write_batch(batch)
    finally:
        if writer is not None:
            writer.close()
    os.replace(part, target)
