"""Forgotten accounts come back from no table, and the list of them holds no id."""

from __future__ import annotations

import json
from typing import Any

import pytest

from healthscore.errors import ConfigurationError
from healthscore.tables.forgotten import LIST, Forgotten, forgotten_in
from table_workspace import Workspace

SALT = "6b1f"
ACCOUNTS = ["account_id,name", "a,Alpha", "b,Beta", "c,Gamma"]
EVENTS = ["account_id,time", "a,2024-01-10", "b,2024-01-11", "b,never", "c,2024-01-12"]


def forget(workspace: Workspace, *accounts: str) -> None:
    listed = Forgotten(SALT)
    said = {"salt": SALT, "forgotten": [{"hash": listed.hash_of(account)} for account in accounts]}
    (workspace.root / "out").mkdir(exist_ok=True)
    (workspace.root / "out" / LIST).write_text(json.dumps(said))


def sources(workspace: Workspace, *, accounts: bool = True) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    if accounts:
        found["accounts"] = {"contract": "accounts", "path": workspace.csv("accounts.csv", *ACCOUNTS)}
    return found | {"events": {"contract": "events", "path": workspace.csv("events.csv", *EVENTS)}}


@pytest.mark.parametrize("accounts", [True, False])
def test_their_rows_are_dropped_and_none_of_them_goes_into_quarantine(workspace: Workspace, accounts: bool) -> None:
    forget(workspace, "b")
    tables = workspace.inspect(sources(workspace, accounts=accounts))
    for name, report in tables.reports.items():
        assert workspace.column(tables, name, "account_id") == ["a", "c"]
        assert not report.quarantined
        assert sum(report.dropped.values()) == report.rows_in - 2


def test_the_fingerprint_is_another_one(workspace: Workspace) -> None:
    before = workspace.open(sources(workspace) | _clean(workspace)).reports["accounts"].fingerprint
    forget(workspace, "b")
    after = workspace.open(sources(workspace) | _clean(workspace)).reports["accounts"].fingerprint
    assert before != after


def test_ids_are_told_as_tables_tidy_them() -> None:
    listed = Forgotten(SALT)
    assert listed.hash_of(" Zoe\u0308 ") == listed.hash_of("Zo\u00eb")
    assert listed.hash_of("b") != Forgotten("other").hash_of("b")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"salt": "x", "forgotten": [1]}'])
def test_a_damaged_list_lets_nobody_come_back(workspace: Workspace, text: str) -> None:
    (workspace.root / "out").mkdir()
    (workspace.root / "out" / LIST).write_text(text)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        forgotten_in(workspace.root / "out")


def _clean(workspace: Workspace) -> dict[str, dict[str, Any]]:
    rows = [row for row in EVENTS if "never" not in row]
    return {"events": {"contract": "events", "path": workspace.csv("clean.csv", *rows)}}
