"""What DuckDB's SQL becomes in Spark's words, where sqlglot alone does not say it."""

from __future__ import annotations

import pytest

from healthscore.tables.engine import EngineError
from healthscore.tables.engine.sparkdialect import java_format, spark_sql


@pytest.mark.parametrize(
    ("duckdb", "spark"),
    [
        ("SELECT regexp_full_match(a, '[0-9]+')", r"SELECT a RLIKE '\\A(?:[0-9]+)\\z'"),
        ("SELECT epoch_us(a)", "SELECT UNIX_MICROS(CAST(a AS TIMESTAMP))"),
        ("SELECT strlen(a)", "SELECT OCTET_LENGTH(a)"),
        ("SELECT (a)[-1]", "SELECT RIGHT((a), 1)"),
        ("SELECT isfinite(a)", "SELECT (ABS(a) < CAST('inf' AS DOUBLE))"),
        ("SELECT nfc_normalize(a)", "SELECT REFLECT('com.ibm.icu.text.Normalizer', 'compose', a, FALSE)"),
        ("SELECT list(a ORDER BY a) AS l", "SELECT ARRAY_SORT(COLLECT_LIST(a)) AS l"),
        ("SELECT min(a, 3) FILTER (WHERE b)", "SELECT MIN_BY(a, a, 3) FILTER(WHERE b)"),
        ("SELECT min(a)", "SELECT MIN(a)"),
        ("SELECT a FROM t ORDER BY ALL", "SELECT a FROM t ORDER BY ALL NULLS LAST"),
        ("SELECT a // 3", "SELECT a DIV 3"),
        (
            "SELECT bit_or(CAST(1 AS BIGINT) << p) FILTER (WHERE b)",
            "SELECT BIT_OR(SHIFTLEFT(CAST(1 AS BIGINT), p)) FILTER(WHERE b)",
        ),
        ("SELECT struct_pack(a := 1, b := 2)", "SELECT STRUCT(1 AS a, 2 AS b)"),
        ('SELECT "at" FROM "events/raw"', "SELECT `at` FROM `events/raw`"),
        ("SELECT * EXCLUDE (a) FROM t", "SELECT * EXCEPT (a) FROM t"),
        (
            "SELECT regexp_full_match((a)[-1], 'x') FROM t",
            r"SELECT RIGHT((a), 1) RLIKE '\\A(?:x)\\z' FROM t",
        ),
    ],
)
def test_a_query_is_said_in_spark_s_words(duckdb: str, spark: str) -> None:
    assert spark_sql(duckdb) == spark


@pytest.mark.parametrize(
    ("time_format", "pattern"),
    [
        ("%Y-%m-%d", "yyyy-M-d"),
        ("%d/%m/%Y %H:%M", "d/M/yyyy H:m"),
        ("%Y%m%d", "yyyyMMd"),
        ("%b %d, %Y at %I%p", "MMM d, yyyy 'a''t' hha"),
        ("%H:%M:%S.%f%z", "H:m:s.[SSSSSS][SSSSS][SSSS][SSS][SS][S]XX"),
    ],
)
def test_a_format_of_times_is_a_pattern_of_java_s(time_format: str, pattern: str) -> None:
    assert java_format(time_format) == pattern


def test_a_directive_that_java_has_no_pattern_for_is_refused() -> None:
    with pytest.raises(EngineError, match="%j"):
        java_format("%Y-%j")


def test_a_list_in_another_order_than_its_values_is_refused() -> None:
    with pytest.raises(EngineError, match="ordered by its own values"):
        spark_sql("SELECT list(a ORDER BY b) AS l")
