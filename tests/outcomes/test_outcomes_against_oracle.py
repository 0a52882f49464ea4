"""Outcomes equal those of an oracle in plain loops, account by account and date by date."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import oracle
from healthscore.config import library, load_run
from healthscore.tables.simulator import simulate, write
from oracle import DAY
from random_histories import DATES, END, contracts, differences, differences_on_files, purchases


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


@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    table=contracts(),
    gap=st.sampled_from([0, 7]),
    horizon=st.sampled_from([1, 30]),
    grace=st.sampled_from([0, 1, 14]),
    longer=st.sampled_from([None, 20]),
    types=st.sampled_from([("voluntary",), ("voluntary", "involuntary"), ("merged",)]),
    effective=st.booleans(),
    delay=st.sampled_from([0, 3]),
)
def test_random_contracts_churn_as_the_oracle_finds(
    table: pa.Table,
    gap: int,
    horizon: int,
    grace: int,
    longer: int | None,
    types: tuple[str, ...],
    effective: bool,
    delay: int,
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
    rows = oracle.subscriptions(table.to_pylist(), delay=delay)
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
    sources = {"subscriptions": {"availability_delay_days": delay}}
    assert differences_on_files({"subscriptions": table}, outcome, expected, sources) == []


@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    rows=purchases(),
    gap=st.sampled_from([0, 7]),
    horizon=st.sampled_from([1, 30, 90]),
    within=st.sampled_from([None, 1, 45]),
    maturity=st.sampled_from([None, 10]),
    delay=st.sampled_from([0, 5]),
)
def test_random_purchases_end_as_the_oracle_finds(
    rows: list[dict[str, Any]],
    gap: int,
    horizon: int,
    within: int | None,
    maturity: int | None,
    delay: int,
) -> None:
    outcome = {
        "kind": "inactivity",
        "source": "events",
        "where": "quantity > 0",
        "gap_days": gap,
        "horizon_days": horizon,
        "eligible_within_days": within,
        "maturity_days": maturity,
    }
    bought = oracle.events(rows, known_at="known_at", delay=delay, where=lambda row: row["quantity"] > 0)
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
        for account in {row["account_id"] for row in rows}
        for t in DATES
    }
    tables = {"events": pa.Table.from_pylist(rows)}
    sources = {"events": {"availability_delay_days": delay}}
    assert differences_on_files(tables, outcome, expected, sources) == []
