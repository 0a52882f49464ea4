"""The package's queries in the words of warehouses: each as one text that reads tables and makes none.

Nothing here connects to a warehouse. The small tables that a query joins (a calendar, the codes of names), which an
engine would hold as tables of its own, become part of the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from healthscore.tables.engine import EngineError
from healthscore.tables.engine.translation import parse, translated

if TYPE_CHECKING:
    import pyarrow as pa

DIALECTS = ("bigquery", "snowflake", "databricks", "trino")
"""Warehouses, by sqlglot's names of their dialects."""
_TYPES = {"int32": "INTEGER", "int64": "BIGINT", "string": "VARCHAR"}


def warehouse_sql(sql: str, dialect: str, small: Mapping[str, pa.Table] | None = None) -> str:
    """A query of DuckDB's dialect as one statement of a warehouse's.

    Parameters
    ----------
    sql
        The query.
    dialect
        One of `DIALECTS`.
    small
        Tables that become part of the text, by name; each takes about 40 letters per row.

    Raises
    ------
    EngineError
        There is no such dialect, or a column of a small table is neither a text nor an integer.
    """
    if dialect not in DIALECTS:
        raise EngineError(f"{dialect!r} is no dialect; there are {', '.join(DIALECTS)}")
    tree = parse(sql)
    for name, table in (small or {}).items():
        tree = tree.with_(exp.to_identifier(name, quoted=True), as_=_rows(table), copy=False)
    return translated(tree, dialect, {exp.Identifier: _quoted, exp.Filter: _chosen}, {})


def _quoted(node: Any) -> Any:
    """Every name is quoted: `position` is a function of some warehouses, and Snowflake would raise others' case."""
    return exp.to_identifier(node.this, quoted=True)


def _chosen(node: Any) -> Any:
    """`f(x) FILTER (WHERE c)` as `f(CASE WHEN c THEN x END)`, which all of them know: NULLs are not aggregated."""
    aggregate, condition = node.this, node.expression.this
    value = exp.Literal.number(1) if isinstance(aggregate.this, exp.Star) else aggregate.this
    return type(aggregate)(this=exp.Case(ifs=[exp.If(this=condition, true=value)]))


def _rows(table: pa.Table) -> Any:
    """A table as SELECT ... UNION ALL SELECT ..., the one form that every dialect knows."""
    if unknown := [field for field in table.schema if str(field.type) not in _TYPES]:
        raise EngineError(f"{unknown[0].name}: a column of {unknown[0].type} does not become part of a text")
    types = [_TYPES[str(kind)] for kind in table.schema.types]
    selects = []
    for number, row in enumerate(zip(*(column.to_pylist() for column in table.columns), strict=True)):
        # The first row tells names and types.
        values = [
            exp.cast(_literal(v), kind) if number == 0 else _literal(v) for v, kind in zip(row, types, strict=True)
        ]
        named = zip(values, table.column_names, strict=True)
        selects.append(exp.select(*(exp.alias_(v, name, quoted=True) if number == 0 else v for v, name in named)))
    return exp.union(*selects, distinct=False, copy=False) if len(selects) > 1 else selects[0]


def _literal(value: int | str | None) -> Any:
    if value is None:
        return exp.null()
    return exp.Literal.string(value) if isinstance(value, str) else exp.convert(value)
