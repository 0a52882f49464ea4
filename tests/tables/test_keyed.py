"""Keys stand for ids in GROUP BY, one to one with their texts."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from healthscore.config import load_run
from healthscore.features.cells import source_accounts
from healthscore.tables import Tables, open_tables
from healthscore.tables.keyed import texts_of_keys

RUN = """
name = "keys"
timezone = "UTC"

[as_of]
first = 2024-03-01
last = 2024-03-01
every = "month"

[sources.events]
contract = "events"
path = "events.parquet"
timezone = "UTC"
columns = { time = "time", actor_id = "user", name = "what" }
"""
TIMES = pa.array([1_706_000_000_000_000] * 3, pa.timestamp("us"))


def opened(folder: Path, account: pa.Array, user: pa.Array, run: str = RUN) -> Tables:
    what = pa.array(["b", " a", None])
    table = pa.table({"account_id": account, "user": user, "what": what, "time": TIMES})
    pq.write_table(table, folder / "events.parquet")
    (folder / "healthscore.toml").write_text(run, encoding="utf-8")
    return open_tables(load_run(folder))


@pytest.mark.parametrize("kind", [pa.int8(), pa.int64(), pa.uint64()])
def test_integers_of_the_file_are_keys_of_their_texts(tmp_path: Path, kind: pa.DataType) -> None:
    with opened(tmp_path, pa.array([12, 9, 12], kind), pa.array([None, 7, 8], pa.int32())) as tables:
        keyed = tables.keyed("events")
        key, user = keyed.key("account_id"), keyed.key("actor_id")
        found = tables.engine.query(f"SELECT {key} AS a, {user} AS u, account_id, actor_id FROM {keyed.relation}")
        assert pa.types.is_integer(found["a"].type)
        assert texts_of_keys(found["a"]).to_pylist() == found["account_id"].to_pylist() == ["12", "9", "12"]
        assert found["u"].to_pylist() == [None, 7, 8]
        assert found["actor_id"].to_pylist() == [None, "7", "8"]
        assert keyed.key("name") == "name"
        assert source_accounts(tables, ["events"]).to_pylist() == ["12", "9"]


def test_texts_are_their_own_keys_tidied_where_they_are_not(tmp_path: Path) -> None:
    with opened(tmp_path, pa.array(["x ", "y", "y"]), pa.array(["u", "v", "w"])) as tables:
        keyed = tables.keyed("events")
        assert keyed.key("account_id") == "account_id"
        found = tables.engine.query(f"SELECT account_id, name FROM {keyed.relation}")
        assert found["account_id"].to_pylist() == ["x", "y", "y"]
        assert found["name"].to_pylist() == ["b", "a", None]
        assert source_accounts(tables, ["events"]).to_pylist() == ["x", "y"]


def test_the_checks_tell_the_days_and_accounts_of_rows_that_are_known_at_once(tmp_path: Path) -> None:
    with opened(tmp_path, pa.array([12, 9, None], pa.int64()), pa.array([1, 2, 3])) as tables:
        keyed = tables.keyed("events")
        day = tables.engine.query(f"SELECT min(day) AS day FROM {keyed.relation}")["day"][0].as_py()
        assert keyed.days == (day, day)
        assert sorted(tables.engine.query(keyed.accounts)["account_id"].to_pylist()) == ["12", "9"]


def test_rows_that_are_known_later_tell_themselves(tmp_path: Path) -> None:
    late = RUN.replace("[sources.events]", "[sources.events]\navailability_delay_days = 2")
    with opened(tmp_path, pa.array([1, 2, 3]), pa.array([1, 2, 3]), late) as tables:
        assert tables.keyed("events").days is None


def test_integers_beyond_64_bits_are_read_as_texts(tmp_path: Path) -> None:
    wide = pa.array([10**20, 1, 2], pa.decimal128(30, 0))
    with opened(tmp_path, wide, pa.array([1, 2, 3])) as tables:
        assert tables.keyed("events").key("account_id") == "account_id"
        assert source_accounts(tables, ["events"]).to_pylist() == ["1", "100000000000000000000", "2"]
