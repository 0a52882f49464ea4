"""`check`: everything is reported, nothing is refused, and every finding names the line that mends it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from healthscore.config import load_run
from healthscore.pipelines.check import CheckResult, check
from healthscore.pipelines.initialise import initialise
from healthscore.pipelines.simulate import simulate

SUBSCRIPTIONS = """
[sources.subscriptions]
contract = "subscriptions"
path = "subscriptions.csv"
"""
EVENTS = """
[sources.events]
contract = "events"
path = "events.csv"
"""
CHURN = """
[outcome]
kind = "churn"
source = "subscriptions"
horizon_days = 30
"""


@pytest.fixture(autouse=True)
def _own_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEALTHSCORE_DATA", raising=False)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> CheckResult:
    """The simulator's own run, checked."""
    made = simulate("saas", 150, 2, tmp_path_factory.mktemp("check") / "saas")
    return check(made.directory / "healthscore.toml")


def write(folder: Path, text: str, **tables: list[str]) -> Path:
    """A run with its tables as CSV: the first line is the header."""
    for name, lines in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    run = folder / "healthscore.toml"
    run.write_text(text, encoding="utf-8")
    return run


def head(first: str = "2024-02-01", last: str = "2024-03-01", end: str = "2024-05-01") -> str:
    return f'name = "small"\ndata_end = {end}\n[as_of]\nfirst = {first}\nlast = {last}\n'


def subscriptions(count: int, leavers: int, left: str = "2024-02-10") -> list[str]:
    rows = [f"a{i},2024-01-01,{left if i < leavers else ''}" for i in range(count)]
    return ["account_id,start,end", *rows]


def daily(days: int, silent: range = range(0), end: str = "2024-05-01") -> list[str]:
    """Nine events a day until the data end."""
    last = date.fromisoformat(end)
    moments = [last - timedelta(days=days - i) for i in range(days) if i not in silent]
    return ["account_id,time", *(f"a{i},{moment}" for moment in moments for i in range(9))]


def fault(result: dict[str, Any], code: str) -> dict[str, Any]:
    return next(fault for fault in result["faults"] if fault["code"] == code)


def test_rows_are_accounted_for_source_by_source(simulated: CheckResult) -> None:
    for source in simulated.result["sources"].values():
        assert source["rows_in"] == source["used"] + sum(source["quarantined"].values()) + sum(
            source["dropped"].values()
        )
    comments = simulated.result["sources"]["comments"]
    assert comments["dropped"]["where"] > 0


def test_the_simulated_outage_is_found_and_asked_about(simulated: CheckResult) -> None:
    workspace = Path(simulated.result["path"]).parent
    proposed = check(initialise(workspace / "data", workspace / "proposed.toml").path).result
    silences = proposed["sources"]["events"]["coverage"]["silences"]
    assert [(s["first"], s["last"], s["days"]) for s in silences] == [("2024-09-10", "2024-09-12", 3)]
    found = fault(proposed, "silent_days")
    assert found["severity"] == "warning"
    assert "Closure or outage?" in found["rule"]
    assert "outages = [[2024-09-10, 2024-09-12]]" in found["remedy"]


def test_base_rates_count_every_account_once(simulated: CheckResult) -> None:
    for row in simulated.result["base_rates"]:
        known = row["exits"] + row["stayed"]
        assert row["at_risk"] == known + row["exit_in_gap"] + row["censored"] + row["immature"]
        statuses = ("at_risk", "not_started", "ended", "trial", "paused", "leaving", "ineligible")
        assert sum(row[status] for status in statuses) == simulated.result["accounts"]
        assert row["rate"] == (row["exits"] / known if known else None)


def test_the_printed_object_is_the_file(simulated: CheckResult) -> None:
    written = json.loads((simulated.directory / "result.json").read_text())
    assert written | {"directory": str(simulated.directory)} == simulated.result
    assert simulated.ok


def test_the_same_data_give_the_same_place(tmp_path: Path) -> None:
    run = write(tmp_path, head() + SUBSCRIPTIONS + CHURN, subscriptions=subscriptions(9, 2))
    assert check(run).directory == check(run).directory


def test_months_and_days_with_rows(tmp_path: Path) -> None:
    lines = ["account_id,time", "a,2024-01-31", "a,2024-03-01", "b,2024-03-01"]
    coverage = check(write(tmp_path, head() + EVENTS, events=lines)).result["sources"]["events"]["coverage"]
    assert coverage["months"] == {"2024-01": 1, "2024-02": 0, "2024-03": 2}
    assert (coverage["months_with_rows"], coverage["days_with_rows"], coverage["silences"]) == (2, 2, [])


def test_a_declared_outage_is_not_asked_about(tmp_path: Path) -> None:
    lines = daily(100, silent=range(80, 83))
    silent = date(2024, 5, 1) - timedelta(days=20)
    run = write(tmp_path, head() + EVENTS, events=lines)
    assert fault(check(run).result, "silent_days")["source"] == "events"
    for word in ("outages", "closures"):
        declared = f"{word} = [[{silent}, {silent + timedelta(days=2)}]]\n"
        assert not check(write(tmp_path, head() + EVENTS + declared, events=lines)).result["faults"]


def test_errors_are_reported_with_their_remedy_and_the_rest_is_still_measured(tmp_path: Path) -> None:
    lines = ["account_id,time", "a0,2024-01-02 10:00:00", "a1,2024-01-03 10:00:00"]
    run = write(tmp_path, head() + SUBSCRIPTIONS + EVENTS + CHURN, subscriptions=subscriptions(9, 2), events=lines)
    made = check(run)
    naive = fault(made.result, "naive_time")
    assert not made.ok
    assert (naive["severity"], naive["source"], naive["column"]) == ("error", "events", "time")
    assert 'timezone = "UTC"' in naive["remedy"]
    assert made.result["base_rates"][0]["exits"] == 2


def test_every_missing_file_is_reported(tmp_path: Path) -> None:
    made = check(write(tmp_path, head() + SUBSCRIPTIONS + EVENTS + CHURN))
    assert not made.ok
    assert {fault["source"] for fault in made.result["faults"]} >= {"subscriptions", "events"}


def test_bad_rows_are_set_aside_in_a_file(tmp_path: Path) -> None:
    lines = [*subscriptions(9, 2), "a8,2024-03-01,2024-02-01"]
    made = check(write(tmp_path, head() + SUBSCRIPTIONS + CHURN, subscriptions=lines))
    assert made.result["sources"]["subscriptions"]["quarantined"] == {"end_before_start": 1}
    kept = Path(made.result["quarantine"]["subscriptions"])
    assert kept == made.directory / "quarantine" / "subscriptions.parquet"
    assert pq.read_table(kept).num_rows == 1


def test_a_condition_that_cannot_be_meant_is_an_error(tmp_path: Path) -> None:
    signal = (
        '[signals.use]\nsource = "events"\ncomponent = "activity"\nwhere = "naem = 1"\nfamilies = ["frequencies"]\n'
    )
    result = check(write(tmp_path, head() + EVENTS + signal, events=daily(50))).result
    assert "naem" in fault(result, "bad_condition")["rule"]
    assert "frequency" in fault(result, "unknown_family")["remedy"]
    assert fault(result, "bad_condition")["source"] == "signals.use"


def test_a_measure_that_cannot_be_meant_is_an_error(tmp_path: Path) -> None:
    signal = '[signals.use]\nsource = "events"\ncomponent = "activity"\nmeasures = ["counts"]\n'
    found = fault(check(write(tmp_path, head() + EVENTS + signal, events=daily(50))).result, "unknown_measure")
    assert (found["severity"], found["source"], found["column"]) == ("error", "signals.use", "measures")
    assert found["remedy"] == "did you mean 'count'?"


@pytest.mark.parametrize(
    ("accounts", "leavers", "said"),
    [
        (400, 20, "a model needs 50"),
        (400, 60, "wide intervals"),
        (400, 220, "more than half of the accounts"),
        (900, 250, ""),
    ],
)
def test_few_exits_and_too_many_are_warned_about(tmp_path: Path, accounts: int, leavers: int, said: str) -> None:
    run = write(
        tmp_path, head(last="2024-02-01") + SUBSCRIPTIONS + CHURN, subscriptions=subscriptions(accounts, leavers)
    )
    made = check(run)
    assert made.ok
    assert made.result["exiting_accounts"] == leavers
    assert [said in text for text in made.result["warnings"]] == ([True] if said else [])


def test_a_jump_of_the_rate_is_warned_about(tmp_path: Path) -> None:
    rows = [f"a{i},2024-01-01,{'2024-02-10' if i < 5 else '2024-03-10' if i < 65 else ''}" for i in range(500)]
    run = write(tmp_path, head() + SUBSCRIPTIONS + CHURN, subscriptions=["account_id,start,end", *rows])
    warnings = check(run).result["warnings"]
    assert any("jumps from 1.0% at 2024-02-01 to 12.1% at 2024-03-01" in text for text in warnings)


def test_dates_without_a_known_outcome_are_warned_about(tmp_path: Path) -> None:
    text = head(first="2024-04-15", last="2024-04-20") + SUBSCRIPTIONS + CHURN
    result = check(write(tmp_path, text, subscriptions=subscriptions(9, 2))).result
    assert result["base_rates"][0]["immature"] == 7
    assert result["base_rates"][0]["rate"] is None
    assert result["warnings"] == [
        "no date has a known outcome yet; the last date whose outcome is final is 2024-04-01: "
        "choose earlier as-of dates or a shorter horizon"
    ]


def test_a_source_that_stops_early_is_warned_about(tmp_path: Path) -> None:
    signal = '[signals.use]\nsource = "events"\ncomponent = "activity"\n'
    text = head() + SUBSCRIPTIONS + EVENTS + CHURN + signal
    run = write(tmp_path, text, subscriptions=subscriptions(9, 2), events=daily(50, end="2024-03-01"))
    warnings = check(run).result["warnings"]
    assert any("events stops on 2024-02-29" in text for text in warnings)
    assert any("window of 84 days is missing at 2024-02-01" in text for text in warnings)


def test_a_run_without_an_outcome_can_be_checked(tmp_path: Path) -> None:
    made = check(write(tmp_path, head() + EVENTS, events=daily(50)))
    assert made.ok
    assert made.result["outcome"] is None
    assert made.result["warnings"] == ["the run has no [outcome]: features can be computed, nothing can be trained"]


def test_results_go_where_they_are_told(tmp_path: Path) -> None:
    run = load_run(write(tmp_path, head() + EVENTS, events=daily(50)), out=tmp_path / "elsewhere")
    assert check(run).directory.parent == tmp_path / "elsewhere" / "check"
    assert [path.name for path in (tmp_path / "elsewhere" / "check").glob(".*")] == []


def test_a_merge_that_is_planned_for_later_does_not_stretch_the_data(tmp_path: Path) -> None:
    text = 'name = "small"\n[as_of]\ndates = [2024-02-01]\n' + SUBSCRIPTIONS + CHURN
    text += '\n[sources.mergers]\ncontract = "successions"\npath = "mergers.csv"\n'
    subscriptions = ["account_id,start", "A,2024-01-01", "B,2024-03-10"]
    run = write(tmp_path, text, subscriptions=subscriptions, mergers=["account_id,successor_id,date", "A,B,2026-01-01"])
    found = check(run).result
    assert found["data_end"] == "2024-03-11"
    assert found["ok"]


def test_a_key_that_the_outcome_has_no_use_for_is_a_fault(tmp_path: Path) -> None:
    text = head() + SUBSCRIPTIONS + CHURN + "eligible_within_days = 30\n"
    result = check(write(tmp_path, text, subscriptions=subscriptions(30, 8))).result
    assert not result["ok"]
    assert any("eligible_within_days is for inactivity" in found["rule"] for found in result["faults"])


def test_a_signal_without_a_feature_is_told_with_what_it_lacks(tmp_path: Path) -> None:
    signals = {
        "amounts": 'families = ["depth"]',
        "both": 'families = ["depth", "frequency"]',
        "fine": "",
    }
    text = "".join(f'[signals.{n}]\nsource = "events"\ncomponent = "use"\n{more}\n' for n, more in signals.items())
    found = check(write(tmp_path, head() + EVENTS + text, events=daily(100))).result
    assert found["ok"]
    told = {f["source"]: (f["rule"], f["remedy"]) for f in found["faults"] if f["code"] == "no_feature"}
    remedy = "bind in [sources.events] what is missing: depth needs `columns.quantity`, or names in the signal's `key`"
    assert told == {
        "signals.amounts": ("the signal gives no feature", remedy),
        "signals.both": ("depth gives no feature", remedy),
    }
