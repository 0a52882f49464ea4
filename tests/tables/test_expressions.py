"""The expression language: what it means, what it refuses, and how it says so."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import pytest

from healthscore.errors import ConfigurationError
from healthscore.tables.engine import ENGINES, Engine
from healthscore.tables.expressions import Name, UnknownColumnError, compile_expression
from healthscore.tables.sorts import Sort

COLUMNS = {
    "text": ("'  Ab '", "VARCHAR", Sort.TEXT),
    "code": ("'7'", "VARCHAR", Sort.TEXT),
    "nothing": ("NULL", "VARCHAR", Sort.TEXT),
    "whole": ("3", "INTEGER", Sort.INTEGER),
    "zero": ("0", "INTEGER", Sort.INTEGER),
    "real": ("2.5", "DOUBLE", Sort.NUMBER),
    "day": ("'2024-01-31'", "DATE", Sort.DATE),
    "at": ("'2024-01-31 10:00:00'", "TIMESTAMP", Sort.TIMESTAMP),
    "moment": ("'2024-01-31 10:00:00+00'", "TIMESTAMPTZ", Sort.INSTANT),
    "yes": ("TRUE", "BOOLEAN", Sort.BOOLEAN),
    "Customer ID": ("'c'", "VARCHAR", Sort.TEXT),
}
NAMES = {name: Name(f'"{name}"', sort) for name, (_, _, sort) in COLUMNS.items()}


@pytest.fixture(scope="module")
def engine() -> Iterable[Engine]:
    made = ENGINES["duckdb"](files=[], threads=1)
    select = ", ".join(f'CAST({value} AS {kind}) AS "{name}"' for name, (value, kind, _) in COLUMNS.items())
    made.execute(f"CREATE TABLE one AS SELECT {select}")
    yield made
    made.close()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Customer ID", "c"),
        ('"Customer ID"', "c"),
        ("code || '/' || whole", "7/3"),
        ("concat(code, '/', day)", "7/2024-01-31"),
        ("code || nothing", None),  # half a composite key is no key
        ("concat(code, nothing)", None),
        ("whole * real", 7.5),
        ("whole - zero * 2", 3),
        ("-whole + 1", -2),
        ("whole / 2", 1.5),
        ("whole / zero", None),  # a ratio with denominator 0 is missing
        ("whole % 2", 1),
        ("whole % zero", None),
        ("day + whole", date(2024, 2, 3)),
        ("day - 1", date(2024, 1, 30)),
        ("day - CAST('2024-01-01' AS date)", 30),
        ("day + 99999999999", None),
        ("day + INTERVAL '1 month'", date(2024, 2, 29)),
        ("day + INTERVAL 2 weeks", date(2024, 2, 14)),
        ("day + INTERVAL '90 minutes'", datetime(2024, 1, 31, 1, 30)),
        ("at - INTERVAL '1' DAY", datetime(2024, 1, 30, 10)),
        ("CAST(code AS integer) + 1", 8),
        ("code::double / 2", 3.5),
        ("CAST(text AS integer)", None),
        ("CAST(real AS integer)", None),
        ("CAST(CAST(real * 2 AS integer) AS text)", "5"),
        ("CAST(at AS date)", date(2024, 1, 31)),
        ("CAST('12.75' AS integer)", None),
        ("trim(text)", "Ab"),
        ("lower(trim(text)) || upper(trim(text))", "abAB"),
        ("replace(trim(text), 'b', 'c')", "Ac"),
        ("substr(trim(text), 2, 1)", "b"),
        ("substr(trim(text), 2)", "b"),
        ("length(trim(text))", 2),
        ("least(whole, real)", 2.5),
        ("greatest(whole, NULL)", 3),
        ("abs(-real)", 2.5),
        ("round(real * 1.11, 1)", 2.8),
        ("COALESCE(nothing, code)", "7"),
        ("CASE WHEN whole > 2 THEN 'many' ELSE 'few' END", "many"),
        ("CASE code WHEN '7' THEN 1 ELSE 2.5 END", 1.0),
        ("CASE WHEN yes THEN CAST(text AS integer) END", None),
        ("code = '7' AND NOT (whole < 3 OR real >= 3)", True),
        ("code LIKE '7%' AND code NOT LIKE '8%'", True),
        ("code NOT IN ('8', '9') AND whole IN (1, 3)", True),
        ("nothing IS NULL AND code IS NOT NULL", True),
        ("whole BETWEEN 1 AND real + 1", True),
        ("at >= '2024-01-31'", True),
        ("day < '2024-02-01' AND day <> '2024-01-30'", True),
        ("moment < '2024-01-31 11:30:00+01:00'", True),
        ("yes IS TRUE", True),
        ("code /* a remark */ = '7' -- and another", True),
        ("text = 'it''s'", False),
    ],
)
def test_what_expressions_mean(engine: Engine, text: str, value: Any) -> None:
    compiled = compile_expression(text, NAMES, "here")
    found = engine.query(f"SELECT {compiled.sql} AS value FROM one")["value"].to_pylist()
    assert found == [value]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("now()", "function now()"),
        ("current_date", "CurrentDate"),
        ("getenv('HOME')", "function getenv()"),
        ("read_text('/etc/passwd')", "function read_text()"),
        ("(SELECT 1)", "Subquery"),
        ("whole IN (SELECT 1)", "In (whole IN (SELECT 1)) with query"),
        ("EXISTS (SELECT 1)", "Exists"),
        ("count(*)", "Count"),
        ("sum(whole) OVER ()", "Window"),
        ("one.whole", "Column (one.whole) with table"),
        ("whole[1]", "Bracket"),
        ("[1, 2]", "Array"),
        ("{'a': 1}", "Struct"),
        ("whole // 2", "IntDiv"),
        ("code ILIKE '7'", "ILike"),
        ("code LIKE '7' ESCAPE '!'", "Escape"),
        ("code ~ '7'", "RegexpLike"),
        ("trim(text, 'x')", "Trim"),
        ("$1", "Placeholder"),
        ("?", "Placeholder"),
        ("TRY_CAST(code AS integer)", "TryCast"),
        ("CAST(code AS timestamp)", "CAST to timestamp"),
        ("CAST(code AS decimal(3, 1))", "CAST to DECIMAL(3, 1)"),
        ("CAST(real AS text)", "CAST of number to text"),
        ("CAST(moment AS date)", "CAST of instant to date"),
        ("code || real", "a number with decimals does not become text"),
        ("whole > code", "mixes integer and text"),
        ("code = 1.5", "mixes number and text"),
        ("COALESCE(code, 0)", "mixes integer and text"),
        ("code + 1", "takes integer or number, not text"),
        ("NOT whole", "takes boolean, not integer"),
        ("whole AND yes", "takes boolean, not integer"),
        ("at + 1", "only a date takes whole days"),
        ("day + real", "only a date takes whole days"),
        ("day + INTERVAL (whole) DAY", "is no INTERVAL"),
        ("moment > '2024-01-31'", "an instant stands beside a literal"),
        ("day > 'yesterday'", "a date stands beside a literal"),
        ("length(whole)", "takes text, not integer"),
        ("code; DROP TABLE one", "is not one expression"),
        ("DROP TABLE one", "Drop"),
        ("code ||", "is no expression"),
        ("'open", "is no expression"),
        (" ", "is not one expression"),
        ("(" * 900 + "1" + ")" * 900, "is nested too deeply"),
    ],
)
def test_what_is_refused_is_named(text: str, named: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        compile_expression(text, NAMES, "sources.orders.where")
    assert named in caught.value.what
    assert caught.value.what.startswith("sources.orders.where")
    assert caught.value.remedy


def test_a_refusal_says_what_is_allowed() -> None:
    with pytest.raises(ConfigurationError, match="allowed are columns, literals"):
        compile_expression("now()", NAMES, "here")


def test_long_chains_are_not_deep(engine: Engine) -> None:
    text = " or ".join(["whole = 4"] * 150 + ["yes"])
    found = engine.query(f"SELECT {compile_expression(text, NAMES, 'here').sql} AS value FROM one")
    assert found["value"].to_pylist() == [True]


@pytest.mark.parametrize(
    ("text", "missing", "nearest"), [("codes = '1'", "codes", "code"), ("CODE", "CODE", "code"), ("qqq", "qqq", "")]
)
def test_names_that_are_not_there(text: str, missing: str, nearest: str) -> None:
    with pytest.raises(UnknownColumnError) as caught:
        compile_expression(text, NAMES, "here")
    assert (caught.value.missing, caught.value.nearest) == (missing, nearest)


def test_casts_that_fail_are_found_outside_of_cases(engine: Engine) -> None:
    compiled = compile_expression("CAST(text AS integer) + COALESCE(CAST(text AS integer), 0)", NAMES, "here")
    (guard,) = compiled.guards
    assert guard.cast == "CAST(text AS INT)"
    assert engine.query(f"SELECT {guard.predicate} AS failed FROM one")["failed"].to_pylist() == [True]


@pytest.mark.parametrize("name", ["comment", "load", "show", "cache", "kill", "describe"])
def test_a_column_may_have_the_name_of_a_statement(engine: Engine, name: str) -> None:
    for text in (f"{name} is not null", f"{name} = 'v' and true"):
        compiled = compile_expression(text, {name: Name(f'"{name}"', Sort.TEXT)}, "here")
        found = engine.query(f"SELECT {compiled.sql} AS value FROM (SELECT 'v' AS \"{name}\")")
        assert found["value"].to_pylist() == [True]


@pytest.mark.parametrize("name", ['a"b', "it's", "se;lect", "--", "/*", "at", "end", "π", "{0}", "$x", ":x", "x" * 300])
def test_hostile_names_reach_the_engine_quoted(engine: Engine, name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    for text in (name, f"{quoted} || ''"):
        compiled = compile_expression(text, {name: Name(quoted, Sort.TEXT)}, "here")
        found = engine.query(f"SELECT {compiled.sql} AS value FROM (SELECT 'v' AS {quoted})")
        assert found["value"].to_pylist() == ["v"]
