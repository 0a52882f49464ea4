"""Numbers: cast strictly, then kept as scaled integers, so that no sum depends on the order of rows.

Worked example: prices 2.1, 12.75 and 3 have two decimals, so the scale is 2 and they become 210, 1275 and 300. A text
such as ``1 234``, ``$12`` or ``1.234,56`` is no number under any decimal mark and is never stripped and guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from healthscore.tables.expression_casts import DECIMAL
from healthscore.tables.rules import BoundColumn, Rule, bound, raw
from healthscore.tables.sorts import Sort

MAXIMUM_SCALE = 6
TOLERANCE = 1e-13
SINGLE_TOLERANCE = 1e-6
"""Relative error within which a product counts as whole: some hundred roundings of a double, so that an amount of a
billion keeps its cents; wider for 32-bit floats, which hold seven digits."""

_WITH_COMMA = DECIMAL.replace("[.]", "[,]")


def number_text(column: str, decimal: str) -> str:
    """SQL: a text number with a decimal point, NULL if it is none under the declared decimal mark."""
    value = raw(column)
    if decimal == ",":
        return f"CASE WHEN regexp_full_match({value}, '{_WITH_COMMA}') THEN replace({value}, ',', '.') END"
    return f"CASE WHEN regexp_full_match({value}, '{DECIMAL}') THEN {value} END"


def profile_number(column: str, sort: Sort, engine_type: str, decimal: str) -> dict[str, str]:
    """Aggregates that tell how many decimals a column holds; none for integers."""
    if sort not in {Sort.NUMBER, Sort.TEXT}:
        return {}
    if sort is Sort.TEXT or engine_type.startswith("DECIMAL"):
        value = number_text(column, decimal) if sort is Sort.TEXT else raw(column)
        exact = f"TRY_CAST({value} AS DECIMAL(30, {MAXIMUM_SCALE}))"
        steps = " ".join(f"WHEN {exact} = round({exact}, {s}) THEN {s}" for s in range(MAXIMUM_SCALE))
        return {"scale": f"max(CASE WHEN {exact} IS NULL THEN 0 {steps} ELSE {MAXIMUM_SCALE} END)"}
    value = f"CAST({raw(column)} AS DOUBLE)"
    tolerance = SINGLE_TOLERANCE if engine_type == "FLOAT" else TOLERANCE
    steps = " ".join(
        f"WHEN abs({value} * 1e{s} - round({value} * 1e{s})) <= {tolerance!r} * abs({value} * 1e{s}) THEN {s}"
        for s in range(MAXIMUM_SCALE)
    )
    # The cheap and frequent case first: whole numbers.
    whole = f"WHEN NOT isfinite({value}) OR {value} = round({value}) THEN 0"
    return {"scale": f"max(CASE {whole} {steps} ELSE {MAXIMUM_SCALE} END)"}


def bind_number(
    column: str, sort: Sort, engine_type: str, facts: Mapping[str, Any], *, source: str, decimal: str
) -> BoundColumn | None:
    """A number as a scaled BIGINT; None if values of this sort are no numbers."""
    value, scale = raw(column), int(facts.get("scale") or 0)
    fits = f"{value} IS NOT NULL AND {bound(column)} IS NULL"
    overflow = Rule(
        "number_overflow", column, fits, "quarantine", "a number fits 64 bits after scaling", "mend or drop these rows"
    )
    if sort in {Sort.INTEGER, Sort.NULL, Sort.BOOLEAN}:
        return BoundColumn(column, f"TRY_CAST({value} AS BIGINT)", (overflow,))
    if sort is Sort.NUMBER and not engine_type.startswith("DECIMAL"):
        scaled = f"TRY_CAST(round(CAST({value} AS DOUBLE) * 1e{scale}) AS BIGINT)"
        remedy = f"write an empty value where there is none, or drop such rows by `where` in [sources.{source}]"
        infinite = Rule(
            "number_not_finite", column, f"NOT isfinite({value})", "quarantine", "a number is finite", remedy
        )
        return BoundColumn(column, scaled, (infinite, overflow), scale=scale)
    if sort not in {Sort.NUMBER, Sort.TEXT}:
        return None
    text = number_text(column, decimal) if sort is Sort.TEXT else value
    # 18 digits in all, which is what a BIGINT holds; the product needs the wider type.
    scaled = f"CAST(CAST(TRY_CAST({text} AS DECIMAL(18, {scale})) AS DECIMAL(38, {scale})) * {10**scale} AS BIGINT)"
    other = "." if decimal == "," else ","
    unreadable = Rule(
        "number_unreadable",
        column,
        f"{value} IS NOT NULL AND ({text}) IS NULL",
        "quarantine",
        f"a number is digits with {decimal!r} as decimal mark: no blanks, currency, thousands marks, NaN or inf",
        f'export plain numbers; another decimal mark is declared by `decimal = "{other}"` in [sources.{source}]',
    )
    return BoundColumn(column, scaled, (unreadable, overflow) if sort is Sort.TEXT else (overflow,), scale=scale)
