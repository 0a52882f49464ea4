"""A column's name inside an expression of a run."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = re.compile(
    "all|analyze|and|any|as|between|by|case|cast|create|cross|current_date|desc|distinct|else|end|except|false|fetch|for|"
    "from|grant|group|having|in|inner|interval|into|is|join|lateral|like|limit|not|null|on|only|or|order|outer|pivot|"
    "qualify|returning|select|session_user|set|table|then|to|true|union|unpivot|user|using|values|when|where|with",
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
