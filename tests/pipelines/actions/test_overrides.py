"""Overrides: when they hold, which of two is shown, and what is refused; as tables of a run."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from healthscore.config import CardBands, load_scorecard
from healthscore.pipelines.actions.overrides import COLUMNS, all_overrides, overrides_at
from healthscore.tables import SourcesError, open_tables
from table_workspace import Workspace

HEAD = "account_id,health,band,author,reason,made_on,expires_on"
SOURCE = {"contract": "overrides", "path": "overrides.csv", "time_format": "%Y-%m-%d"}
BANDS = {"at risk": (0.0, 40.0), "needs attention": (40.0, 70.0), "healthy": (70.0, 100.0)}


def shown(workspace: Workspace, as_of: str, *lines: str) -> pd.DataFrame:
    workspace.csv("overrides.csv", HEAD, *lines)
    run = workspace.run({"overrides": SOURCE})
    return overrides_at(run, workspace.open({"overrides": SOURCE}), date.fromisoformat(as_of), BANDS)


@pytest.mark.parametrize(
    ("as_of", "holds"),
    [
        ("2025-06-02", False),
        ("2025-06-03", False),  # the day it was made is over at midnight only
        ("2025-06-04", True),
        ("2025-06-30", True),
        ("2025-07-01", False),
    ],
)
def test_an_override_holds_from_the_day_after_it_was_made_to_the_day_it_expires(
    workspace: Workspace, as_of: str, holds: bool
) -> None:
    found = shown(workspace, as_of, "a,80.5,,Ana,they renewed by phone,2025-06-03,2025-06-30")
    assert len(found) == holds
    if holds:
        assert found.iloc[0].to_dict() == {
            "account_id": "a",
            "override_health": 80.5,
            "override_band": "healthy",
            "override_author": "Ana",
            "override_reason": "they renewed by phone",
            "override_made_on": date(2025, 6, 3),
            "override_expires_on": date(2025, 6, 30),
        }


def test_of_two_the_later_is_shown_whatever_the_order_of_rows_and_expiry_brings_the_earlier_back(
    workspace: Workspace,
) -> None:
    lines = [
        "a,,at risk,Ana,sponsor left,2025-06-01,2025-12-31",
        "a,55,,Ben,new sponsor,2025-06-10,2025-06-30",
    ]
    for order in (lines, lines[::-1]):
        assert shown(workspace, "2025-06-20", *order)["override_author"].tolist() == ["Ben"]
        assert shown(workspace, "2025-06-20", *order)["override_band"].tolist() == ["needs attention"]
        assert shown(workspace, "2025-07-20", *order)["override_author"].tolist() == ["Ana"]


def test_one_bad_row_among_many_is_set_aside_and_the_others_hold(workspace: Workspace) -> None:
    good = [f"a{n},,at risk,Ana,because,2025-06-01,2025-12-31" for n in range(400)]
    found = shown(workspace, "2025-06-20", *good, "b,,at rick,Ana,because,2025-06-01,2025-12-31")
    assert len(found) == 400
    assert workspace.opened[-1].reports["overrides"].quarantined == {"unknown_band": 1}


def test_bands_of_the_runs_scorecard_are_bands_too(workspace: Workspace) -> None:
    workspace.csv("overrides.csv", HEAD, "a,,critical,Ana,because,2025-06-01,2025-12-31")
    bands = CardBands(names=("critical", "fine"), edges=(50.0,), colours=("red", "green"))
    run = workspace.run({"overrides": SOURCE})
    card = load_scorecard("seven_components").model_copy(update={"bands": bands})
    with open_tables(run.model_copy(update={"scorecard": card})) as tables:
        assert tables.reports["overrides"].quarantined == {}
    with pytest.raises(SourcesError, match="names a band of the score: 'at risk', 'needs attention', 'healthy'"):
        open_tables(run)


@pytest.mark.parametrize(
    ("line", "code", "column"),
    [
        ("a,,,Ana,because,2025-06-01,2025-12-31", "missing_value", "health"),
        ("a,80,,,because,2025-06-01,2025-12-31", "missing_value", "author"),
        ("a,80,,Ana,,2025-06-01,2025-12-31", "missing_value", "reason"),
        ("a,80,,Ana,because,2025-06-01,", "missing_value", "expires_on"),
        ("a,80,,Ana,because,,2025-12-31", "missing_value", "made_on"),
        ("a,80,,Ana,because,2025-06-01,2025-06-01", "end_before_start", "expires_on"),
        ("a,101,,Ana,because,2025-06-01,2025-12-31", "out_of_range", "health"),
        ("a,-0.5,,Ana,because,2025-06-01,2025-12-31", "out_of_range", "health"),
        ("a,,at rick,Ana,because,2025-06-01,2025-12-31", "unknown_band", "band"),
        ("a,80,At risk,Ana,because,2025-06-01,2025-12-31", "unknown_band", "band"),
    ],
)
def test_an_override_without_what_it_needs_is_refused_as_in_every_table(
    workspace: Workspace, line: str, code: str, column: str
) -> None:
    with pytest.raises(SourcesError) as caught:
        shown(workspace, "2025-06-20", line)
    assert (code, column) in {(problem.code, problem.column) for problem in caught.value.problems}


def test_a_run_without_overrides_has_the_columns_and_no_rows(workspace: Workspace) -> None:
    workspace.csv("events.csv", "account_id,time", "a,2025-01-01")
    sources = {"events": {"contract": "events", "path": "events.csv"}}
    run, tables = workspace.run(sources), workspace.open(sources)
    assert all_overrides(run, tables).empty
    found = overrides_at(run, tables, date(2025, 6, 20), BANDS)
    assert list(found.columns) == ["account_id", *COLUMNS]
    assert found.empty
