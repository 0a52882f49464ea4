"""Quarantine, limits, and everything at once."""

from __future__ import annotations

import json
import stat
from typing import Any

import pytest

from healthscore.errors import InputError
from healthscore.tables import SourceReport, SourcesError, open_tables
from table_workspace import Workspace, padded

EVENTS: dict[str, Any] = {"path": "events.csv", "contract": "events"}
GOOD = "a,2024-01-01,1"


def bad(workspace: Workspace, count: int, rows: int = 1000) -> None:
    workspace.csv("events.csv", "account_id,time,quantity", *padded(["a,2024-01-01,x"] * count, lambda n: GOOD, rows))


def test_rows_are_set_aside_with_reason_place_and_text(workspace: Workspace) -> None:
    workspace.csv(
        "events.csv", "account_id,time,quantity", *padded(['a,never,"1 234"', "b,2024-01-01,$5"], lambda n: GOOD)
    )
    workspace.open({"events": EVENTS})
    first, second = workspace.quarantined("events")
    file = str(workspace.root / "events.csv")
    # The first rule that a row breaks decides.
    assert (first["reason"], first["column"], first["file"], first["line"]) == ("time_unreadable", "time", file, 2)
    assert json.loads(first["original"]) == {"account_id": "a", "time": "never", "quantity": "1 234"}
    assert (second["reason"], second["column"], second["line"]) == ("number_unreadable", "quantity", 3)


def test_the_file_is_its_owners(workspace: Workspace) -> None:  # S9
    bad(workspace, 1)
    workspace.open({"events": EVENTS})
    folder = workspace.root / "quarantine"
    assert stat.S_IMODE((folder / "events.parquet").stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["events.parquet"]


def test_the_limit_is_half_a_percent(workspace: Workspace) -> None:
    bad(workspace, 5)
    assert workspace.open({"events": EVENTS}).reports["events"].quarantined == {"number_unreadable": 5}


def test_beyond_the_limit_the_run_refuses(workspace: Workspace) -> None:
    bad(workspace, 6)
    fault = workspace.refusal({"events": EVENTS})["number_unreadable"]
    assert (fault.severity, fault.count, fault.share) == ("error", 6, 0.006)
    assert fault.lines == ("events.csv:2", "events.csv:3", "events.csv:4")


def test_reasons_add_up_to_the_limit(workspace: Workspace) -> None:
    odd = ["a,2024-01-01,x"] * 3 + ["a,never,1"] * 3
    workspace.csv("events.csv", "account_id,time,quantity", *padded(odd, lambda n: GOOD))
    assert set(workspace.refusal({"events": EVENTS})) == {"number_unreadable", "time_unreadable"}


def test_the_limit_is_the_runs(workspace: Workspace) -> None:
    bad(workspace, 6)
    assert workspace.open({"events": EVENTS}, checks={"quarantine_limit": 0.006}).reports["events"].used == 994


def test_dropped_rows_do_not_dilute_the_share(workspace: Workspace) -> None:
    rows = padded(["a,2024-01-01,x"], lambda n: ",2024-01-01,1" if n % 2 else GOOD, 300)
    workspace.csv("events.csv", "account_id,time,quantity", *rows)
    assert workspace.refusal({"events": EVENTS})["number_unreadable"].share == pytest.approx(1 / 150, rel=0.01)


def test_no_rows_are_written_without_a_folder(workspace: Workspace) -> None:
    bad(workspace, 1)
    with open_tables(workspace.run({"events": EVENTS})) as tables:
        assert tables.reports["events"].quarantined == {"number_unreadable": 1}
    assert not (workspace.root / "quarantine").exists()


def test_all_faults_of_all_sources_are_one_error(workspace: Workspace) -> None:
    workspace.csv("events.csv", "account_id,time,quantity", "a,never,x", "a,2024-01-01,y")
    workspace.csv("subs.csv", "account,begin", "a,2024-01-01")
    workspace.csv("levels.csv", "account_id,time,value", "a,2024-01-01 10:00:00,1")
    sources = {
        "events": EVENTS,
        "subs": {"path": "subs.csv", "contract": "subscriptions"},
        "levels": {"path": "levels.csv", "contract": "levels"},
        "gone": {"path": "gone.csv", "contract": "accounts"},
    }
    with pytest.raises(InputError) as caught:
        workspace.open(sources)
    assert isinstance(caught.value, SourcesError)
    assert {(problem.source, problem.code, problem.column) for problem in caught.value.problems} == {
        ("gone", "no_file", ""),
        ("events", "time_unreadable", "time"),
        ("events", "number_unreadable", "quantity"),
        ("subs", "missing_column", "account_id"),
        ("subs", "missing_column", "start"),
        ("levels", "naive_time", "time"),
    }
    assert all(problem.rule and problem.remedy for problem in caught.value.problems)
    assert "6 faults in events, gone, levels, subs" in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_refused_run_leaves_what_was_there(workspace: Workspace) -> None:
    bad(workspace, 1)
    workspace.open({"events": EVENTS})
    before = (workspace.root / "quarantine" / "events.parquet").read_bytes()
    workspace.csv("subs.csv", "account,begin", "a,2024-01-01")
    bad(workspace, 2)
    with pytest.raises(SourcesError):
        workspace.open({"events": EVENTS, "subs": {"path": "subs.csv", "contract": "subscriptions"}})
    assert [path.name for path in (workspace.root / "quarantine").iterdir()] == ["events.parquet"]
    assert (workspace.root / "quarantine" / "events.parquet").read_bytes() == before


def test_a_source_refused_after_another_was_set_aside_publishes_nothing(workspace: Workspace) -> None:
    bad(workspace, 1)
    workspace.csv("subs.csv", "account,begin", "a,2024-01-01")
    workspace.refusal({"events": EVENTS, "subs": {"path": "subs.csv", "contract": "subscriptions"}})


def test_a_clean_run_removes_what_an_earlier_one_set_aside(workspace: Workspace) -> None:
    bad(workspace, 1)
    workspace.open({"events": EVENTS})
    bad(workspace, 0)
    workspace.open({"events": EVENTS})
    assert list((workspace.root / "quarantine").iterdir()) == []


def test_a_message_has_table_file_column_count_share_lines_rule_and_remedy(workspace: Workspace) -> None:
    bad(workspace, 10)
    with pytest.raises(SourcesError) as caught:
        workspace.open({"events": EVENTS})
    message = str(caught.value)
    for part in (
        "events.quantity",
        "10 rows",
        "1.00%",
        "events.csv:2, events.csv:3",
        "number_unreadable",
        "remedy: export",
    ):
        assert part in message


def test_inspecting_never_refuses_and_finds_everything(workspace: Workspace) -> None:
    workspace.csv("accounts.csv", "account_id", "a", "a", "007", "7")
    workspace.csv(
        "events.csv", "account_id,time,quantity", "a,2024-01-01,1", "a,never,1", "x,2024-01-01,1", ",2024-01-01,1"
    )
    workspace.csv("subs.csv", "account,begin", "a,2024-01-01")
    tables = workspace.inspect(
        {
            "events": EVENTS,
            "accounts": {"path": "accounts.csv", "contract": "accounts"},
            "subs": {"path": "subs.csv", "contract": "subscriptions"},
        }
    )
    assert {(f.source, f.severity, f.code) for f in tables.findings} == {
        ("subs", "error", "missing_column"),
        ("events", "error", "time_unreadable"),
        ("events", "error", "orphan"),
        ("events", "rule", "anonymous"),
        ("accounts", "rule", "duplicate"),
        ("accounts", "warning", "ids_look_alike"),
    }
    assert set(tables.reports) == {"events", "accounts"}
    assert workspace.column(tables, "events", "account_id") == ["a"]
    assert len(workspace.quarantined("events")) == 2


def test_the_conservation_law_is_asserted() -> None:
    with pytest.raises(RuntimeError, match="3 rows came in and 2 are accounted for"):
        SourceReport("events", "events", rows_in=3, used=1, accounts=1, fingerprint="", dropped={"where": 1})


def test_a_report_is_json(workspace: Workspace) -> None:
    bad(workspace, 1)
    report = workspace.open({"events": EVENTS}).reports["events"].to_dict()
    assert json.loads(json.dumps(report)) == report
    assert (report["rows_in"], report["used"], report["first_date"]) == (1000, 999, "2024-01-01")
