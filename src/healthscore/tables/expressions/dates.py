"""Dates in the expression language: moved by whole days or intervals, and subtracted."""

from __future__ import annotations

import re
from typing import Any

from sqlglot import exp

from healthscore.tables.expressions.values import Built, RefusedError, fill
from healthscore.tables.sorts import Sort

MAXIMUM_OFFSET_DAYS = 1_000_000
"""Offsets beyond this are missing, so that no sum leaves the calendar."""

_UNITS = ("DAY", "WEEK", "MONTH", "YEAR", "HOUR", "MINUTE", "SECOND")
_WHOLE_DAYS = frozenset(_UNITS[:4])


def shift_by_days(left: Built, right: Built, node: Any) -> Built:
    """Date + whole days -> date; date - date -> whole days."""
    minus = isinstance(node, exp.Sub)
    if left.sort is Sort.DATE and right.sort is Sort.DATE and minus:
        # Whole days on every engine: to some, the difference of two dates is an interval.
        days = fill("CAST($a - $b AS BIGINT)", a=exp.paren(left.node), b=exp.paren(right.node))
        return Built(days, Sort.INTEGER)
    if left.sort is not Sort.DATE or right.sort not in {Sort.INTEGER, Sort.NULL}:
        mixed = f"{left.sort.value} {'-' if minus else '+'} {right.sort.value}"
        raise RefusedError(f"{mixed}: only a date takes whole days; a timestamp takes an INTERVAL")
    within = f"$n BETWEEN -{MAXIMUM_OFFSET_DAYS} AND {MAXIMUM_OFFSET_DAYS}"
    template = f"CASE WHEN {within} THEN $d {'-' if minus else '+'} CAST($n AS INTEGER) END"
    return Built(fill(template, d=exp.paren(left.node), n=exp.paren(right.node)), Sort.DATE)


def shift_by_interval(left: Built, node: Any) -> Built:
    """Moment + INTERVAL -> moment; a date stays a date when it is moved by whole days, months or years."""
    interval = node.expression
    unit = interval.args["unit"].name.upper().removesuffix("S") if interval.args.get("unit") else ""
    amount = interval.this.name if isinstance(interval.this, exp.Literal) else ""
    if unit not in _UNITS or not re.fullmatch(r"-?[0-9]{1,6}", amount):
        raise RefusedError(f"{interval.sql('duckdb')} is no INTERVAL '3 days', with a number and {', '.join(_UNITS)}")
    sign = "-" if isinstance(node, exp.Sub) else "+"
    shifted = fill(f"$d {sign} INTERVAL '{amount}' {unit}", d=exp.paren(left.node))
    if left.sort is Sort.DATE and unit in _WHOLE_DAYS:
        return Built(fill("CAST($s AS DATE)", s=shifted), Sort.DATE)
    return Built(exp.paren(shifted), Sort.TIMESTAMP if left.sort is Sort.DATE else left.sort)
