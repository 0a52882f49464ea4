"""Playbooks, worklists and paths as text: what may be said, and which names are refused with the nearest one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from documented_pages import CODE, PAGES, first_cells, section
from healthscore.config import PathToGreen, Playbook, Run, Worklist, library, load_run
from healthscore.config.playbooks import CONDITIONS
from healthscore.errors import ConfigurationError
from healthscore.pipelines.actions.acting import ADDED
from healthscore.pipelines.actions.overrides import COLUMNS
from table_workspace import Workspace

SOURCES = {"events": {"contract": "events", "path": "events.csv"}}
SIGNALS = {"usage": {"source": "events", "component": "activity"}}


def run(workspace: Workspace, **says: Any) -> Run:
    workspace.csv("events.csv", "account_id,time", "a,2024-01-01")
    return workspace.run(SOURCES, signals=SIGNALS, playbooks={"call": {"action": "call", **says}})


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ({"bands": ["at rsik"]}, r"playbooks.call.bands: there is no 'at rsik'; did you mean 'at risk'"),
        ({"bands": ["lowes"]}, r"did you mean 'lowest'"),
        ({"fell": ["activty"]}, r"playbooks.call.fell: there is no 'activty'; did you mean 'activity'"),
        ({"worst": ["activty"]}, r"playbooks.call.worst: .*did you mean 'activity'"),
        ({"trends": ["declines"]}, r"playbooks.call.trends: there is no 'declines'; did you mean 'decline'"),
        ({}, r"a playbook says for whom it is"),
        ({"over": "month", "bands": ["lowest"]}, r"`over` is the time of `drop` and `fell`"),
        ({"drop": 0}, r"greater than 0"),
        ({"bands": ["lowest"], "priority": 0}, r"greater than or equal to 1"),
        ({"bands": ["lowest"], "owner": ""}, r"at least 1 character"),
        ({"bnads": ["lowest"]}, r"Extra inputs"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused(workspace: Workspace, says: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValidationError, match=expected):
        run(workspace, **says)


@pytest.mark.parametrize(
    "says",
    [
        {"bands": ["at risk", "middle", "highest"]},
        {"fell": ["activity", "tenure"]},
        {"worst": ["activity"]},
        {"trends": ["drop", "sudden_drop", "decline", "activity_drop", "recovery"]},
        {"low_confidence": False},
        {"renewal_within_days": 0},
        {"value_at_least": 0},
    ],
    ids=str,
)
def test_what_can_be_meant_is_taken(workspace: Workspace, says: dict[str, Any]) -> None:
    assert run(workspace, **says).playbooks["call"].owner == "account"


def test_every_condition_is_a_key_of_a_playbook() -> None:
    about = {"action", "owner", "priority", "due_days", "enabled", "over"}
    assert set(Playbook.model_fields) == {*CONDITIONS, *about}


def test_capacity_is_that_of_the_owner_else_of_all() -> None:
    rules = Worklist(capacity=3, owners={"Ana": 40, "Ben": 0})
    assert [rules.capacity_of(owner) for owner in ("Ana", "Ben", "Cem")] == [40, 0, 3]
    with pytest.raises(ValidationError, match=r"owners.Ana"):
        Worklist(owners={"Ana": -1})


def test_an_included_library_is_changed_and_switched_off_by_name(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text("account_id,time\na,2024-01-01\n")
    lines = [
        'name = "mine"',
        'include = ["healthscore:pipelines/playbooks/general.toml"]',
        "[as_of]\ndates = [2024-06-01]",
        '[sources.events]\ncontract = "events"\npath = "events.csv"',
        '[signals.usage]\nsource = "events"\ncomponent = "activity"',
        "[playbooks.reference]\nenabled = false",
        "[playbooks.at_risk]\ndue_days = 1",
    ]
    path = tmp_path / "mine.toml"
    path.write_text("\n".join(lines))
    loaded = load_run(path).playbooks
    assert not loaded["reference"].enabled
    assert (loaded["at_risk"].due_days, loaded["at_risk"].bands) == (1, ("lowest",))
    path.write_text("\n".join([*lines, '[playbooks.mine]\nbands = ["lowest"]\nactoin = "x"\naction = "y"']))
    with pytest.raises(ConfigurationError, match=r"playbooks.mine.actoin: unknown key; did you mean `action`"):
        load_run(path)


# --- the page --------------------------------------------------------------------------------------------------------

PAGE = PAGES["playbooks.md"]


@pytest.mark.parametrize(
    ("heading", "model"),
    [
        ("## What a playbook may say", Playbook),
        ("## Worklists", Worklist),
        ("## Path to the next band", PathToGreen),
    ],
)
def test_the_page_tells_every_key(heading: str, model: type[Playbook | Worklist | PathToGreen]) -> None:
    assert first_cells(section(PAGE, heading)) == list(model.model_fields)


def test_the_page_tells_every_column_every_library_and_every_override() -> None:
    assert first_cells(section(PAGE, "## What is published")) == list(ADDED)
    assert set(COLUMNS) <= set(CODE.findall(section(PAGE, "## When a person knows better")))
    shipped = {f"healthscore:pipelines/playbooks/{path.name}" for path in library().glob("pipelines/playbooks/*.toml")}
    assert set(first_cells(section(PAGE, "## Write playbooks"))) == shipped
