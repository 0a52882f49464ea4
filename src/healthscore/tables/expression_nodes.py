"""The allow-list of the expression language: what each node means, and the strict SQL that it becomes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlglot
from sqlglot import exp

from healthscore.tables.expression_casts import CASTS, cast_template
from healthscore.tables.sorts import Sort

ALLOWED = (
    "columns, literals, = <> < <= > >=, BETWEEN, IN (...), LIKE, IS NULL, AND, OR, NOT, + - * / %, ||, CASE, COALESCE, "
    "CAST(... AS text | integer | double | date), date + days, date - date, date + INTERVAL '3 days', and the functions "
    "concat, lower, upper, trim, replace, substr, length, least, greatest, abs, round"
)
MAXIMUM_OFFSET_DAYS = 1_000_000
_UNITS = {
    "DAY": "DAY",
    "WEEK": "WEEK",
    "MONTH": "MONTH",
    "YEAR": "YEAR",
    "HOUR": "HOUR",
    "MINUTE": "MINUTE",
    "SECOND": "SECOND",
}
_WHOLE_DAYS = {"DAY", "WEEK", "MONTH", "YEAR"}
_NUMERIC = {Sort.INTEGER, Sort.NUMBER, Sort.NULL}
# What sqlglot's own bookkeeping adds to a node; any other argument that a node carries must be one that its rule reads.
_BOOKKEEPING = {"safe", "typed", "coalesce", "ignore_nulls", "_type", "quoted", "is_string", "nested"}


class Refused(Exception):
    """A node, or a mixture of sorts, that the language does not know."""


class UnknownName(Exception):
    """A name that is no column."""


@dataclass(frozen=True)
class Built:
    """A node of the new tree and the sort of its values."""

    node: Any
    sort: Sort


def fill(template: str, **nodes: Any) -> Any:
    """A tree from DuckDB's SQL in which $name stands for a node."""
    return exp.replace_placeholders(sqlglot.parse_one(template, dialect="duckdb"), **nodes)


class Builder:
    """Builds the new tree, and collects names used and guards on the way."""

    def __init__(self, names: Mapping[str, tuple[str, Sort]]) -> None:
        self.names = names
        self.used: list[str] = []
        self.guards: list[tuple[Any, str]] = []
        self._conditional = 0

    def build(self, node: Any) -> Built:
        """Build one node, or refuse it."""
        rule = _RULES.get(type(node))
        if rule is None:
            raise Refused(f"{_called(node)} is not allowed")
        reads, make = rule
        stray = {key for key, value in node.args.items() if value not in (None, False, [])} - reads - _BOOKKEEPING
        if stray:
            raise Refused(f"{_called(node)} with {', '.join(sorted(stray))} is not allowed")
        return make(self, node)

    @contextmanager
    def conditionally(self) -> Iterator[None]:
        """Inside CASE and COALESCE a failing CAST may be meant, so it is not reported."""
        self._conditional += 1
        try:
            yield
        finally:
            self._conditional -= 1

    def guard(self, failed: Any, what: str) -> None:
        """Remember how to find the rows in which a cast failed."""
        if not self._conditional:
            self.guards.append((failed, what))


def _called(node: Any) -> str:
    if isinstance(node, exp.Anonymous):
        return f"the function {node.name}()"
    return f"{type(node).__name__} ({node.sql('duckdb')[:60]})"


def _column(builder: Builder, node: Any) -> Built:
    name = node.name
    if name not in builder.names:
        raise UnknownName(name)
    builder.used.append(name)
    sql, sort = builder.names[name]
    return Built(sqlglot.parse_one(sql, dialect="duckdb"), sort)


def _literal(_: Builder, node: Any) -> Built:
    if node.is_string:
        return Built(exp.Literal.string(node.this), Sort.TEXT)
    whole = re.fullmatch(r"[0-9]{1,18}", node.this) is not None
    if not whole and not re.fullmatch(r"[0-9]*\.?[0-9]*([eE][+-]?[0-9]{1,3})?", node.this):
        raise Refused(f"the number {node.this} is not understood")
    return Built(exp.Literal.number(node.this), Sort.INTEGER if whole else Sort.NUMBER)


def _constant(sort: Sort) -> Callable[[Builder, Any], Built]:
    return lambda _, node: Built(node.copy(), sort)


def _paren(builder: Builder, node: Any) -> Built:
    inner = builder.build(node.this)
    return Built(exp.paren(inner.node), inner.sort)


def _logical(builder: Builder, node: Any) -> Built:
    parts = [
        _need(builder.build(part), {Sort.BOOLEAN}, _called(node))
        for part in (node.this, node.args.get("expression"))
        if part
    ]
    return Built(
        exp.paren(type(node)(**dict(zip(("this", "expression"), (p.node for p in parts), strict=False)))), Sort.BOOLEAN
    )


def _comparison(builder: Builder, node: Any) -> Built:
    left, right = alike([builder.build(node.this), builder.build(node.expression)], _called(node))
    return Built(exp.paren(type(node)(this=exp.paren(left.node), expression=exp.paren(right.node))), Sort.BOOLEAN)


def _between(builder: Builder, node: Any) -> Built:
    value, low, high = alike([builder.build(node.args[key]) for key in ("this", "low", "high")], _called(node))
    return Built(
        exp.paren(fill("$v BETWEEN $l AND $h", v=exp.paren(value.node), l=low.node, h=high.node)), Sort.BOOLEAN
    )


def _in(builder: Builder, node: Any) -> Built:
    value, *options = alike([builder.build(part) for part in (node.this, *node.expressions)], _called(node))
    return Built(exp.paren(exp.In(this=exp.paren(value.node), expressions=[o.node for o in options])), Sort.BOOLEAN)


def _like(builder: Builder, node: Any) -> Built:
    parts = [_need(builder.build(part), {Sort.TEXT, Sort.NULL}, "LIKE") for part in (node.this, node.expression)]
    like = exp.Like(this=exp.paren(parts[0].node), expression=parts[1].node)
    return Built(exp.paren(exp.Not(this=like) if node.args.get("negate") else like), Sort.BOOLEAN)


def _is(builder: Builder, node: Any) -> Built:
    if not isinstance(node.expression, exp.Null | exp.Boolean):
        raise Refused("IS is followed by NULL, TRUE or FALSE")
    value = exp.Is(this=exp.paren(builder.build(node.this).node), expression=node.expression.copy())
    return Built(exp.paren(exp.Not(this=value) if node.args.get("negate") else value), Sort.BOOLEAN)


def _arithmetic(builder: Builder, node: Any) -> Built:
    right_is_interval = isinstance(node.expression, exp.Interval)
    left = builder.build(node.this)
    if isinstance(node, exp.Add | exp.Sub) and left.sort in {Sort.DATE, Sort.TIMESTAMP, Sort.INSTANT}:
        return (
            _shift_by_interval(left, node)
            if right_is_interval
            else _shift_by_days(left, builder.build(node.expression), node)
        )
    right = builder.build(node.expression)
    for part in (left, right):
        _need(part, _NUMERIC, _called(node))
    if isinstance(node, exp.Div):
        return Built(exp.paren(fill("CAST($a AS DOUBLE) / NULLIF($b, 0)", a=left.node, b=right.node)), Sort.NUMBER)
    if isinstance(node, exp.Mod):
        return Built(exp.paren(fill("$a % NULLIF($b, 0)", a=exp.paren(_wide(left)), b=right.node)), _wider(left, right))
    return Built(exp.paren(type(node)(this=_wide(left), expression=_wide(right))), _wider(left, right))


def _shift_by_days(left: Built, right: Built, node: Any) -> Built:
    """date + whole days -> date; date - date -> whole days."""
    if left.sort is Sort.DATE and right.sort is Sort.DATE and isinstance(node, exp.Sub):
        return Built(exp.paren(exp.Sub(this=left.node, expression=right.node)), Sort.INTEGER)
    if left.sort is not Sort.DATE or right.sort not in {Sort.INTEGER, Sort.NULL}:
        raise Refused(
            f"{left.sort.value} {node.key} {right.sort.value}: only a date takes whole days; add an INTERVAL to a timestamp"
        )
    sign = "-" if isinstance(node, exp.Sub) else "+"
    template = (
        f"CASE WHEN $n BETWEEN -{MAXIMUM_OFFSET_DAYS} AND {MAXIMUM_OFFSET_DAYS} THEN $d {sign} CAST($n AS INTEGER) END"
    )
    return Built(fill(template, d=exp.paren(left.node), n=exp.paren(right.node)), Sort.DATE)


def _shift_by_interval(left: Built, node: Any) -> Built:
    interval = node.expression
    unit = interval.args["unit"].name.upper().removesuffix("S") if interval.args.get("unit") else ""
    amount = interval.this.name if isinstance(interval.this, exp.Literal) else ""
    if unit not in _UNITS or not re.fullmatch(r"-?[0-9]{1,6}", amount):
        raise Refused(
            f"{interval.sql('duckdb')} is not understood; write INTERVAL '3 days', with a number and {', '.join(_UNITS)}"
        )
    sign = "-" if isinstance(node, exp.Sub) else "+"
    shifted = fill(f"$d {sign} INTERVAL '{amount}' {unit}", d=exp.paren(left.node))
    if left.sort is Sort.DATE and unit in _WHOLE_DAYS:
        return Built(fill("CAST($s AS DATE)", s=shifted), Sort.DATE)
    return Built(exp.paren(shifted), Sort.TIMESTAMP if left.sort is Sort.DATE else left.sort)


def _negative(builder: Builder, node: Any) -> Built:
    inner = _need(builder.build(node.this), _NUMERIC, "-")
    return Built(exp.paren(exp.Neg(this=exp.paren(_wide(inner)))), inner.sort)


def _concatenation(builder: Builder, node: Any) -> Built:
    parts = [node.this, node.expression] if isinstance(node, exp.DPipe) else node.expressions
    texts = [_as_text(builder.build(part)) for part in parts]
    joined = texts[0]
    for text in texts[1:]:
        joined = exp.DPipe(this=joined, expression=text, safe=True)
    return Built(exp.paren(joined), Sort.TEXT)


def _as_text(part: Built) -> Any:
    if part.sort is Sort.NUMBER:
        raise Refused(
            "a number with decimals does not become text by itself; write CAST(... AS integer), or CAST(... AS text)"
        )
    if part.sort in {Sort.INSTANT, Sort.OTHER}:
        raise Refused(f"a value of sort {part.sort.value} does not become text")
    return part.node if part.sort is Sort.TEXT else fill("CAST($x AS TEXT)", x=part.node)


def _case(builder: Builder, node: Any) -> Built:
    with builder.conditionally():
        subject = builder.build(node.this) if node.args.get("this") else None
        whens, values = [], []
        for branch in node.args["ifs"]:
            when = builder.build(branch.this)
            if subject is not None:
                left, right = alike([subject, when], "CASE")
                when = Built(exp.EQ(this=exp.paren(left.node.copy()), expression=exp.paren(right.node)), Sort.BOOLEAN)
            whens.append(_need(when, {Sort.BOOLEAN}, "WHEN"))
            values.append(builder.build(branch.args["true"]))
        default = node.args.get("default")
        values = alike([*values, builder.build(default)] if default is not None else values, "CASE")
    made = exp.Case(
        ifs=[exp.If(this=when.node, true=value.node) for when, value in zip(whens, values, strict=False)],
        default=values[-1].node if default is not None else None,
    )
    return Built(made, common(values))


def _several(builder: Builder, node: Any) -> Built:
    """COALESCE, LEAST, GREATEST: values of one sort."""
    with builder.conditionally():
        values = alike([builder.build(part) for part in (node.this, *node.expressions)], _called(node))
    first, *rest = (_wide(value) for value in values)
    lenient = {} if isinstance(node, exp.Coalesce) else {"ignore_nulls": True}
    return Built(type(node)(this=first, expressions=rest, **lenient), common(values))


def _cast(builder: Builder, node: Any) -> Built:
    target = CASTS.get(node.to.sql("duckdb").upper())
    if target is None:
        raise Refused(f"CAST to {node.to.sql('duckdb')} is not allowed; there are text, integer, double and date")
    inner = builder.build(node.this)
    if target is Sort.TIMESTAMP and not isinstance(node.this, exp.Literal):
        raise Refused(
            "CAST to timestamp is not allowed; name the column: the source's `timezone` and `time_format` say how it reads"
        )
    if isinstance(node.this, exp.Literal) and target in {Sort.DATE, Sort.TIMESTAMP}:
        return moment_literal(inner, target)
    template = cast_template(inner.sort, target)
    if template is None:
        raise Refused(f"CAST of {inner.sort.value} to {target.value} is not exact, so it is not allowed")
    cast = fill(template, x=inner.node)
    if target is not Sort.TEXT and inner.sort is not target:
        given = fill("NULLIF(trim($x), '')", x=inner.node) if inner.sort is Sort.TEXT else exp.paren(inner.node)
        builder.guard(fill("$x IS NOT NULL AND ($c) IS NULL", x=given, c=cast), node.sql("duckdb"))
    return Built(cast, target)


def _function(
    name: str, arguments: tuple[tuple[str, set[Sort]], ...], result: Sort | None
) -> Callable[[Builder, Any], Built]:
    """A function of fixed arguments; its sort is `result`, or that of its first argument."""

    def make(builder: Builder, node: Any) -> Built:
        given = [
            _need(builder.build(node.args[key]), sorts, _called(node))
            for key, sorts in arguments
            if node.args.get(key) is not None
        ]
        slots = {f"a{position}": part.node for position, part in enumerate(given)}
        filled = fill(f"{name}({', '.join('$' + slot for slot in slots)})", **slots)
        return Built(filled, result or given[0].sort)

    return make


def alike(parts: list[Built], what: str) -> list[Built]:
    """Parts brought to one sort: dates may be written as ISO texts; anything else that differs is refused."""
    sorts = {part.sort for part in parts} - {Sort.NULL}
    moments = sorts & {Sort.DATE, Sort.TIMESTAMP, Sort.INSTANT}
    if len(moments) == 1 and Sort.TEXT in sorts:
        target = next(iter(moments))
        parts = [moment_literal(part, target) if part.sort is Sort.TEXT else part for part in parts]
        sorts = {part.sort for part in parts} - {Sort.NULL}
    if len(sorts) <= 1 or sorts == {Sort.INTEGER, Sort.NUMBER} or sorts == {Sort.DATE, Sort.TIMESTAMP}:
        return parts
    raise Refused(f"{what} mixes {' and '.join(sorted(sort.value for sort in sorts))}; write a CAST")


def common(parts: list[Built]) -> Sort:
    """Sort of several alike parts."""
    sorts = {part.sort for part in parts} - {Sort.NULL}
    if len(sorts) == 1:
        return sorts.pop()
    return Sort.NUMBER if Sort.NUMBER in sorts else Sort.TIMESTAMP if Sort.TIMESTAMP in sorts else Sort.NULL


def moment_literal(part: Built, sort: Sort) -> Built:
    """An ISO text as a literal date, naive timestamp or instant; refused if it is anything else."""
    text = part.node.this if isinstance(part.node, exp.Literal) and part.node.is_string else None
    try:
        if text is None:
            raise ValueError
        if sort is Sort.DATE:
            return Built(fill(f"CAST('{date.fromisoformat(text).isoformat()}' AS DATE)"), sort)
        at = datetime.fromisoformat(text)
        if (at.tzinfo is not None) != (sort is Sort.INSTANT):
            raise ValueError
    except ValueError:
        written = {
            Sort.DATE: "'2024-01-31'",
            Sort.TIMESTAMP: "'2024-01-31 12:00:00'",
            Sort.INSTANT: "'2024-01-31 12:00:00+00:00'",
        }[sort]
        raise Refused(f"a {sort.value} is compared with a literal such as {written}, or with a CAST") from None
    target = "TIMESTAMPTZ" if sort is Sort.INSTANT else "TIMESTAMP"
    return Built(fill(f"CAST('{at.isoformat(sep=' ')}' AS {target})"), sort)


def _need(part: Built, sorts: set[Sort], what: str) -> Built:
    if part.sort not in sorts | {Sort.NULL}:
        raise Refused(
            f"{what} takes {' or '.join(sorted(s.value for s in sorts - {Sort.NULL}))}, not {part.sort.value}; write a CAST"
        )
    return part


def _wide(part: Built) -> Any:
    """Integers widened, so that a product of small ones does not overflow."""
    return (
        fill("CAST($x AS BIGINT)", x=part.node)
        if part.sort is Sort.INTEGER and not isinstance(part.node, exp.Literal)
        else part.node
    )


def _wider(left: Built, right: Built) -> Sort:
    return Sort.NUMBER if Sort.NUMBER in (left.sort, right.sort) else Sort.INTEGER


_BOTH = {"this", "expression"}
_TEXT = {Sort.TEXT}
_WHOLE = {Sort.INTEGER}
_RULES: dict[type, tuple[set[str], Callable[[Builder, Any], Built]]] = {
    exp.Column: ({"this"}, _column),
    exp.Literal: ({"this"}, _literal),
    exp.Boolean: ({"this"}, _constant(Sort.BOOLEAN)),
    exp.Null: (set(), _constant(Sort.NULL)),
    exp.Paren: ({"this"}, _paren),
    **{kind: (_BOTH, _logical) for kind in (exp.And, exp.Or, exp.Not)},
    **{kind: (_BOTH, _comparison) for kind in (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)},
    exp.Between: ({"this", "low", "high"}, _between),
    exp.In: ({"this", "expressions"}, _in),
    exp.Like: (_BOTH | {"negate"}, _like),
    exp.Is: (_BOTH | {"negate"}, _is),
    **{kind: (_BOTH, _arithmetic) for kind in (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)},
    exp.Neg: ({"this"}, _negative),
    exp.DPipe: (_BOTH, _concatenation),
    exp.Concat: ({"expressions"}, _concatenation),
    exp.Case: ({"this", "ifs", "default"}, _case),
    **{kind: ({"this", "expressions"}, _several) for kind in (exp.Coalesce, exp.Least, exp.Greatest)},
    exp.Cast: ({"this", "to"}, _cast),
    exp.Lower: ({"this"}, _function("lower", (("this", _TEXT),), Sort.TEXT)),
    exp.Upper: ({"this"}, _function("upper", (("this", _TEXT),), Sort.TEXT)),
    exp.Length: ({"this"}, _function("length", (("this", _TEXT),), Sort.INTEGER)),
    exp.Abs: ({"this"}, _function("abs", (("this", _NUMERIC),), None)),
    exp.Round: ({"this", "decimals"}, _function("round", (("this", _NUMERIC), ("decimals", _WHOLE)), None)),
    exp.Substring: (
        {"this", "start", "length"},
        _function("substr", (("this", _TEXT), ("start", _WHOLE), ("length", _WHOLE)), Sort.TEXT),
    ),
    exp.Replace: (
        {"this", "expression", "replacement"},
        _function("replace", (("this", _TEXT), ("expression", _TEXT), ("replacement", _TEXT)), Sort.TEXT),
    ),
    exp.Trim: ({"this"}, lambda builder, node: _trim(builder, node)),
}


def _trim(builder: Builder, node: Any) -> Built:
    from healthscore.tables.texts import trimmed

    inner = _need(builder.build(node.this), _TEXT, "trim")
    return Built(sqlglot.parse_one(trimmed(inner.node.sql("duckdb")), dialect="duckdb"), Sort.TEXT)
