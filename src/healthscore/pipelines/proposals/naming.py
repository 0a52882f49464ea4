"""A column's name inside an expression of a run."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = re.compile(
    "all|and|as|asc|between|by|case|cast|current_date|date|desc|distinct|else|end|except|false|from|group|having|in|"
    "interval|is|join|like|limit|not|null|offset|on|or|order|select|start|table|then|time|timestamp|to|true|union|user|"
    "using|value|values|when|where",
    re.IGNORECASE,
)


def named(column: str) -> str:
    """The name as an expression writes it, quoted where it must be."""
    if _PLAIN.fullmatch(column) and not _RESERVED.fullmatch(column):
        return column
    return '"' + column.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an expression writes it."""
    return "'" + text.replace("'", "''") + "'"
