"""Filters and derived columns of a run: a small language inside SQL's syntax, never raw SQL.

A text is parsed by sqlglot, checked node by node against an allow-list, its names are resolved against the columns that
there are, and a new tree is built from scratch; nothing of the user's text reaches the engine unread. Where SQL is
lenient the language is strict, because a silently wrong id or sum costs more than an error:

- a CAST that cannot be made exactly yields NULL and a *guard* which finds those rows (``12.75`` is no integer);
- ``concat`` and ``||`` of a missing part are missing: half a composite key is no key;
- a ratio with denominator 0 is missing;
- texts and numbers do not mix without a CAST.

Worked example: ``assumed_start_date + date`` with a DATE and an INTEGER column is that many days later.
"""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from healthscore.errors import ConfigurationError
from healthscore.tables.expressions.nodes import ALLOWED, Builder, UnknownNameError
from healthscore.tables.expressions.values import RefusedError
from healthscore.tables.sorts import Sort


@dataclass(frozen=True)
class Name:
    """A column that expressions may use: the SQL it stands for, and the sort of its values."""

    sql: str
    sort: Sort


@dataclass(frozen=True)
class Guard:
    """Finds the rows in which a CAST of an expression failed, or for which a rule of its own does not hold.

    `limit` is as in `healthscore.tables.rules.Rule`.
    """

    predicate: str
    cast: str
    code: str = "cast_failed"
    rule: str = ""
    remedy: str = ""
    limit: float | None = None


@dataclass(frozen=True)
class Compiled:
    """An expression as SQL in DuckDB's dialect, with the names that it uses."""

    text: str
    sql: str
    sort: Sort
    names: tuple[str, ...] = ()
    guards: tuple[Guard, ...] = ()


class UnknownColumnError(ConfigurationError):
    """An expression names a column that is not there."""

    def __init__(self, where: str, text: str, missing: str, available: Iterable[str]) -> None:
        self.missing = missing
        self.nearest = nearest_name(missing, available)
        hint = f"did you mean {self.nearest!r}?" if self.nearest else "mend the name"
        super().__init__(f"{where} = {text!r}: there is no column {missing!r}; there are {listed(available)}", hint)


def compile_expression(text: str, names: Mapping[str, Name], where: str) -> Compiled:
    """Turn an expression into SQL over `names`.

    Parameters
    ----------
    text
        The expression; the exact name of a column, even one with spaces, needs no quotes.
    names
        Columns that may be used, as they are written.
    where
        Key of the run that holds the expression, for messages: ``sources.orders.where``.

    Raises
    ------
    UnknownColumnError
        It names a column that is not there.
    ConfigurationError
        It is no expression, or uses what the allow-list does not know.
    """
    if text in names:
        return Compiled(text, names[text].sql, names[text].sort, (text,))
    builder = Builder({name: (column.sql, column.sort) for name, column in names.items()})
    try:
        built = builder.build(_parse(text, where))
        sql = built.node.sql("duckdb")
        guards = tuple(Guard(node.sql("duckdb"), cast) for node, cast in builder.guards)
    except RefusedError as refused:
        raise ConfigurationError(f"{where} = {text!r}: {refused}", f"allowed are {ALLOWED}") from None
    except UnknownNameError as unknown:
        raise UnknownColumnError(where, text, str(unknown), names) from None
    except RecursionError:
        raise ConfigurationError(f"{where} is nested too deeply", "write it flatter: IN (...) for many OR") from None
    return Compiled(text, sql, built.sort, tuple(dict.fromkeys(builder.used)), guards)


def _parse(text: str, where: str) -> Any:
    """The expression's tree; ConfigurationError if it is not exactly one expression."""
    with contextlib.suppress(SqlglotError):
        # As a condition first: a column may have the name of a statement (comment, load, show).
        conditions = sqlglot.Dialect.get_or_raise("duckdb").parse_into(exp.Condition, text)
        if len(conditions) == 1 and conditions[0] is not None:
            return conditions[0]
    try:
        trees = [tree for tree in sqlglot.parse(text, dialect="duckdb") if tree is not None]
    except SqlglotError as error:
        reason = str(error).split("\n")[0].replace("\x1b[4m", "").replace("\x1b[0m", "")  # sqlglot underlines
        raise ConfigurationError(f"{where} = {text!r} is no expression: {reason}", "mend the expression") from None
    if len(trees) != 1:
        raise ConfigurationError(f"{where} = {text!r} is not one expression", f"allowed are {ALLOWED}")
    return trees[0]


def nearest_name(name: str, available: Iterable[str]) -> str:
    """The most similar of the available names, whatever its case; empty if none is similar."""
    by_case = {other.casefold(): other for other in available}
    found = difflib.get_close_matches(name.casefold(), by_case, n=1)
    return by_case[found[0]] if found else ""


def listed(names: Iterable[str], limit: int = 30) -> str:
    """Names for a message, the first `limit` of them."""
    every = list(names)
    more = f" and {len(every) - limit} more" if len(every) > limit else ""
    return ", ".join(repr(name) for name in every[:limit]) + more
