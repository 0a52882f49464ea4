"""Outcomes equal those of an oracle in plain loops, account by account and date by date."""

from __future__ import annotations

import shutil
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import oracle
from healthscore.config import Run, library, load_run
from healthscore.tables.simulator import simulate, write
from literal import fates_of, run_of, snapshots_of
from oracle import DAY

BEGIN = date(2024, 1, 1)
DATES = [BEGIN + n * DAY for n in range(0, 200, 9)]
END = date(2024, 7, 1)


def differences(
    run: Run, data_end: date, as_of: list[date], expected: dict[tuple[str, date], oracle.Fate]
) -> list[str]:
    """Snapshots that differ from the oracle's, in words. Labels matter only at risk."""
    found = fates_of(snapshots_of(run, data_end, as_of))
    assert found.keys() == expected.keys()
    wrong = []
    for row, fate in expected.items():
        status, label, exit_day = found[row]
        same = status == fate.status and (status != "at_risk" or (label, exit_day) == (fate.label, fate.exit_day))
        if not same:
            wrong.append(f"{row}: {found[row]}, and the oracle says {fate}")
    return wrong


@pytest.mark.parametrize("world", ["saas", "reactivation"])
def test_a_simulated_company_churns_as_the_oracle_finds(tmp_path: Path, world: str) -> None:
    shipped = library() / "pipelines" / "saas.toml"
    write(simulate(world, accounts=250, seed=31), tmp_path, shipped.read_text(encoding="utf-8"))
    run = load_run(tmp_path / "healthscore.toml")
    run = run.model_copy(update={"sources": {name: run.sources[name] for name in ("accounts", "subscriptions")}})
    outcome = run.need_outcome()
    rows = oracle.read_rows(run.data / "subscriptions.parquet")
    contracts: dict[str, list[oracle.Subscription]] = {
        row["account_id"]: [] for row in oracle.read_rows(run.data / "accounts.parquet")
    }
    for contract in oracle.subscriptions(rows, notice="notice_date", value="mrr"):
        contracts[contract.account].append(contract)
    dates = [date(2024, 2, 1) + n * DAY for n in range(0, 500, 17)]
    data_end = date(2025, 7, 1)
    expected = {
        (account, t): oracle.churn(
            mine,
            t,
            gap=outcome.gap_days,
            horizon=outcome.horizon_days,
            grace=outcome.grace_days,
            types=outcome.types,
            data_end=data_end,
        )
        for account, mine in contracts.items()
        for t in dates
    }
    assert differences(run, data_end, dates, expected) == []
    seen = {fate.label for fate in expected.values() if fate.status == "at_risk"}
    assert seen == {"stayed", "exited", "immature", "exit_in_gap", "censored"}


days = st.integers(-60, 220)


@st.composite
def contracts(draw: st.DrawFn) -> pa.Table:
    """Contracts of three accounts: short and long, overlapping, interrupted, with notice, of several types."""
    rows = []
    for number in range(draw(st.integers(1, 9))):
        start = BEGIN + draw(days) * DAY
        length = draw(st.one_of(st.none(), st.integers(1, 90)))
        notice = draw(st.one_of(st.none(), st.integers(0, length or 60)))
        recorded = draw(st.one_of(st.none(), st.integers(0, 40)))
        rows.append(
            {
                "account_id": draw(st.sampled_from("ABC")),
                "subscription_id": str(number),
                "start": start,
                "end": None if length is None else start + length * DAY,
                "notice": None if notice is None else start + notice * DAY,
                "exit_type": draw(st.sampled_from([None, "voluntary", "Involuntary", "merged"])),
                "status": draw(st.sampled_from([None, "active", "active", "active", "trial", "paused"])),
                "known_at": None if recorded is None else start + recorded * DAY,
            }
        )
    dated = dict.fromkeys(("start", "end", "notice", "known_at"), pa.date32())
    return pa.table({n: pa.array([row[n] for row in rows], dated.get(n, pa.string())) for n in rows[0]})


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    table=contracts(),
    gap=st.sampled_from([0, 7]),
    horizon=st.sampled_from([1, 30]),
    grace=st.sampled_from([0, 1, 14]),
    longer=st.sampled_from([None, 20]),
    types=st.sampled_from([("voluntary",), ("voluntary", "involuntary"), ("merged",)]),
    effective=st.booleans(),
)
def test_random_contracts_churn_as_the_oracle_finds(
    table: pa.Table, gap: int, horizon: int, grace: int, longer: int | None, types: tuple[str, ...], effective: bool
) -> None:
    outcome = {
        "kind": "churn",
        "source": "subscriptions",
        "gap_days": gap,
        "horizon_days": horizon,
        "grace_days": grace,
        "types": types,
        "date": "effective" if effective else "decision",
        "maturity_days": longer,
    }
    rows = oracle.subscriptions(table.to_pylist())
    expected = {
        (account, t): oracle.churn(
            [contract for contract in rows if contract.account == account],
            t,
            gap=gap,
            horizon=horizon,
            grace=grace,
            maturity=longer,
            types=types,
            effective=effective,
            data_end=END,
        )
        for account in {contract.account for contract in rows}
        for t in DATES
    }
    assert _differences_on_files({"subscriptions": table}, outcome, expected) == []


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    rows=st.lists(
        st.tuples(st.sampled_from("ABC"), days, st.integers(0, 50), st.integers(-2, 5)), min_size=1, max_size=25
    ),
    gap=st.sampled_from([0, 7]),
    horizon=st.sampled_from([1, 30, 90]),
    within=st.sampled_from([None, 1, 45]),
    maturity=st.sampled_from([None, 10]),
    delay=st.sampled_from([0, 5]),
)
def test_random_purchases_end_as_the_oracle_finds(
    rows: list[tuple[str, int, int, int]], gap: int, horizon: int, within: int | None, maturity: int | None, delay: int
) -> None:
    raw: list[dict[str, Any]] = [
        {
            "account_id": account,
            "time": BEGIN + day * DAY,
            "known_at": BEGIN + (day + late) * DAY,
            "quantity": quantity,
        }
        for account, day, late, quantity in rows
    ]
    outcome = {
        "kind": "inactivity",
        "source": "events",
        "where": "quantity > 0",
        "gap_days": gap,
        "horizon_days": horizon,
        "eligible_within_days": within,
        "maturity_days": maturity,
    }
    bought = oracle.events(raw, known_at="known_at", delay=delay, where=lambda row: row["quantity"] > 0)
    expected = {
        (account, t): oracle.inactivity(
            [event for event in bought if event.account == account],
            t,
            gap=gap,
            horizon=horizon,
            within=within,
            maturity=maturity or 0,
            data_end=END,
        )
        for account in {row["account_id"] for row in raw}
        for t in DATES
    }
    tables = {"events": pa.Table.from_pylist(raw)}
    sources = {"events": {"availability_delay_days": delay}}
    assert _differences_on_files(tables, outcome, expected, sources) == []


def _differences_on_files(
    tables: dict[str, pa.Table],
    outcome: dict[str, Any],
    expected: dict[tuple[str, date], oracle.Fate],
    sources: dict[str, dict[str, Any]] | None = None,
) -> list[str]:
    folder = Path(tempfile.mkdtemp())
    try:
        run = run_of(folder, tables, as_of=DATES, outcome=outcome, sources=sources)
        return differences(run, END, DATES, expected)
    finally:
        shutil.rmtree(folder)
