"""The cells SQL for warehouses that no test can reach: it parses there, uses only what their documentation lists, and
carried back to DuckDB it gives the same cells."""

from __future__ import annotations

import re
from typing import Any

import duckdb
import pyarrow as pa
import pytest
import sqlglot
from sqlglot import exp

from documented_pages import PAGES, section
from healthscore.tables.engine import EngineError
from healthscore.tables.engine.warehouses import DIALECTS, warehouse_sql
from table_workspace import Workspace
from warehouse_texts import EXAMPLE, EXAMPLE_CALENDAR, opened

EVERYWHERE = {"COUNT", "SUM", "MIN", "CAST", "COALESCE"}
FUNCTIONS = {
    "bigquery": EVERYWHERE | {"BIT_OR"},
    "snowflake": EVERYWHERE | {"BITORAGG", "BITSHIFTLEFT"},
    "databricks": EVERYWHERE | {"BIT_OR", "SHIFTLEFT"},
    "trino": EVERYWHERE | {"BITWISE_OR_AGG", "BITWISE_LEFT_SHIFT"},
}
"""Functions that the documentation of each warehouse lists; BigQuery shifts by `<<`."""
SYNTAX = {"IN", "AS", "AND", "OR", "NOT", "WHEN", "ON", "WHERE", "SELECT", "FROM", "JOIN", "OVER", "THEN", "WITH", "BY"}
"""Words of SQL that a bracket may follow."""


@pytest.fixture
def recorded(workspace: Workspace) -> Any:
    return opened(workspace).engine


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_warehouse_s_text_is_of_its_dialect(dialect: str, recorded: Any) -> None:
    assert len(recorded.queries) >= 2, "cells, and sightings of users"
    for sql in recorded.queries:
        text = warehouse_sql(sql, dialect, recorded.joined(sql))
        tree = sqlglot.parse_one(text, dialect=dialect)
        assert not list(tree.find_all(exp.Anonymous, exp.Command)) or dialect == "trino", "all of it is understood"
        assert called(text) <= FUNCTIONS[dialect]
        assert " FILTER" not in text, "BigQuery and Snowflake have none"


def called(text: str) -> set[str]:
    """Words before a bracket, outside of quotes."""
    bare = re.sub(r"'[^']*'|\"[^\"]*\"|`[^`]*`", "''", text)
    return {word.upper() for word in re.findall(r"\b([A-Za-z_]\w*)\s*\(", bare)} - SYNTAX


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_warehouse_s_text_gives_the_same_cells(dialect: str, recorded: Any) -> None:
    recorded.engine.execute("CREATE MACRO bitwise_left_shift(a, b) AS a << b")  # sqlglot does not read Trino's
    for sql in recorded.queries:
        text = warehouse_sql(sql, dialect, recorded.joined(sql))
        for name in recorded.joined(sql):
            recorded.engine.register(name, pa.table({"nothing": [1]}))  # only what is in the text is read
        back = sqlglot.transpile(text, read=dialect, write="duckdb")[0]
        found = rows(recorded.engine.query(back))
        for name, table in recorded.joined(sql).items():
            recorded.engine.register(name, table)
        assert found == rows(recorded.engine.query(sql))
        assert found


def rows(table: pa.Table) -> list[tuple[Any, ...]]:
    """Rows in an order of their own, numbers as such: a warehouse's integers may be wider."""
    columns = [
        [int(v) if v is not None and not isinstance(v, str) else v for v in c.to_pylist()] for c in table.columns
    ]
    return sorted(zip(*columns, strict=True), key=repr)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_texts_and_missing_values_of_small_tables_stay_what_they_are(dialect: str) -> None:
    odd = ["it's", 'a "name"', "back\\slash", "ünïcode", "", None]
    small = {"names": pa.table({"n": list(range(6)), "t": odd, "i": pa.array([None, -1, 2**62, 0, 1, 2], pa.int64())})}
    text = warehouse_sql("SELECT n, t, i FROM names ORDER BY n", dialect, small)
    with duckdb.connect() as connection:
        found = connection.sql(sqlglot.transpile(text, read=dialect, write="duckdb")[0]).fetchall()
    assert found == list(zip(*small["names"].to_pydict().values(), strict=True))


def test_what_cannot_be_said_is_refused() -> None:
    with pytest.raises(EngineError, match="'oracle' is no dialect; there are bigquery"):
        warehouse_sql("SELECT 1", "oracle")
    with pytest.raises(EngineError, match="x: a column of double"):
        warehouse_sql("SELECT x FROM t", "trino", {"t": pa.table({"x": [0.5]})})


def example(dialect: str) -> str:
    """What the page shows, as it is: printed by this module when it is run."""
    text = warehouse_sql(EXAMPLE, dialect, {"calendar_usage": EXAMPLE_CALENDAR})
    return f"```sql\n{sqlglot.transpile(text, read=dialect, write=dialect, pretty=True)[0]}\n```"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_page_shows_each_dialect_s_text(dialect: str) -> None:
    assert example(dialect) in section(PAGES["warehouses.md"], f"### {dialect}")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_days_are_bits_in_each_dialect(dialect: str) -> None:
    text = warehouse_sql(EXAMPLE, dialect, {"calendar_usage": EXAMPLE_CALENDAR})
    with duckdb.connect() as connection:
        connection.execute("CREATE MACRO bitwise_left_shift(a, b) AS a << b")
        connection.execute(
            "CREATE TABLE usage AS SELECT * FROM (VALUES ('a', 19873, 'login', 5), ('a', 19873, 'export', 7), "
            "('a', 19874, 'export', 9), ('b', 19873, 'login', 1)) AS t(account_id, day, name, quantity)"
        )
        found = connection.sql(sqlglot.transpile(text, read=dialect, write="duckdb")[0] + " ORDER BY 1").fetchall()
    assert found == [("a", 9, 2, 32, 7), ("b", 9, 1, 32, None)]


if __name__ == "__main__":
    print(*(f"### {dialect}\n\n{example(dialect)}\n" for dialect in DIALECTS), sep="\n")  # noqa: T201  # for the page
