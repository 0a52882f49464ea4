"""Laws of every outcome: the future changes no status, and what is not known yet is no label."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from healthscore.asof import day_of
from healthscore.outcomes import OUTCOMES
from healthscore.outcomes.snapshots import Label, Snapshots
from literal import run_of, snapshots_of
from oracle import DAY
from random_histories import BEGIN, contracts, purchases

T = BEGIN + 91 * DAY
END = date(2024, 12, 1)
BY_CONTRACT = {"churn": {}, "non_renewal": {"horizon_days": 90}, "contraction": {}, "expansion": {"first_days": 30}}
BY_EVENTS: dict[str, dict[str, Any]] = {
    "inactivity": {"eligible_within_days": 45},
    "declining_purchases": {"minimum_purchases": 2},
    "complaint": {},
    "contraction": {},
    "expansion": {"first_days": 30},
}
CASES = [(kind, "subscriptions", more) for kind, more in BY_CONTRACT.items()]
CASES += [(kind, "events", more) for kind, more in BY_EVENTS.items()]
every_outcome = pytest.mark.parametrize(
    ("kind", "source", "more"), CASES, ids=[f"{kind}-of-{source}" for kind, source, _ in CASES]
)


@st.composite
def companies(draw: st.DrawFn) -> dict[str, pa.Table]:
    """Contracts and events of the same accounts."""
    return {"subscriptions": draw(contracts()), "events": pa.Table.from_pylist(draw(purchases()))}


def found(folder: Path, tables: dict[str, pa.Table], outcome: dict[str, Any], data_end: date = END) -> Snapshots:
    """Snapshots as of T, and a week before and after it, so that T is not the only date."""
    dates = [T - 7 * DAY, T, T + 7 * DAY]
    accounts = "\naccount_id\n" + "\n".join(f"A{n}" for n in range(40))
    run = run_of(folder, {"accounts": accounts, **tables}, as_of=dates, outcome=outcome)
    return snapshots_of(run, data_end)


def declared(kind: str, source: str, more: dict[str, Any]) -> dict[str, Any]:
    """The outcome as a run declares it."""
    return {"kind": kind, "source": source, "gap_days": 5, "horizon_days": 30, "grace_days": 10} | more


def rewritten(tables: dict[str, pa.Table], chance: random.Random) -> dict[str, pa.Table]:
    """The same past with another future: rows not known at T dropped, others added, ends and notices moved."""
    kept = []
    for row in tables["subscriptions"].to_pylist():
        if row["start"] >= T or (row["known_at"] or row["start"]) >= T:
            continue
        for name in ("end", "notice"):
            if row[name] is None or row[name] >= T:
                row[name] = None
        if row["end"] is None and chance.random() < 0.5:
            row["end"] = T + chance.randint(0, 60) * DAY
        kept.append(row)
    for n in range(20):
        start = T + chance.randint(0, 60) * DAY
        new = {"account_id": f"A{n}", "subscription_id": f"new{n}", "start": start, "status": "active", "value": "70"}
        kept.append(dict.fromkeys(tables["subscriptions"].column_names) | new)
    events = [row for row in tables["events"].to_pylist() if row["time"] < T and row["known_at"] < T]
    for n in range(60):
        day = BEGIN + chance.randint(-60, 200) * DAY
        events.append({"account_id": f"A{n % 40}", "time": day, "known_at": max(day, T), "quantity": 3})
    return {
        "subscriptions": pa.Table.from_pylist(kept, tables["subscriptions"].schema),
        "events": pa.Table.from_pylist(events, tables["events"].schema),
    }


@every_outcome
@settings(max_examples=2, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(tables=companies(), seed=st.integers(0, 2**32))
def test_another_future_changes_no_status_and_no_day_of_being_known(
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    source: str,
    more: dict[str, Any],
    tables: dict[str, pa.Table],
    seed: int,
) -> None:
    outcome = declared(kind, source, more)
    before = found(tmp_path_factory.mktemp("before"), tables, outcome)
    after = found(tmp_path_factory.mktemp("after"), rewritten(tables, random.Random(seed)), outcome)
    assert before.status[1].tolist() == after.status[1].tolist()
    assert before.known_from[1].tolist() == after.known_from[1].tolist()
    assert before.at_risk[1].any()


@every_outcome
@settings(max_examples=1, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(tables=companies())
def test_an_outcome_is_a_label_from_its_day_on_and_immature_before_never_0_or_1(
    tmp_path_factory: pytest.TempPathFactory, kind: str, source: str, more: dict[str, Any], tables: dict[str, pa.Table]
) -> None:
    outcome = declared(kind, source, more)
    whole = found(tmp_path_factory.mktemp("whole"), tables, outcome)
    assert not (whole.label[whole.at_risk] == Label.IMMATURE).any()
    assert whole.labelled.any()
    for days in (30, 44, 45, 46, 70, 90):
        cut = found(tmp_path_factory.mktemp("cut"), tables, outcome, T + days * DAY)
        known = whole.known_from <= day_of(T + days * DAY)
        assert np.array_equal(cut.known_from, whole.known_from)
        assert (cut.label[~known] == Label.IMMATURE).all()
        assert (cut.exit_day[~known] == -1).all()
        assert np.array_equal(cut.label[known], whole.label[known])


def test_every_outcome_that_is_computed_is_held_to_the_laws() -> None:
    assert {kind for kind, _, _ in CASES} == set(OUTCOMES) - {"recorded"}
