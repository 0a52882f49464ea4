"""Values of the expression language: a tree and its sort, and what may stand beside what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlglot
from sqlglot import exp

from healthscore.tables.sorts import Sort

NUMERIC = frozenset({Sort.INTEGER, Sort.NUMBER})
MOMENTS = frozenset({Sort.DATE, Sort.TIMESTAMP, Sort.INSTANT})
_WRITTEN = {
    Sort.DATE: "'2024-01-31'",
    Sort.TIMESTAMP: "'2024-01-31 12:00:00'",
    Sort.INSTANT: "'2024-01-31 12:00:00+00:00'",
}


class RefusedError(Exception):
    """A node, or a mixture of sorts, that the language does not know."""


@dataclass(frozen=True)
class Built:
    """A node of the new tree and the sort of its values."""

    node: Any
    sort: Sort


def fill(template: str, **nodes: Any) -> Any:
    """A tree from DuckDB's SQL in which $name stands for a node."""
    return exp.replace_placeholders(sqlglot.parse_one(template, dialect="duckdb"), **nodes)


def need(part: Built, sorts: frozenset[Sort], what: str) -> Built:
    """The part, if it is of one of the sorts (or NULL)."""
    if part.sort not in sorts | {Sort.NULL}:
        wanted = " or ".join(sorted(sort.value for sort in sorts))
        raise RefusedError(f"{what} takes {wanted}, not {part.sort.value}; write a CAST")
    return part


def wide(part: Built) -> Any:
    """Integers widened, so that a product of small ones does not overflow."""
    if part.sort is Sort.INTEGER and not isinstance(part.node, exp.Literal):
        return fill("CAST($x AS BIGINT)", x=part.node)
    return part.node


def alike(parts: Sequence[Built], what: str) -> list[Built]:
    """Parts brought to one sort: dates may be written as ISO texts; anything else that differs is refused."""
    sorts = {part.sort for part in parts} - {Sort.NULL}
    moments = sorts & MOMENTS
    brought = list(parts)
    if len(moments) == 1 and Sort.TEXT in sorts:
        target = next(iter(moments))
        brought = [moment_literal(part, target) if part.sort is Sort.TEXT else part for part in parts]
        sorts = moments
    if len(sorts) <= 1 or sorts == NUMERIC or sorts == {Sort.DATE, Sort.TIMESTAMP}:
        return brought
    raise RefusedError(f"{what} mixes {' and '.join(sorted(sort.value for sort in sorts))}; write a CAST")


def common(parts: Sequence[Built]) -> Sort:
    """Sort of several alike parts."""
    sorts = {part.sort for part in parts} - {Sort.NULL}
    if len(sorts) == 1:
        return sorts.pop()
    return next((sort for sort in (Sort.NUMBER, Sort.TIMESTAMP) if sort in sorts), Sort.NULL)


def moment_literal(part: Built, sort: Sort) -> Built:
    """An ISO text as a literal date, naive timestamp or instant; refused if it is anything else."""
    try:
        if not (isinstance(part.node, exp.Literal) and part.node.is_string):
            raise ValueError
        text = part.node.this
        if sort is Sort.DATE:
            return Built(fill(f"CAST('{date.fromisoformat(text).isoformat()}' AS DATE)"), sort)
        at = datetime.fromisoformat(text)
        if (at.tzinfo is not None) != (sort is Sort.INSTANT):
            raise ValueError
    except ValueError:
        name = f"{'an' if sort is Sort.INSTANT else 'a'} {sort.value}"
        raise RefusedError(f"{name} stands beside a literal such as {_WRITTEN[sort]}, or a CAST") from None
    target = "TIMESTAMPTZ" if sort is Sort.INSTANT else "TIMESTAMP"
    return Built(fill(f"CAST('{at.isoformat(sep=' ')}' AS {target})"), sort)
