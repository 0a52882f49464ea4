"""Sorts of values: the few distinctions between column types that matter for meaning."""

from __future__ import annotations

from enum import Enum


class Sort(Enum):
    """What a value is, whatever its width in the file."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    INSTANT = "instant"
    NULL = "null"
    OTHER = "other"


INTEGERS_64 = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"})
"""The engine's integers that Arrow and NumPy hold as integers too."""
_INTEGERS = INTEGERS_64 | {"HUGEINT", "UHUGEINT"}
_NAIVE = {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_US", "TIMESTAMP_NS"}
_AWARE = {"TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ", "TIMESTAMP_NS WITH TIME ZONE"}


def sort_of(engine_type: str) -> Sort:
    """Sort of a column of the engine's type, such as ``DECIMAL(18,2)``.

    A decimal without decimals is an integer: databases export ids and counts that way.
    """
    base = engine_type.strip('"').upper()
    if base in _INTEGERS or (base.startswith("DECIMAL(") and base.endswith(",0)")):
        return Sort.INTEGER
    if base in {"FLOAT", "DOUBLE"} or base.startswith("DECIMAL"):
        return Sort.NUMBER
    if base in _NAIVE:
        return Sort.TIMESTAMP
    if base in _AWARE:
        return Sort.INSTANT
    if base in {"VARCHAR", "UUID"} or base.startswith("ENUM"):
        return Sort.TEXT
    named = {"DATE": Sort.DATE, "BOOLEAN": Sort.BOOLEAN, "NULL": Sort.NULL}
    return named.get(base, Sort.OTHER)
