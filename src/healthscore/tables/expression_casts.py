"""CASTs that are exact or NULL. DuckDB's own turn '12.75' into 13 and drop the offset of '2024-01-01T00:00+02:00'."""

from __future__ import annotations

from healthscore.tables.sorts import Sort

CASTS: dict[str, Sort] = {
    "TEXT": Sort.TEXT,
    "INT": Sort.INTEGER,
    "BIGINT": Sort.INTEGER,
    "DOUBLE": Sort.NUMBER,
    "DATE": Sort.DATE,
    "TIMESTAMP": Sort.TIMESTAMP,
}
"""sqlglot's name of a target type in DuckDB's dialect -> the sort that results. Timestamps only of literals."""

WHOLE = "[+-]?[0-9]{1,18}"
DECIMAL = "[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?"
ISO_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

# A boolean becomes a number by way of INTEGER: PostgreSQL knows no other.
_TEMPLATES: dict[tuple[Sort, Sort], str] = {
    (Sort.INTEGER, Sort.TEXT): "CAST($x AS TEXT)",
    (Sort.BOOLEAN, Sort.TEXT): "CAST($x AS TEXT)",
    (Sort.DATE, Sort.TEXT): "CAST($x AS TEXT)",
    (Sort.TIMESTAMP, Sort.TEXT): "CAST($x AS TEXT)",
    (Sort.TEXT, Sort.INTEGER): f"CASE WHEN regexp_full_match(trim($x), '{WHOLE}') THEN TRY_CAST($x AS BIGINT) END",
    (Sort.NUMBER, Sort.INTEGER): "CASE WHEN $x = round($x) THEN TRY_CAST($x AS BIGINT) END",
    (Sort.BOOLEAN, Sort.INTEGER): "CAST(CAST($x AS INTEGER) AS BIGINT)",
    (Sort.TEXT, Sort.NUMBER): f"CASE WHEN regexp_full_match(trim($x), '{DECIMAL}') THEN TRY_CAST($x AS DOUBLE) END",
    (Sort.INTEGER, Sort.NUMBER): "CAST($x AS DOUBLE)",
    (Sort.BOOLEAN, Sort.NUMBER): "CAST(CAST($x AS INTEGER) AS DOUBLE)",
    (Sort.TEXT, Sort.DATE): f"CASE WHEN regexp_full_match(trim($x), '{ISO_DATE}') THEN TRY_CAST(trim($x) AS DATE) END",
    (Sort.TIMESTAMP, Sort.DATE): "CAST($x AS DATE)",
}

_NULLS = {Sort.TEXT: "TEXT", Sort.INTEGER: "BIGINT", Sort.NUMBER: "DOUBLE"}


def cast_template(source: Sort, target: Sort) -> str | None:
    """SQL for a cast of $x; None where no exact one exists: 1001.0 is no text, an instant no date without a zone."""
    if source is target:
        return "$x"
    if source is Sort.NULL:
        return f"CAST($x AS {_NULLS.get(target, 'DATE')})"
    return _TEMPLATES.get((source, target))
