"""Rows against rows: unknown accounts, copies, contradictions, and ends before starts."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from healthscore.asof import day_of
from healthscore.errors import ConfigurationError
from healthscore.tables import Tables
from table_workspace import Workspace, padded

EVENTS: dict[str, Any] = {"path": "events.csv", "contract": "events"}
ACCOUNTS: dict[str, Any] = {"path": "accounts.csv", "contract": "accounts"}
SUBSCRIPTIONS: dict[str, Any] = {"path": "subscriptions.csv", "contract": "subscriptions"}


def accounted(tables: Tables, source: str) -> tuple[int, dict[str, int], dict[str, int]]:
    report = tables.reports[source]
    assert report.rows_in == report.used + sum(report.quarantined.values()) + sum(report.dropped.values())
    found = tables.engine.query(f"SELECT count(*) AS n FROM {tables.relation(source)}").to_pylist()[0]["n"]
    assert found == report.used
    return report.used, dict(report.quarantined), dict(report.dropped)


def test_events_of_unknown_accounts_are_set_aside(workspace: Workspace) -> None:  # fault 7
    workspace.csv("accounts.csv", "account_id", "a")
    workspace.csv(
        "events.csv", "account_id,time", *padded(["b,2024-01-01", "c,2024-01-01"], lambda n: "a,2024-01-02", 100)
    )
    tables = workspace.open({"events": EVENTS, "accounts": ACCOUNTS})
    assert accounted(tables, "events") == (98, {"orphan": 2}, {})
    assert workspace.quarantined("events")[0] == {
        "reason": "orphan", "column": "account_id", "file": str(workspace.root / "events.csv"), "line": 2,
        "original": '{"account_id":"b","time":"2024-01-01"}',
    }  # fmt: skip
    assert tables.reports["events"].accounts == 1
    assert tables.reports["events"].first_day == day_of(date(2024, 1, 2))


def test_too_many_unknown_accounts_are_refused(workspace: Workspace) -> None:  # fault 7
    workspace.csv("accounts.csv", "account_id", "00042")
    workspace.csv("events.csv", "account_id,time", "42,2024-01-01", "00042,2024-01-01")
    fault = workspace.refusal({"events": EVENTS, "accounts": ACCOUNTS})["orphan"]
    assert (fault.count, fault.share, fault.lines) == (1, 0.5, ("events.csv:2",))
    assert "differ from an account's only in leading zeros" in fault.remedy
    assert "orphan_limit" in fault.remedy


def test_the_limit_of_unknown_accounts_is_the_runs(workspace: Workspace) -> None:
    workspace.csv("accounts.csv", "account_id", "a")
    workspace.csv("events.csv", "account_id,time", "a,2024-01-01", "b,2024-01-01")
    tables = workspace.open({"events": EVENTS, "accounts": ACCOUNTS}, checks={"orphan_limit": 0.5})
    assert accounted(tables, "events") == (1, {"orphan": 1}, {})


def test_accounts_are_opened_with_any_source(workspace: Workspace) -> None:
    from healthscore.tables import open_tables

    workspace.csv("accounts.csv", "account_id", "a")
    workspace.csv("events.csv", "account_id,time", "a,2024-01-01")
    with open_tables(workspace.run({"events": EVENTS, "accounts": ACCOUNTS}), sources=["events"]) as tables:
        assert set(tables.reports) == {"events", "accounts"}


def test_identical_accounts_are_dropped(workspace: Workspace) -> None:  # fault 8
    workspace.csv("accounts.csv", "account_id,name", "a,Acme", "a,Acme", "a,Acme", "b,Best")
    tables = workspace.open({"accounts": ACCOUNTS})
    assert accounted(tables, "accounts") == (2, {}, {"duplicate": 2})
    assert tables.reports["accounts"].accounts == 2


def test_contradicting_accounts_are_refused(workspace: Workspace) -> None:  # fault 8
    workspace.csv("accounts.csv", "account_id,name", "a,Acme", "a,Apex", *(f"n{number},x" for number in range(5000)))
    fault = workspace.refusal({"accounts": ACCOUNTS})["conflict"]
    assert (fault.column, fault.count, fault.lines) == ("account_id", 2, ("accounts.csv:2", "accounts.csv:3"))


def test_copies_of_an_event_are_dropped_but_for_the_one_known_first(workspace: Workspace) -> None:  # fault 30
    workspace.csv(
        "events.csv", "account_id,time,event_id,known_at",
        "a,2024-01-01,1,2024-01-09", "a,2024-01-01,1,2024-01-03", "a,2024-01-01,1,2024-01-05",
        "a,2024-01-01,2,", "a,2024-01-01,,",
    )  # fmt: skip
    tables = workspace.open({"events": EVENTS})
    assert accounted(tables, "events") == (3, {}, {"duplicate": 2})
    assert workspace.column(tables, "events", "known_day") == [day_of(date(2024, 1, d)) for d in (1, 1, 3)]


def test_equal_events_without_an_id_are_all_used(workspace: Workspace) -> None:  # fault 30
    workspace.csv("events.csv", "account_id,time", "a,2024-01-01", "a,2024-01-01")
    assert accounted(workspace.open({"events": EVENTS}), "events") == (2, {}, {})


def test_one_event_id_with_two_contents_is_set_aside_twice(workspace: Workspace) -> None:  # fault 31
    odd = ["a,2024-01-01T10:00:00Z,same,1", "a,2024-01-01T10:00:01Z,same,1"]
    workspace.csv(
        "events.csv", "account_id,time,event_id,quantity", *padded(odd, lambda n: f"a,2024-01-02T00:00:00Z,{n},1", 2000)
    )
    tables = workspace.open({"events": EVENTS})
    assert accounted(tables, "events") == (1998, {"conflict": 2}, {})


def test_too_many_contradicting_events_are_refused(workspace: Workspace) -> None:  # fault 31
    workspace.csv("events.csv", "account_id,time,event_id", "a,2024-01-01,1", "b,2024-01-01,1", "c,2024-01-01,2")
    fault = workspace.refusal({"events": EVENTS})["conflict"]
    assert (fault.count, fault.column) == (2, "event_id")
    assert "deduplicate_by" in fault.remedy


@pytest.mark.parametrize("key", [["account_id", "time", "name"], ["account_id", "time", "feature"]])
def test_a_declared_key_keeps_the_first_known(workspace: Workspace, key: list[str]) -> None:  # fault 30
    workspace.csv(
        "events.csv", "account_id,time,feature,known_at",
        "a,2024-01-01,view,2024-01-05", "a,2024-01-01,view,2024-01-02", "a,2024-01-01,edit,2024-01-09",
        "a,2024-01-01,,", "a,2024-01-01,,",
    )  # fmt: skip
    tables = workspace.open({"events": {**EVENTS, "columns": {"name": "feature"}, "deduplicate_by": key}})
    assert accounted(tables, "events") == (3, {}, {"duplicate": 2})
    assert workspace.rows(tables, "events", "name, known_day")[1] == {
        "name": "view",
        "known_day": day_of(date(2024, 1, 2)),
    }


def test_rows_without_any_part_of_a_declared_key_are_no_copies(workspace: Workspace) -> None:
    workspace.csv(
        "events.csv", "account_id,time,name", "a,2024-01-01,", "a,2024-01-02,", "a,2024-01-03,x", "a,2024-01-04,x"
    )
    tables = workspace.open({"events": {**EVENTS, "deduplicate_by": ["name"]}})
    assert accounted(tables, "events") == (3, {}, {"duplicate": 1})


def test_a_declared_key_tells_times_of_one_day_apart(workspace: Workspace) -> None:
    workspace.csv(
        "events.csv", "account_id,time", "a,2024-01-01T10:00:00Z", "a,2024-01-01T11:00:00Z", "a,2024-01-01T10:00:00Z"
    )
    tables = workspace.open({"events": {**EVENTS, "deduplicate_by": ["account_id", "time"]}})
    assert accounted(tables, "events") == (2, {}, {"duplicate": 1})


def test_a_declared_key_that_is_no_column_is_refused(workspace: Workspace) -> None:
    workspace.csv("events.csv", "account_id,time,feature", "a,2024-01-01,x")
    fault = workspace.refusal({"events": {**EVENTS, "deduplicate_by": ["account_id", "featre"]}})["missing_column"]
    assert "'featre'" in fault.rule
    assert "did you mean 'feature'" in fault.rule


def test_rows_that_the_run_filters_are_dropped_and_counted(workspace: Workspace) -> None:  # fault 32
    workspace.csv(
        "events.csv",
        "account_id,time,kind",
        "a,2024-01-01,bot",
        "a,2024-01-01,human",
        "a,bad time,bot",
        "a,2024-01-01,",
    )
    tables = workspace.open({"events": {**EVENTS, "where": "kind <> 'bot'"}})
    assert accounted(tables, "events") == (1, {}, {"where": 3})


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("b,2024-02-01,2024-01-01,,1", "end_before_start"),
        ("b,2024-02-01,2024-02-01,,1", "end_before_start"),
        ("b,2024-02-01,,2024-01-31,1", "notice_outside"),
        ("b,2024-02-01,2024-03-01,2024-03-02,1", "notice_outside"),
        ("b,2024-02-01,,,-1", "negative_seats"),
        ("b,,2024-02-01,,1", "missing_value"),
        ("b,2024-02-30,,,1", "time_unreadable"),
    ],
)
def test_nonsense_in_subscriptions_is_set_aside(workspace: Workspace, row: str, code: str) -> None:  # faults 36, 51
    rows = padded([row], lambda n: f"a{n},2024-01-01,9999-12-31,2024-01-05,3")
    workspace.csv("subscriptions.csv", "account_id,start,end,notice,seats", *rows)
    assert accounted(workspace.open({"subscriptions": SUBSCRIPTIONS}), "subscriptions") == (999, {code: 1}, {})


def test_sound_subscriptions_are_used(workspace: Workspace) -> None:
    workspace.csv(
        "subscriptions.csv", "account_id,start,end,notice,status,known_at",
        "a,2024-01-01,2024-02-01,2024-02-01,active,2024-01-03", "b,2024-01-01,,2024-01-05,trial,2023-12-01",
    )  # fmt: skip
    tables = workspace.open({"subscriptions": SUBSCRIPTIONS})
    assert [f.code for f in tables.findings] == []
    assert workspace.column(tables, "subscriptions", "known_day") == [day_of(date(2024, 1, d)) for d in (1, 3)]


def test_an_interval_may_end_as_it_begins_but_not_before(workspace: Workspace) -> None:
    workspace.csv(
        "events.csv", "account_id,start,end", *padded(["a,2024-01-02,2024-01-01"], lambda n: "a,2024-01-02,2024-01-02")
    )
    tables = workspace.open({"tickets": {"path": "events.csv", "contract": "intervals"}})
    assert accounted(tables, "tickets") == (999, {"end_before_start": 1}, {})


def test_a_level_without_a_value_was_asked_for_and_not_answered(workspace: Workspace) -> None:
    workspace.csv("levels.csv", "account_id,time,name,value", "a,2024-01-01,nps,", "a,2024-02-01,nps,9")
    tables = workspace.open({"levels": {"path": "levels.csv", "contract": "levels"}})
    assert accounted(tables, "levels") == (2, {}, {})
    assert [row["value"] for row in workspace.rows(tables, "levels", "instant, value")] == [None, 9]


def test_no_row_left_is_refused(workspace: Workspace) -> None:  # fault 55
    workspace.csv("events.csv", "account_id,time", "a,2024-01-01")
    assert "none is left" in workspace.refusal({"events": {**EVENTS, "where": "account_id = 'b'"}})["no_rows"].rule


def test_an_unknown_source_is_a_fault_of_the_caller(workspace: Workspace) -> None:
    from healthscore.tables import open_tables

    workspace.csv("events.csv", "account_id,time", "a,2024-01-01")
    with pytest.raises(ConfigurationError, match="there is no source 'evnts'"):
        open_tables(workspace.run({"events": EVENTS}), sources=["evnts"])
