"""Merges and splits: from the day on which they are known, never before; chains to their end, circles refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from healthscore.asof import day_of
from healthscore.tables.successions import NEVER
from table_workspace import Workspace

HEAD = "account_id,successor_id,date,kind,known_at"


def day(text: str) -> int:
    return day_of(date.fromisoformat(f"2024-{text}"))


def sources(workspace: Workspace, *lines: str, head: str = HEAD, **tables: list[str]) -> dict[str, dict[str, Any]]:
    declared: dict[str, dict[str, Any]] = {}
    for name, rows in {"successions": [head, *lines], **tables}.items():
        declared[name] = {"path": workspace.csv(f"{name}.csv", *rows), "contract": name}
        if name == "successions":
            declared[name]["timezone"] = "UTC"
    return declared


def seen(workspace: Workspace, tables: Any, source: str = "events") -> list[tuple[str, int, int]]:
    """(account, day, day on which the row was known), sorted."""
    first = "start_day" if source == "intervals" else "day"
    found = workspace.rows(tables, source, f"account_id, {first}, known_day")
    return [tuple(row.values()) for row in found]


# --- rows that count for the successor -------------------------------------------------------------------------------


def test_rows_of_a_merged_account_count_for_its_successor_once_the_merge_is_known(workspace: Workspace) -> None:
    events = ["account_id,time", "A,2024-01-01", "A,2024-04-01", "B,2024-01-02", "C,2024-01-03"]
    tables = workspace.open(sources(workspace, "A,B,2024-02-01,merge,2024-02-10", events=events))
    assert seen(workspace, tables) == [
        ("A", day("01-01"), day("01-01")),
        ("A", day("04-01"), day("04-01")),
        ("B", day("01-01"), day("02-10")),
        ("B", day("01-02"), day("01-02")),
        ("B", day("04-01"), day("04-01")),
        ("C", day("01-03"), day("01-03")),
    ]


def test_a_merge_without_known_at_is_known_on_its_day_and_never_before(workspace: Workspace) -> None:
    levels = ["account_id,time,value", "A,2024-01-01,1", "X,2024-01-01,1"]
    lines = ["A,B,2024-02-01,,", "X,Y,2024-02-01,MERGE,2024-01-15"]
    tables = workspace.open(sources(workspace, *lines, levels=levels))
    assert {row for row in seen(workspace, tables, "levels") if row[0] in "BY"} == {
        ("B", day("01-01"), day("02-01")),
        ("Y", day("01-01"), day("02-01")),
    }


def test_a_chain_of_merges_is_known_with_its_last_step(workspace: Workspace) -> None:
    lines = ["A,B,2024-03-01,merge,", "B,C,2024-02-01,merge,", "C,D,2024-05-01,merge,"]
    tables = workspace.open(sources(workspace, *lines, events=["account_id,time", "A,2024-01-01"]))
    assert seen(workspace, tables) == [
        ("A", day("01-01"), day("01-01")),
        ("B", day("01-01"), day("03-01")),
        ("C", day("01-01"), day("03-01")),
        ("D", day("01-01"), day("05-01")),
    ]


def test_an_interval_open_at_the_merge_stays_open_for_the_successor(workspace: Workspace) -> None:
    intervals = [
        "account_id,start,end,deadline",
        "A,2024-01-01,,2024-03-01",
        "A,2024-01-02,2024-01-05,",
        "A,2024-01-03,2024-06-01,",
    ]
    tables = workspace.open(sources(workspace, "A,B,2024-02-01,merge,", intervals=intervals))
    columns = "account_id, start_day, end_day, deadline, known_day, end_known_day"
    merged = day("02-01")
    assert [
        tuple(row.values()) for row in workspace.rows(tables, "intervals", columns) if row["account_id"] == "B"
    ] == [
        ("B", day("01-01"), None, day("03-01"), merged, None),
        ("B", day("01-02"), day("01-05"), None, merged, merged),
        ("B", day("01-03"), day("06-01"), None, merged, day("06-01")),
    ]


def test_nothing_passes_on_by_a_split(workspace: Workspace) -> None:
    events = ["account_id,time", "A,2024-01-01"]
    lines = ["A,B,2024-02-01,split,", "A,C,2024-02-01,split,"]
    tables = workspace.open(sources(workspace, *lines, events=events))
    assert seen(workspace, tables) == [("A", day("01-01"), day("01-01"))]


def test_a_merge_that_is_told_twice_counts_once_and_from_the_first_time(workspace: Workspace) -> None:
    lines = ["A,B,2024-02-01,merge,2024-02-20", "A,B,2024-02-01,,2024-02-10"]
    tables = workspace.open(sources(workspace, *lines, events=["account_id,time", "A,2024-01-01"]))
    assert seen(workspace, tables)[1:] == [("B", day("01-01"), day("02-10"))]


# --- the account that ceases -----------------------------------------------------------------------------------------


def test_subscriptions_end_with_their_account_by_an_exit_of_its_type(workspace: Workspace) -> None:
    subscriptions = [
        "account_id,start,end,exit_type",
        "A,2023-01-01,,",
        "A,2023-02-01,2023-06-01,voluntary",
        "A,2023-03-01,2024-09-01,voluntary",
        "A,2023-04-01,2024-02-05,involuntary",
        "A,2024-03-01,2024-12-01,",
        "B,2023-01-01,,",
        "S,2023-01-01,,",
    ]
    lines = ["A,B,2024-02-01,merge,2024-02-10", "S,T,2024-02-01,split,", "S,U,2024-02-01,split,"]
    tables = workspace.open(sources(workspace, *lines, subscriptions=subscriptions))
    columns = 'account_id, start, "end", exit_type'
    assert [tuple(row.values()) for row in workspace.rows(tables, "subscriptions", columns)] == [
        ("A", day_of(date(2023, 1, 1)), day("02-10"), "merged"),
        ("A", day_of(date(2023, 2, 1)), day_of(date(2023, 6, 1)), "voluntary"),
        ("A", day_of(date(2023, 3, 1)), day("02-10"), "merged"),
        ("A", day_of(date(2023, 4, 1)), day("02-05"), "merged"),
        ("A", day("03-01"), day("12-01"), None),
        ("B", day_of(date(2023, 1, 1)), None, None),
        ("S", day_of(date(2023, 1, 1)), day("02-01"), "split"),
    ]


def test_ends_and_types_are_there_though_the_file_has_neither(workspace: Workspace) -> None:
    tables = workspace.open(sources(workspace, "A,B,2024-02-01,,", subscriptions=["account_id,start", "A,2024-01-01"]))
    assert {"end", "exit_type"} <= set(tables.bound_columns("subscriptions"))
    assert workspace.rows(tables, "subscriptions", '"end", exit_type, end_known_day') == [
        {"end": day("02-01"), "exit_type": "merged", "end_known_day": day("02-01")}
    ]


def test_who_ceased_and_who_began_is_told_by_day(workspace: Workspace) -> None:
    lines = ["A,B,2024-02-01,merge,2024-02-10", "S,T,2024-03-01,split,", "S,U,2024-03-05,split,"]
    tables = workspace.open(sources(workspace, *lines, events=["account_id,time", "A,2024-01-01"]))
    found, accounts = tables.successions, pa.array(["A", "B", "S", "T", "U", "Z"])
    assert found.ceased_on(accounts).tolist() == [day("02-10"), NEVER, day("03-01"), NEVER, NEVER, NEVER]
    assert found.founded_on(accounts).tolist() == [NEVER, NEVER, NEVER, day("03-01"), day("03-05"), NEVER]


def test_without_successions_there_are_none_and_relations_stay_what_they_are(workspace: Workspace) -> None:
    path = workspace.csv("events.csv", "account_id,time", "A,2024-01-01")
    tables = workspace.open({"events": {"path": path, "contract": "events"}})
    assert tables.successions.ceased_on(pa.array(["A"])).tolist() == [NEVER]
    assert tables.relation("events") == '"source:events"'


# --- with parents ----------------------------------------------------------------------------------------------------

FAMILY = ["account_id,parent_id", "P,", "A,P", "A1,A", "Q,", "B,Q", "B2,Q", "R,"]


def test_a_part_that_is_merged_elsewhere_stays_with_its_parent_and_counts_for_the_other_too(
    workspace: Workspace,
) -> None:
    events = ["account_id,time", "A,2024-01-01", "A1,2024-01-02", "P,2024-01-03"]
    tables = workspace.open(sources(workspace, "A,B,2024-02-01,,", accounts=FAMILY, events=events))
    assert seen(workspace, tables) == [
        ("P", day("01-01"), day("01-01")),
        ("P", day("01-02"), day("01-02")),
        ("P", day("01-03"), day("01-03")),
        ("Q", day("01-01"), day("02-01")),
        ("Q", day("01-02"), day("02-01")),
    ]


def test_a_whole_is_merged_with_its_parts(workspace: Workspace) -> None:
    events = ["account_id,time", "A1,2024-01-01"]
    lines = ["P,Q,2024-02-01,,", "Q,R,2024-03-01,,"]
    tables = workspace.open(
        sources(workspace, *lines, accounts=FAMILY, events=events, subscriptions=["account_id,start", "A1,2024-01-01"])
    )
    assert [(account, known) for account, _, known in seen(workspace, tables)] == [
        ("P", day("01-01")),
        ("Q", day("02-01")),
        ("R", day("03-01")),
    ]
    assert workspace.rows(tables, "subscriptions", 'account_id, "end", exit_type') == [
        {"account_id": "P", "end": day("02-01"), "exit_type": "merged"}
    ]


def test_a_merge_within_one_parent_changes_no_row_twice(workspace: Workspace) -> None:
    tables = workspace.open(
        sources(workspace, "B,B2,2024-02-01,,", accounts=FAMILY, events=["account_id,time", "B,2024-01-01"])
    )
    assert seen(workspace, tables) == [("Q", day("01-01"), day("01-01"))]
    assert tables.successions.ceased_on(pa.array(["Q"])).tolist() == [NEVER]


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        (["A,B,2024-01-01,,", "B,A,2024-02-01,,"], "A, B"),
        (["A,A,2024-01-01,,"], "A"),
        (["A,B,2024-01-01,split,", "B,A,2024-02-01,merge,"], "A, B"),
        (["A,B,2024-01-01,,", "B,C,2024-01-01,,", "C,A,2024-02-01,,", "Z,A,2024-02-01,,"], "A, B, C"),
    ],
    ids=["back", "itself", "split-and-merged-back", "three-and-a-tail"],
)
def test_successions_that_lead_back_are_refused_by_name(workspace: Workspace, lines: list[str], shown: str) -> None:
    fault = workspace.refusal(sources(workspace, *lines, events=["account_id,time", "A,2024-01-01"]))[
        "succession_cycle"
    ]
    assert fault.rule.endswith(f": {shown}")
    assert fault.count == len(shown.split(", "))
    assert fault.lines[0] == "successions.csv:2"
    assert fault.column == "successor_id"


def test_a_whole_that_is_merged_into_its_own_part_is_refused(workspace: Workspace) -> None:
    assert "succession_cycle" in workspace.refusal(sources(workspace, "P,A1,2024-01-01,,", accounts=FAMILY))


@pytest.mark.parametrize("kinds", [("merge", "merge"), ("merge", "split")], ids=["merges", "merge-and-split"])
def test_an_account_that_is_merged_has_one_successor(workspace: Workspace, kinds: tuple[str, str]) -> None:
    lines = [f"A,B,2024-01-01,{kinds[0]},", f"A,C,2024-02-01,{kinds[1]},", "X,Y,2024-01-01,,"]
    fault = workspace.refusal(sources(workspace, *lines))["two_successors"]
    assert (fault.count, fault.lines) == (2, ("successions.csv:2", "successions.csv:3"))
    assert fault.rule.endswith(": A")


@pytest.mark.parametrize(
    ("line", "column", "place"),
    [("Z,B,2024-01-01,,", "account_id", 2), ("A,Z,2024-01-01,,", "successor_id", 2)],
    ids=["ceased", "successor"],
)
def test_unknown_accounts_are_orphans_in_both_columns(workspace: Workspace, line: str, column: str, place: int) -> None:
    fault = workspace.refusal(sources(workspace, line, accounts=["account_id", "A", "B"]))["orphan"]
    assert (fault.column, fault.count, fault.lines) == (column, 1, (f"successions.csv:{place}",))


def test_a_few_orphans_are_set_aside(workspace: Workspace) -> None:
    ids = [f"a{n}" for n in range(40)]
    lines = [f"{name},b,2024-01-01,," for name in ids]
    declared = sources(workspace, "a0,z,2024-01-01,,", *lines[1:], accounts=["account_id", "b", *ids])
    tables = workspace.open(declared)
    assert tables.reports["successions"].quarantined == {"orphan": 1}
    assert workspace.quarantined("successions")[0]["line"] == 2


def test_a_kind_that_is_none_is_set_aside(workspace: Workspace) -> None:
    fault = workspace.refusal(sources(workspace, "A,B,2024-01-01,sold,", "C,D,2024-01-01,,"))["unknown_kind"]
    assert (fault.column, fault.count, fault.lines) == ("kind", 1, ("successions.csv:2",))


def test_a_run_has_one_source_of_successions(workspace: Workspace) -> None:
    declared = sources(workspace, "A,B,2024-01-01,,")
    fault = workspace.refusal(declared | {"others": declared["successions"]})["second_source"]
    assert (fault.source, "list of files" in fault.remedy) == ("others", True)
