"""Zones: arithmetic in the engine equals the standard library's, in zones whose clocks change at midnight too."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest

from healthscore.asof import day_of
from healthscore.tables import zones
from healthscore.tables.engine import ENGINES, Engine

ZONES = [
    *("UTC", "Europe/London", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu"),
    "Australia/Lord_Howe",  # half an hour
    # Clocks that change at midnight, or skip a whole day.
    *("America/Sao_Paulo", "America/Havana", "Africa/Cairo", "Asia/Beirut", "Pacific/Apia", "America/St_Johns"),
]  # fmt: skip
EPOCH = datetime(1970, 1, 1)


@pytest.fixture(scope="module")
def engine() -> Iterable[Engine]:
    made = ENGINES["duckdb"](files=[], threads=1)
    yield made
    made.close()


def _micros(zone: str) -> list[int]:
    """Instants spread over thirty years, and the minutes around every change of the zone."""
    spread = np.random.default_rng(7).integers(zones._offsets("UTC")[0][0], 1_900_000_000_000_000, 2000).tolist()
    around = [at + step for at, _ in zones._offsets(zone)[1:] for step in (-3_600_000_001, -1, 0, 1, 3_599_999_999)]
    return [value for value in spread + around if value < 1_900_000_000_000_000]


@pytest.mark.parametrize("zone", ZONES)
def test_the_local_day_of_an_instant(engine: Engine, zone: str) -> None:
    values = _micros(zone)
    engine.register("instants", pa.table({"at": values}))
    sql = zones.day_of_utc('"at"', zone, (min(values), max(values)))
    found = engine.query(f"SELECT {sql} AS day FROM instants")["day"].to_pylist()
    tz = ZoneInfo(zone)
    expected = [
        day_of((datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=v)).astimezone(tz).date()) for v in values
    ]
    assert found == expected


@pytest.mark.parametrize("zone", ZONES)
def test_the_instant_of_a_local_time(engine: Engine, zone: str) -> None:
    values, tz = _micros(zone), ZoneInfo(zone)
    engine.register("clocks", pa.table({"at": values}))
    span = (min(values), max(values))
    sql = zones.utc_of_local('"at"', zone, span)
    gap, overlap = zones.gaps('"at"', zone, span) or "FALSE", zones.overlaps('"at"', zone, span) or "FALSE"
    found = engine.query(f"SELECT {sql} AS utc, {gap} AS gap, {overlap} AS overlap FROM clocks").to_pylist()
    for value, row in zip(values, found, strict=True):
        local = EPOCH + timedelta(microseconds=value)
        early, late = (local.replace(tzinfo=tz, fold=fold).utcoffset() for fold in (0, 1))
        assert early is not None
        assert late is not None
        assert row["gap"] == (early < late), local
        assert row["overlap"] == (early > late), local
        if early >= late:
            assert row["utc"] == value - early // timedelta(microseconds=1), local


def test_only_changes_within_the_data_are_written() -> None:
    span = (
        int(datetime(2024, 1, 10, tzinfo=UTC).timestamp()) * 10**6,
        int(datetime(2024, 2, 10, tzinfo=UTC).timestamp()) * 10**6,
    )
    assert "CASE" not in zones.day_of_utc("x", "Europe/Berlin", span)
    whole_year = (span[0], span[0] + 365 * 86_400_000_000)
    assert zones.day_of_utc("x", "Europe/Berlin", whole_year).count("WHEN") == 2


def test_days_before_1970_are_whole_days_too(engine: Engine) -> None:
    sql = ", ".join(f"{zones.day_of_local(str(value))} AS d{n}" for n, value in enumerate((-1, 0, -86_400_000_000)))
    assert list(engine.query(f"SELECT {sql}").to_pylist()[0].values()) == [-1, 0, -1]
