"""Binding: a source's columns, under whatever names, become the contract's columns, cast strictly.

One small aggregate, and only where a column's type does not say it, decides what the values are: how many decimals,
which shape of text, which range of offsets. After that every row is read the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from healthscore.asof import DAY_MICROSECONDS, day_of
from healthscore.config import Run, Source
from healthscore.errors import ConfigurationError
from healthscore.tables.columns import WHERE, Assigned, BindingError, assign
from healthscore.tables.contract import Contract, Kind
from healthscore.tables.dates import bind_moment
from healthscore.tables.engine import Engine, EngineError
from healthscore.tables.expressions.values import NUMERIC
from healthscore.tables.forgotten import forgotten_in
from healthscore.tables.layers import attribute_sorts, own, read_layer, value_layer
from healthscore.tables.moments import PLAUSIBLE, Clock, ReadingError, profile_moment, read_moment
from healthscore.tables.numbers import bind_number, profile_number
from healthscore.tables.places import located
from healthscore.tables.problems import Problem
from healthscore.tables.quoting import quote_literal
from healthscore.tables.ranges import range_rules
from healthscore.tables.rules import BoundColumn, Rule, bound, raw
from healthscore.tables.shapes import CHECKED_ONLY, HAPPENED, OPENABLE, contract_rules, projection, shape
from healthscore.tables.sorts import INTEGERS_64, Sort
from healthscore.tables.sources import RawTable
from healthscore.tables.texts import tidy_identifier, tidy_text

_SORTS = {
    Kind.IDENTIFIER: Sort.TEXT,
    Kind.TEXT: Sort.TEXT,
    Kind.DATE: Sort.DATE,
    Kind.NUMBER: Sort.NUMBER,
    Kind.FLAG: Sort.BOOLEAN,
}
_TEXTS = (Kind.IDENTIFIER, Kind.TEXT)
_FLAGS = {"true": "TRUE", "1": "TRUE", "false": "FALSE", "0": "FALSE"}


@dataclass(frozen=True)
class Binding:
    """A source bound to its contract, before its rows are judged.

    Attributes
    ----------
    relation
        Quoted view with `bound(...)` columns, attributes (`own(...)`), file, line and the original row.
    present
        Contract columns that the source fills.
    shaped
        Columns of the relation to come -> SQL over `relation`.
    sorts
        Columns that expressions over the relation to come may use.
    rules
        In order of precedence.
    scales
        Decimals kept, of numbers.
    probes
        Derived numbers: the check computes them, so that an overflow is found there and not by whoever reads the rows.
    texts
        Ids and texts that are texts in the file too, so that they may need tidying.
    integers
        Ids and texts that are integers of at most 64 bits in the file: one to one with their texts, and cheaper.
    instants
        SQL of the exact microseconds UTC, of moments.
    """

    name: str
    source: Source
    contract: Contract
    relation: str
    present: tuple[str, ...]
    shaped: dict[str, str]
    sorts: dict[str, Sort]
    rules: tuple[Rule, ...]
    scales: dict[str, int] = field(default_factory=dict)
    probes: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    integers: tuple[str, ...] = ()
    instants: dict[str, str] = field(default_factory=dict)

    def exact(self, column: str) -> str:
        """SQL of a column's value at full precision: a moment is more than the day that is kept of it."""
        if column not in self.present:
            return own(column)
        found = self.contract.column(column)
        return raw(column) if found is not None and found.kind is Kind.MOMENT else bound(column)

    def says(self, *unstated: str) -> str:
        """SQL of everything that a row says, but for some columns, as JSON."""
        said = [c for c in (*self.present, *self.source.attributes) if c not in unstated]
        return f"to_json([{', '.join(f'CAST({self.exact(column)} AS VARCHAR)' for column in said)}])"

    @property
    def payload(self) -> str:
        """SQL of everything that a row says, but for when it became known: equal for copies of one row."""
        return self.says("known_at", "end_known_at")


def bind(engine: Engine, run: Run, name: str, table: RawTable) -> Binding:
    """Bind one source.

    Raises
    ------
    BindingError
        All that is wrong with its columns.
    ConfigurationError
        The run says something about the source that cannot be meant.
    """
    source = run.sources[name]
    assigned = assign(name, source, table.columns)
    clock = _clock(engine, run, name)
    read, rules = read_layer(engine, table, assigned)
    rules = [*forgetting(run, source), *rules]
    types = engine.describe(f"SELECT * FROM {read}")
    kinds = {column: types[f"raw:{column}"] for column in assigned.columns}
    facts = _profile(engine, read, assigned, kinds, clock)
    columns, problems = _cast(run, assigned, kinds, facts, clock)
    if problems:
        raise BindingError([located(engine, read, problem, rows) for problem, rows in problems])
    relation = value_layer(engine, name, read, columns)
    rules += [rule for column in columns for rule in column.rules]
    rules += range_rules(name, {**assigned.contract.ranges, **source.ranges}, columns)
    bands = dict.fromkeys([*run.bands.names, *(() if run.scorecard is None else run.scorecard.bands.names)])
    rules += contract_rules(
        assigned.contract, assigned.columns, name, corrections=source.corrections, bands=list(bands)
    )
    attributes = {attribute: own(attribute) for attribute in assigned.attributes}
    sorts = {
        c.name: _SORTS[c.kind] for c in assigned.contract.columns if c.kind in _SORTS and c.name not in CHECKED_ONLY
    }
    instants = {column.column: column.instant for column in columns if column.instant}
    delay, time = source.availability_delay_days, instants.get("time", "")
    return Binding(
        name=name,
        source=source,
        contract=assigned.contract,
        relation=relation,
        present=tuple(assigned.columns),
        shaped=shape(assigned.contract, assigned.columns, delay, time) | attributes,
        sorts=sorts | attribute_sorts(assigned.attributes),
        rules=tuple(rules),
        scales={c.column: c.scale for c in columns if assigned.kind(c.column) is Kind.NUMBER},
        probes=tuple(_probes(assigned)),
        texts=tuple(c for c, e in assigned.columns.items() if e.sort is Sort.TEXT and assigned.kind(c) in _TEXTS),
        integers=tuple(c for c in assigned.columns if kinds[c] in INTEGERS_64 and assigned.kind(c) in _TEXTS),
        instants=instants,
    )


def forgetting(run: Run, source: Source) -> list[Rule]:
    """The rule that drops forgotten accounts: before all others, so that no row of theirs goes into quarantine.

    Where a run has accounts, it is theirs alone: what they leave out is left out of every source.
    """
    forgotten = forgotten_in(run.out)
    theirs = "accounts" in {other.contract for other in run.sources.values()}
    return [forgotten.rule()] if forgotten.hashes and (source.contract == "accounts" or not theirs) else []


def _probes(assigned: Assigned) -> Iterator[str]:
    for column, compiled in assigned.columns.items():
        if assigned.kind(column) is Kind.NUMBER and compiled.text not in compiled.names:
            yield bound(column)
    for attribute, compiled in assigned.attributes.items():
        if compiled.sort in NUMERIC and compiled.text not in compiled.names:
            yield own(attribute)


def _clock(engine: Engine, run: Run, name: str) -> Clock:
    """What the source declares about its times; ConfigurationError if its format is none."""
    source = run.sources[name]
    if source.time_format is not None:
        try:
            engine.query(f"SELECT try_strptime('', {quote_literal(source.time_format)}) IS NULL AS readable")
        except EngineError as error:
            what = f"sources.{name}.time_format = {source.time_format!r} is no format: {error.what}"
            raise ConfigurationError(what, 'write one such as "%d/%m/%Y %H:%M:%S"') from None
    latest = PLAUSIBLE[1] if run.data_end is None else (day_of(run.data_end) + 2) * DAY_MICROSECONDS
    return Clock(name, run.timezone, source.timezone, source.time_format, source.time_unit, latest)


def _profile(
    engine: Engine, read: str, assigned: Assigned, kinds: Mapping[str, str], clock: Clock
) -> dict[str, dict[str, Any]]:
    """Facts per column that its type does not tell; no query at all when there is nothing to ask."""
    asked: dict[str, str] = {}
    for column, compiled in assigned.columns.items():
        kind = assigned.kind(column)
        wanted: dict[str, str] = {}
        if kind is Kind.NUMBER:
            wanted = profile_number(column, compiled.sort, kinds[column], assigned.source.decimal)
        elif kind in (Kind.MOMENT, Kind.DATE):
            wanted = profile_moment(column, compiled.sort, clock, dated=kind is Kind.DATE)
        asked |= {f"{column}|{key}": sql for key, sql in wanted.items()}
    facts: dict[str, dict[str, Any]] = {column: {} for column in assigned.columns}
    if asked:
        row = engine.query(f"SELECT {projection(asked)} FROM {read} WHERE {WHERE} IS TRUE").to_pylist()[0]
        for key, value in row.items():
            column, _, fact = key.partition("|")
            facts[column][fact] = value
    return facts


def _cast(
    run: Run, assigned: Assigned, kinds: Mapping[str, str], facts: Mapping[str, Mapping[str, Any]], clock: Clock
) -> tuple[list[BoundColumn], list[tuple[Problem, str]]]:
    """Every contract column that the source fills, and what cannot be cast with SQL of the rows that show it."""
    columns, problems = [], []
    data_end = None if run.data_end is None else day_of(run.data_end)
    for column, compiled in assigned.columns.items():
        kind, sort, known = assigned.kind(column), compiled.sort, facts[column]
        try:
            if kind in (Kind.MOMENT, Kind.DATE):
                reading = read_moment(column, sort, known, clock, dated=kind is Kind.DATE)
                end = data_end if column in HAPPENED.get(assigned.contract.name, ()) else None
                made: BoundColumn | None = bind_moment(
                    column, reading, known, clock, opens=column in OPENABLE, data_end=end
                )
            elif kind is Kind.NUMBER:
                decimal = assigned.source.decimal
                made = bind_number(column, sort, kinds[column], known, source=assigned.name, decimal=decimal)
            else:
                made = _bind_text(column, kind, sort)
        except ReadingError as wrong:
            problem = Problem(wrong.code, "error", assigned.name, column, rule=wrong.rule, remedy=wrong.remedy)
            problems.append((problem, wrong.rows))
            continue
        if made is None:
            problem = _wrong_type(assigned.name, column, compiled.text, kind, kinds[column])
            problems.append((problem, f"{raw(column)} IS NOT NULL"))
        else:
            columns.append(made)
    return columns, problems


def _bind_text(column: str, kind: Kind, sort: Sort) -> BoundColumn | None:
    """Ids and texts as tidied texts, flags as booleans; None if values of this sort are neither."""
    value = raw(column)
    if kind is Kind.FLAG:
        return _bind_flag(column, sort)
    if sort is Sort.TEXT:
        return BoundColumn(column, tidy_identifier(value) if kind is Kind.IDENTIFIER else tidy_text(value))
    if sort in {Sort.INTEGER, Sort.NULL} or (kind is Kind.TEXT and sort in {Sort.BOOLEAN, Sort.DATE}):
        return BoundColumn(column, f"CAST({value} AS VARCHAR)")
    return None


def _bind_flag(column: str, sort: Sort) -> BoundColumn | None:
    """Flags as booleans; of texts and integers only those that can be nothing else."""
    value = raw(column)
    if sort in {Sort.BOOLEAN, Sort.NULL}:
        return BoundColumn(column, value)
    if sort not in {Sort.TEXT, Sort.INTEGER}:
        return None
    flag = f"CASE lower(CAST({value} AS VARCHAR)) {' '.join(f'WHEN {t!r} THEN {sql}' for t, sql in _FLAGS.items())} END"
    unread = f"{value} IS NOT NULL AND {bound(column)} IS NULL"
    remedy = "write such a value, leave it empty, or declare a condition that is true for the rows meant"
    rule = Rule("flag_unreadable", column, unread, "quarantine", "a flag is true or false, or 1 or 0", remedy)
    return BoundColumn(column, flag, (rule,))


def _wrong_type(name: str, column: str, text: str, kind: Kind, engine_type: str) -> Problem:
    if kind is Kind.IDENTIFIER:
        whole = f'columns.{column} = "CAST(CAST({text} AS integer) AS text)"'
        return Problem(
            "id_not_text",
            "error",
            name,
            column,
            rule=f"ids must be text (integers are taken exactly); {text} is {engine_type}, so that 1001 may be 1001.0",
            remedy=f"export the ids as text; if they are whole numbers, declare `{whole}` in [sources.{name}]",
        )
    rule = f"{column} is a {kind.value}, and {text} is {engine_type}"
    remedy = f"name another column, or write a CAST in [sources.{name}.columns]"
    return Problem("wrong_type", "error", name, column, rule=rule, remedy=remedy)
