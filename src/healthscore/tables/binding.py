"""Binding: a source's columns, under whatever names, become the contract's columns, cast strictly.

Three layers of views, each name in one place (`rules.raw`, `rules.step`, `rules.bound`): expressions over the file's
columns; UTC instants where time zones differ; values. One small aggregate in between, and only where a column's type does
not say it, decides what the values are: how many decimals, which shape of text, which range of offsets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from healthscore.asof import DAY_MICROSECONDS, day_of
from healthscore.config import Run, Source
from healthscore.errors import ConfigurationError
from healthscore.tables.contract import CONTRACTS, Column, Contract, Kind
from healthscore.tables.dates import bind_moment
from healthscore.tables.engine import Engine
from healthscore.tables.expressions import Compiled, Name, UnknownColumn, compile_expression, listed, nearest_name
from healthscore.tables.moments import PLAUSIBLE, Clock, Misread, profile_moment, read_moment
from healthscore.tables.numbers import bind_number, profile_number
from healthscore.tables.problems import Problem
from healthscore.tables.quoting import quote_identifier, quote_literal
from healthscore.tables.rules import BoundColumn, Rule, bound, raw
from healthscore.tables.shapes import HAPPENED, OPENABLE, contract_rules, projection, shape
from healthscore.tables.sorts import Sort, sort_of
from healthscore.tables.sources import FILE, LINE, RawTable
from healthscore.tables.texts import tidy_identifier, tidy_text

ORIGINAL = "_original"
WHERE = "_where"
RESERVED = {FILE, LINE, ORIGINAL, WHERE, "day", "known_day", "start_day", "end_day", "end_known_day"}


@dataclass(frozen=True)
class Binding:
    """A source bound to its contract, before its rows are judged.

    Attributes
    ----------
    relation
        Quoted view with `bound(...)` columns, attributes (`own(...)`), file, line and the original row.
    shaped
        Columns of the relation to come -> SQL over `relation`.
    kinds
        Column of the relation to come -> what it holds, for expressions over it.
    rules
        In order of precedence.
    """

    name: str
    source: Source
    contract: Contract
    relation: str
    present: tuple[str, ...]
    shaped: dict[str, str]
    kinds: dict[str, Sort]
    rules: tuple[Rule, ...]
    scales: dict[str, int] = field(default_factory=dict)
    text_ids: bool = False


class Unbindable(Exception):
    """A source whose columns cannot be bound, with every reason."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


def own(attribute: str) -> str:
    """Quoted name of an attribute's value in the layers."""
    return quote_identifier(f"own:{attribute}")


def bind(engine: Engine, run: Run, name: str, table: RawTable) -> Binding:
    """Bind one source; Unbindable with all that is wrong with its columns.

    Raises
    ------
    ConfigurationError
        An expression uses what the language does not allow, or the run names columns that the contract does not have.
    """
    source, contract = run.sources[name], CONTRACTS[run.sources[name].contract]
    names = {column: _name(column, kind) for column, kind in table.columns.items()}
    expressions, attributes, where = _compiled(name, source, contract, names)
    read = quote_identifier(f"{name}/read")
    rules = _read_layer(engine, read, table, name, contract, expressions, attributes, where)
    types = engine.describe(f"SELECT * FROM {read}")
    clock = Clock(
        name, run.timezone, source.timezone, source.time_format, source.time_unit,
        PLAUSIBLE[1] if run.data_end is None else (day_of(run.data_end) + 2) * DAY_MICROSECONDS,
    )  # fmt: skip
    sorts = {column: compiled.sort for column, compiled in expressions.items()}
    kinds = {column: types[f"raw:{column}"] for column in expressions}
    facts = _profile(engine, read, source, contract, sorts, kinds, clock)
    columns = _bound(run, name, contract, sorts, kinds, facts, clock)
    relation = _value_layer(engine, name, read, columns, attributes)
    rules += [rule for column in columns for rule in column.rules] + contract_rules(contract, expressions, name)
    shaped = shape(contract, expressions, source.availability_delay_days) | {
        attribute: own(attribute) for attribute in attributes
    }
    scales = {column.column: column.scale for column in columns if _kind(contract, column.column) is Kind.NUMBER}
    return Binding(
        name, source, contract, relation, tuple(expressions), shaped, _result_sorts(contract, attributes), tuple(rules), scales,
        text_ids=sorts["account_id"] is Sort.TEXT,
    )  # fmt: skip


def _name(column: str, engine_type: str) -> Name:
    sort = sort_of(engine_type)
    quoted = quote_identifier(column)
    return Name(quoted if engine_type == "VARCHAR" or sort is not Sort.TEXT else f"CAST({quoted} AS TEXT)", sort)


def _compiled(
    name: str, source: Source, contract: Contract, names: Mapping[str, Name]
) -> tuple[dict[str, Compiled], dict[str, Compiled], Compiled | None]:
    """Every expression of the source as SQL; all missing columns are reported together."""
    _known_columns(name, source, contract)
    problems: list[Problem] = []

    def compiled(key: str, text: str, column: str = "") -> Compiled | None:
        try:
            return compile_expression(text, names, f"sources.{name}.{key}")
        except UnknownColumn as unknown:
            near = f"; did you mean {unknown.nearest!r}?" if unknown.nearest else ""
            rule = f"{key} = {text!r} names the column {unknown.missing!r}, which is not there{near}; found {listed(names)}"
            remedy = f'set `{key} = "{unknown.nearest or "..."}"` in [sources.{name}]'
            problems.append(Problem("missing_column", "error", name, column, rule=rule, remedy=remedy))
            return None

    texts = {c.name: source.columns.get(c.name, c.name if c.name in names else None) for c in contract.columns}
    found = {column: compiled(f"columns.{column}", text, column) for column, text in texts.items() if text is not None}
    attributes = {attribute: compiled(f"attributes.{attribute}", text) for attribute, text in source.attributes.items()}
    where = compiled("where", source.where) if source.where is not None else None
    for column in contract.columns:
        if column.required and texts[column.name] is None:
            near = nearest_name(column.name, names)
            rule = f"{contract.name} need {column.name} ({column.meaning}); found {listed(names)}" + (
                f"; nearest {near!r}" if near else ""
            )
            remedy = f'set `columns.{column.name} = "{near or "..."}"` in [sources.{name}]'
            problems.append(Problem("missing_column", "error", name, column.name, rule=rule, remedy=remedy))
    if problems:
        raise Unbindable(problems)
    if where is not None and where.sort not in {Sort.BOOLEAN, Sort.NULL}:
        raise ConfigurationError(
            f"sources.{name}.where = {source.where!r} is {where.sort.value}, no condition", "write a comparison"
        )
    return (
        {c: e for c, e in found.items() if e is not None},
        {a: e for a, e in attributes.items() if e is not None},
        where,
    )


def _known_columns(name: str, source: Source, contract: Contract) -> None:
    for column in source.columns:
        if contract.column(column) is None:
            near = nearest_name(column, contract.names)
            hint = f"did you mean {near!r}?" if near else f"put your own columns under [sources.{name}.attributes]"
            raise ConfigurationError(f"sources.{name}.columns.{column}: {contract.name} have no such column; they have {listed(contract.names)}", hint)  # fmt: skip
    for attribute in source.attributes:
        if contract.column(attribute) is not None or attribute in RESERVED:
            raise ConfigurationError(
                f"sources.{name}.attributes.{attribute}: {contract.name} have a column of that name",
                "choose another name",
            )


def _read_layer(
    engine: Engine, read: str, table: RawTable, name: str, contract: Contract,
    expressions: Mapping[str, Compiled], attributes: Mapping[str, Compiled], where: Compiled | None,
) -> list[Rule]:  # fmt: skip
    """First layer: expressions over the file's columns. Returns the rules that can be told from it."""
    everything = ", ".join(f"{quote_literal(c)}: CAST({quote_identifier(c)} AS VARCHAR)" for c in table.columns)
    columns = {FILE: FILE, LINE: LINE, ORIGINAL: f"to_json({{{everything}}})", WHERE: where.sql if where else "TRUE"}
    rules: list[Rule] = []

    def guard(compiled: Compiled, column: str) -> list[Rule]:
        made = []
        for each in compiled.guards:
            flag = f"_guard{sum(key.startswith('_guard') for key in columns)}"
            columns[flag] = each.predicate
            remedy = f"mend the rows, or make the case explicit: CASE WHEN ... THEN {each.cast} END"
            made.append(
                Rule("cast_failed", column, f'"{flag}"', "quarantine", f"{each.cast} is exact for every row", remedy)
            )
        return made

    if where is not None:
        rules += guard(where, "where")
        rules.append(Rule("where", "where", f"{WHERE} IS NOT TRUE", "drop", f"rows are used where {where.text}", ""))
    rules.append(
        Rule(
            "anonymous",
            "account_id",
            f"{bound('account_id')} IS NULL",
            "drop",
            "rows without an account belong to nobody",
            "",
        )
    )
    for column, compiled in expressions.items():
        loose = compiled.sort is Sort.TEXT and _kind(contract, column) not in (Kind.IDENTIFIER, Kind.TEXT)
        columns[f"raw:{column}"] = tidy_text(f"({compiled.sql})") if loose else compiled.sql
        rules += guard(compiled, column)
    for attribute, compiled in attributes.items():
        columns[f"own:{attribute}"] = _attribute(compiled)
        rules += guard(compiled, attribute)
    engine.execute(f"CREATE OR REPLACE VIEW {read} AS SELECT {projection(columns)} FROM {table.relation}")
    return rules


def _attribute(compiled: Compiled) -> str:
    templates = {
        Sort.INTEGER: "TRY_CAST({0} AS BIGINT)",
        Sort.NUMBER: "CASE WHEN isfinite(CAST({0} AS DOUBLE)) THEN CAST({0} AS DOUBLE) END",
        Sort.TIMESTAMP: "CAST({0} AS VARCHAR)",
        Sort.INSTANT: "CAST({0} AS VARCHAR)",
        Sort.OTHER: "CAST({0} AS VARCHAR)",
        Sort.NULL: "CAST({0} AS VARCHAR)",
    }
    if compiled.sort is Sort.TEXT:
        return tidy_text(f"({compiled.sql})")
    return templates.get(compiled.sort, "{0}").format(f"({compiled.sql})")


def _kind(contract: Contract, column: str) -> Kind:
    found: Column | None = contract.column(column)
    return Kind.TEXT if found is None else found.kind


def _profile(
    engine: Engine,
    read: str,
    source: Source,
    contract: Contract,
    sorts: Mapping[str, Sort],
    kinds: Mapping[str, str],
    clock: Clock,
) -> dict[str, dict[str, Any]]:
    """Facts per column that its type does not tell; no query at all when there is nothing to ask."""
    asked: dict[str, str] = {}
    for column, sort in sorts.items():
        kind = _kind(contract, column)
        wanted: dict[str, str] = {}
        if kind is Kind.NUMBER:
            wanted = profile_number(column, sort, kinds[column], source.decimal)
        elif kind in (Kind.MOMENT, Kind.DATE):
            wanted = profile_moment(column, sort, clock, dated=kind is Kind.DATE)
        asked |= {f"{column}|{key}": sql for key, sql in wanted.items()}
    facts: dict[str, dict[str, Any]] = {column: {} for column in sorts}
    if asked:
        for key, value in (
            engine.query(f"SELECT {projection(asked)} FROM {read} WHERE {WHERE} IS TRUE").to_pylist()[0].items()
        ):
            column, _, fact = key.partition("|")
            facts[column][fact] = value
    return facts


def _bound(
    run: Run,
    name: str,
    contract: Contract,
    sorts: Mapping[str, Sort],
    kinds: Mapping[str, str],
    facts: Mapping[str, Any],
    clock: Clock,
) -> list[BoundColumn]:
    """Every contract column that the source fills, cast; all that cannot be are reported together."""
    columns, problems = [], []
    data_end = None if run.data_end is None else day_of(run.data_end)
    for column, sort in sorts.items():
        kind, made = _kind(contract, column), None
        try:
            if kind in (Kind.MOMENT, Kind.DATE):
                reading = read_moment(column, sort, facts[column], clock, dated=kind is Kind.DATE)
                end = data_end if column in HAPPENED.get(contract.name, ()) else None
                made = bind_moment(column, reading, facts[column], clock, opens=column in OPENABLE, data_end=end)
            elif kind is Kind.NUMBER:
                made = bind_number(
                    column, sort, kinds[column], facts[column], source=name, decimal=run.sources[name].decimal
                )
            else:
                made = _bind_text(column, kind, sort)
        except Misread as misread:
            problems.append(
                Problem(misread.code, "error", name, column, misread.count, rule=misread.rule, remedy=misread.remedy)
            )
            continue
        if made is None:
            problems.append(_wrong_sort(name, column, kind, kinds[column]))
        else:
            columns.append(made)
    if problems:
        raise Unbindable(problems)
    return columns


def _bind_text(column: str, kind: Kind, sort: Sort) -> BoundColumn | None:
    """Ids and texts as tidied texts, flags as booleans; None if values of this sort are neither."""
    value = raw(column)
    if kind is Kind.FLAG:
        return BoundColumn(column, value) if sort is Sort.BOOLEAN else None
    if sort is Sort.TEXT:
        return BoundColumn(column, tidy_identifier(value) if kind is Kind.IDENTIFIER else tidy_text(value))
    if sort in {Sort.INTEGER, Sort.NULL} or (kind is Kind.TEXT and sort in {Sort.BOOLEAN, Sort.DATE}):
        return BoundColumn(column, f"CAST({value} AS VARCHAR)")
    return None


def _wrong_sort(name: str, column: str, kind: Kind, engine_type: str) -> Problem:
    if kind is Kind.IDENTIFIER:
        rule = f"ids must be text (integers are taken exactly); this one is {engine_type}, which cannot be told from 1001.0"
        remedy = f'export the ids as text; whole numbers are declared by `columns.{column} = "CAST({column} AS integer)"` in [sources.{name}]'
        return Problem("id_not_text", "error", name, column, rule=rule, remedy=remedy)
    rule = f"{column} is a {kind.value}; values of type {engine_type} are not"
    return Problem(
        "wrong_type",
        "error",
        name,
        column,
        rule=rule,
        remedy=f"name another column, or write a CAST in [sources.{name}.columns]",
    )


def _value_layer(
    engine: Engine, name: str, read: str, columns: list[BoundColumn], attributes: Mapping[str, Compiled]
) -> str:
    """Second and third layer: UTC instants, then values under their `bound` names."""
    steps = {f"utc:{column.column}": column.step for column in columns if column.step}
    below = read
    if steps:
        below = quote_identifier(f"{name}/instants")
        engine.execute(f"CREATE OR REPLACE VIEW {below} AS SELECT *, {projection(steps)} FROM {read}")
    values = {f"bound:{column.column}": column.value for column in columns}
    relation = quote_identifier(f"{name}/cast")
    engine.execute(f"CREATE OR REPLACE VIEW {relation} AS SELECT *, {projection(values)} FROM {below}")
    return relation


def _result_sorts(contract: Contract, attributes: Mapping[str, Compiled]) -> dict[str, Sort]:
    sorts = {
        Kind.IDENTIFIER: Sort.TEXT, Kind.TEXT: Sort.TEXT, Kind.DATE: Sort.DATE, Kind.NUMBER: Sort.NUMBER, Kind.FLAG: Sort.BOOLEAN
    }  # fmt: skip
    own_sorts = {
        name: c.sort if c.sort in set(sorts.values()) | {Sort.INTEGER} else Sort.TEXT for name, c in attributes.items()
    }
    return {column.name: sorts[column.kind] for column in contract.columns if column.kind in sorts} | own_sorts
