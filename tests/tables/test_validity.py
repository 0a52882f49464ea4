"""Accounts with a history: one state at a time, the last one in the relation, all of them as versions."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from healthscore.asof import day_of
from healthscore.tables import Tables
from table_workspace import Workspace

HEAD = "account_id,segment,valid_from,valid_to,plan"
HISTORY = [
    "A,small,2024-01-01,2024-06-01,basic",
    "A,large,2024-06-01,9999-12-31,pro",
    "B,small,,2024-03-01,basic",
    "B,mid,2024-03-05,,basic",
    "C,mid,,,basic",
]


def accounts(workspace: Workspace, *lines: str, head: str = HEAD, **declared: Any) -> dict[str, dict[str, Any]]:
    path = workspace.csv("accounts.csv", head, *lines)
    return {"accounts": {"path": path, "contract": "accounts", **declared}}


def states(tables: Tables, columns: str) -> list[tuple[Any, ...]]:
    found = tables.engine.query(f"SELECT {columns} FROM {tables.versions('accounts')}").to_pylist()
    return sorted((tuple(row.values()) for row in found), key=str)


def test_the_relation_keeps_the_last_state_and_the_versions_all_of_them(workspace: Workspace) -> None:
    tables = workspace.open(accounts(workspace, *HISTORY, attributes={"plan": "plan"}))
    assert workspace.rows(tables, "accounts", "account_id, segment, plan") == [
        {"account_id": "A", "segment": "large", "plan": "pro"},
        {"account_id": "B", "segment": "mid", "plan": "basic"},
        {"account_id": "C", "segment": "mid", "plan": "basic"},
    ]
    january, march, fifth, june = (day_of(date(2024, *day)) for day in [(1, 1), (3, 1), (3, 5), (6, 1)])
    assert states(tables, "account_id, segment, plan, valid_from, valid_to, known_day") == [
        ("A", "large", "pro", june, None, june),
        ("A", "small", "basic", january, june, january),
        ("B", "mid", "basic", fifth, None, fifth),
        ("B", "small", "basic", None, march, None),
        ("C", "mid", "basic", None, None, None),
    ]
    assert (tables.reports["accounts"].used, tables.reports["accounts"].accounts) == (5, 3)


def test_without_valid_from_there_is_no_history(workspace: Workspace) -> None:
    tables = workspace.open(accounts(workspace, "A,small", head="account_id,segment"))
    assert tables.versions("accounts") is None


def test_states_are_known_after_the_delay_of_their_source(workspace: Workspace) -> None:
    tables = workspace.open(accounts(workspace, *HISTORY[:2], availability_delay_days=3))
    assert states(tables, "known_day - valid_from") == [(3,), (3,)]


def test_a_history_in_parquet_is_the_same(workspace: Workspace) -> None:
    workspace.parquet(
        "accounts.parquet",
        account_id=["A", "A"],
        segment=["small", "large"],
        valid_from=[date(2024, 1, 1), date(2024, 6, 1)],
        valid_to=[date(2024, 6, 1), None],
    )
    tables = workspace.open({"accounts": {"path": "accounts.parquet", "contract": "accounts"}})
    assert workspace.column(tables, "accounts", "segment") == ["large"]
    assert len(states(tables, "segment")) == 2


@pytest.mark.parametrize(
    ("lines", "pairs", "shown", "places"),
    [
        (
            ["A,small,2024-01-01,2024-06-02,", "A,large,2024-06-01,,"],
            1,
            "A: 2024-01-01 to 2024-06-02, and 2024-06-01 and on",
            ("accounts.csv:2", "accounts.csv:3"),
        ),
        (
            ["A,small,,,", "A,large,2024-06-01,,"],
            1,
            "A: since ever and on, and 2024-06-01 and on",
            ("accounts.csv:2", "accounts.csv:3"),
        ),
        (
            ["B,x,2024-01-01,2024-12-31,", "A,x,,,", "B,y,2024-02-01,2024-03-01,", "B,z,2024-04-01,2024-05-01,"],
            2,
            "B: 2024-01-01 to 2024-12-31, and 2024-02-01 to 2024-03-01; "
            "B: 2024-01-01 to 2024-12-31, and 2024-04-01 to 2024-05-01",
            ("accounts.csv:2", "accounts.csv:4", "accounts.csv:5"),
        ),
    ],
    ids=["by-a-day", "both-open", "two-inside-one"],
)
def test_states_of_one_account_that_overlap_are_refused_with_the_pairs(
    workspace: Workspace, lines: list[str], pairs: int, shown: str, places: tuple[str, ...]
) -> None:  # fault 9
    fault = workspace.refusal(accounts(workspace, *lines))["overlapping_validity"]
    assert (fault.column, fault.count, fault.lines, fault.file) == ("valid_from", pairs, places, "accounts.csv")
    assert fault.share == pairs / len(lines)
    assert fault.rule.endswith(shown)
    assert "`valid_to`" in fault.remedy


def test_states_that_begin_on_one_day_contradict_each_other(workspace: Workspace) -> None:  # fault 8
    fault = workspace.refusal(accounts(workspace, "A,small,2024-01-01,,", "A,large,2024-01-01,,"))["conflict"]
    assert fault.count == 2


def test_a_state_that_is_there_twice_is_used_once(workspace: Workspace) -> None:  # fault 8
    tables = workspace.open(accounts(workspace, HISTORY[0], HISTORY[1], HISTORY[1]))
    assert tables.reports["accounts"].dropped == {"duplicate": 1}
    assert workspace.column(tables, "accounts", "segment") == ["large"]


def test_rows_of_one_account_without_a_history_contradict_each_other(workspace: Workspace) -> None:  # fault 8
    fault = workspace.refusal(accounts(workspace, "A,small", "A,large", head="account_id,segment"))["conflict"]
    assert fault.count == 2
    assert "bind `columns.valid_from`" in fault.remedy


def test_a_state_that_ends_before_it_begins_is_set_aside(workspace: Workspace) -> None:
    fault = workspace.refusal(accounts(workspace, "A,small,2024-02-01,2024-02-01,", "B,mid,,,"))["end_before_start"]
    assert (fault.column, fault.lines) == ("valid_to", ("accounts.csv:2",))


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0]], ids=["as-written", "reversed"])
def test_the_order_of_the_rows_does_not_matter(workspace: Workspace, order: list[int]) -> None:
    tables = workspace.open(accounts(workspace, *(HISTORY[i] for i in order)))
    assert workspace.column(tables, "accounts", "segment") == ["large", "mid", "mid"]
