"""Tables written a chunk at a time are those that would be written whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from healthscore.pipelines import longtable
from healthscore.pipelines.longtable import DriversTable, Entries, FeaturesTable

IDS = ["a", "b", "c", "d"]
DAY = date(2025, 5, 1)
SHOWN = np.array([[10, -3], [0, 5], [7, 7], [-1, 2]])


def drivers_by_hand() -> DriversTable:
    """Two components for everybody, one feature for b and d, a cap for a alone and none for the others."""
    told = np.array([1, 3])
    return DriversTable(
        DAY,
        pa.array(IDS),
        (
            Entries("base", [""], [""], np.full((4, 1), 553)),
            Entries("component", ["use", "help"], ["", ""], SHOWN, np.array([[0.5, np.nan]] * 4)),
            Entries("feature", ["use"], ["logins"], np.array([[0], [-1]]), np.array([[3.0], [np.nan]]), told),
            Entries("capped", ["rule"], [""], np.array([[-20]]), None, np.array([0])),
            Entries("capped", [""], [""], np.zeros((3, 1), np.int64), None, np.array([1, 2, 3])),
        ),
    )


BY_HAND = """\
a base      ''   ''     nan 55.3
a component use  ''     0.5  1.0
a component help ''     nan -0.3
a capped    rule ''     nan -2.0
b base      ''   ''     nan 55.3
b component use  ''     0.5  0.0
b component help ''     nan  0.5
b feature   use  logins 3.0  0.0
b capped    ''   ''     nan  0.0
c base      ''   ''     nan 55.3
c component use  ''     0.5  0.7
c component help ''     nan  0.7
c capped    ''   ''     nan  0.0
d base      ''   ''     nan 55.3
d component use  ''     0.5 -0.1
d component help ''     nan  0.2
d feature   use  logins nan -0.1
d capped    ''   ''     nan  0.0"""


def wanted() -> pd.DataFrame:
    rows = [line.replace("''", "-").split() for line in BY_HAND.splitlines()]
    frame = pd.DataFrame(rows, columns=["account_id", "kind", "component", "feature", "value", "points"])
    frame[["component", "feature"]] = frame[["component", "feature"]].replace("-", "")
    frame = frame.astype({"value": float, "points": float})
    frame.insert(1, "as_of", DAY)
    return frame


@pytest.fixture(params=[1, 7, 10**6])
def chunk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(longtable, "CHUNK_VALUES", request.param)
    return int(request.param)


@pytest.mark.usefixtures("chunk")
def test_drivers_stand_account_by_account_however_many_are_written_at_a_time(tmp_path: Path) -> None:
    table = drivers_by_hand()
    table.to_parquet(tmp_path / "drivers.parquet", index=False)
    for found in (pd.read_parquet(tmp_path / "drivers.parquet"), table.frame()):
        pd.testing.assert_frame_equal(found, wanted())


@pytest.mark.usefixtures("chunk")
def test_features_are_written_as_they_were_read(tmp_path: Path) -> None:
    X = np.array([[1.0, np.nan], [2.5, 0.0], [np.nan, np.nan], [-1e300, 7.0]])
    FeaturesTable(pa.array(IDS), ["one", "two"], X).to_parquet(tmp_path / "features.parquet")
    found = pd.read_parquet(tmp_path / "features.parquet")
    pd.testing.assert_frame_equal(found, pd.DataFrame({"account_id": IDS, "one": X[:, 0], "two": X[:, 1]}))


def test_chunks_are_written_one_by_one(chunk: int, tmp_path: Path) -> None:
    drivers_by_hand().to_parquet(tmp_path / "drivers.parquet")
    groups = pq.ParquetFile(tmp_path / "drivers.parquet").metadata.num_row_groups
    assert groups == {1: 4, 7: 4, 10**6: 1}[chunk]


def test_the_rows_of_one_account() -> None:
    table, everybody = drivers_by_hand(), wanted()
    for account in [*IDS, "nobody"]:
        mine = everybody[everybody["account_id"] == account].reset_index(drop=True)
        pd.testing.assert_frame_equal(table.of(account), mine, check_dtype=not mine.empty)


@pytest.mark.parametrize(
    "empty",
    [
        lambda: DriversTable(DAY, pa.array([], pa.string()), (Entries("base", [""], [""], np.zeros((0, 1), int)),)),
        lambda: FeaturesTable(pa.array([], pa.string()), ["one"], np.zeros((0, 1))),
    ],
)
def test_nobody_is_a_table_without_rows(empty: Callable[[], DriversTable | FeaturesTable], tmp_path: Path) -> None:
    empty().to_parquet(tmp_path / "none.parquet")
    found = pd.read_parquet(tmp_path / "none.parquet")
    assert found.empty
    assert "account_id" in found
