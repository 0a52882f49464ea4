"""Functions of DuckDB that PostgreSQL lacks, as temporary functions of a session, gone when it ends.

Each has a variant per type, and the database picks the one that fits: so nothing needs to know here what a column is.
They are single expressions of SQL, which the planner puts in place of the call.
"""

from __future__ import annotations

from collections.abc import Iterator

SCHEMA = "pg_temp"
"""Where they are; PostgreSQL never looks for functions there unless it is named."""

_INTEGERS = ("smallint", "integer", "bigint")
_DECIMAL = r"^\s*[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?\s*$"
_LONG = "BETWEEN -9223372036854775808 AND 9223372036854775807"
_HALF = "0.49999999999999994::double precision"
"""The number below a half: what is added to it and cut off is rounded, halves away from zero."""

_DAY = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?"
_OFFSET = r"(Z| UTC|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?)"
_REAL_DAY = (
    "(left($1, 4) <> '0000' AND CAST(substr($1, 9, 2) AS integer) <= CASE substr($1, 6, 2) WHEN '02' THEN "
    "CASE WHEN CAST(left($1, 4) AS integer) % 4 = 0 AND (CAST(left($1, 4) AS integer) % 100 <> 0 "
    "OR CAST(left($1, 4) AS integer) % 400 = 0) THEN 29 ELSE 28 END "
    "WHEN '04' THEN 30 WHEN '06' THEN 30 WHEN '09' THEN 30 WHEN '11' THEN 30 ELSE 31 END)"
)
"""Whether the day at the beginning of a text is in the calendar."""
_TO_MICROSECONDS = r"regexp_replace($1, '([.][0-9]{6})[0-9]+', '\1')"
"""Digits beyond microseconds are cut off, as DuckDB does."""


def definitions() -> Iterator[str]:
    """CREATE FUNCTION for each variant of each function."""
    for name, arguments, result, body in _functions():
        yield (
            f"CREATE FUNCTION {SCHEMA}.{name}({arguments}) RETURNS {result} LANGUAGE sql IMMUTABLE PARALLEL SAFE "
            f"AS $body$SELECT {body}$body$"
        )


def _functions() -> Iterator[tuple[str, str, str, str]]:
    yield from _try_bigint()
    yield from _numbers()
    yield from _moments()
    for kind in ("double precision", "real", "numeric"):
        yield "finite", kind, "boolean", "$1 NOT IN ('NaN', 'Infinity', '-Infinity')"
    for kind in _INTEGERS:
        yield "finite", kind, "boolean", "$1 IS NOT NULL OR NULL"
    start = "CASE WHEN $2 < 0 THEN greatest(length($1) + $2 + 1, 1) ELSE $2 END"
    yield "part", "text, bigint", "text", f"substr($1, CAST({start} AS integer))"
    clipped = "CASE WHEN $2 < 0 AND length($1) + $2 < 0 THEN greatest($3 + length($1) + $2, 0) ELSE greatest($3, 0) END"
    yield "part", "text, bigint, bigint", "text", f"substr($1, CAST({start} AS integer), CAST({clipped} AS integer))"


def _try_bigint() -> Iterator[tuple[str, str, str, str]]:
    of_text = f"CASE WHEN CAST($1 AS numeric) {_LONG} THEN CAST(CAST($1 AS numeric) AS bigint) END"
    yield "try_bigint", "text", "bigint", rf"CASE WHEN $1 ~ '^\s*[+-]?[0-9]{{1,30}}\s*$' THEN {of_text} END"
    for kind in _INTEGERS:
        yield "try_bigint", kind, "bigint", "CAST($1 AS bigint)"
    yield "try_bigint", "boolean", "bigint", "CAST(CAST($1 AS integer) AS bigint)"
    yield "try_bigint", "numeric", "bigint", f"CASE WHEN $1 {_LONG} THEN CAST($1 AS bigint) END"
    for kind in ("double precision", "real"):
        within = "$1 >= -9223372036854775808 AND $1 < 9223372036854775808"
        yield "try_bigint", kind, "bigint", f"CASE WHEN {within} THEN CAST($1 AS bigint) END"


def _numbers() -> Iterator[tuple[str, str, str, str]]:
    number = "CAST($1 AS numeric)"
    # Beyond these the cast to a double is an error, and not infinite or 0.
    sized = f"CASE WHEN abs({number}) > 1e-300 THEN CAST($1 AS float8) ELSE 0 END"
    sized = f"CASE WHEN abs({number}) < 1.7e308 THEN {sized} END"
    yield "try_double", "text", "double precision", f"CASE WHEN $1 ~ '{_DECIMAL}' THEN {sized} END"
    rounded = "CASE WHEN abs(round({0}, $3)) < 10::numeric ^ ($2 - $3) THEN round({0}, $3) END"
    yield (
        "try_decimal",
        "text, integer, integer",
        "numeric",
        f"CASE WHEN $1 ~ '{_DECIMAL}' THEN {rounded.format(number)} END",
    )
    yield "try_decimal", "numeric, integer, integer", "numeric", rounded.format("$1")
    for kind in _INTEGERS:
        yield "round_half", kind, kind, "$1"
        yield "round_half", f"{kind}, integer", kind, f"CAST(round(CAST($1 AS numeric), $2) AS {kind})"
    yield "round_half", "numeric", "numeric", "round($1)"
    yield "round_half", "numeric, integer", "numeric", "round($1, $2)"
    yield "round_half", "double precision", "double precision", f"trunc($1 + sign($1) * {_HALF})"
    power = "(10::double precision ^ $2)"
    scaled = f"$1 * {power}"
    body = f"trunc({scaled} + sign($1) * {_HALF}) / {power}"
    yield "round_half", "double precision, integer", "double precision", body


def _moments() -> Iterator[tuple[str, str, str, str]]:
    # Exact: a double holds the microseconds of a century, and whole seconds of ten thousand years.
    for kind in ("timestamp", "timestamptz", "date"):
        micros = "CAST(round(date_part('epoch', $1) * 1000000::double precision) AS bigint)"
        yield "epoch_us", kind, "bigint", micros
    day = f"CASE WHEN {_REAL_DAY} THEN CAST($1 AS date) END"
    yield "try_date", "text", "date", f"CASE WHEN $1 ~ '^{_DAY}$' THEN {day} END"
    for name, kind, offset in (
        ("try_timestamp", "timestamp", ""),
        ("try_timestamptz", "timestamptz", _OFFSET),
    ):
        moment = f"CASE WHEN {_REAL_DAY} THEN CAST({_TO_MICROSECONDS} AS {kind}) END"
        yield name, "text", kind, f"CASE WHEN $1 ~ '^{_DAY}([T ]{_CLOCK}{offset})?$' THEN {moment} END"
