"""The views between a source's files and its bound rows. `rules` says which names each of them has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from healthscore.tables.columns import EXCLUDE, ORIGINAL, WHERE, Assigned
from healthscore.tables.contract import Kind
from healthscore.tables.engine import Engine
from healthscore.tables.expressions import Compiled
from healthscore.tables.quoting import quote_identifier, quote_literal
from healthscore.tables.rules import BoundColumn, Rule, bound
from healthscore.tables.shapes import projection
from healthscore.tables.sorts import Sort
from healthscore.tables.sources import FILE, LINE, RawTable
from healthscore.tables.texts import tidy_text

_ATTRIBUTES = {
    Sort.BOOLEAN: "{0}",
    Sort.DATE: "{0}",
    Sort.INTEGER: "TRY_CAST({0} AS BIGINT)",
    Sort.NUMBER: "CASE WHEN isfinite(CAST({0} AS DOUBLE)) THEN CAST({0} AS DOUBLE) END",
}
_PARSED = (Kind.MOMENT, Kind.DATE, Kind.NUMBER, Kind.FLAG)


def own(column: str) -> str:
    """Quoted name of an attribute's value, or of a column that is only a key, in the layers."""
    return quote_identifier(f"own:{column}")


def read_layer(engine: Engine, table: RawTable, assigned: Assigned) -> tuple[str, list[Rule]]:
    """First layer: expressions over the file's columns. Its name, and the rules that can be told from it.

    Rows without an account go before anything else is asked of them: nobody is hurt by their other faults.
    """
    everything = ", ".join(f"{quote_literal(c)}: CAST({quote_identifier(c)} AS VARCHAR)" for c in table.columns)
    where, exclude = assigned.where, assigned.exclude
    columns = {FILE: FILE, LINE: LINE, ORIGINAL: f"to_json({{{everything}}})", WHERE: where.sql if where else "TRUE"}
    before = [] if where is None else [*_guards("where", where, columns), _where_rule(where)]
    if exclude is not None:
        columns[EXCLUDE] = exclude.sql
        before += [*_guards("exclude", exclude, columns), _exclude_rule(exclude)]
    after = [_exit_survey_rule()] if "purpose" in assigned.columns else []
    for column, compiled in assigned.columns.items():
        parsed = compiled.sort is Sort.TEXT and assigned.kind(column) in _PARSED
        columns[f"raw:{column}"] = tidy_text(f"({compiled.sql})") if parsed else compiled.sql
        after += _guards(column, compiled, columns)
    for column, compiled in (assigned.attributes | assigned.keys).items():
        columns[f"own:{column}"] = _attribute(compiled)
        after += _guards(column, compiled, columns)
    name = quote_identifier(f"{assigned.name}/read")
    engine.execute(f"CREATE OR REPLACE VIEW {name} AS SELECT {projection(columns)} FROM {table.relation}")
    return name, [*before, _anonymous_rule(), *after]


def _where_rule(where: Compiled) -> Rule:
    return Rule("where", "where", f"{WHERE} IS NOT TRUE", "drop", f"rows are left out unless {where.text}", "")


def _exclude_rule(exclude: Compiled) -> Rule:
    return Rule("excluded", "exclude", f"{EXCLUDE} IS TRUE", "drop", f"rows are left out where {exclude.text}", "")


def _exit_survey_rule() -> Rule:
    """Whoever is asked why they leave has left: the answer is the outcome, not a sign of it."""
    exit_survey = f"lower({bound('purpose')}) = 'exit'"
    return Rule("exit_survey", "purpose", exit_survey, "drop", "answers to an exit survey are left out", "")


def _anonymous_rule() -> Rule:
    empty = f"{bound('account_id')} IS NULL"
    return Rule("anonymous", "account_id", empty, "drop", "rows without an account belong to nobody", "")


def _guards(column: str, compiled: Compiled, columns: dict[str, str]) -> list[Rule]:
    """Rules for the rows that an expression's guards find; adds a flag for each to the layer."""
    rules = []
    for guard in compiled.guards:
        flag = f"_guard{sum(key.startswith('_guard') for key in columns)}"
        columns[flag] = guard.predicate
        remedy = guard.remedy or f"mend the rows, or make the case explicit: CASE WHEN ... THEN {guard.cast} END"
        rule = guard.rule or f"{guard.cast} is exact for every row"
        rules.append(Rule(guard.code, column, quote_identifier(flag), "quarantine", rule, remedy, limit=guard.limit))
    return rules


def _attribute(compiled: Compiled) -> str:
    if compiled.sort is Sort.TEXT:
        return tidy_text(f"({compiled.sql})")
    return _ATTRIBUTES.get(compiled.sort, "CAST({0} AS VARCHAR)").format(f"({compiled.sql})")


def attribute_sorts(attributes: Mapping[str, Compiled]) -> dict[str, Sort]:
    """Sorts of the attributes as they leave the layers."""
    return {name: c.sort if c.sort in _ATTRIBUTES else Sort.TEXT for name, c in attributes.items()}


def value_layer(engine: Engine, name: str, read: str, columns: Sequence[BoundColumn]) -> str:
    """Second and third layer: UTC instants, then values under their `bound` names. The name of the last."""
    steps = {f"utc:{column.column}": column.step for column in columns if column.step}
    below = read
    if steps:
        below = quote_identifier(f"{name}/instants")
        engine.execute(f"CREATE OR REPLACE VIEW {below} AS SELECT *, {projection(steps)} FROM {read}")
    values = {f"bound:{column.column}": column.value for column in columns}
    relation = quote_identifier(f"{name}/cast")
    engine.execute(f"CREATE OR REPLACE VIEW {relation} AS SELECT *, {projection(values)} FROM {below}")
    return relation


def forget_layers(engine: Engine, name: str, texts: str, lookups: int) -> None:
    """Drop a source's views, and the table of texts under them, once its rows are bound."""
    for view in ("judged", "cast", "instants", "read", "sentiment", *(f"looked{number}" for number in range(lookups))):
        engine.execute(f"DROP VIEW IF EXISTS {quote_identifier(f'{name}/{view}')}")
    for table in (texts, quote_identifier(f"{name}/comments")):
        engine.execute(f"DROP TABLE IF EXISTS {table}")
