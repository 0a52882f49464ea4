"""A column of the file that has a contract column's name and another meaning can be left unbound."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from healthscore.errors import ConfigurationError
from table_workspace import Workspace

EVENTS = ["account_id,time,known_at", "a,2024-01-10,2024-03-01", "a,2024-01-11,never"]


def test_a_column_is_bound_by_its_name_unless_it_is_unused(workspace: Workspace) -> None:
    source = {"contract": "events", "path": workspace.csv("events.csv", *EVENTS)}
    assert "known_at" in workspace.inspect({"events": source}).bound_columns("events")
    tables = workspace.open({"events": source | {"unused": ["known_at"]}})
    assert "known_at" not in tables.bound_columns("events")
    assert workspace.column(tables, "events", "known_day") == workspace.column(tables, "events", "day")


def test_a_status_of_today_pauses_nobody(workspace: Workspace) -> None:
    path = workspace.csv("subscriptions.csv", "account_id,start,status", "a,2023-01-10,cancelled")
    tables = workspace.open({"s": {"contract": "subscriptions", "path": path, "unused": ["status"]}})
    assert workspace.column(tables, "s", "status") == [None]


def test_a_required_column_that_is_unused_is_missing(workspace: Workspace) -> None:
    source = {"contract": "events", "path": workspace.csv("events.csv", *EVENTS), "unused": ["known_at", "time"]}
    assert workspace.refusal({"events": source})["missing_column"].column == "time"


def test_expressions_may_read_an_unused_column(workspace: Workspace) -> None:
    source = {"contract": "events", "path": workspace.csv("events.csv", *EVENTS), "unused": ["known_at"]}
    tables = workspace.open({"events": source | {"where": "known_at <> 'never'"}})
    assert len(workspace.rows(tables, "events")) == 1


def test_a_slip_of_the_pen_is_told(workspace: Workspace) -> None:
    source = {"contract": "events", "path": workspace.csv("events.csv", *EVENTS), "unused": ["knownat"]}
    with pytest.raises(ConfigurationError, match="no column 'knownat'") as raised:
        workspace.open({"events": source})
    assert raised.value.remedy == "did you mean 'known_at'?"


def test_a_column_is_not_bound_and_unused_at_once(workspace: Workspace) -> None:
    source = {"contract": "events", "path": "events.csv", "unused": ["name"], "columns": {"name": "kind"}}
    with pytest.raises(ValidationError, match="`unused` and `columns` both name 'name'"):
        workspace.run({"events": source})
