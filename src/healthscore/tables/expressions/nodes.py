"""The allow-list of the expression language: what each node means, and the strict SQL that it becomes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlglot
from sqlglot import exp

from healthscore.tables.expression_casts import CASTS, cast_template
from healthscore.tables.expressions.dates import shift_by_days, shift_by_interval
from healthscore.tables.expressions.values import (
    MOMENTS,
    NUMERIC,
    Built,
    RefusedError,
    alike,
    common,
    fill,
    moment_literal,
    need,
    wide,
)
from healthscore.tables.sorts import Sort
from healthscore.tables.texts import trimmed

ALLOWED = (
    "columns, literals, = <> < <= > >=, BETWEEN, IN (...), LIKE, IS NULL, AND, OR, NOT, + - * / %, ||, CASE, COALESCE, "
    "CAST(... AS text | integer | double | date), date + days, date - date, date + INTERVAL '3 days', and the "
    "functions concat, lower, upper, trim, replace, substr, length, least, greatest, abs, round"
)
_TEXT, _WHOLE, _BOOLEAN = (frozenset({sort}) for sort in (Sort.TEXT, Sort.INTEGER, Sort.BOOLEAN))
# What sqlglot's own bookkeeping adds to a node; any other argument that a node carries must be one that its rule reads.
_BOOKKEEPING = {"safe", "typed", "coalesce", "ignore_nulls", "_type", "quoted", "is_string", "nested"}


class UnknownNameError(Exception):
    """A name that is no column."""


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
            raise RefusedError(f"{_called(node)} is not allowed")
        reads, make = rule
        stray = {key for key, value in node.args.items() if value not in (None, False, [])} - reads - _BOOKKEEPING
        if stray:
            raise RefusedError(f"{_called(node)} with {', '.join(sorted(stray))} is not allowed")
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
        raise UnknownNameError(name)
    builder.used.append(name)
    sql, sort = builder.names[name]
    return Built(sqlglot.parse_one(sql, dialect="duckdb"), sort)


def _literal(_: Builder, node: Any) -> Built:
    if node.is_string:
        return Built(exp.Literal.string(node.this), Sort.TEXT)
    whole = re.fullmatch(r"[0-9]{1,18}", node.this) is not None
    if not whole and not re.fullmatch(r"[0-9]*\.?[0-9]*([eE][+-]?[0-9]{1,3})?", node.this):
        raise RefusedError(f"the number {node.this} is not understood")
    return Built(exp.Literal.number(node.this), Sort.INTEGER if whole else Sort.NUMBER)


def _constant(sort: Sort) -> Callable[[Builder, Any], Built]:
    return lambda _, node: Built(node.copy(), sort)


def _paren(builder: Builder, node: Any) -> Built:
    inner = builder.build(node.this)
    return Built(exp.paren(inner.node), inner.sort)


def _logical(builder: Builder, node: Any) -> Built:
    """AND and OR, in chains of any length, and NOT."""
    operands = [node.this] if isinstance(node, exp.Not) else list(node.flatten(unnest=False))
    parts = [need(builder.build(operand), _BOOLEAN, _called(node)).node for operand in operands]
    joined = exp.Not(this=parts[0]) if isinstance(node, exp.Not) else parts[0]
    for part in parts[1:]:
        joined = type(node)(this=joined, expression=part)
    return Built(exp.paren(joined, copy=False), Sort.BOOLEAN)


def _comparison(builder: Builder, node: Any) -> Built:
    left, right = alike([builder.build(node.this), builder.build(node.expression)], _called(node))
    return Built(exp.paren(type(node)(this=exp.paren(left.node), expression=exp.paren(right.node))), Sort.BOOLEAN)


def _between(builder: Builder, node: Any) -> Built:
    value, low, high = alike([builder.build(node.args[key]) for key in ("this", "low", "high")], _called(node))
    made = fill("$v BETWEEN $l AND $h", v=exp.paren(value.node), l=low.node, h=high.node)
    return Built(exp.paren(made), Sort.BOOLEAN)


def _in(builder: Builder, node: Any) -> Built:
    value, *options = alike([builder.build(part) for part in (node.this, *node.expressions)], _called(node))
    return Built(exp.paren(exp.In(this=exp.paren(value.node), expressions=[o.node for o in options])), Sort.BOOLEAN)


def _like(builder: Builder, node: Any) -> Built:
    value, pattern = (need(builder.build(part), _TEXT, "LIKE").node for part in (node.this, node.expression))
    like = exp.Like(this=exp.paren(value), expression=pattern)
    return Built(exp.paren(exp.Not(this=like) if node.args.get("negate") else like), Sort.BOOLEAN)


def _is(builder: Builder, node: Any) -> Built:
    if not isinstance(node.expression, exp.Null | exp.Boolean):
        raise RefusedError("IS is followed by NULL, TRUE or FALSE")
    value = exp.Is(this=exp.paren(builder.build(node.this).node), expression=node.expression.copy())
    return Built(exp.paren(exp.Not(this=value) if node.args.get("negate") else value), Sort.BOOLEAN)


def _arithmetic(builder: Builder, node: Any) -> Built:
    left = builder.build(node.this)
    if isinstance(node, exp.Add | exp.Sub) and left.sort in MOMENTS:
        if isinstance(node.expression, exp.Interval):
            return shift_by_interval(left, node)
        return shift_by_days(left, builder.build(node.expression), node)
    right = builder.build(node.expression)
    for part in (left, right):
        need(part, NUMERIC, _called(node))
    if isinstance(node, exp.Div):
        ratio = fill("CAST($a AS DOUBLE) / NULLIF($b, 0)", a=left.node, b=right.node)
        return Built(exp.paren(ratio), Sort.NUMBER)
    sort = Sort.NUMBER if Sort.NUMBER in (left.sort, right.sort) else Sort.INTEGER
    if isinstance(node, exp.Mod):
        return Built(exp.paren(fill("$a % NULLIF($b, 0)", a=exp.paren(wide(left)), b=right.node)), sort)
    return Built(exp.paren(type(node)(this=wide(left), expression=wide(right))), sort)


def _negative(builder: Builder, node: Any) -> Built:
    inner = need(builder.build(node.this), NUMERIC, "-")
    return Built(exp.paren(exp.Neg(this=exp.paren(wide(inner)))), inner.sort)


def _concatenation(builder: Builder, node: Any) -> Built:
    parts = [node.this, node.expression] if isinstance(node, exp.DPipe) else node.expressions
    texts = [_as_text(builder.build(part)) for part in parts]
    joined = texts[0]
    for text in texts[1:]:
        joined = exp.DPipe(this=joined, expression=text, safe=True)
    return Built(exp.paren(joined), Sort.TEXT)


def _as_text(part: Built) -> Any:
    if part.sort is Sort.NUMBER:
        raise RefusedError("a number with decimals does not become text by itself; write CAST(... AS integer)")
    if part.sort in {Sort.INSTANT, Sort.OTHER}:
        raise RefusedError(f"a value of sort {part.sort.value} does not become text")
    return part.node if part.sort is Sort.TEXT else fill("CAST($x AS TEXT)", x=part.node)


def _case(builder: Builder, node: Any) -> Built:
    with builder.conditionally():
        subject = builder.build(node.this) if node.args.get("this") else None
        whens, values = [], []
        for branch in node.args["ifs"]:
            when = builder.build(branch.this)
            if subject is not None:
                left, right = alike([subject, when], "CASE")
                equal = exp.EQ(this=exp.paren(left.node.copy()), expression=exp.paren(right.node))
                when = Built(equal, Sort.BOOLEAN)
            whens.append(need(when, _BOOLEAN, "WHEN").node)
            values.append(builder.build(branch.args["true"]))
        default = node.args.get("default")
        values = alike([*values, builder.build(default)] if default is not None else values, "CASE")
    branches = [exp.If(this=when, true=value.node) for when, value in zip(whens, values, strict=False)]
    return Built(exp.Case(ifs=branches, default=values[-1].node if default is not None else None), common(values))


def _several(builder: Builder, node: Any) -> Built:
    """COALESCE, LEAST, GREATEST: values of one sort."""
    with builder.conditionally():
        values = alike([builder.build(part) for part in (node.this, *node.expressions)], _called(node))
    first, *rest = (wide(value) for value in values)
    lenient = {} if isinstance(node, exp.Coalesce) else {"ignore_nulls": True}
    return Built(type(node)(this=first, expressions=rest, **lenient), common(values))


def _cast(builder: Builder, node: Any) -> Built:
    written = node.to.sql("duckdb").upper()
    target = CASTS.get(written)
    if target is None:
        raise RefusedError(f"CAST to {written} is not allowed; there are text, integer, double and date")
    inner = builder.build(node.this)
    if isinstance(node.this, exp.Literal) and target in {Sort.DATE, Sort.TIMESTAMP}:
        return moment_literal(inner, target)
    if target is Sort.TIMESTAMP:
        raise RefusedError(
            "CAST to timestamp is not allowed; the source's `timezone` and `time_format` say how it reads"
        )
    template = cast_template(inner.sort, target)
    if template is None:
        raise RefusedError(f"CAST of {inner.sort.value} to {target.value} is not exact, so it is not allowed")
    cast = fill(template, x=inner.node)
    if target is not Sort.TEXT and inner.sort is not target:
        given = fill("NULLIF(trim($x), '')", x=inner.node) if inner.sort is Sort.TEXT else exp.paren(inner.node)
        builder.guard(fill("$x IS NOT NULL AND ($c) IS NULL", x=given, c=cast), node.sql("duckdb"))
    return Built(cast, target)


def _trim(builder: Builder, node: Any) -> Built:
    inner = need(builder.build(node.this), _TEXT, "trim")
    return Built(sqlglot.parse_one(trimmed(inner.node.sql("duckdb")), dialect="duckdb"), Sort.TEXT)


def _function(
    name: str, result: Sort | None, **sorts: frozenset[Sort]
) -> tuple[set[str], Callable[[Builder, Any], Built]]:
    """A function of fixed arguments, the optional ones last; its sort is `result`, or that of its first argument."""

    def make(builder: Builder, node: Any) -> Built:
        given = [key for key in sorts if node.args.get(key) is not None]
        parts = [need(builder.build(node.args[key]), sorts[key], _called(node)) for key in given]
        slots = {f"a{position}": part.node for position, part in enumerate(parts)}
        made = fill(f"{name}({', '.join('$' + slot for slot in slots)})", **slots)
        return Built(made, result or parts[0].sort)

    return set(sorts), make


_BOTH = {"this", "expression"}
_RULES: dict[type, tuple[set[str], Callable[[Builder, Any], Built]]] = {
    exp.Column: ({"this"}, _column),
    exp.Literal: ({"this"}, _literal),
    exp.Boolean: ({"this"}, _constant(Sort.BOOLEAN)),
    exp.Null: (set(), _constant(Sort.NULL)),
    exp.Paren: ({"this"}, _paren),
    **dict.fromkeys((exp.And, exp.Or, exp.Not), (_BOTH, _logical)),
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE), (_BOTH, _comparison)),
    exp.Between: ({"this", "low", "high"}, _between),
    exp.In: ({"this", "expressions"}, _in),
    exp.Like: (_BOTH | {"negate"}, _like),
    exp.Is: (_BOTH | {"negate"}, _is),
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod), (_BOTH, _arithmetic)),
    exp.Neg: ({"this"}, _negative),
    exp.DPipe: (_BOTH, _concatenation),
    exp.Concat: ({"expressions"}, _concatenation),
    exp.Case: ({"this", "ifs", "default"}, _case),
    **dict.fromkeys((exp.Coalesce, exp.Least, exp.Greatest), ({"this", "expressions"}, _several)),
    exp.Cast: ({"this", "to"}, _cast),
    exp.Trim: ({"this"}, _trim),
    exp.Lower: _function("lower", Sort.TEXT, this=_TEXT),
    exp.Upper: _function("upper", Sort.TEXT, this=_TEXT),
    exp.Length: _function("length", Sort.INTEGER, this=_TEXT),
    exp.Abs: _function("abs", None, this=NUMERIC),
    exp.Round: _function("round", None, this=NUMERIC, decimals=_WHOLE),
    exp.Substring: _function("substr", Sort.TEXT, this=_TEXT, start=_WHOLE, length=_WHOLE),
    exp.Replace: _function("replace", Sort.TEXT, this=_TEXT, expression=_TEXT, replacement=_TEXT),
}
