"""Faults 14 to 29: time."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from healthscore.asof import as_of_days, date_of, day_of
from messages import Rows, assert_told
from table_workspace import Workspace, padded

EVENTS: dict[str, Any] = {"path": "events.csv", "contract": "events"}


def day(text: str) -> int:
    return day_of(date.fromisoformat(text))


def timed(workspace: Workspace, *times: str) -> None:
    workspace.csv("events.csv", "account_id,time", *(f"a,{time}" for time in times))


def test_naive_times_need_the_zone_of_their_clock(workspace: Workspace) -> None:
    """fault 14: a time without an offset is refused unless the source says whose clock wrote it."""
    timed(workspace, "2024-01-01T10:00:00", "2024-01-01", "2024-01-02T10:00:00")
    assert_told(
        workspace.refusal({"events": EVENTS}, timezone="Europe/Berlin")["naive_time"],
        source="events",
        column="time",
        file="events.csv",
        rows=Rows(2, 2 / 3, ("events.csv:2", "events.csv:4")),
        rule="times without an offset need the zone of the clock that wrote them; it is never guessed",
        remedy='declare `timezone = "Europe/Berlin"` in [sources.events]',
    )


_DAYS = """
import sys
from pathlib import Path
from table_workspace import Workspace
workspace = Workspace(Path(sys.argv[1]))
sources = {"events": {"path": "events.parquet", "contract": "events", "timezone": "America/New_York",
                      "columns": {"time": "naive"}},
           "instants": {"path": "events.parquet", "contract": "events", "columns": {"time": "aware"}}}
tables = workspace.open(sources, timezone="Asia/Tokyo")
print([workspace.column(tables, name, "day") for name in sources])
"""


def test_the_zone_of_the_machine_does_not_matter(workspace: Workspace) -> None:
    """fault 14: the days are the same whatever TZ says, in a process of its own, because libraries read TZ once."""
    clock = [datetime(2024, 1, 1, 23), datetime(2024, 3, 10, 10), datetime(2024, 11, 3, 0, 30)]
    aware = pa.array([value.replace(tzinfo=UTC) for value in clock], pa.timestamp("us", tz="UTC"))
    workspace.parquet("events.parquet", account_id=["a", "b", "c"], naive=clock, aware=aware)
    said = set()
    for zone in ("UTC", "America/New_York", "Asia/Kolkata", "Pacific/Apia"):
        environment = os.environ | {"TZ": zone, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", _DAYS, str(workspace.root)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        said.add(done.stdout)
    naive = [day("2024-01-02"), day("2024-03-10"), day("2024-11-03")]
    instants = [day("2024-01-02"), day("2024-03-10"), day("2024-11-03")]
    assert said == {f"{[naive, instants]}\n"}


def test_naive_and_aware_times_do_not_mix(workspace: Workspace) -> None:
    """fault 15: offsets of all kinds become UTC; times with and without one are not compared."""
    timed(workspace, "2024-01-01T23:30:00Z", "2024-01-01T10:00:00", "2024-01-01T23:30:00-05:00", "2024-01-02")
    assert_told(
        workspace.refusal({"events": EVENTS | {"timezone": "UTC"}})["mixed_zones"],
        source="events",
        column="time",
        file="events.csv",
        rows=Rows(1, 0.25, ("events.csv:3",)),
        rule="all times of a column carry an offset or none does; here 2 do and 1 do not",
        remedy="export one or the other",
    )


def test_mixed_offsets_are_one_clock(workspace: Workspace) -> None:
    """fault 15: the same instant written with three offsets falls on one day of the run."""
    timed(workspace, "2024-01-01T23:30:00Z", "2024-01-02T01:30:00+02:00", "2024-01-01T18:30:00-05:00")
    tables = workspace.open({"events": EVENTS}, timezone="Europe/Berlin")
    assert workspace.column(tables, "events", "day") == [day("2024-01-02")] * 3


@pytest.mark.parametrize(
    ("zone", "skipped", "other"),
    [
        ("Europe/Berlin", "2024-03-31T02:30:00", "2024-03-31T03:00:00"),
        ("America/Sao_Paulo", "2018-11-04T00:30:00", "2018-11-04T01:00:00"),
        ("America/Havana", "2024-03-10T00:30:00", "2024-03-10T01:00:00"),
        ("Africa/Cairo", "2024-04-26T00:30:00", "2024-04-26T01:00:00"),
        ("Pacific/Apia", "2011-12-30T12:00:00", "2011-12-31T00:00:00"),
    ],
)
def test_times_that_a_clock_skipped_are_set_aside(workspace: Workspace, zone: str, skipped: str, other: str) -> None:
    """faults 16 and 17: in zones whose clocks change at midnight too, where a day begins at 01:00 or not at all."""
    workspace.csv("events.csv", "account_id,time", *padded([f"a,{skipped}"], lambda n: f"b,{other}"))
    tables = workspace.open({"events": EVENTS | {"timezone": zone}}, timezone="UTC")
    assert tables.reports["events"].quarantined == {"time_in_gap": 1}
    (finding,) = [finding for finding in tables.findings if finding.code == "time_in_gap"]
    assert_told(
        finding,
        severity="quarantine",
        source="events",
        column="time",
        file="events.csv",
        rows=Rows(1, 0.001, ("events.csv:2",)),
        rule=f"a time is one that the clock of {zone} has shown",
        remedy="declare the zone in which they were written",
    )
    (row,) = workspace.quarantined("events")
    assert (row["reason"], row["column"], row["line"]) == ("time_in_gap", "time", 2)


def test_times_that_a_clock_showed_twice_are_the_earlier_ones(workspace: Workspace) -> None:
    """fault 16: an overlap is read as the earlier of the two and counted."""
    timed(workspace, "2024-11-03T01:30:00", "2024-06-01T00:00:00")
    tables = workspace.open({"events": EVENTS | {"timezone": "America/New_York"}}, timezone="Etc/GMT+6")
    assert workspace.column(tables, "events", "day") == [day("2024-05-31"), day("2024-11-02")]
    (finding,) = [finding for finding in tables.findings if finding.code == "time_in_overlap"]
    assert_told(
        finding,
        severity="rule",
        source="events",
        column="time",
        file="events.csv",
        rows=Rows(1, 0.5, ("events.csv:2",)),
        rule="shown twice is read as the earlier one",
        remedy="export times with their offset",
    )


def test_days_and_months_are_never_guessed(workspace: Workspace) -> None:
    """fault 18: 01/02/2024 is refused until the run says which of the two it is."""
    timed(workspace, "01/02/2024", "13/02/2024")
    assert_told(
        workspace.refusal({"events": EVENTS})["time_format"],
        source="events",
        column="time",
        file="events.csv",
        rows=Rows(2, 1.0, ("events.csv:2", "events.csv:3")),
        rule="texts as times are ISO-8601 such as 2024-01-31T12:00:00+01:00, or follow a declared format",
        remedy='declare `time_format = "%d/%m/%Y %H:%M"` in [sources.events], or the format that it is',
    )


@pytest.mark.parametrize(("unit", "factor"), [("ms", 1000), ("us", 1_000_000), ("ns", 1_000_000_000)])
def test_the_unit_that_fits_is_named(workspace: Workspace, unit: str, factor: int) -> None:
    """fault 19: epochs outside 1990 and the data's end are in another unit, which is named and never taken."""
    times = [1_704_153_599 * factor] * 2 + [None]
    workspace.parquet("events.parquet", account_id=["a"] * 3, time=pa.array(times, pa.int64()))
    source = EVENTS | {"path": "events.parquet", "time_unit": "s"}
    assert_told(
        workspace.refusal({"events": source})["epoch_unit"],
        source="events",
        column="time",
        file="events.parquet",
        rows=Rows(2, 2 / 3, ("events.parquet:1", "events.parquet:2")),
        rule=f"epochs in s lie between 1990 and the data's end; 0 of 2 do, and 2 do in {unit}",
        remedy=f'declare `time_unit = "{unit}"` in [sources.events]',
    )


@pytest.mark.parametrize("kind", ["integers", "texts"])
def test_two_units_in_one_column_are_told(workspace: Workspace, kind: str) -> None:
    """fault 19: where most fit the declared unit, the others are set aside, or refused with the unit that they fit."""
    times = [1_704_153_599_000] * 10 + [1_704_153_599] * 90
    if kind == "integers":
        path = workspace.parquet("events.parquet", account_id=["a"] * 100, time=times)
    else:
        path = workspace.csv("events.csv", "account_id,time", *(f"a,{value}" for value in times))
    first = 1 if kind == "integers" else 2
    assert_told(
        workspace.refusal({"events": EVENTS | {"path": path, "time_unit": "s"}})["time_unreadable"],
        source="events",
        column="time",
        file=path,
        rows=Rows(10, 0.1, tuple(f"{path}:{line}" for line in range(first, first + 3))),
        rule="is an epoch in s between 1990 and the data's end",
        remedy="10 rows would fit ms: bring them to one unit",
    )


def test_a_date_is_known_at_its_end(workspace: Workspace) -> None:
    """fault 20: a value that is only a date is the last microsecond of its day: not yet visible on that day."""
    timed(workspace, "2024-01-31")
    tables = workspace.open({"events": EVENTS}, timezone="America/New_York")
    assert workspace.rows(tables, "events", "day, known_day") == [
        {"day": day("2024-01-31"), "known_day": day("2024-01-31")}
    ]


def test_rows_after_the_end_of_the_data_are_refused(workspace: Workspace) -> None:
    """fault 21: 24 hours of skew are granted, then rows are set aside, beyond 1 % refused."""
    late = ["a,2024-06-01T23:59:59Z", *(f"a,2030-01-{n:02d}T00:00:00Z" for n in range(1, 12))]
    workspace.csv("events.csv", "account_id,time", *padded(late, lambda n: "b,2024-05-01T00:00:00Z"))
    assert_told(
        workspace.refusal({"events": EVENTS}, data_end="2024-06-01")["future_time"],
        source="events",
        column="time",
        file="events.csv",
        rows=Rows(11, 0.011, ("events.csv:3", "events.csv:4", "events.csv:5")),
        rule="nothing happens later than 24 h after the data's end; at most 1% of rows may",
        remedy="mend `data_end`",
    )


def test_late_rows_are_known_when_they_were_known(workspace: Workspace) -> None:
    """fault 22: a row counts from the day on which it was known; where no row says, the delay is taken and told."""
    workspace.csv("events.csv", "account_id,time,seen", "a,2024-01-01,2024-01-09", "b,2024-01-02,")
    tables = workspace.open({"events": EVENTS | {"columns": {"known_at": "seen"}}})
    assert workspace.column(tables, "events", "known_day") == [day("2024-01-02"), day("2024-01-09")]
    assert tables.reports["events"].lateness == ""
    tables = workspace.open({"events": EVENTS | {"availability_delay_days": 2}})
    assert workspace.column(tables, "events", "known_day") == [day("2024-01-03"), day("2024-01-04")]
    assert tables.reports["events"].to_dict()["lateness"] == (
        "rows do not say when they became known, so late ones cannot be told; each counts as known 2 days later"
    )


def test_nothing_is_known_before_it_happens(workspace: Workspace) -> None:
    """fault 23: a known-at before the event is taken as the event's own day, and counted."""
    workspace.csv("events.csv", "account_id,time,known_at", "a,2024-01-03,2024-01-01", "b,2024-01-01,2024-01-02")
    tables = workspace.open({"events": EVENTS})
    assert workspace.column(tables, "events", "known_day") == [day("2024-01-02"), day("2024-01-03")]
    (finding,) = [finding for finding in tables.findings if finding.code == "known_before_time"]
    assert_told(
        finding,
        severity="rule",
        source="events",
        column="known_at",
        file="events.csv",
        rows=Rows(1, 0.5, ("events.csv:2",)),
        rule="known_at before time is taken as time",
        remedy="leave it out and declare availability_delay_days",
    )


# The month before and after every month's end that differs, leap years and centuries included.
MONTH_ENDS = [
    ("2024-01-31", ["2024-02-29", "2024-03-31"]),
    ("2023-01-31", ["2023-02-28", "2023-03-31"]),
    ("2024-01-30", ["2024-02-29", "2024-03-30"]),
    ("2023-01-29", ["2023-02-28", "2023-03-29"]),
    ("2024-01-29", ["2024-02-29", "2024-03-29"]),
    ("2024-02-29", ["2024-03-29", "2024-04-29"]),
    ("2023-02-28", ["2023-03-28", "2023-04-28"]),
    ("2024-03-31", ["2024-04-30", "2024-05-31"]),
    ("2024-05-31", ["2024-06-30", "2024-07-31"]),
    ("2023-12-31", ["2024-01-31", "2024-02-29"]),
    ("2024-11-30", ["2024-12-30", "2025-01-30"]),
    ("2100-01-31", ["2100-02-28", "2100-03-31"]),
]


@pytest.mark.parametrize(("first", "following"), MONTH_ENDS, ids=[first for first, _ in MONTH_ENDS])
def test_a_month_later_is_the_same_day_or_the_last(first: str, following: list[str]) -> None:
    """fault 28: each date is counted from the first one, so that a short month does not shift the rest."""
    days = as_of_days(date.fromisoformat(first), date.fromisoformat(following[-1]), "month")
    assert [date_of(value).isoformat() for value in days] == [first, *following]


def test_windows_are_counted_in_days(workspace: Workspace) -> None:
    """fault 28: no window is a month long, so 29 February and month ends shift none."""
    with pytest.raises(ValueError, match="windows"):
        workspace.run({"events": EVENTS}, features={"windows": ["month"]})


SENTINELS = ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1900-01-01T00:00:00Z", "9999-12-31T00:00:00Z"]


@pytest.mark.parametrize("sentinel", SENTINELS)
def test_dates_that_stand_for_none_are_set_aside(workspace: Workspace, sentinel: str) -> None:
    """fault 29: no customer did anything on 1970-01-01 or in the year 9999."""
    workspace.csv("events.csv", "account_id,time", *padded([f"a,{sentinel}"], lambda n: "b,2024-05-01T00:00:00Z"))
    tables = workspace.open({"events": EVENTS})
    (finding,) = [finding for finding in tables.findings if finding.code == "sentinel_time"]
    assert_told(
        finding,
        severity="quarantine",
        source="events",
        column="time",
        file="events.csv",
        rows=Rows(1, 0.001, ("events.csv:2",)),
        rule="1970-01-01, 1900-01-01 and the year 1, and 9999-12-31 stand for a missing one",
        remedy="leave the time empty where there is none",
    )


def test_an_end_in_the_year_9999_is_open(workspace: Workspace) -> None:
    """fault 29: as an end, 9999-12-31 says that there is none yet."""
    workspace.csv("subs.csv", "account_id,start,end", "a,2024-01-01,9999-12-31", "b,2024-01-01,2024-02-01")
    tables = workspace.open({"subs": {"path": "subs.csv", "contract": "subscriptions"}})
    assert workspace.column(tables, "subs", "end") == [day("2024-02-01"), None]


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_does_not_matter(workspace: Workspace, seed: int) -> None:
    """fault 26: ties within a microsecond and rows out of order: the same rows, the same days, the same copies."""
    rows = [f"a,2024-01-0{n % 9 + 1}T10:00:00.00000{n % 2}Z,{n % 7}" for n in range(63)]
    found = []
    for order in (range(63), np.random.default_rng(seed).permutation(63)):
        workspace.csv("events.csv", "account_id,time,quantity", *(rows[n] for n in order))
        tables = workspace.open({"events": EVENTS | {"deduplicate_by": ["time", "quantity"]}})
        found.append((workspace.rows(tables, "events"), tables.reports["events"].dropped))
    assert found[0] == found[1]
