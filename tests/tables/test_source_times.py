"""Times: zones, texts, epochs, sentinels, the future. Fault numbers are those of the faults page."""

from __future__ import annotations

import os
import time
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from healthscore.asof import day_of
from healthscore.errors import ConfigurationError
from table_workspace import Workspace, padded


def day(text: str) -> int:
    return day_of(date.fromisoformat(text))


def events(path: str, **declared: Any) -> dict[str, dict[str, Any]]:
    columns = {"account_id": "account", "time": "at"} | declared.pop("columns", {})
    return {"events": {"path": path, "contract": "events", "columns": columns, **declared}}


def texts(workspace: Workspace, *times: str) -> str:
    return workspace.csv("events.csv", "account,at", *(f"a,{text}" for text in times))


def test_naive_timestamps_need_a_declared_zone(workspace: Workspace) -> None:  # fault 14
    path = workspace.parquet("events.parquet", account=["a", "b"], at=[datetime(2024, 1, 1, 10)] * 2)
    fault = workspace.refusal(events(path), timezone="Europe/Berlin")["naive_time"]
    assert (fault.source, fault.column, fault.count) == ("events", "time", 2)
    assert fault.remedy.startswith('declare `timezone = "Europe/Berlin"` in [sources.events]')


def test_naive_texts_need_a_declared_zone(workspace: Workspace) -> None:
    assert workspace.refusal(events(texts(workspace, "2024-01-01T10:00:00")))["naive_time"].count == 1


@pytest.mark.parametrize("machine", ["UTC", "America/New_York", "Asia/Kolkata", "Pacific/Apia"])
def test_the_zone_of_the_machine_does_not_matter(
    workspace: Workspace, machine: str, monkeypatch: pytest.MonkeyPatch
) -> None:  # fault 14
    monkeypatch.setenv("TZ", machine)
    time.tzset()
    try:
        path = workspace.parquet(
            "events.parquet", account=["a", "b"], at=[datetime(2024, 1, 1, 23), datetime(2024, 7, 1, 23)]
        )
        tables = workspace.open(events(path, timezone="America/New_York"), timezone="UTC")
        assert workspace.column(tables, "events", "day") == [day("2024-01-02"), day("2024-07-02")]
    finally:
        os.environ.pop("TZ", None)
        monkeypatch.undo()
        time.tzset()


def test_the_same_zone_keeps_the_naive_date(workspace: Workspace) -> None:
    path = workspace.parquet("events.parquet", account=["a"], at=[datetime(2024, 3, 31, 0, 30)])
    tables = workspace.open(events(path, timezone="Asia/Tokyo"), timezone="Asia/Tokyo")
    assert workspace.column(tables, "events", "day") == [day("2024-03-31")]


def test_offsets_are_converted_to_the_zone_of_the_run(workspace: Workspace) -> None:  # fault 15
    path = texts(workspace, "2024-01-01T23:30:00Z", "2024-01-01T23:30:00-05:00", "2024-01-02 00:30:00+0100")
    tables = workspace.open(events(path), timezone="Europe/Berlin")
    assert workspace.column(tables, "events", "day") == [day("2024-01-02"), day("2024-01-02"), day("2024-01-02")]


def test_typed_instants_are_converted(workspace: Workspace) -> None:
    at = pa.array([datetime(2024, 1, 1, 23, 30, tzinfo=UTC)], pa.timestamp("ms", tz="America/New_York"))
    tables = workspace.open(events(workspace.parquet("events.parquet", account=["a"], at=at)), timezone="Asia/Tokyo")
    assert workspace.column(tables, "events", "day") == [day("2024-01-02")]


def test_mixed_naive_and_aware_texts_are_refused(workspace: Workspace) -> None:  # fault 15
    path = texts(workspace, "2024-01-01T10:00:00Z", "2024-01-01T10:00:00")
    fault = workspace.refusal(events(path, timezone="UTC"))["mixed_zones"]
    assert "here 1 do and 1 do not" in fault.rule


def test_files_that_disagree_on_zones_are_refused(workspace: Workspace) -> None:  # fault 15
    workspace.parquet("e1.parquet", account=["a"], at=[datetime(2024, 1, 1)])
    workspace.parquet(
        "e2.parquet", account=["a"], at=pa.array([datetime(2024, 1, 1, tzinfo=UTC)], pa.timestamp("us", tz="UTC"))
    )
    fault = workspace.refusal(events("e*.parquet", timezone="UTC"))["mixed_types"]
    assert (fault.column, fault.file) == ("at", "e2.parquet")


def test_a_time_that_the_clock_skipped_is_set_aside(workspace: Workspace) -> None:  # fault 16
    path = workspace.csv(
        "events.csv", "account,at", *padded(["a,2024-03-31T02:30:00"], lambda n: "a,2024-05-01T10:00:00")
    )
    tables = workspace.open(events(path, timezone="Europe/Berlin"), timezone="UTC")
    assert tables.reports["events"].quarantined == {"time_in_gap": 1}
    (finding,) = [f for f in tables.findings if f.code == "time_in_gap"]
    assert finding.lines == ("events.csv:2",)


def test_a_time_that_the_clock_showed_twice_is_the_earlier_one_and_counted(workspace: Workspace) -> None:  # fault 16
    # 01:30 in New York is 05:30 UTC first and 06:30 UTC again: 23:30 the day before, or 00:30, six hours behind.
    path = workspace.csv("events.csv", "account,at", "a,2024-11-03T01:30:00", "a,2024-06-01T00:00:00")
    tables = workspace.open(events(path, timezone="America/New_York"), timezone="Etc/GMT+6")
    assert workspace.column(tables, "events", "day") == [day("2024-05-31"), day("2024-11-02")]
    assert [(f.severity, f.count) for f in tables.findings if f.code == "time_in_overlap"] == [("rule", 1)]


def test_day_and_month_are_never_guessed(workspace: Workspace) -> None:  # fault 18
    fault = workspace.refusal(events(texts(workspace, "01/02/2024", "03/04/2024")))["time_format"]
    assert "`time_format =" in fault.remedy
    assert fault.count == 2


@pytest.mark.parametrize(
    ("time_format", "text", "expected"),
    [
        ("%d/%m/%Y", "01/02/2024", "2024-02-01"),
        ("%m/%d/%Y", "01/02/2024", "2024-01-02"),
        ("%m/%d/%Y %I:%M %p", "01/02/2024 11:30 PM", "2024-01-03"),
        ("%d.%m.%Y %H:%M %z", "01.02.2024 23:30 -0300", "2024-02-02"),
        ("%Y%m%d", "20240131", "2024-01-31"),
    ],
)
def test_a_declared_format_is_followed(workspace: Workspace, time_format: str, text: str, expected: str) -> None:
    path = texts(workspace, text)
    tables = workspace.open(events(path, time_format=time_format, timezone="America/New_York"), timezone="UTC")
    assert workspace.column(tables, "events", "day") == [day(expected)]


def test_a_format_that_is_none_is_a_fault_of_the_run(workspace: Workspace) -> None:
    with pytest.raises(ConfigurationError, match=r"sources\.events\.time_format = '%q'"):
        workspace.open(events(texts(workspace, "x"), time_format="%q"))


@pytest.mark.parametrize(
    "text", ["2024-02-30", "2024-01-01T24:00:00Z", "2024-1-1", "2024/01/01", "01/02/2024", "infinity", "epoch"]
)
def test_texts_that_are_no_iso_times_are_set_aside(workspace: Workspace, text: str) -> None:
    path = workspace.csv("events.csv", "account,at", *padded([f"a,{text}"], lambda n: "b,2024-05-01"))
    tables = workspace.open(events(path))
    assert tables.reports["events"].quarantined == {"time_unreadable": 1}
    assert workspace.quarantined("events")[0]["original"] == f'{{"account":"a","at":"{text}"}}'


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("kind", ["integer", "text"])
def test_epochs_are_read_in_their_declared_unit(workspace: Workspace, unit: str, kind: str) -> None:
    factor = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    # The last instant of a day that the unit can write.
    value = 1_704_153_600 * factor - 1
    if kind == "integer":
        path = workspace.parquet("events.parquet", account=["a"], at=[value])
    else:
        path = texts(workspace, str(value))
    assert workspace.column(workspace.open(events(path, time_unit=unit)), "events", "day") == [day("2024-01-01")]


def test_epochs_of_narrow_integers_do_not_overflow(workspace: Workspace) -> None:
    path = workspace.parquet("events.parquet", account=["a"], at=pa.array([1_704_153_599], pa.int32()))
    assert workspace.column(workspace.open(events(path, time_unit="s")), "events", "day") == [day("2024-01-01")]


def test_epochs_as_floating_point_keep_their_day(workspace: Workspace) -> None:
    path = workspace.parquet("events.parquet", account=["a", "b"], at=[1_704_153_599.75, float("nan")])
    tables = workspace.inspect(events(path, time_unit="s"))
    assert workspace.column(tables, "events", "day") == [day("2024-01-01")]


@pytest.mark.parametrize("declared", [None, "s"])
def test_the_unit_that_would_fit_is_named_and_never_taken(
    workspace: Workspace, declared: str | None
) -> None:  # fault 19
    path = workspace.parquet("events.parquet", account=["a", "b"], at=[1_704_153_599_000, 1_704_153_600_000])
    faults = workspace.refusal(events(path, time_unit=declared))
    fault = faults["epoch_unit" if declared else "epoch_without_unit"]
    assert 'time_unit = "ms"' in fault.remedy
    assert fault.count == 2


def test_days_written_as_integers_are_told_from_epochs(workspace: Workspace) -> None:
    path = workspace.parquet("events.parquet", account=["a"], at=[20240131])
    assert 'time_format = "%Y%m%d"' in workspace.refusal(events(path))["epoch_without_unit"].remedy
    declared = events(path, time_format="%Y%m%d", columns={"time": "CAST(at AS text)"})
    assert workspace.column(workspace.open(declared), "events", "day") == [day("2024-01-31")]


def test_a_date_is_a_day_of_the_run_known_at_its_end(workspace: Workspace) -> None:  # fault 20
    path = workspace.parquet("events.parquet", account=["a"], at=[date(2024, 1, 31)])
    tables = workspace.open(events(path, timezone="Asia/Tokyo"), timezone="America/New_York")
    (row,) = workspace.rows(tables, "events", "day, known_day")
    assert row == {"day": day("2024-01-31"), "known_day": day("2024-01-31")}


def test_dates_and_times_in_one_column_are_both_read(workspace: Workspace) -> None:
    path = texts(workspace, "2024-01-31", "2024-01-31T23:30:00Z")
    tables = workspace.open(events(path), timezone="Europe/Berlin")
    assert workspace.column(tables, "events", "day") == [day("2024-01-31"), day("2024-02-01")]


def test_rows_after_the_end_of_the_data_are_set_aside(workspace: Workspace) -> None:  # fault 21
    late = ["a,2024-06-01T12:00:00Z", "a,2024-06-02T00:00:01Z", "a,2030-01-01T00:00:00Z"]
    path = workspace.csv("events.csv", "account,at", *padded(late, lambda n: "b,2024-05-01T00:00:00Z"))
    tables = workspace.open(events(path), data_end="2024-06-01")
    # The end is midnight at the start of 1 June, and 24 hours of skew are granted.
    assert tables.reports["events"].quarantined == {"future_time": 2}
    assert tables.reports["events"].last_day == day("2024-06-01")


def test_more_than_one_percent_of_future_rows_is_refused(workspace: Workspace) -> None:  # fault 21
    late = [f"a,2030-01-{number:02d}T00:00:00Z" for number in range(1, 12)]
    path = workspace.csv("events.csv", "account,at", *padded(late, lambda n: "b,2024-05-01T00:00:00Z"))
    fault = workspace.refusal(events(path), data_end="2024-06-01")["future_time"]
    assert (fault.count, fault.share, fault.lines) == (11, 0.011, ("events.csv:2", "events.csv:3", "events.csv:4"))


def test_rows_far_behind_all_others_are_a_warning_where_no_end_is_declared(workspace: Workspace) -> None:  # fault 21
    path = workspace.csv("events.csv", "account,at", *padded(["a,2030-01-01"], lambda n: f"b,2024-05-{n % 28 + 1:02d}"))
    (warning,) = workspace.open(events(path)).reports["events"].warnings
    assert (warning.code, warning.count) == ("stray_days", 1)
    assert warning.remedy.startswith('declare `data_end = "2024-05-29"`')
    tables = workspace.open(events(path), data_end="2024-05-29")
    assert tables.reports["events"].quarantined == {"future_time": 1}
    assert tables.reports["events"].warnings == ()


def test_a_second_season_is_no_stray(workspace: Workspace) -> None:
    lines = [f"a,2024-01-{n:02d}" for n in range(1, 29)] + [f"a,2024-09-{n:02d}" for n in range(1, 29)]
    assert workspace.open(events(workspace.csv("events.csv", "account,at", *lines))).findings == ()


def test_known_at_is_used_delayed_and_never_before_the_event(workspace: Workspace) -> None:  # faults 22, 23
    path = workspace.csv(
        "events.csv", "account,at,known_at", "a,2024-01-01,2024-01-05", "b,2024-01-03,2024-01-01", "c,2024-01-04,"
    )
    tables = workspace.open(events(path, availability_delay_days=2))
    assert workspace.column(tables, "events", "known_day") == [day("2024-01-05"), day("2024-01-06"), day("2024-01-07")]
    assert [(f.severity, f.count, f.lines) for f in tables.findings if f.code == "known_before_time"] == [
        ("rule", 1, ("events.csv:3",))
    ]


@pytest.mark.parametrize(
    "text", ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1900-01-01T00:00:00Z"]
)
@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo"])
def test_sentinels_are_set_aside(workspace: Workspace, text: str, zone: str) -> None:  # fault 29
    path = workspace.csv("events.csv", "account,at", *padded([f"a,{text}"], lambda n: "b,2024-05-01T00:00:00Z"))
    tables = workspace.open(events(path), timezone=zone, data_end="2024-06-01")
    assert tables.reports["events"].quarantined == {"sentinel_time": 1}


def test_9999_as_an_end_means_open(workspace: Workspace) -> None:  # fault 29
    path = workspace.csv(
        "s.csv", "account_id,start,end,notice", "a,2024-01-01,9999-12-31,", "b,2024-01-01,2024-02-01,9999-12-31"
    )
    tables = workspace.open({"subs": {"path": path, "contract": "subscriptions"}})
    assert workspace.rows(tables, "subs", '"end", notice') == [
        {"end": day("2024-02-01"), "notice": None},
        {"end": None, "notice": None},
    ]


def test_midnights_of_a_contract_date_are_dates_whatever_the_zones(workspace: Workspace) -> None:
    path = workspace.parquet("s.parquet", account_id=["a"], start=[datetime(2024, 1, 1)], end=[datetime(2024, 2, 1)])
    for declared in ({}, {"timezone": "Asia/Tokyo"}):
        source = {"path": path, "contract": "subscriptions", **declared}
        tables = workspace.open({"subs": source}, timezone="America/New_York")
        assert workspace.rows(tables, "subs", 'start, "end"') == [
            {"start": day("2024-01-01"), "end": day("2024-02-01")}
        ]


def test_contract_times_within_the_day_need_a_zone(workspace: Workspace) -> None:
    path = workspace.parquet("s.parquet", account_id=["a", "b"], start=[datetime(2024, 1, 1), datetime(2024, 1, 1, 12)])
    source = {"path": path, "contract": "subscriptions"}
    assert workspace.refusal({"subs": source})["naive_time"].column == "start"


def test_an_interval_has_days_of_both_ends(workspace: Workspace) -> None:
    path = workspace.csv(
        "t.csv", "account_id,start,end,deadline,known_at,end_known_at",
        "a,2024-01-01,2024-01-05,2024-02-01,2024-01-02,2024-01-07", "b,2024-01-01,,9999-12-31,,",
    )  # fmt: skip
    tables = workspace.open({"tickets": {"path": path, "contract": "intervals"}})
    closed, still_open = workspace.rows(tables, "tickets")
    assert closed == {
        "account_id": "a",
        "kind": None,
        "quantity": None,
        "deadline": day("2024-02-01"),
        "start_day": day("2024-01-01"),
        "end_day": day("2024-01-05"),
        "known_day": day("2024-01-02"),
        "end_known_day": day("2024-01-07"),
        "until_day": None,
    }
    assert (still_open["end_day"], still_open["end_known_day"], still_open["deadline"]) == (None, None, None)
