"""The engine: what it may do, and above all what it may not (S5)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from healthscore.errors import ConfigurationError
from healthscore.tables.engine import ENGINES, Engine, EngineError
from healthscore.tables.quoting import quote_identifier, quote_literal


@pytest.fixture
def engine(tmp_path: Path) -> Iterable[Engine]:
    pq.write_table(pa.table({"n": [1, 2]}), tmp_path / "allowed.parquet")
    pq.write_table(pa.table({"n": [3]}), tmp_path / "other.parquet")
    made = ENGINES["duckdb"](files=[tmp_path / "allowed.parquet"], threads=1)
    yield made
    made.close()


def test_files_that_were_named_are_read(engine: Engine, tmp_path: Path) -> None:
    assert engine.query(f"SELECT sum(n) AS s FROM '{tmp_path}/allowed.parquet'")["s"].to_pylist() == [3]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM '{folder}/other.parquet'",
        "SELECT * FROM '{folder}/*.parquet'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM glob('/etc/*')",
        "COPY (SELECT 1) TO '{folder}/written.csv'",
        "ATTACH '{folder}/new.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SELECT * FROM 'https://example.org/x.parquet'",
        "SET enable_external_access = true",
        "SET allowed_paths = ['/etc/passwd']",
        "SET threads = 64",
        "SET lock_configuration = false",
        "RESET TimeZone",
        "SET TimeZone = 'Asia/Tokyo'",
    ],
)
def test_nothing_else_is_reached_and_no_setting_changes(engine: Engine, tmp_path: Path, statement: str) -> None:
    with pytest.raises(EngineError):
        engine.execute(statement.format(folder=tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == {"allowed.parquet", "other.parquet"}


def test_variables_of_python_are_no_tables(engine: Engine) -> None:
    secret = pa.table({"n": [1]})
    assert secret.num_rows
    with pytest.raises(EngineError, match="secret"):
        engine.query("SELECT * FROM secret")


def test_the_zone_is_utc(engine: Engine) -> None:
    assert engine.query("SELECT current_setting('TimeZone') AS zone")["zone"].to_pylist() == ["UTC"]


def test_registered_tables_outlive_their_arrow_twin_and_serve_every_cursor(engine: Engine) -> None:
    odd = 'odd"name'
    engine.register(odd, pa.table({"n": [1]}))
    engine.register(odd, pa.table({"n": [5, 6]}))
    batches = engine.batches(f"SELECT n FROM {quote_identifier(odd)} ORDER BY n", 1)
    assert next(batches).to_pylist() == [{"n": 5}]
    assert engine.query("SELECT 1 AS one")["one"].to_pylist() == [1]
    assert [batch.to_pylist() for batch in batches] == [[{"n": 6}]]


def test_batches_are_no_larger_than_asked_for(engine: Engine) -> None:
    sizes = [batch.num_rows for batch in engine.batches("SELECT * FROM range(10000)", 3000)]
    assert sum(sizes) == 10_000
    assert max(sizes) <= 3000


def test_a_refused_query_is_an_error_of_ours_without_the_query(engine: Engine) -> None:
    with pytest.raises(EngineError) as caught:
        engine.query("SELECT nothing_of_the_kind")
    assert "nothing_of_the_kind" in caught.value.what
    assert "LINE 1" not in caught.value.what


def test_what_spilled_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    made = ENGINES["duckdb"](files=[], threads=1)
    assert list(tmp_path.iterdir())
    made.close()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["a", "a'b", 'a"b', "a\\", "--", "\n"])
def test_quoting_keeps_texts_as_they_are(engine: Engine, text: str) -> None:
    found = engine.query(f"SELECT {quote_literal(text)} AS {quote_identifier(text)}")
    assert found.to_pylist() == [{text: text}]


def test_nul_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="NUL"):
        quote_identifier("a\0b")
