"""Parents: rows of parts are rows of the top, whatever the depth; links that lead nowhere, or in circles."""

from __future__ import annotations

import random
from typing import Any

import pytest

from table_workspace import Workspace

FAMILY = ["H,", "A,H", "A1,A", "A2,A", "B,", "S,S"]
"""H holds A, which holds A1 and A2; B is alone, and S names itself."""


def sources(workspace: Workspace, *accounts: str, head: str = "account_id,parent_id", **tables: list[str]) -> Any:
    declared = {"accounts": {"path": workspace.csv("accounts.csv", head, *accounts), "contract": "accounts"}}
    for name, lines in tables.items():
        declared[name] = {"path": workspace.csv(f"{name}.csv", *lines), "contract": name}
    return declared


def tops_in_loops(parents: dict[str, str]) -> dict[str, str]:
    """Top of every account by following parents one by one."""
    tops = {}
    for account in parents:
        top = account
        while parents[top] and parents[top] != top and parents[top] in parents:
            top = parents[top]
        tops[account] = top
    return tops


def test_rows_of_parts_are_rows_of_the_top_in_every_table(workspace: Workspace) -> None:
    tables = workspace.open(
        sources(
            workspace,
            *FAMILY,
            events=["account_id,time", "A2,2024-01-01", "A,2024-01-02", "H,2024-01-03", "B,2024-01-04", "S,2024-01-05"],
            levels=["account_id,time,value", "A1,2024-01-01,3"],
            intervals=["account_id,start", "A2,2024-01-01"],
            subscriptions=["account_id,start,seats", "A1,2024-01-01,2", "B,2024-01-01,3", "H,2024-01-01,4"],
            interventions=["account_id,date", "A,2024-01-01"],
        )
    )
    assert workspace.column(tables, "events", "account_id") == ["B", "H", "H", "H", "S"]
    assert workspace.column(tables, "levels", "account_id") == ["H"]
    assert workspace.column(tables, "intervals", "account_id") == ["H"]
    assert workspace.rows(tables, "subscriptions", "account_id, seats") == [
        {"account_id": "B", "seats": 3},
        {"account_id": "H", "seats": 2},
        {"account_id": "H", "seats": 4},
    ]
    assert workspace.column(tables, "interventions", "account_id") == ["H"]


def test_the_book_holds_the_tops_under_their_own_names(workspace: Workspace) -> None:
    head = "account_id,name,owner,parent_id"
    tables = workspace.open(sources(workspace, "H,Holding,ann,", "A,Part,bob,H", "B,Other,cy,", head=head))
    assert workspace.rows(tables, "accounts", "account_id, name, owner") == [
        {"account_id": "B", "name": "Other", "owner": "cy"},
        {"account_id": "H", "name": "Holding", "owner": "ann"},
    ]


def test_the_report_counts_who_was_rolled_up_and_keeps_the_files_own_ids(workspace: Workspace) -> None:
    tables = workspace.open(sources(workspace, *FAMILY, events=["account_id,time", "A1,2024-01-01", "A2,2024-01-01"]))
    report = tables.reports["accounts"]
    (finding,) = [finding for finding in report.findings if finding.code == "rolled_up"]
    assert (finding.severity, finding.count, finding.share) == ("rule", 3, 0.5)
    assert finding.rule.endswith("3 accounts with 1")
    assert (report.used, report.accounts, tables.reports["events"].accounts) == (6, 6, 2)


def test_states_of_the_tops_are_kept_and_those_of_parts_are_not(workspace: Workspace) -> None:
    head = "account_id,segment,parent_id,valid_from,valid_to"
    lines = [
        "H,small,,2024-01-01,2024-02-01",
        "H,large,,2024-02-01,",
        "A,small,H,2024-01-01,2024-02-01",
        "A,x,H,2024-02-01,",
    ]
    tables = workspace.open(sources(workspace, *lines, head=head))
    assert workspace.column(tables, "accounts", "segment") == ["large"]
    found = tables.engine.query(
        f"SELECT account_id, segment FROM {tables.versions('accounts')} ORDER BY ALL"
    ).to_pylist()
    assert [tuple(row.values()) for row in found] == [("H", "large"), ("H", "small")]


def test_without_parents_the_relations_stay_what_they_are(workspace: Workspace) -> None:
    tables = workspace.open(sources(workspace, "A,", "B,B", events=["account_id,time", "A,2024-01-01"]))
    assert tables.relation("events") == '"source:events"'
    assert tables.relation("accounts") == '"source:accounts"'


def test_a_row_of_an_unknown_account_stays_an_orphan_though_its_parent_is_known(workspace: Workspace) -> None:
    events = ["account_id,time", "A9,2024-01-01", "A,2024-01-01"]
    fault = workspace.refusal(sources(workspace, "H,", "A,H", events=events))["orphan"]
    assert (fault.count, fault.lines) == (1, ("events.csv:2",))


@pytest.mark.parametrize(
    ("accounts", "shown", "count"),
    [
        (["A,B", "B,A", "C,"], "A, B", 2),
        (["A,B", "B,C", "C,A", "D,A"], "A, B, C", 3),
        (["A,B", "B,A", "X,Y", "Y,X"], "A, B; X, Y", 4),
    ],
    ids=["two", "three-and-a-tail", "two-circles"],
)
def test_accounts_that_are_parts_of_themselves_are_refused_by_name(
    workspace: Workspace, accounts: list[str], shown: str, count: int
) -> None:
    fault = workspace.refusal(sources(workspace, *accounts))["parent_cycle"]
    assert fault.rule.endswith(f": {shown}")
    assert (fault.column, fault.count, fault.lines[:2]) == ("parent_id", count, ("accounts.csv:2", "accounts.csv:3"))
    assert fault.share == count / len(accounts)
    assert "parent_id" in fault.remedy


def test_an_account_stands_for_itself_where_its_parent_is_unknown(workspace: Workspace) -> None:
    accounts = ["A,X", *(f"c{n}," for n in range(30))]
    tables = workspace.open(sources(workspace, *accounts, events=["account_id,time", "A,2024-01-01"]))
    (warning,) = tables.reports["accounts"].warnings
    assert (warning.code, warning.column, warning.count) == ("unknown_parent", "parent_id", 1)
    assert warning.lines == ("accounts.csv:2",)
    assert workspace.column(tables, "events", "account_id") == ["A"]


def test_many_unknown_parents_are_a_wrong_column(workspace: Workspace) -> None:
    fault = workspace.refusal(sources(workspace, "A,X", "B,Y", "C,"))["unknown_parent"]
    assert (fault.count, fault.lines, fault.file) == (2, ("accounts.csv:2", "accounts.csv:3"), "accounts.csv")
    assert "at most 5.0%" in fault.rule
    assert "`columns.parent_id`" in fault.remedy


def test_a_parent_that_changes_with_the_states_is_refused(workspace: Workspace) -> None:
    head = "account_id,parent_id,valid_from,valid_to"
    lines = ["H,,2024-01-01,", "A,,2024-01-01,2024-02-01", "A,H,2024-02-01,"]
    fault = workspace.refusal(sources(workspace, *lines, head=head))["parent_changes"]
    assert (fault.count, fault.lines) == (2, ("accounts.csv:3", "accounts.csv:4"))
    assert "successions" in fault.remedy


def test_inspection_goes_on_where_accounts_are_parts_of_themselves(workspace: Workspace) -> None:
    declared = sources(workspace, "A,B", "B,A", "D,A", events=["account_id,time", "D,2024-01-01", "A,2024-01-01"])
    tables = workspace.inspect(declared)
    assert [problem.code for problem in tables.problems] == ["parent_cycle"]
    assert workspace.column(tables, "events", "account_id") == ["A", "A"]


@pytest.mark.parametrize("seed", range(4))
def test_tops_are_those_of_plain_loops(workspace: Workspace, seed: int) -> None:
    chance = random.Random(seed)
    ids = [f"a{n:03d}" for n in range(120)]
    parents = {name: chance.choice(["", name, *ids[max(0, n - 3) : n]]) for n, name in enumerate(ids)}
    shuffled = chance.sample(ids, len(ids))
    accounts = [f"{name},{parents[name]}" for name in shuffled]
    events = ["account_id,time", *(f"{name},2024-01-01" for name in chance.choices(ids, k=500))]
    tables = workspace.open(sources(workspace, *accounts, events=events))
    tops = tops_in_loops(parents)
    assert workspace.column(tables, "events", "account_id") == sorted(tops[line.split(",")[0]] for line in events[1:])
    assert workspace.column(tables, "accounts", "account_id") == sorted(set(tops.values()))


def test_a_chain_of_any_depth_is_followed(workspace: Workspace) -> None:
    accounts = ["c0,", *(f"c{n},c{n - 1}" for n in range(1, 1000))]
    tables = workspace.open(sources(workspace, *accounts, events=["account_id,time", "c999,2024-01-01"]))
    assert workspace.column(tables, "events", "account_id") == ["c0"]


def test_parents_are_told_by_one_source(workspace: Workspace) -> None:
    declared = sources(workspace, "H,", "A,H")
    fault = workspace.refusal(declared | {"others": declared["accounts"]})["second_source"]
    assert fault.rule == "parents are told by one source, and accounts is one"


def test_a_ready_made_panel_with_rows_of_parts_is_refused(workspace: Workspace) -> None:
    path = workspace.csv("panel.csv", "account_id,as_of,use", "A,2024-06-01,1", "H,2024-06-01,2")
    panel = {"path": path, "components": {"activity": ["use"]}}
    fault = workspace.refusal(sources(workspace, "H,", "A,H"), panel=panel)["rows_of_parts"]
    assert (fault.count, fault.share, fault.lines) == (1, 0.5, ("panel.csv:2",))
    assert "`parent_id`" in fault.remedy
