"""Ranges: the values that a number may have, as the run declares them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from healthscore.tables.rules import BoundColumn, Rule, bound

OUT_OF_RANGE = "out_of_range"


def range_rules(source: str, ranges: Mapping[str, tuple[float, float]], columns: Iterable[BoundColumn]) -> list[Rule]:
    """Rules for the values that lie outside the ranges of a source."""
    rules = []
    for column in columns:
        if column.column in ranges:
            low, high = (Decimal(repr(end)) * 10**column.scale for end in ranges[column.column])
            outside = f"{bound(column.column)} < {math.ceil(low)} OR {bound(column.column)} > {math.floor(high)}"
            rule = f"values lie within {shown(ranges[column.column])}, as `ranges` declares"
            remedy = f"mend the rows, or `ranges.{column.column}` in [sources.{source}]"
            rules.append(Rule(OUT_OF_RANGE, column.column, outside, "quarantine", rule, remedy))
    return rules


def shown(scale: Sequence[float]) -> str:
    """A range as the run's TOML writes it."""
    return f"[{', '.join(f'{end:g}' for end in scale)}]"
