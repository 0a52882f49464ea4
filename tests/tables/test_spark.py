"""Spark as the engine: faults are found, counted and set aside as on DuckDB. Skipped, visibly, without Java."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from healthscore.tables import ENGINES
from healthscore.tables.engine import Cluster, Engine, EngineError
from spark_session import start_spark
from table_workspace import Workspace


@pytest.fixture(scope="module")
def spark() -> Any:
    return start_spark()


@pytest.fixture(scope="module")
def engine(spark: Any) -> Any:
    made = ENGINES["spark"](files=(), threads=1)
    yield made
    made.close()


@pytest.fixture
def faulty(workspace: Workspace) -> dict[str, dict[str, Any]]:
    """Events of two accounts with every kind of fault, and a stranger."""
    workspace.csv("accounts.csv", "account_id,name", "A,Ann", "B,\u00a0Bo ", "cafe\u0301,Cy")
    workspace.csv(
        "events.csv",
        "account_id,time,event_id,quantity",
        "A,2024-03-01 10:00:00,1,1.5",
        "A,2024-03-01 10:00:00,1,1.5",  # a copy
        "A,2024-03-02 10:00:00,2,2",
        "A,2024-03-02 11:00:00,2,2",  # a contradiction
        " B\u200b,2024-03-03,3,7",
        "caf\u00e9,2024-03-04 23:59:59.999999,4,0.25",
        "stranger,2024-03-05 00:00:00,5,1",
        "B,2024-02-30 10:00:00,6,1",  # no such day
        "B,1970-01-01 00:00:00,7,1",  # stands for a missing one
        "B,2024-03-05 10:00:00,8,many",  # no number
        ",2024-03-05 10:00:00,9,1",  # nobody's
        *(f"A,2024-04-{day:02d} 08:00:00,{100 + day},{day}.5" for day in range(1, 31)),
    )
    events = {"contract": "events", "path": "events.csv", "timezone": "Europe/London"}
    return {"accounts": {"contract": "accounts", "path": "accounts.csv"}, "events": events}


def test_faults_are_the_same(spark: Any, workspace: Workspace, faulty: dict[str, dict[str, Any]]) -> None:
    tolerant = {"checks": {"quarantine_limit": 0.5, "orphan_limit": 0.5}}
    local = workspace.inspect(faulty, **tolerant)
    expected = {name: workspace.quarantined(name) for name in ("events",)}
    there = workspace.inspect(faulty, engine="spark", **tolerant)
    assert isinstance(there.engine, Cluster)
    assert there.reports == local.reports
    assert there.findings == local.findings
    assert {name: workspace.quarantined(name) for name in ("events",)} == expected
    columns = "account_id, day, quantity"
    assert workspace.rows(there, "events", columns) == workspace.rows(local, "events", columns)
    assert len(local.reports["events"].quarantined) >= 4


def test_parquet_is_read_where_it_lies_with_the_place_of_every_row(engine: Engine, tmp_path: Path) -> None:
    from healthscore.tables.files import inspect_file

    folder = tmp_path / "a folder+"
    folder.mkdir()
    for number in (1, 2):
        pq.write_table(pa.table({"n": [number, number + 10], "secret": ["x", "y"]}), folder / f"{number}.parquet")
    files = [inspect_file(folder / f"{number}.parquet") for number in (1, 2)]
    assert not engine.read_files('"t/raw"', files, ["secret"])
    rows = engine.query('SELECT * FROM "t/raw" ORDER BY n').to_pylist()
    assert rows == [
        {"n": n, "_file": str(folder / f"{file}.parquet"), "_line": line}
        for n, file, line in ((1, 1, 1), (2, 2, 1), (11, 1, 2), (12, 2, 2))
    ]
    assert engine.describe('SELECT n, _file FROM "t/raw"') == {"n": "BIGINT", "_file": "VARCHAR"}


def test_what_fails_is_told_in_one_line(engine: Engine) -> None:
    with pytest.raises(EngineError, match="missing") as caught:
        engine.query("SELECT missing FROM (SELECT 1 AS n) AS t")
    assert "\n" not in caught.value.what
    with pytest.raises(EngineError, match="no statement for Spark"):
        engine.execute("SET spark.sql.ansi.enabled = false")


def test_rows_that_are_added_are_kept_until_their_table_goes(spark: Any, engine: Engine) -> None:
    kept = spark.sparkContext._jsc.getPersistentRDDs
    before = len(kept())
    engine.execute("CREATE OR REPLACE TABLE n (a BIGINT)")
    for value in (1, 2):
        engine.execute(f"INSERT INTO n SELECT CAST({value} AS BIGINT) AS a")
        assert engine.query("SELECT count(*) AS n FROM n").to_pylist() == [{"n": value}]
    assert len(kept()) == before + 2
    assert engine.query("SELECT a FROM n ORDER BY a").to_pylist() == [{"a": 1}, {"a": 2}]
    engine.execute("DROP TABLE IF EXISTS n")
    assert len(kept()) == before


def test_tables_of_two_engines_do_not_meet(engine: Engine) -> None:
    other = ENGINES["spark"](files=(), threads=1)
    other.register("mine", pa.table({"n": [1]}))
    with pytest.raises(EngineError, match="mine"):
        engine.query("SELECT * FROM mine")
    other.close()
    with pytest.raises(EngineError, match="mine"):
        other.query("SELECT * FROM mine")


def test_csv_that_would_not_fit_this_machine_is_refused(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from healthscore.errors import ConfigurationError
    from healthscore.tables.engine import local
    from healthscore.tables.files import inspect_file

    (tmp_path / "t.csv").write_text("n\n1\n")
    monkeypatch.setattr(local, "LARGEST", 1)
    with pytest.raises(ConfigurationError, match="export it as Parquet"):
        engine.read_files('"t/raw"', [inspect_file(tmp_path / "t.csv")], [])
