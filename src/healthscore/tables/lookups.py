"""Lookups: columns fetched from a small second file, which adds rows only where the run says that it is to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from healthscore.config import Lookup, Run
from healthscore.tables.columns import BindingError
from healthscore.tables.engine import Engine
from healthscore.tables.expressions import listed, nearest_name
from healthscore.tables.files import DataFile
from healthscore.tables.places import located
from healthscore.tables.problems import Problem
from healthscore.tables.quoting import quote_identifier
from healthscore.tables.sorts import Sort, sort_of
from healthscore.tables.sources import FILE, LINE, SOURCES, RawTable


def join_lookups(
    engine: Engine, run: Run, name: str, table: RawTable, files: Mapping[str, list[DataFile]]
) -> tuple[RawTable, list[Problem]]:
    """The raw table with the looked-up columns, and warnings for rows that found nothing.

    Raises
    ------
    BindingError
        A column is missing or there already, or a lookup would multiply rows.
    """
    findings: list[Problem] = []
    columns, relation = dict(table.columns), table.relation
    for number, lookup in enumerate(run.sources[name].lookup):
        found = files[f"{name}/{number}"]
        if not found:
            raise BindingError([])  # what is wrong with its files is known already
        other = SOURCES[found[0].kind](engine, f"{name}/lookup{number}", found)
        problems = _faults(name, lookup, columns, other.columns)
        if not problems and not lookup.many:
            problems = _multiplied(engine, name, lookup, other)
        if problems:
            raise BindingError(problems)
        matched = " AND ".join(_equal(key, columns[key], other.columns[key]) for key in lookup.on)
        join = f"FROM {relation} t LEFT JOIN {other.relation} l ON {matched}"
        if not lookup.optional:
            missed = int(engine.query(f"SELECT count(*) AS n {join} WHERE l.{LINE} IS NULL").to_pylist()[0]["n"])
            findings += [_unmatched(name, lookup, missed)] if missed else []
        join = join.replace("LEFT JOIN", "JOIN", 1) if lookup.many else join
        fetched = ", ".join(f"l.{quote_identifier(column)}" for column in lookup.columns)
        relation = quote_identifier(f"{name}/looked{number}")
        engine.execute(f"CREATE OR REPLACE VIEW {relation} AS SELECT t.*, {fetched} {join}")
        columns |= {column: other.columns[column] for column in lookup.columns}
    return RawTable(relation, columns, table.stored), findings


def _unmatched(name: str, lookup: Lookup, missed: int) -> Problem:
    on, empty = ", ".join(lookup.on), ", ".join(lookup.columns)
    then = "the row falls out" if lookup.many else f"{empty} is empty"
    rule = f"every row finds its {on} in {lookup.reads[0]}; where it does not, {then}"
    remedy = "complete the lookup, or say `optional = true` in it if that is as it should be"
    return Problem("lookup_unmatched", "warning", name, on, missed, rule=rule, remedy=remedy)


def _equal(key: str, left: str, right: str) -> str:
    """Equality of two keys; if one of them is text (a CSV's), as texts."""
    quoted = quote_identifier(key)
    if sort_of(left) is sort_of(right):
        return f"t.{quoted} = l.{quoted}"
    return f"CAST(t.{quoted} AS VARCHAR) = CAST(l.{quoted} AS VARCHAR)"


def _faults(name: str, lookup: Lookup, columns: dict[str, str], other: dict[str, str]) -> list[Problem]:
    """Columns that are missing, taken, or of types that cannot be compared."""
    mend = f"mend `lookup` in [sources.{name}]"
    faults = []
    wanted = [(key, columns, "the source") for key in lookup.on]
    wanted += [(column, other, lookup.reads[0]) for column in (*lookup.on, *lookup.columns)]
    for column, available, where in wanted:
        if column not in available:
            near = nearest_name(column, available)
            hint = f"; did you mean {near!r}?" if near else ""
            rule = f"the lookup of {lookup.reads[0]} needs {column!r} in {where}{hint}; found {listed(available)}"
            file = Path(where).name if available is other else ""
            faults.append(Problem("missing_column", "error", name, column, rule=rule, remedy=mend, file=file))
    for column in lookup.columns:
        if column in columns or column in (FILE, LINE):
            rule = f"a looked-up column is not in the source already; {column!r} is"
            remedy = "rename it in one of the files"
            faults.append(Problem("lookup_column_taken", "error", name, column, rule=rule, remedy=remedy))
    for key in () if faults else lookup.on:
        sorts = {sort_of(columns[key]), sort_of(other[key])}
        if len(sorts) > 1 and sorts != {Sort.TEXT, Sort.INTEGER}:
            rule = f"keys are of one type; {columns[key]} here, {other[key]} in {lookup.reads[0]}"
            faults.append(Problem("lookup_type", "error", name, key, rule=rule, remedy="export both alike"))
    return faults


def _multiplied(engine: Engine, name: str, lookup: Lookup, other: RawTable) -> list[Problem]:
    """A lookup that holds more than one row for a key."""
    keys = ", ".join(quote_identifier(key) for key in lookup.on)
    repeated = f"SELECT {keys} FROM {other.relation} GROUP BY {keys} HAVING count(*) > 1"
    count = int(engine.query(f"SELECT count(*) AS n FROM ({repeated})").to_pylist()[0]["n"])
    if not count:
        return []
    on = ", ".join(lookup.on)
    rule = f"a lookup has one row per {on}; {lookup.reads[0]} repeats {count:,} of them and would multiply rows"
    remedy = "add the columns that make it unique to `on`; or say `many = true` if every match is a row of its own"
    problem = Problem("lookup_multiplies", "error", name, on, rule=rule, remedy=remedy)
    return [located(engine, other.relation, problem, f"({keys}) IN ({repeated})", among="TRUE")]
