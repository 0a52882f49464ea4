"""Columns that tell of persons are dropped when a file is read: nothing can use them, and nothing keeps them."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest
from pydantic import ValidationError

from healthscore.config.sources import PanelTable
from healthscore.tables import inspect_tables
from table_workspace import Workspace

ROWS = ["account_id,time,name,Email,phone", "a,2024-01-10,login,jo@canary.example,+49 170 0000001", "a,never,login,x,y"]


def source(workspace: Workspace, **said: Any) -> dict[str, Any]:
    return {"contract": "events", "path": workspace.csv("events.csv", *ROWS), "pii": ["Email", "phone"], **said}


def test_personal_columns_are_in_no_relation_and_not_in_the_quarantine(workspace: Workspace) -> None:
    tables = workspace.inspect({"events": source(workspace)})
    assert tables.reports["events"].used == 1
    kept = [path for path in workspace.root.rglob("*.parquet") if path.parent.name == "quarantine"]
    original = json.loads(pd.read_parquet(kept[0])["original"].iloc[0]) if kept else {}
    assert not {"Email", "phone"} & set(original)
    relations = tables.engine.query("SELECT table_name, column_name FROM duckdb_columns()").to_pylist()
    assert relations
    assert not {row["column_name"].lower() for row in relations} & {"email", "phone"}


def test_parquet_too(workspace: Workspace) -> None:
    said = {"account_id": ["a"], "time": ["2024-01-10"]}
    path = workspace.parquet("events.parquet", **said, email=["jo@canary.example"])
    tables = workspace.open({"events": {"contract": "events", "path": path, "pii": ["email"]}})
    assert "email" not in tables.engine.describe('SELECT * FROM "events/raw"')


def test_a_file_that_several_sources_read_has_them_dropped_in_all(workspace: Workspace) -> None:
    """By whichever path it is called: declared once is enough, and a subset of the sources is no way around."""
    others = {"contract": "events", "path": "ev*.csv"}
    run = workspace.run({"events": source(workspace), "other": others})
    for sources in (["other"], None):
        with inspect_tables(run, sources=sources, quarantine_dir=workspace.root / "quarantine") as tables:
            relations = tables.engine.query("SELECT column_name FROM duckdb_columns()").to_pylist()
        assert "account_id" in {row["column_name"] for row in relations}
        assert not {row["column_name"].lower() for row in relations} & {"email", "phone"}
    for path in (workspace.root / "quarantine").glob("*.parquet"):
        path.unlink()
    (workspace.root / "quarantine").rmdir()
    problem = workspace.refusal({"events": source(workspace), "other": others | {"where": "Email <> ''"}})
    assert problem["personal_column"].source == "other"


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ({"columns": {"name": "Email"}}, "columns.name"),
        ({"columns": {"name": "lower(Email)"}}, "columns.name"),
        ({"attributes": {"who": "phone"}}, "attributes.who"),
        ({"where": "Email <> ''"}, "where"),
        ({"exclude": "Email LIKE '%@test'"}, "exclude"),
    ],
)
def test_whoever_uses_a_personal_column_is_refused_with_what_to_do(
    workspace: Workspace, said: dict[str, Any], key: str
) -> None:
    problem = workspace.refusal({"events": source(workspace, **said)})["personal_column"]
    assert key in problem.rule
    assert "which `pii` drops when the file is read" in problem.rule
    assert "out of `pii`" in problem.remedy


def test_a_required_column_cannot_be_personal(workspace: Workspace) -> None:
    refused = workspace.refusal({"events": source(workspace, pii=["account_id"])})
    assert refused["personal_column"].column == "account_id"
    assert "export another id" in refused["personal_column"].remedy


def test_a_slip_of_the_pen_protects_nobody_and_is_told(workspace: Workspace) -> None:
    problem = workspace.refusal({"events": source(workspace, pii=["email"])})["missing_column"]
    assert "did you mean 'Email'?" in problem.rule
    assert problem.remedy == "mend `pii` in [sources.events]"


@pytest.mark.parametrize(
    "said",
    [
        {"contract": "levels", "sentiment": {"text": "Email", "language": "en"}},
        {"deduplicate_by": ["Email"]},
        {"lookup": [{"path": "other.csv", "on": ["Email"], "columns": ["plan"]}]},
        {"lookup": [{"path": "other.csv", "on": ["plan"], "columns": ["phone"]}]},
    ],
)
def test_keys_that_name_columns_as_they_are_cannot_name_personal_ones(
    workspace: Workspace, said: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError, match="`pii` drops a column that"):
        workspace.run({"events": source(workspace, **said)})


def test_a_panel_has_personal_columns_too() -> None:
    table = PanelTable(path="panel.csv", components={"usage": ("logins",)}, pii=("email",))
    assert table.source().pii == ("email",)
