"""Known-at of every contract: nothing is visible before it was known, and all of it later by the declared delay."""

from __future__ import annotations

from typing import Any

import pytest

from healthscore.asof import date_of
from table_workspace import Workspace

CASES: dict[str, tuple[str, list[str], dict[str, list[str | None]]]] = {
    "events": (
        "account_id,time,known_at",
        ["a,2024-01-10,", "a,2024-01-10,2024-01-12", "a,2024-01-10,2024-01-08"],
        {"known_day": ["2024-01-10", "2024-01-12", "2024-01-10"]},
    ),
    "levels": (
        "account_id,time,value,known_at",
        ["a,2024-01-10,1,", "a,2024-01-10,2,2024-01-12", "a,2024-01-10,3,2024-01-08"],
        {"known_day": ["2024-01-10", "2024-01-12", "2024-01-10"]},
    ),
    "intervals": (
        "account_id,start,end,known_at,end_known_at",
        [
            "a,2024-01-10,,,",
            "a,2024-01-10,2024-01-20,2024-01-12,2024-01-23",
            "a,2024-01-10,2024-01-20,2024-01-08,2024-01-18",
            "a,2024-01-10,,,2024-01-18",
        ],
        {
            "known_day": ["2024-01-10", "2024-01-12", "2024-01-10", "2024-01-10"],
            "end_known_day": [None, "2024-01-23", "2024-01-20", None],
        },
    ),
    "subscriptions": (
        "account_id,subscription_id,start,end,notice,known_at",
        [
            "a,1,2024-01-10,,,",
            "a,2,2024-01-10,2024-01-20,2024-01-15,2024-01-12",
            "a,3,2024-01-10,9999-12-31,9999-12-31,2024-01-08",
        ],
        {
            "known_day": ["2024-01-10", "2024-01-12", "2024-01-10"],
            "end_known_day": [None, "2024-01-20", None],
            "notice_known_day": [None, "2024-01-15", None],
        },
    ),
    "interventions": ("account_id,date", ["a,2024-01-10"], {"known_day": ["2024-01-10"]}),
    "successions": (
        "account_id,successor_id,date,known_at",
        ["a,z,2024-01-10,", "b,z,2024-01-10,2024-01-12", "c,z,2024-01-10,2024-01-08"],
        {"known_day": ["2024-01-10", "2024-01-12", "2024-01-10"]},
    ),
}


@pytest.mark.parametrize("delay", [0, 3])
@pytest.mark.parametrize("contract", CASES)
def test_a_row_and_its_end_are_known_when_they_were_and_not_before(
    workspace: Workspace, contract: str, delay: int
) -> None:
    head, lines, expected = CASES[contract]
    path = workspace.csv("t.csv", head, *lines)
    source = {"path": path, "contract": contract, "availability_delay_days": delay}
    tables = workspace.open({"t": source}, checks={"quarantine_limit": 0})
    found = tables.engine.query(f"SELECT * FROM {tables.relation('t')}").to_pydict()
    for column, days in expected.items():
        seen = [None if day is None else str(date_of(day - delay)) for day in found[column]]
        assert seen == days, column


@pytest.mark.parametrize(
    ("contract", "column"),
    [("events", "known_at"), ("levels", "known_at"), ("intervals", "known_at"), ("intervals", "end_known_at")],
)
def test_known_at_is_the_local_day_of_its_moment(workspace: Workspace, contract: str, column: str) -> None:
    """23:30 UTC on the 12th is the 13th in Kolkata; the last microsecond before midnight there is still the 12th."""
    head = "account_id,time,start,end,value,known_at,end_known_at"
    lines = [
        f"a,{','.join(['2024-01-10T00:00:00Z'] * 2)},2024-01-10T12:00:00Z,1,{at},{at}"
        for at in ("2024-01-12T23:30:00Z", "2024-01-12T18:29:59.999999Z")
    ]
    workspace.csv("t.csv", head, *lines)
    tables = workspace.open({"t": {"path": "t.csv", "contract": contract}}, timezone="Asia/Kolkata")
    days = workspace.column(tables, "t", column.replace("_at", "_day"))
    assert [str(date_of(day)) for day in days] == ["2024-01-12", "2024-01-13"]


MICROS = 1_000_000


@pytest.mark.parametrize(
    ("zone", "clock", "written", "instant"),
    [
        ("UTC", None, "2024-01-10T12:00:00.000001Z", 1_704_888_000 * MICROS + 1),
        ("Asia/Kolkata", None, "2024-01-10T12:00:00+05:30", 1_704_868_200 * MICROS),
        ("UTC", None, "2024-01-10", 1_704_931_200 * MICROS - 1),
        ("Asia/Kolkata", None, "2024-01-10", 1_704_911_400 * MICROS - 1),
        ("Europe/Berlin", "Europe/Berlin", "2024-07-10 12:00:00", 1_720_605_600 * MICROS),
        ("Europe/Berlin", "America/New_York", "2024-01-10 12:00:00", 1_704_906_000 * MICROS),
        ("America/Sao_Paulo", "America/Sao_Paulo", "2018-11-04 01:00:00", 1_541_300_400 * MICROS),
    ],
    ids=[
        "micros",
        "offset",
        "date",
        "date in Kolkata",
        "own clock",
        "another clock",
        "first hour of a skipped midnight",
    ],
)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_level_keeps_its_exact_moment(
    workspace: Workspace, zone: str, clock: str | None, written: str, instant: int, kind: str
) -> None:
    if kind == "csv":
        workspace.csv("t.csv", "account_id,time,value", f"a,{written},1")
    else:
        workspace.parquet("t.parquet", account_id=["a"], time=[typed(written)], value=[1])
    tables = workspace.open(
        {"t": {"path": f"t.{kind}", "contract": "levels", **({"timezone": clock} if clock else {})}}, timezone=zone
    )
    assert workspace.column(tables, "t", "instant") == [instant]


def typed(written: str) -> Any:
    """The value as a typed column holds it."""
    from datetime import date, datetime

    return date.fromisoformat(written) if len(written) == 10 else datetime.fromisoformat(written)
