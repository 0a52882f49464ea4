"""Rules that rows can break, each written once: the check counts by it, the view filters by it, quarantine cites it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Rule:
    """A predicate over a source's rows and what happens to the rows for which it is true.

    Attributes
    ----------
    code
        Stable name; the reason beside quarantined rows and the key in the source's report.
    action
        ``quarantine`` and ``drop`` take the row out, the first rule that holds decides; ``count`` leaves it in.
    limit
        Share of the rows above which the run refuses; None for the run's `checks.quarantine_limit` over all such rules
        together. Of no matter to ``drop`` and ``count``.
    """

    code: str
    column: str
    predicate: str
    action: Literal["quarantine", "drop", "count"]
    rule: str
    remedy: str
    limit: float | None = None


@dataclass(frozen=True)
class BoundColumn:
    """A contract's column as SQL, with the rules for its rows.

    The layers between a file's columns and a bound relation, and the names that SQL may use in each: expressions are
    `raw(column)`; UTC microseconds, where time zones differ, are `step(column)`, from raw ones; `value` becomes
    `bound(column)`, from both; rules may use all three.

    Attributes
    ----------
    scale
        Decimals kept, of numbers.
    instant
        SQL of a moment's exact microseconds since 1970-01-01 UTC, over the same names as `value`.
    """

    column: str
    value: str
    rules: tuple[Rule, ...] = ()
    step: str = ""
    scale: int = 0
    instant: str = ""


def raw(column: str) -> str:
    """Quoted name of a contract column's expression before it is cast; no attribute can be called so."""
    return f'"raw:{column}"'


def step(column: str) -> str:
    """Quoted name of a moment's UTC microseconds."""
    return f'"utc:{column}"'


def bound(column: str) -> str:
    """Quoted name of a contract column after it is cast: text, scaled integer, or day."""
    return f'"bound:{column}"'
