"""Texts and ids: trimmed of every blank that the eye cannot see, ids in Unicode's composed form."""

from __future__ import annotations

from healthscore.tables.quoting import quote_literal

BLANKS = "".join(
    map(
        chr,
        [
            *range(1, 33),  # control characters and the space
            0x7F, 0x85, 0xA0, 0x1680,
            *range(0x2000, 0x2010),  # typographic spaces, zero-width characters, direction marks
            0x2028, 0x2029, 0x202F, 0x205F, 0x2060, 0x3000, 0xFEFF,
        ],
    )
)  # fmt: skip
"""Characters that are trimmed from both ends."""


def trimmed(value: str) -> str:
    """SQL: the text without blanks at either end."""
    return f"trim({value}, {quote_literal(BLANKS)})"


def untidy(value: str) -> str:
    """SQL: may the text need tidying? A cheap test that is true for too many, never for too few.

    A tidy text begins and ends with a character above the space and holds no character beyond ASCII. Tidying every id
    of 20 million rows would cost ten times as much as reading them.
    """
    return f"(strlen({value}) <> length({value}) OR {value} < '!' OR ({value})[-1] NOT BETWEEN '!' AND '~')"


def tidy_text(value: str) -> str:
    """SQL: the text trimmed; NULL if nothing is left."""
    return f"CASE WHEN {untidy(value)} THEN NULLIF({trimmed(value)}, '') ELSE {value} END"


def tidy_identifier(value: str) -> str:
    """SQL: the id trimmed and in Unicode's composed form (NFC); NULL if nothing is left."""
    return f"CASE WHEN {untidy(value)} THEN NULLIF({trimmed(f'nfc_normalize({value})')}, '') ELSE {value} END"
