"""T6: twelve planted leaks are found, their honest twins are not; T1 on the user's own data finds nothing and bites."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from healthscore.cli import main
from healthscore.config import Run, load_run
from healthscore.features import FAMILIES, cells
from healthscore.features.dictionary import Feature, of_signal
from healthscore.features.signals import SignalPlan
from healthscore.pipelines.check import check
from healthscore.pipelines.leakcheck import find_leaks
from healthscore.pipelines.leaks import EVIDENCE
from healthscore.pipelines.panel import panel
from healthscore.pipelines.simulate import simulate
from healthscore.tables import open_tables
from healthscore.tables.segmented import SegmentedSource, segment_source
from healthscore.tables.simulator.leaks import LEAKS
from healthscore.tables.subscriptions import Subscriptions
from leaky_company import ACCOUNTS, FEW_DATES, SEED, Honest

BUT_REPLAY = tuple(kind for kind in EVIDENCE if kind != "replay")


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Honest:
    return Honest.made(tmp_path_factory.mktemp("honest"))


def searched(run: Run, *kinds: str) -> dict[str, Any]:
    with open_tables(run) as tables:
        return find_leaks(run, tables, kinds=kinds or BUT_REPLAY)


def places(found: dict[str, Any]) -> list[str]:
    return [leak["where"] for leak in found["leaks"]]


# --- T6 --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("leak", LEAKS)
def test_a_planted_leak_is_found_where_it_is(leak: str, honest: Honest, tmp_path: Path) -> None:
    found = searched(honest.with_leak(tmp_path, leak, honest=False))
    assert any(where.startswith(LEAKS[leak].where) for where in places(found)), found
    assert all(finding["evidence"] and finding["remedy"] for finding in found["leaks"])


@pytest.mark.parametrize("leak", LEAKS)
def test_its_honest_twin_is_not(leak: str, honest: Honest, tmp_path: Path) -> None:
    assert not places(searched(honest.with_leak(tmp_path, leak, honest=True)))


# --- A remedy works --------------------------------------------------------------------------------------------------


def amended(run: Run, source: str, **changes: Any) -> Run:
    declared = run.sources[source]
    columns = {**declared.columns, **changes.pop("columns", {})}
    return run.model_copy(
        update={"sources": {**run.sources, source: declared.model_copy(update={"columns": columns, **changes})}}
    )


REMEDIES: dict[str, tuple[str, dict[str, Any]]] = {
    "future_rows": ("quarters", {"availability_delay_days": 92}),
    "cancel_notice": ("usage", {"where": "name <> 'plan_change_requested'"}),
    "backfilled_rows": ("notes", {"columns": {"known_at": "created_at"}}),
    "same_day": ("sessions", {"timezone": "America/Los_Angeles"}),
    "final_invoice": ("billing", {"where": "kind <> 'settlement'"}),
}


@pytest.mark.parametrize("leak", REMEDIES)
def test_after_its_remedy_a_leak_is_gone(leak: str, honest: Honest, tmp_path: Path) -> None:
    run = honest.with_leak(tmp_path, leak, honest=False)
    source, changes = REMEDIES[leak]
    assert not places(searched(amended(run, source, **changes)))


# --- Replay ----------------------------------------------------------------------------------------------------------


def test_no_cell_changes_when_only_the_unknown_does(honest: Honest) -> None:
    run = load_run(honest.directory / "healthscore.toml")
    found = searched(run, "replay")
    assert not found["leaks"]
    assert found["replay"]["dates"] == ["2024-05-01", "2024-11-01", "2025-06-01"]
    assert found["replay"]["differing"] == 0
    assert found["replay"]["cells"] > 50_000
    assert "0 of" in found["checked"][0]


def ever_counted(signal: SignalPlan) -> Iterator[Feature]:
    """A family that reads the future: all events that the cells hold, also those after the date."""
    yield of_signal(
        signal, "frequency", "ever", "all",
        lambda history: history._chunk._dense.sum("count", slice(0, len(history._signal.segments))),
        unit="events", zero="none", missing="never", sentence="{value} events",
    )  # fmt: skip


def test_a_feature_that_counts_the_future_is_caught(honest: Honest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAMILIES["events"], "frequency", ever_counted)
    found = searched(only(load_run(honest.directory / "healthscore.toml"), "touchpoints"), "replay")
    (leak,) = [leak for leak in found["leaks"] if "ever" in leak["where"]]
    assert leak["code"] == "replay"
    assert "2024-05-01" in leak["evidence"]
    assert found["replay"]["differing"] > 100


def test_a_feature_that_forgets_when_rows_were_known_is_caught(honest: Honest, monkeypatch: pytest.MonkeyPatch) -> None:
    def at_once(*arguments: Any, **named: Any) -> SegmentedSource:
        return replace(segment_source(*arguments, **named), late="-1")

    monkeypatch.setattr(cells, "segment_source", at_once)
    found = searched(only(load_run(honest.directory / "healthscore.toml"), "touchpoints"), "replay")
    assert any(leak["where"].startswith("touchpoints_count") for leak in found["leaks"])


def test_a_risk_set_that_knows_who_will_leave_is_caught(honest: Honest, monkeypatch: pytest.MonkeyPatch) -> None:
    honestly = Subscriptions.standing
    monkeypatch.setattr(Subscriptions, "standing", lambda self, t: (rows := honestly(self, t))[self.end[rows] > t + 30])
    found = searched(only(load_run(honest.directory / "healthscore.toml"), "nps"), "replay")
    assert "the risk set" in places(found)


def only(run: Run, *signals: str) -> Run:
    """The run with a few of its signals."""
    kept = {name: run.signals[name] for name in signals}
    return run.model_copy(update={"signals": kept, "combinations": {}})


# --- A ready-made panel ----------------------------------------------------------------------------------------------


def test_of_a_ready_made_panel_ids_and_single_features_are_asked(honest: Honest, tmp_path: Path) -> None:
    run = honest.with_leak(tmp_path / "tables", "identifier", honest=False)
    made = panel(run.model_copy(update={"out": tmp_path / "out"}))
    found = searched(load_run(made.directory / "panel.toml"), *EVIDENCE)
    assert places(found) == ["account_id"]
    assert found["replay"] is None
    assert found["checked"][0].startswith("replay, timing")
    assert found["checked"][0].endswith("computed elsewhere")
    assert [said.partition(":")[0] for said in found["checked"][1:]] == ["identifiers", "single features"]


# --- The command -----------------------------------------------------------------------------------------------------


def run_command(*arguments: object) -> int:
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    return stopped.value.code if isinstance(stopped.value.code, int) else 0


def test_the_command_names_all_twelve_and_exits_with_4(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    made = simulate("leak-traps", ACCOUNTS, SEED, tmp_path / "traps")
    path = tmp_path / "traps" / "healthscore.toml"
    path.write_text(path.read_text() + FEW_DATES, encoding="utf-8")
    assert run_command("check", "--leaks", path) == 4
    printed = capsys.readouterr().out
    named = [line for line in printed.splitlines() if line.startswith("LEAK  ")]
    assert set(made.result["truth"]["leaks"]) == set(LEAKS)
    for leak in LEAKS.values():
        assert any(f"  {leak.where}" in line or f" and {leak.where}" in line for line in named), leak.where
    # Two sources read the file of the invoices, and their settlements are one leak.
    assert sum("settlement" in line for line in named) == 1
    assert "cells differ" in printed
    assert "leaks were found" in printed
    assert all(len(line.rstrip()) <= 80 for line in printed.splitlines() if "/" not in line)


def test_without_leaks_the_command_exits_with_0_and_says_what_it_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = small_run(tmp_path)
    assert run_command("check", "--leaks", path, "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["leaks"], result["questions"]) == ([], [])
    assert result["replay"]["differing"] == 0
    assert any("fewer than 20" in sentence for sentence in result["checked"])
    plainly = check(path)
    assert plainly.leaks == []
    assert "leaks" not in plainly.result
    assert plainly.directory != Path(result["directory"])


def test_sources_that_cannot_be_opened_win(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = small_run(tmp_path)
    (tmp_path / "events.csv").unlink()
    assert run_command("check", "--leaks", path) == 2
    assert "because of the errors above" in " ".join(capsys.readouterr().out.split())


def small_run(folder: Path) -> Path:
    """Nine accounts, two of which leave: too few for any comparison, enough for the replay."""
    contracts = [f"a{i},2024-01-01,{'2024-03-10' if i < 2 else ''}" for i in range(9)]
    (folder / "subscriptions.csv").write_text("\n".join(["account_id,start,end", *contracts]) + "\n")
    events = [f"a{i},2024-0{month}-1{i}" for month in (1, 2, 3, 4) for i in range(9)]
    (folder / "events.csv").write_text("\n".join(["account_id,time", *events]) + "\n")
    path = folder / "healthscore.toml"
    path.write_text(
        """
name = "small"
data_end = 2024-06-01
[as_of]
dates = [2024-02-15, 2024-03-01]
[sources.subscriptions]
contract = "subscriptions"
path = "subscriptions.csv"
[sources.events]
contract = "events"
path = "events.csv"
[signals.use]
source = "events"
component = "activity"
[outcome]
kind = "churn"
source = "subscriptions"
horizon_days = 30
""",
        encoding="utf-8",
    )
    return path
