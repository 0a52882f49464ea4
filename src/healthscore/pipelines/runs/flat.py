"""Nested results as one level: `pooled.models.blend.auc`, so that two of them can be laid side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Pairs = dict[str, tuple[Any, Any]]
"""Key -> what it says in the first and in the second; None where it says nothing."""


def flat(value: Any, key: str = "", *, intervals: bool = False) -> Iterator[tuple[str, Any]]:
    """Every value by its dotted key.

    Members of a list go by their `name`, where they have one, else by their number. With `intervals`, an estimate with
    its interval is one value.
    """
    if intervals and isinstance(value, Mapping) and "estimate" in value:
        yield key, value
    elif isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from flat(inner, f"{key}.{name}" if key else str(name), intervals=intervals)
    elif isinstance(value, list) and any(isinstance(inner, (Mapping, list)) for inner in value):
        for number, inner in enumerate(value):
            name = inner.get("name", number) if isinstance(inner, Mapping) else number
            yield from flat(inner, f"{key}.{name}" if key else str(name), intervals=intervals)
    else:
        yield key, value


def differing(first: Any, second: Any) -> Pairs:
    """Keys that do not say the same in both, in the order of the first."""
    one, other = dict(flat(first)), dict(flat(second))
    keys = dict.fromkeys([*one, *other])
    return {key: (one.get(key), other.get(key)) for key in keys if one.get(key) != other.get(key)}
