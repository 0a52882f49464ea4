"""PostgreSQL as the engine, against a real server whose database sorts texts as a dictionary does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from documented_pages import Example, examples
from healthscore.errors import ConfigurationError
from healthscore.tables import SourcesError, open_tables
from healthscore.tables.engine import DATABASES, ENGINES, Engine, EngineError
from healthscore.tables.engine.postgresql import PostgreSQLEngine
from healthscore.tables.engine.postgresqldialect import short_name
from healthscore.tables.engine.postgresqlsession import LONGEST_NAME, LostConnectionError
from healthscore.tables.expressions import Name, compile_expression
from healthscore.tables.places import first_places
from healthscore.tables.quoting import quote_literal
from healthscore.tables.sorts import Sort
from healthscore.tables.texts import tidy_identifier, tidy_text, untidy
from loaded_tables import ADDRESS, database, execute
from postgres_server import PASSWORD, Server, running
from table_workspace import Workspace

TABLES = (
    "CREATE SCHEMA company",
    "CREATE TABLE company.accounts (account_id varchar(8) PRIMARY KEY, region char(2))",
    "INSERT INTO company.accounts VALUES ('a', 'EU'), ('B', 'US'), ('ä', NULL)",
    "CREATE TABLE company.events (account_id varchar(8), at timestamptz, email text, amount numeric(10, 2))",
    "INSERT INTO company.events VALUES ('a', '2024-03-01 12:00+00', 'p@x.org', 1.25), ('a', '2024-03-02', NULL, 2), "
    "('B', '2024-03-03', NULL, NULL), ('nobody', '2024-03-04', NULL, 3)",
    "CREATE VIEW company.seen AS SELECT * FROM company.events",
    'CREATE TABLE company.plans (account_id text, start date, "end" date) PARTITION BY RANGE (start)',
    "CREATE TABLE company.plans_2023 PARTITION OF company.plans FOR VALUES FROM ('2023-01-01') TO ('2024-01-01')",
    "CREATE TABLE company.plans_2024 PARTITION OF company.plans FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
    "INSERT INTO company.plans VALUES ('a', '2023-01-01', 'infinity'), ('B', '2024-01-01', '2024-02-01'), "
    "('B', '2024-03-01', '-infinity')",
    'CREATE TABLE company."Mixed Case" (account_id text)',
    "CREATE ROLE reader LOGIN PASSWORD 'reads-only-4417'",
    "GRANT USAGE ON SCHEMA company TO reader",
    "GRANT SELECT ON company.accounts TO reader",
)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as made:
        yield made


@pytest.fixture(scope="module")
def uri(server: Server) -> str:
    made = database(server, "company")
    execute(made, *TABLES)
    return made


@pytest.fixture
def address(uri: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a run says of the database."""
    monkeypatch.setenv(ADDRESS, uri)
    return f"env:{ADDRESS}"


@pytest.fixture
def engine(address: str) -> Iterator[PostgreSQLEngine]:
    made = PostgreSQLEngine(database=address)
    yield made
    made.close()


@pytest.fixture
def local() -> Iterator[Engine]:
    made = ENGINES["duckdb"](files=[], threads=1)
    yield made
    made.close()


# --- the same words mean the same ------------------------------------------------------------------------------------

NAMES = {
    "t": Name('"t"', Sort.TEXT),
    "i": Name('"i"', Sort.INTEGER),
    "x": Name('"x"', Sort.NUMBER),
    "b": Name('"b"', Sort.BOOLEAN),
    "d": Name('"d"', Sort.DATE),
    "s": Name('"s"', Sort.TIMESTAMP),
}
VALUES = pa.table(
    {
        "row": list(range(8)),
        "t": ["12", "-3.5e2", " 7 ", "2024-02-29", "2023-02-29", "a_b%c\\d", "Ünïcode Z", None],
        "i": pa.array([0, 1, -7, 2**62, -(2**62), 3, 100, None], pa.int64()),
        "x": [0.5, 1.5, -2.5, 0.49999999999999994, 1e15 + 0.5, 1e300, -0.005, None],
        "b": [True, False, True, False, True, False, None, None],
        "d": [date(2024, 2, 29), date(1970, 1, 1), date(1899, 12, 31), *[date(2024, 1, n) for n in (1, 2, 3, 4)], None],
        "s": pa.array([datetime(2024, 2, 29, 23, 59, 59, 999_999), datetime(1970, 1, 1), datetime(1950, 6, 1, 1)]
                      + [datetime(2024, 1, n, n) for n in (1, 2, 3, 4)] + [None], pa.timestamp("us")),
    }
)  # fmt: skip
EXPRESSIONS = (
    "CAST(t AS integer)", "CAST(t AS double)", "CAST(t AS date)", "CAST(x AS integer)", "CAST(i AS text)",
    "CAST(b AS integer)", "CAST(b AS double)", "CAST(b AS text)", "CAST(d AS text)", "CAST(s AS date)",
    "round(x)", "round(x, 2)", "round(i)", "abs(x)", "abs(i - 1)", "i / 3", "i % 4", "x / i", "-x", "x * 2 + i",
    "lower(t)", "upper(t)", "trim(t)", "length(t)", "substr(t, 2)", "substr(t, -3)", "substr(t, -3, 2)",
    "substr(t, -40, 38)", "substr(t, 2, 3)", "replace(t, 'a', 'b')", "t || '-' || i", "concat(t, '!')",
    "t LIKE 'a_b%'", "t LIKE '%\\d'", "t < 'a'", "t >= 'Z'", "t IN ('12', ' 7 ')", "t BETWEEN 'A' AND 'z'",
    "d + 3", "d - i % 10", "d - d", "d + INTERVAL '2 months'", "s > '2024-01-02 00:00:00'", "d >= '2024-01-01'",
    "COALESCE(i, 5)", "least(i, 3)", "greatest(x, 1.0)", "CASE WHEN b THEN i ELSE -1 END", "NOT b OR b IS NULL",
)  # fmt: skip


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_an_expression_says_the_same_as_on_duckdb(text: str, engine: PostgreSQLEngine, local: Engine) -> None:
    compiled = compile_expression(text, NAMES, "columns.c")
    guards = "".join(f", ({guard.predicate}) AS g{n}" for n, guard in enumerate(compiled.guards))
    sql = f"SELECT {compiled.sql} AS value{guards} FROM odd ORDER BY row"
    found = [rows_on(one, sql) for one in (local, engine)]
    assert found[1] == found[0]


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT {untidy('t')} AS u, {tidy_text('t')} AS a, {tidy_identifier('t')} AS b FROM odd ORDER BY row",
        "SELECT epoch_us(s) AS a, epoch_us(d) AS b, isfinite(x) AS c, TRY_CAST(x AS BIGINT) AS d FROM odd ORDER BY row",
        "SELECT CAST(s AS DATE) - DATE '1970-01-01' AS a, (i + 7) // 3 AS b, (i - 7) // 3 AS c FROM odd ORDER BY row",
        "SELECT CAST(TRY_CAST(t AS DECIMAL(18, 2)) AS DOUBLE) AS a FROM odd ORDER BY row",
        f"SELECT {first_places('i > 0')} AS p FROM (SELECT t AS _file, row AS _line, i FROM odd)",
        f"SELECT {first_places('FALSE')} AS p FROM (SELECT t AS _file, row AS _line FROM odd)",
        "SELECT count(*) AS n FROM odd WHERE struct_pack(k0 := b, k1 := d) IN (SELECT struct_pack(k0 := b, k1 := d) "
        "FROM odd GROUP BY 1)",
        "SELECT list(t ORDER BY t) AS l, sum(i) AS s, max(x) AS m, bool_or(b) AS o FROM odd WHERE t IS NOT NULL",
        "SELECT b, bit_or(CAST(1 AS BIGINT) << CAST(row AS INTEGER)) AS w FROM odd GROUP BY b ORDER BY ALL",
        "SELECT t FROM odd ORDER BY t DESC",
        "SELECT {'file': t, 'line': row} AS one FROM odd ORDER BY row",
        "SELECT sha256(concat('salt', t)) AS h, any_value(t) AS a FROM odd GROUP BY 1, t ORDER BY 1",
    ],
)  # fmt: skip
def test_the_package_s_own_words_say_the_same_as_on_duckdb(sql: str, engine: PostgreSQLEngine, local: Engine) -> None:
    found = [rows_on(one, sql) for one in (local, engine)]
    assert found[1] == found[0]


def rows_on(engine: Engine, sql: str) -> list[list[Any]]:
    """Rows of a query over the odd values; whole numbers as such."""
    engine.register("odd", VALUES)
    table = engine.query(sql)
    whole = [pa.types.is_decimal(kind) and kind.scale == 0 for kind in table.schema.types]
    columns = [
        [int(v) if w and v is not None else v for v in column.to_pylist()]
        for column, w in zip(table.columns, whole, strict=True)
    ]
    return [list(row) for row in zip(*columns, strict=True)]


def test_times_of_texts_are_read_as_on_duckdb(engine: PostgreSQLEngine, local: Engine) -> None:
    texts = [
        "2024-01-31T12:00:00.123456789+01:00",
        "2024-01-31 12:00Z",
        "2024-02-30 12:00Z",
        "2024-01-31",
        "soon",
        None,
    ]
    values = ", ".join("NULL" if text is None else quote_literal(text) for text in texts)
    sql = f"SELECT epoch_us(TRY_CAST(t AS TIMESTAMPTZ)) AS a FROM (SELECT unnest([{values}]) AS t)"
    expected = local.query(sql).column(0).to_pylist()
    engine.register("texts", pa.table({"row": list(range(6)), "t": texts}))
    found = engine.query("SELECT epoch_us(TRY_CAST(t AS TIMESTAMPTZ)) AS a FROM texts ORDER BY row")
    assert found.column(0).to_pylist() == expected


def test_types_have_their_names_of_duckdb(engine: PostgreSQLEngine) -> None:
    engine.register("odd", VALUES)
    described = engine.describe("SELECT *, CAST(i AS DECIMAL(12, 2)) AS n, CAST(i AS INTEGER) AS j FROM odd")
    assert list(described.values()) == [
        *("BIGINT", "VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP", "DECIMAL(12,2)", "INTEGER")
    ]


# --- statements -------------------------------------------------------------------------------------------------------


def test_a_table_may_be_made_of_the_one_that_it_replaces(engine: PostgreSQLEngine) -> None:
    engine.execute("CREATE OR REPLACE TABLE n AS SELECT 1 AS a")
    engine.execute("CREATE OR REPLACE TABLE n AS SELECT a + 1 AS a FROM n")
    engine.execute("CREATE OR REPLACE VIEW v AS SELECT a FROM n")
    engine.execute("CREATE OR REPLACE VIEW v AS SELECT 'x' AS b, a FROM n")
    assert engine.query("SELECT * FROM v").to_pylist() == [{"b": "x", "a": 2}]


def test_long_names_stay_apart(engine: PostgreSQLEngine) -> None:
    first, second = "long " * 20 + "a", "long " * 20 + "b"
    engine.execute(f'CREATE VIEW v AS SELECT 1 AS "{first}", 2 AS "{second}"')
    assert engine.query("SELECT * FROM v").to_pylist() == [{first: 1, second: 2}]
    assert list(engine.describe("SELECT * FROM v")) == [first, second]
    assert len(short_name("ü" * 60).encode()) <= LONGEST_NAME


def test_batches_come_while_others_ask(engine: PostgreSQLEngine) -> None:
    engine.register("n", pa.table({"a": list(range(10))}))
    sizes = []
    for batch in engine.batches("SELECT a FROM n ORDER BY a", 4):
        sizes.append(batch.num_rows)
        assert engine.query("SELECT count(*) AS n FROM n").to_pylist() == [{"n": 10}]
    assert sizes == [4, 4, 2]


def test_a_query_that_fails_takes_nothing_with_it(engine: PostgreSQLEngine) -> None:
    engine.register("n", pa.table({"a": [1, 0]}))
    with pytest.raises(EngineError, match="division by zero"):
        engine.query("SELECT 1 // a AS b FROM n")
    assert engine.query("SELECT sum(a) AS s FROM n").to_pylist() == [{"s": 1}]


def test_one_state_of_the_database_is_read(engine: PostgreSQLEngine, uri: str) -> None:
    found = engine.find("company.events")
    assert found is not None
    engine.read_files('"e"', [found], ())
    count = "SELECT count(*) AS n FROM e"
    before = engine.query(count).to_pylist()
    execute(uri, "INSERT INTO company.events VALUES ('late', now(), NULL, 1)")
    try:
        assert engine.query(count).to_pylist() == before
    finally:
        execute(uri, "DELETE FROM company.events WHERE account_id = 'late'")


def test_nothing_is_left(address: str, uri: str) -> None:
    def there() -> int:
        return int(counting.query("SELECT count(*) AS n FROM pg_catalog.pg_class").to_pylist()[0]["n"])

    counting = PostgreSQLEngine(database=address)
    before = there()
    counting.close()
    other = PostgreSQLEngine(database=address)
    other.register("n", VALUES)
    other.close()
    counting = PostgreSQLEngine(database=address)
    assert there() == before
    counting.close()


# --- tables -----------------------------------------------------------------------------------------------------------


def test_a_fingerprint_follows_from_the_rows_alone(engine: PostgreSQLEngine, address: str, uri: str) -> None:
    def fingerprint(without: Iterable[str] = ()) -> str:
        fresh = DATABASES["postgresql"](address)
        found = fresh.find("company.events")
        assert found is not None
        made = fresh.fingerprint([found], tuple(without))
        fresh.close()
        return made

    whole, part = fingerprint(), fingerprint(["email"])
    execute(uri, "CREATE TABLE moved AS SELECT * FROM company.events ORDER BY at DESC", "TRUNCATE company.events",
            "INSERT INTO company.events SELECT * FROM moved", "DROP TABLE moved")  # fmt: skip
    assert (fingerprint(), fingerprint(["email"])) == (whole, part), "the order of the rows does not matter"
    execute(uri, "UPDATE company.events SET email = 'q@x.org' WHERE email = 'p@x.org'")
    assert fingerprint() != whole
    assert fingerprint(["email"]) == part, "a personal column is not read"
    execute(uri, "UPDATE company.events SET email = 'p@x.org' WHERE email = 'q@x.org'")
    assert fingerprint() == whole


def test_a_view_and_its_table_hold_the_same_rows(engine: PostgreSQLEngine) -> None:
    table, view = engine.find("company.events"), engine.find("company.seen")
    assert table is not None
    assert view is not None
    assert not engine.read_files('"t"', [table], ["email"])
    assert engine.read_files('"v"', [view], ["email"]), "rows of a view have no address, so they are copied"
    rows = "SELECT account_id, at, amount FROM {} ORDER BY ALL"
    assert engine.query(rows.format("t")).equals(engine.query(rows.format("v")))
    assert "email" not in engine.describe("SELECT * FROM t")


def test_a_place_leads_to_the_row(engine: PostgreSQLEngine, uri: str) -> None:
    found = engine.find("company.plans")
    assert found is not None
    engine.read_files('"p"', [found], ())
    places = engine.query("SELECT _file, _line FROM p ORDER BY _file, _line").to_pylist()
    assert [place["_file"] for place in places] == ["company.plans_2023", "company.plans_2024", "company.plans_2024"]
    assert [place["_line"] for place in places] == [1, 1, 2], "page 0, rows 1 and 2: ctid (0,1) and (0,2)"


def source(table: str, contract: str, **more: Any) -> dict[str, Any]:
    return {"table": f"company.{table}", "contract": contract, **more}


def test_a_run_reads_its_tables(workspace: Workspace, address: str) -> None:
    sources = {
        "book": source("accounts", "accounts", attributes={"region": "region"}),
        "clicks": source("seen", "events", columns={"time": "at", "quantity": "amount"}, pii=["email"]),
        "plans": source("plans", "subscriptions", exclude="\"end\" < '1000-01-01'"),
    }
    checks = {"orphan_limit": 0.5}
    run = workspace.run(sources, engine="postgresql", database=address, checks=checks)
    with open_tables(run, quarantine_dir=workspace.root / "quarantine") as tables:
        assert workspace.column(tables, "book", "account_id") == ["B", "a", "ä"], "byte by byte"
        assert workspace.rows(tables, "clicks", "account_id, quantity") == [
            {"account_id": "B", "quantity": None},
            {"account_id": "a", "quantity": 125},
            {"account_id": "a", "quantity": 200},
        ]
        assert workspace.rows(tables, "plans", 'account_id, "end"')[1:] == [{"account_id": "a", "end": None}]
        assert tables.reports["clicks"].quarantined == {"orphan": 1}
        assert tables.reports["plans"].dropped == {"excluded": 1}
    assert [row["reason"] for row in workspace.quarantined("clicks")] == ["orphan"]


@pytest.mark.parametrize("example", [example for example in examples() if example.of_database], ids=str)
def test_every_example_of_a_page_is_a_run(
    example: Example, workspace: Workspace, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(str(example.content["database"]).removeprefix("env:"), uri)
    with open_tables(workspace.run(**example.content, checks={"orphan_limit": 0.5})) as tables:
        assert {name: report.used for name, report in tables.reports.items()} == {"accounts": 3, "usage": 3}


# --- what goes wrong --------------------------------------------------------------------------------------------------


def refused(workspace: Workspace, address: str, **sources: dict[str, Any]) -> dict[str, Any]:
    with pytest.raises(SourcesError) as caught:
        workspace.open(sources, engine="postgresql", database=address)
    return {problem.code: problem for problem in caught.value.problems}


def test_a_table_that_is_not_there_is_told_with_the_nearest(workspace: Workspace, address: str) -> None:
    found = refused(workspace, address, clicks=source("event", "events"))["no_table"]
    assert "there is no 'company.event'" in found.rule
    assert "did you mean 'company.events'?" in found.remedy
    assert "no_table" in refused(workspace, address, clicks={"table": "Mixed Case(", "contract": "events"})


def test_a_column_that_is_not_there_is_told_with_the_nearest(workspace: Workspace, address: str) -> None:
    found = refused(workspace, address, clicks=source("events", "events", columns={"time": "att"}))["missing_column"]
    assert "did you mean 'at'" in found.rule
    assert found.file == "company.events"


def test_a_role_without_rights_is_told_which(workspace: Workspace, uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ADDRESS, uri.replace(f"health:{PASSWORD}", "reader:reads-only-4417"))
    found = refused(workspace, f"env:{ADDRESS}", clicks=source("events", "events", columns={"time": "at"}))["engine"]
    assert "permission denied for table events" in found.rule
    assert "grant the role SELECT" in found.remedy


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("env:NOTHING_HERE", "holds nothing"),
        ("env:WRONG_PASSWORD", "password authentication failed"),
        ("env:NO_SERVER", "no connection"),
        ("env:NO_ADDRESS", "does not begin with postgresql://"),
        ("env:NOT_UTF8", "SQL_ASCII"),
    ],
)
def test_an_address_that_leads_nowhere_is_told_without_its_secrets(
    said: str, told: str, uri: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WRONG_PASSWORD", uri.replace(PASSWORD, "wrong-canary-5521"))
    monkeypatch.setenv("NO_SERVER", f"postgresql://health:{PASSWORD}@127.0.0.1:1/nowhere")
    monkeypatch.setenv("NO_ADDRESS", f"mysql://health:{PASSWORD}@localhost/x")
    monkeypatch.setenv("NOT_UTF8", server.uri)
    with pytest.raises(ConfigurationError) as caught:
        PostgreSQLEngine(database=said)
    assert told in str(caught.value)
    assert caught.value.remedy
    assert not {PASSWORD, "wrong-canary-5521"} & set(str(caught.value).replace("@", " ").replace(":", " ").split())


def test_a_lost_connection_is_told_as_such(engine: PostgreSQLEngine, uri: str) -> None:
    engine.query("SELECT 1 AS a")
    execute(uri, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    with pytest.raises(LostConnectionError, match="the connection to the database was lost") as caught:
        engine.query("SELECT 1 AS a")
    assert PASSWORD not in str(caught.value)
    engine.close()  # and once more by the fixture: a lost connection is closed without a word


def test_files_and_tables_do_not_mix(workspace: Workspace, tmp_path: Path) -> None:
    table, path = source("events", "events"), {"path": "events.csv", "contract": "events"}
    for sources, settings, told in (
        ({"a": table}, {}, "reads a `path` for every source"),
        ({"a": path}, {"engine": "postgresql", "database": "env:X"}, "reads a `table` for every source"),
        ({"a": table}, {"engine": "postgresql"}, "`database` is missing"),
        ({"a": path}, {"database": "env:X"}, 'engine = "duckdb" reads none'),
        ({"a": {**table, **path}}, {}, "found both"),
        ({"a": {"contract": "events"}}, {}, "found neither"),
        ({"a": {**table, "time_format": "%Y"}}, {"engine": "postgresql", "database": "env:X"}, "to_timestamp"),
        ({"a": table}, {"engine": "postgresql", "database": "postgresql://u:secret-canary@h/d"}, "holds a secret"),
    ):
        with pytest.raises(ValueError, match=told.replace("(", r"\(")) as caught:
            workspace.run(sources, **settings)
        assert all("secret-canary" not in fault["msg"] for fault in getattr(caught.value, "errors", list)())
