"""Tables in DuckDB and in PostgreSQL: the same laws for both, on real ones."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from healthscore.config import Run
from healthscore.errors import ConfigurationError
from healthscore.pipelines.delivery import Delivered, DeliveryWarning, deliver
from postgres_server import query
from published_book import HEALTH, MAY, book, publish, run_of, waiting

HOSTILE = [
    *('a"; DROP TABLE health_scores; --', "'; DROP TABLE health_scores; --", '"', '""', '"' * 31, "'", "''", "a'b"),
    *("select", "table", "order", "user", "where", "account-id", "a b", " leading", "trailing ", "a.b", "a,b", "a;b"),
    *("a/*b*/", "--", "$1", "?", "%s", "{x}", "\\", "\\'", "🎈", "ÅÄÖ", "a\nb", "a\tb"),
]
"""Names that would be more than names, were they not quoted (faults page, S5)."""


@dataclass(frozen=True)
class Database:
    """A database, with what the two do differently."""

    section: str
    query: Callable[[str], list[tuple[Any, ...]]]

    def run(self, folder: Path, more: str = "") -> Run:
        return run_of(folder, f"[deliveries.warehouse]\n{self.section}{more}")

    def deliver(self, folder: Path, identity: str, frame: pd.DataFrame, more: str = "") -> Delivered:
        run = self.run(folder, more)
        (one,) = deliver(run, publish(run.out, identity, frame))
        return one


@pytest.fixture(params=["duckdb", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    if request.param == "duckdb":
        return Database('kind = "duckdb"\npath = "warehouse.duckdb"\n', lambda sql: _duckdb(tmp_path, sql))
    server = request.getfixturevalue("server")
    monkeypatch.setenv("WAREHOUSE", server.uri)
    for (name,) in query(server, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        query(server, 'DROP TABLE "' + name.replace('"', '""') + '"')
    return Database('kind = "postgresql"\nuri = "env:WAREHOUSE"\n', lambda sql: query(server, sql))


def _duckdb(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        return connection.execute(sql).fetchall()


def test_the_first_delivery_makes_the_table(database: Database, tmp_path: Path) -> None:
    one = database.deliver(tmp_path, "aaaa", book())
    assert (one.status, one.rows) == ("delivered", 4)
    assert database.query(HEALTH) == MAY
    (row,) = database.query("SELECT name, rank, reference, change, as_of FROM health_scores WHERE account_id = 'A-2'")
    assert row == ('Müller & Söhne, "Köln"', 2, True, 0.0, date(2025, 5, 1))
    assert database.query("SELECT name FROM health_scores WHERE account_id = 'A-1'") == [("=cmd()",)]


def test_delivered_again_nothing_is_doubled(database: Database, tmp_path: Path) -> None:
    """Neither where the receipt is there, nor where the process was killed before it was written."""
    database.deliver(tmp_path, "aaaa", book())
    assert database.deliver(tmp_path, "aaaa", book()).status == "nothing to do"
    for path in (tmp_path / "out/deliveries/receipts/warehouse").glob("*.json"):
        path.unlink()
    assert database.deliver(tmp_path, "aaaa", book()).status == "delivered"
    assert database.query(HEALTH) == MAY


def test_rows_of_an_account_and_date_are_replaced_and_other_dates_stay(database: Database, tmp_path: Path) -> None:
    database.deliver(tmp_path, "aaaa", book())
    database.deliver(tmp_path, "bbbb", book(A_1={"health": 13.0}, A_4={"band": "healthy"}))
    database.deliver(tmp_path, "cccc", book(date(2025, 6, 1)))
    rows = database.query(HEALTH)
    assert rows[:4] == [
        ("A-1", date(2025, 5, 1), 13.0, "at risk"),
        *MAY[1:3],
        ("A-4", date(2025, 5, 1), None, "healthy"),
    ]
    assert [row[1] for row in rows[4:]] == [date(2025, 6, 1)] * 4


def test_a_date_that_is_published_again_has_the_new_rows_and_nothing_else_goes(
    database: Database, tmp_path: Path
) -> None:
    """An account that left the book; rows of other dates, and of whoever shares the table, stay."""
    database.deliver(tmp_path, "aaaa", book(date(2025, 4, 1)))
    database.deliver(tmp_path, "bbbb", book())
    database.query("INSERT INTO health_scores (account_id, as_of, health) VALUES ('theirs', DATE '2025-05-01', 5.0)")
    database.deliver(tmp_path, "cccc", book().iloc[[0, 2]])
    assert [row[:2] for row in database.query(HEALTH)] == [
        *((f"A-{n}", date(2025, 4, 1)) for n in (1, 2, 3, 4)),
        *((name, date(2025, 5, 1)) for name in ("A-1", "A-3", "theirs")),
    ]
    database.deliver(tmp_path, "dddd", book(date(2025, 6, 1)).iloc[[0]])
    assert len(database.query(HEALTH)) == 8


@pytest.mark.parametrize("changed", ["", ", changed = true"])
def test_a_row_that_is_no_longer_chosen_goes_and_one_that_did_not_change_stays(
    database: Database, tmp_path: Path, changed: str
) -> None:
    more = f'columns = ["health"]\nonly = {{bands = ["at risk", "healthy"]{changed}}}\n'
    database.deliver(tmp_path, "aaaa", book(), more)
    better = {"health": 60.0, "band": "needs attention"}
    database.deliver(tmp_path, "bbbb", book(A_1=better), more)
    assert database.query("SELECT account_id, health FROM health_scores") == [("A-3", 91.3)]


def test_new_columns_are_added(database: Database, tmp_path: Path) -> None:
    database.deliver(tmp_path, "aaaa", book().drop(columns=["trend", "reference"]))
    database.deliver(tmp_path, "bbbb", book(date(2025, 6, 1)))
    rows = database.query("SELECT as_of, trend, reference FROM health_scores WHERE account_id = 'A-1' ORDER BY 1")
    assert rows == [(date(2025, 5, 1), None, None), (date(2025, 6, 1), "fell by 20.0 points in a month", False)]


def test_columns_that_are_no_longer_published_keep_what_they_held(database: Database, tmp_path: Path) -> None:
    database.deliver(tmp_path, "aaaa", book())
    database.deliver(tmp_path, "bbbb", book(A_1={"health": 14.0}).drop(columns="trend"))
    rows = database.query("SELECT health, trend FROM health_scores WHERE account_id = 'A-1'")
    assert rows == [(14.0, "fell by 20.0 points in a month")]


def test_a_column_that_holds_nothing_yet_gets_its_type_when_it_does(database: Database, tmp_path: Path) -> None:
    """A first publication has no previous score, and nothing says what it would be."""
    nothing: dict[str, Any] = {"previous_as_of": None, "override_health": None}
    database.deliver(tmp_path, "aaaa", book().assign(**nothing))
    something: dict[str, Any] = {"previous_as_of": date(2025, 5, 1), "override_health": 20.5}
    database.deliver(tmp_path, "bbbb", book(date(2025, 6, 1)).assign(**something))
    select = "SELECT as_of, previous_as_of, override_health FROM health_scores WHERE account_id = 'A-1' ORDER BY 1"
    assert database.query(select) == [
        (date(2025, 5, 1), None, None),
        (date(2025, 6, 1), date(2025, 5, 1), 20.5),
    ]
    database.deliver(tmp_path, "cccc", book(date(2025, 6, 1)).assign(**nothing))
    assert database.query(select)[1] == (date(2025, 6, 1), None, None)


def test_the_table_may_be_the_users_own(database: Database, tmp_path: Path) -> None:
    """Other names, other columns beside, narrower types that hold the values."""
    database.query(
        'CREATE TABLE scores ("Kunde" VARCHAR(40), "Tag" DATE, "Wert" REAL, note TEXT, PRIMARY KEY ("Kunde", "Tag"))'
    )
    more = (
        'table = "scores"\ncolumns = ["account_id", "as_of", "health"]\n'
        'mapping = {account_id = "Kunde", as_of = "Tag", health = "Wert"}\n'
    )
    database.deliver(tmp_path, "aaaa", book(), more)
    database.query("UPDATE scores SET note = 'mine'")
    database.deliver(tmp_path, "bbbb", book(A_1={"health": 1.5}), more)
    rows = database.query('SELECT "Kunde", "Wert", note FROM scores ORDER BY 1 LIMIT 2')
    assert rows == [("A-1", 1.5, "mine"), ("A-2", 55.0, "mine")]


def test_keys_go_whatever_columns_are_asked_for(database: Database, tmp_path: Path) -> None:
    database.deliver(tmp_path, "aaaa", book(), 'columns = ["health"]\n')
    assert database.query("SELECT * FROM health_scores WHERE account_id = 'A-1'") == [("A-1", date(2025, 5, 1), 12.5)]


def test_a_table_without_a_key_says_what_it_needs(database: Database, tmp_path: Path) -> None:
    database.query("CREATE TABLE health_scores (account_id TEXT, as_of DATE)")
    with pytest.warns(DeliveryWarning, match="primary key"):
        one = database.deliver(tmp_path, "aaaa", book())
    assert (one.status, database.query("SELECT * FROM health_scores")) == ("waiting", [])


def test_a_transaction_that_fails_leaves_the_table_as_it_was(database: Database, tmp_path: Path) -> None:
    """The new column is not there either: it was added in the same transaction."""
    database.deliver(tmp_path, "aaaa", book())
    later = book(date(2025, 6, 1)).assign(added="x", health=["a", "b", "c", "d"])
    with pytest.warns(DeliveryWarning):
        assert database.deliver(tmp_path, "bbbb", later).status == "waiting"
    assert database.query(HEALTH) == MAY
    columns = {row[0] for row in database.query(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'health_scores'")}  # fmt: skip
    assert columns == set(book().columns)


def test_hostile_names_are_names(database: Database, tmp_path: Path) -> None:
    """Thirty as columns, all in one table; each as the table's own name."""
    assert len(set(HOSTILE)) >= 30
    database.query("CREATE TABLE innocent (x INTEGER)")
    frame = book().assign(**{name: float(n) for n, name in enumerate(HOSTILE)})
    assert database.deliver(tmp_path, "aaaa", frame).status == "delivered"
    there = database.query(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'health_scores' "
        "ORDER BY ordinal_position"
    )
    assert [row[0] for row in there][len(book().columns) :] == HOSTILE
    (row,) = database.query("SELECT * FROM health_scores WHERE account_id = 'A-1'")
    assert row[len(book().columns) :] == tuple(float(n) for n in range(len(HOSTILE)))
    for n, name in enumerate(HOSTILE[::4]):
        table = f'table = {_toml(name)}\ncolumns = ["health"]\n'
        assert database.deliver(tmp_path, f"b{n}", book(), table).status == "delivered"
    tables = {row[0] for row in database.query("SELECT table_name FROM information_schema.tables")}
    assert {*HOSTILE[::4], "innocent", "health_scores"} <= tables


def _toml(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'


def test_a_name_with_nul_is_refused_in_the_configuration(database: Database, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="table"):
        database.run(tmp_path, 'table = "a\\u0000b"\n')


# --- DuckDB ----------------------------------------------------------------------------------------------------------


def test_a_locked_file_lets_the_delivery_wait(tmp_path: Path) -> None:
    run = run_of(tmp_path, '[deliveries.warehouse]\nkind = "duckdb"\npath = "warehouse.duckdb"\n')
    published = publish(run.out, "aaaa", book())
    holder = subprocess.Popen(
        [sys.executable, "-c", "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); input()",
         str(tmp_path / "warehouse.duckdb")], stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.warns(DeliveryWarning, match="cannot be opened"):
            deliver(run, published)
        assert waiting(run.out) == ["warehouse/00000001"]
    finally:
        holder.communicate(b"\n")
    (one,) = deliver(run, published)
    assert (one.status, len(_duckdb(tmp_path, "SELECT * FROM health_scores"))) == ("delivered", 4)


def test_a_file_that_was_made_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    database = Database('kind = "duckdb"\npath = "warehouse.duckdb"\n', lambda sql: _duckdb(tmp_path, sql))
    database.deliver(tmp_path, "aaaa", book())
    assert (tmp_path / "warehouse.duckdb").stat().st_mode & 0o777 == 0o600
    (tmp_path / "warehouse.duckdb").chmod(0o640)
    database.deliver(tmp_path, "bbbb", book())
    assert (tmp_path / "warehouse.duckdb").stat().st_mode & 0o777 == 0o640, "who may read it is the owner's to say"


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "warehouse.duckdb").write_text("a letter")
    run = run_of(tmp_path, '[deliveries.warehouse]\nkind = "duckdb"\npath = "warehouse.duckdb"\n')
    with pytest.warns(DeliveryWarning, match="cannot be opened"):
        deliver(run, publish(run.out, "aaaa", book()))
    assert (tmp_path / "warehouse.duckdb").read_text() == "a letter"
