"""Corrections: rows of one identity are versions of one row, each standing until the next was known."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from healthscore.asof import date_of
from healthscore.tables import Tables
from table_workspace import Workspace, padded

HEAD = "event_id,account_id,time,quantity,known_at,retracted"
EVENTS: dict[str, Any] = {"path": "events.csv", "contract": "events", "corrections": True}


def opened(workspace: Workspace, *lines: str, head: str = HEAD, **source: Any) -> Tables:
    workspace.csv("events.csv", head, *lines)
    return workspace.open({"events": {**EVENTS, "timezone": "UTC", **source}})


def stands(tables: Tables, source: str = "events", value: str = "quantity") -> list[tuple[Any, ...]]:
    """(account, value, first day known, day until which it stands) of every row, as texts."""
    rows = workspace_rows(tables, source, value)
    return [(a, v, str(date_of(k)), None if u is None else str(date_of(u))) for a, v, k, u in rows]


def workspace_rows(tables: Tables, source: str, value: str) -> list[tuple[Any, ...]]:
    query = f"SELECT account_id, {value}, known_day, until_day FROM {tables.relation(source)} ORDER BY 1, 3, 2"
    return [tuple(row.values()) for row in tables.engine.query(query).to_pylist()]


def dropped(tables: Tables, source: str = "events") -> dict[str, int]:
    report = tables.reports[source]
    assert report.rows_in == report.used + sum(report.dropped.values()) + sum(report.quarantined.values())
    return dict(report.dropped)


def corrections(tables: Tables, source: str = "events") -> int:
    return sum(f.count for f in tables.reports[source].findings if f.code == "correction")


def test_a_version_stands_until_the_next_was_known(workspace: Workspace) -> None:
    tables = opened(workspace, "7,a,2024-01-02,5,2024-01-03,", "7,a,2024-01-02,8,2024-02-10,", "8,a,2024-01-05,1,,")
    assert stands(tables) == [
        ("a", 5, "2024-01-03", "2024-02-10"),
        ("a", 1, "2024-01-05", None),
        ("a", 8, "2024-02-10", None),
    ]
    assert (dropped(tables), tables.reports["events"].used, corrections(tables)) == ({}, 3, 1)
    (finding,) = [f for f in tables.findings if f.code == "correction"]
    assert (finding.severity, finding.column, finding.lines) == ("rule", "known_at", ("events.csv:3",))


def test_three_versions_follow_each_other_in_whatever_order_the_file_has_them(workspace: Workspace) -> None:
    tables = opened(
        workspace, "7,a,2024-01-02,9,2024-03-01,", "7,a,2024-01-02,5,2024-01-03,", "7,a,2024-01-02,8,2024-02-10,"
    )
    assert stands(tables) == [
        ("a", 5, "2024-01-03", "2024-02-10"),
        ("a", 8, "2024-02-10", "2024-03-01"),
        ("a", 9, "2024-03-01", None),
    ]
    assert corrections(tables) == 2


def test_a_retraction_ends_the_row_and_is_none_itself(workspace: Workspace) -> None:
    tables = opened(workspace, "7,a,2024-01-02,5,2024-01-03,false", "7,a,2024-01-02,5,2024-02-10,true")
    assert stands(tables) == [("a", 5, "2024-01-03", "2024-02-10")]
    assert dropped(tables) == {"retraction": 1}


def test_a_retraction_need_not_repeat_the_row(workspace: Workspace) -> None:
    tables = opened(workspace, "7,a,2024-01-02,5,2024-01-03,", "7,,,,2024-02-10,true", "8,a,,,2024-02-10,true")
    assert stands(tables) == [("a", 5, "2024-01-03", "2024-02-10")]
    assert dropped(tables) == {"anonymous": 1, "retraction": 1}


def test_a_retraction_that_does_not_say_when_it_became_known_is_set_aside(workspace: Workspace) -> None:
    good = padded([], lambda n: f"{n},a,2024-01-02,1,2024-01-03,", 998)
    tables = opened(workspace, "x,a,2024-01-02,5,2024-01-03,", "x,a,,,,true", *good)
    assert tables.reports["events"].quarantined == {"missing_value": 1}
    assert ("a", 5, "2024-01-03", None) in stands(tables)


def test_a_row_may_come_back_after_its_retraction(workspace: Workspace) -> None:
    tables = opened(
        workspace, "7,a,2024-01-02,5,2024-01-03,", "7,a,2024-01-02,5,2024-02-10,true", "7,a,2024-01-02,5,2024-03-01,"
    )
    assert stands(tables) == [("a", 5, "2024-01-03", "2024-02-10"), ("a", 5, "2024-03-01", None)]


def test_of_versions_known_on_one_day_the_last_stands(workspace: Workspace) -> None:
    tables = opened(
        workspace,
        "7,a,2024-01-02 08:00:00,5,2024-01-03 10:00:00,",
        "7,a,2024-01-02 08:00:00,9,2024-01-03 14:00:00,",
        "7,a,2024-01-02 08:00:00,8,2024-01-03 12:00:00,",
        "7,a,2024-01-02 08:00:00,4,2024-01-05 12:00:00,",
    )
    assert stands(tables) == [("a", 9, "2024-01-03", "2024-01-05"), ("a", 4, "2024-01-05", None)]
    assert dropped(tables) == {"superseded": 2}


def test_days_are_those_of_the_runs_zone(workspace: Workspace) -> None:
    """23:30 UTC on the 3rd is the 4th in Kolkata, where both corrections fall on one day."""
    workspace.csv(
        "events.csv", HEAD,
        "7,a,2024-01-02T08:00:00Z,5,2024-01-02T10:00:00Z,", "7,a,2024-01-02T08:00:00Z,8,2024-01-03T23:30:00Z,",
        "7,a,2024-01-02T08:00:00Z,9,2024-01-04T10:00:00Z,",
    )  # fmt: skip
    tables = workspace.open({"events": EVENTS}, timezone="Asia/Kolkata")
    assert stands(tables) == [("a", 5, "2024-01-02", "2024-01-04"), ("a", 9, "2024-01-04", None)]


def test_known_at_orders_versions_across_a_change_of_the_clocks(workspace: Workspace) -> None:
    """Typed local times of the run's own zone: 02:30 on the day the clocks were put back is the earlier one."""
    workspace.csv(
        "events.csv", HEAD, "7,a,2024-10-20 08:00,5,2024-10-27 02:30,", "7,a,2024-10-20 08:00,8,2024-10-27 03:10,"
    )
    tables = workspace.open({"events": {**EVENTS, "timezone": "Europe/Berlin"}}, timezone="Europe/Berlin")
    assert stands(tables) == [("a", 8, "2024-10-27", None)]


def test_a_copy_that_was_known_later_is_dropped(workspace: Workspace) -> None:
    tables = opened(
        workspace, "7,a,2024-01-02,5,2024-01-03,", "7,a,2024-01-02,5,2024-01-20,", "7,a,2024-01-02,8,2024-02-10,",
        "7,a,2024-01-02,8,2024-02-11,", "7,a,2024-01-02,5,2024-03-01,",
    )  # fmt: skip
    assert stands(tables) == [
        ("a", 5, "2024-01-03", "2024-02-10"),
        ("a", 8, "2024-02-10", "2024-03-01"),
        ("a", 5, "2024-03-01", None),
    ]
    assert (dropped(tables), corrections(tables)) == ({"duplicate": 2}, 2)


def test_a_correction_may_move_the_event_to_another_day_and_account(workspace: Workspace) -> None:
    tables = opened(workspace, "7,a,2024-01-02,5,2024-01-03,", "7,b,2024-01-20,5,2024-02-10,")
    assert stands(tables) == [("a", 5, "2024-01-03", "2024-02-10"), ("b", 5, "2024-02-10", None)]
    assert workspace.column(tables, "events", "day") == [
        d.toordinal() - 719163 for d in (date(2024, 1, 2), date(2024, 1, 20))
    ]


def test_an_event_that_was_put_off_is_not_seen_where_it_was(workspace: Workspace) -> None:
    """Known on 5 January to fall on the 20th: from the 5th on it is no longer taken for one of the 2nd."""
    tables = opened(workspace, "7,a,2024-01-02,5,2024-01-02,", "7,a,2024-01-20,5,2024-01-05,")
    assert stands(tables) == [("a", 5, "2024-01-02", "2024-01-05"), ("a", 5, "2024-01-20", None)]


def test_a_delay_holds_for_corrections_too(workspace: Workspace) -> None:
    tables = opened(
        workspace, "7,a,2024-01-02,5,2024-01-03,", "7,a,2024-01-02,8,2024-02-10,", availability_delay_days=2
    )
    assert stands(tables) == [("a", 5, "2024-01-05", "2024-02-12"), ("a", 8, "2024-02-12", None)]


def test_rows_without_an_identity_are_things_of_their_own(workspace: Workspace) -> None:
    tables = opened(workspace, ",a,2024-01-02,5,2024-01-03,", ",a,2024-01-02,8,2024-02-10,", ",a,2024-01-02,8,,true")
    assert [row[1:] for row in stands(tables)] == [(5, "2024-01-03", None), (8, "2024-02-10", None)]
    assert dropped(tables) == {"retraction": 1}


def test_a_row_that_no_longer_meets_the_condition_is_left_out_from_then_on(workspace: Workspace) -> None:
    tables = opened(
        workspace, "7,a,2024-01-02,5,2024-01-03,", "7,a,2024-01-02,-5,2024-02-10,", where="quantity <> '-5'"
    )
    assert stands(tables) == [("a", 5, "2024-01-03", "2024-02-10")]
    assert dropped(tables) == {"where": 1}


def test_a_faulty_version_is_set_aside_and_replaces_nothing(workspace: Workspace) -> None:
    good = padded([], lambda n: f"{n},a,2024-01-02,1,2024-01-03,", 998)
    tables = opened(workspace, "x,a,2024-01-02,5,2024-01-03,", "x,a,2024-01-02,many,2024-02-10,", *good)
    assert ("a", 5, "2024-01-03", None) in stands(tables)
    assert tables.reports["events"].quarantined == {"number_unreadable": 1}


def test_a_declared_key_comes_before_the_event_id(workspace: Workspace) -> None:
    tables = opened(
        workspace, "1,a,2024-01-02,5,2024-01-03,", "2,a,2024-01-02,8,2024-02-10,", deduplicate_by=["account_id", "time"]
    )
    assert stands(tables) == [("a", 5, "2024-01-03", "2024-02-10"), ("a", 8, "2024-02-10", None)]


def test_versions_known_at_one_moment_are_ordered_by_what_they_say_and_worth_a_warning(workspace: Workspace) -> None:
    lines = ["7,a,2024-01-02,5,2024-01-03,", "7,a,2024-01-02,8,2024-02-10,", "7,a,2024-01-02,9,2024-02-10,"]
    forward, backward = opened(workspace, *lines), opened(workspace, *reversed(lines))
    assert stands(forward) == stands(backward) == [("a", 5, "2024-01-03", "2024-02-10"), ("a", 9, "2024-02-10", None)]
    (warning,) = forward.reports["events"].warnings
    assert (warning.code, warning.count, warning.lines) == ("tied_versions", 1, ("events.csv:4",))
    assert "time of day" in warning.remedy


def test_the_order_of_rows_does_not_matter(workspace: Workspace) -> None:
    random.seed(4)
    lines = [
        f"{random.randint(1, 6)},{random.choice('ab')},2024-01-0{random.randint(1, 4)},{random.randint(1, 2)},"
        f"2024-01-0{random.randint(1, 9)},{random.choice(['', '', 'true'])}"
        for _ in range(60)
    ]
    first = opened(workspace, *lines)
    again = opened(workspace, *random.sample(lines, len(lines)))
    assert stands(first) == stands(again)
    assert dropped(first) == dropped(again)
    assert corrections(first) == corrections(again)


def test_levels_and_intervals_have_versions_under_a_declared_key(workspace: Workspace) -> None:
    workspace.csv(
        "levels.csv",
        "account_id,time,name,value,known_at",
        "a,2024-01-02,nps,5,2024-01-02",
        "a,2024-01-02,nps,8,2024-02-10",
    )
    workspace.csv(
        "tickets.csv", "ticket,account_id,start,end,deadline,quantity,known_at,end_known_at",
        "1,a,2024-01-02,2024-01-20,2024-01-10,5,2024-01-02,2024-01-21",
        "1,a,2024-01-02,2024-01-20,2024-01-15,5,2024-02-10,2024-01-21",
    )  # fmt: skip
    tables = workspace.open(
        {
            "levels": {
                "path": "levels.csv",
                "contract": "levels",
                "corrections": True,
                "deduplicate_by": ["account_id", "time", "name"],
            },
            "tickets": {
                "path": "tickets.csv",
                "contract": "intervals",
                "corrections": True,
                "deduplicate_by": ["ticket"],
            },
        }
    )
    assert stands(tables, "levels", "value") == [("a", 5, "2024-01-02", "2024-02-10"), ("a", 8, "2024-02-10", None)]
    deadlines = stands(tables, "tickets", "deadline")
    assert [(str(date_of(row[1])), *row[2:]) for row in deadlines] == [
        ("2024-01-10", "2024-01-02", "2024-02-10"),
        ("2024-01-15", "2024-02-10", None),
    ]
    assert workspace.column(tables, "tickets", "end_known_day") == [date(2024, 1, 21).toordinal() - 719163] * 2


def test_the_closing_of_a_ticket_is_a_version_and_no_correction(workspace: Workspace) -> None:
    workspace.csv(
        "tickets.csv", "ticket,account_id,start,end,quantity,known_at", "1,a,2024-01-02,,5,2024-01-02",
        "1,a,2024-01-02,2024-01-20,5,2024-01-20", "1,a,2024-01-02,2024-01-18,5,2024-02-10",
    )  # fmt: skip
    source = {"path": "tickets.csv", "contract": "intervals", "corrections": True, "deduplicate_by": ["ticket"]}
    tables = workspace.open({"tickets": source})
    closed = [
        (None if row[1] is None else str(date_of(row[1])), *row[2:]) for row in stands(tables, "tickets", "end_day")
    ]
    assert closed == [
        (None, "2024-01-02", "2024-01-20"),
        ("2024-01-20", "2024-01-20", "2024-02-10"),
        ("2024-01-18", "2024-02-10", None),
    ]
    assert corrections(tables, "tickets") == 1


def test_parquet_with_versions_of_every_row_keeps_all_of_them(workspace: Workspace) -> None:
    days = [date(2024, 1, 3), date(2024, 2, 10)]
    path = workspace.parquet(
        "e.parquet",
        event_id=["7", "7"],
        account_id=["a", "a"],
        time=[date(2024, 1, 2)] * 2,
        quantity=[5, 8],
        known_at=days,
    )
    tables = workspace.open({"events": {"path": path, "contract": "events", "corrections": True}})
    assert stands(tables) == [("a", 5, "2024-01-03", "2024-02-10"), ("a", 8, "2024-02-10", None)]


def test_without_the_declaration_contradictions_are_set_aside_as_ever(workspace: Workspace) -> None:
    good = padded([], lambda n: f"{n},a,2024-01-02,1,2024-01-03", 2998)
    workspace.csv(
        "events.csv",
        HEAD.removesuffix(",retracted"),
        "x,a,2024-01-02,5,2024-01-03",
        "x,a,2024-01-02,8,2024-02-10",
        *good,
    )
    tables = workspace.open({"events": {**EVENTS, "corrections": False}})
    assert tables.reports["events"].quarantined == {"conflict": 2}
    assert set(workspace.column(tables, "events", "until_day")) == {None}


def test_without_the_declaration_withdrawn_rows_are_set_aside(workspace: Workspace) -> None:
    good = padded([], lambda n: f"{n},a,2024-01-02,1,2024-01-03,false", 999)
    workspace.csv("events.csv", HEAD, "x,a,2024-01-02,5,2024-01-03,true", *good)
    tables = workspace.open({"events": {**EVENTS, "corrections": False}})
    assert tables.reports["events"].quarantined == {"retracted": 1}
    (finding,) = [f for f in tables.findings if f.code == "retracted"]
    assert "corrections = true" in finding.remedy


@pytest.mark.parametrize(
    ("head", "contract", "code", "remedy"),
    [
        ("account_id,time,known_at", "events", "corrections_without_identity", "columns.event_id"),
        ("account_id,time,value,known_at", "levels", "corrections_without_identity", "deduplicate_by"),
        ("account_id,time,event_id", "events", "corrections_without_known_at", "columns.known_at"),
    ],
    ids=["events without identity", "levels without identity", "no known_at"],
)
def test_versions_need_an_identity_and_a_known_at(
    workspace: Workspace, head: str, contract: str, code: str, remedy: str
) -> None:
    workspace.csv("t.csv", head, *[",".join(["a", "2024-01-01", "1", "2024-01-01"][: head.count(",") + 1])])
    fault = workspace.refusal({"t": {"path": "t.csv", "contract": contract, "corrections": True}})[code]
    assert remedy in fault.remedy


@pytest.mark.parametrize("contract", ["accounts", "subscriptions", "interventions"])
def test_other_contracts_have_no_corrections(workspace: Workspace, contract: str) -> None:
    with pytest.raises(ValidationError, match="corrections"):
        workspace.run({"t": {"path": "t.csv", "contract": contract, "corrections": True}})
