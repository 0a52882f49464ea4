"""Names and values inside SQL texts. Nothing else in the package puts a foreign text into a query."""

from __future__ import annotations

from collections.abc import Iterable

from healthscore.errors import ConfigurationError


def quote_identifier(name: str) -> str:
    """`name` as a quoted identifier: always quoted, so that `at`, `end` and `a"; DROP` are names like any other."""
    return '"' + _sound(name).replace('"', '""') + '"'


def quote_literal(text: str) -> str:
    """`text` as a string literal."""
    return "'" + _sound(text).replace("'", "''") + "'"


def quote_list(texts: Iterable[str]) -> str:
    """Texts as a list literal, for table functions that take several files."""
    return "[" + ", ".join(quote_literal(text) for text in texts) + "]"


def _sound(text: str) -> str:
    if "\0" in text:
        raise ConfigurationError(f"{text!r} holds a NUL character", "rename it")
    return text
