"""Non-renewal, contraction, expansion and complaints of businesses with contracts equal those of plain loops."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import outcome_oracle
from oracle import Event, Fate, Subscription, events, subscriptions
from outcome_oracle import Terms
from random_histories import DATES, END, contracts, differences_on_files, purchases

random = settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
FateOf = Callable[[list[Subscription], date, Terms], Fate]


@st.composite
def terms(draw: st.DrawFn, horizons: tuple[int, ...] = (1, 30)) -> Terms:
    """Lengths, types and dates of an outcome."""
    return Terms(
        gap=draw(st.sampled_from([0, 7, 20])),
        horizon=draw(st.sampled_from(horizons)),
        data_end=END,
        grace=draw(st.sampled_from([0, 1, 14])),
        maturity=draw(st.sampled_from([None, 20])),
        types=draw(st.sampled_from([("voluntary",), ("voluntary", "involuntary"), ("merged",)])),
        effective=draw(st.booleans()),
    )


def declared(kind: str, asked: Terms, **more: Any) -> dict[str, Any]:
    """The outcome as a run declares it."""
    return {
        "kind": kind,
        "source": "subscriptions",
        "gap_days": asked.gap,
        "horizon_days": asked.horizon,
        "grace_days": asked.grace,
        "maturity_days": asked.maturity,
        "types": asked.types,
        "date": "effective" if asked.effective else "decision",
        **more,
    }


def expected(table: pa.Table, asked: Terms, fate_of: FateOf) -> dict[tuple[str, date], Fate]:
    """Fate of every account at every date."""
    rows = subscriptions(table.to_pylist())
    accounts = {row.account for row in rows}
    mine = {account: [row for row in rows if row.account == account] for account in accounts}
    return {(account, t): fate_of(mine[account], t, asked) for account in accounts for t in DATES}


@random
@given(table=contracts(), asked=terms(horizons=(1, 60, 200)))
def test_random_contracts_renew_as_the_oracle_finds(table: pa.Table, asked: Terms) -> None:
    fates = expected(table, asked, outcome_oracle.non_renewal)
    assert differences_on_files({"subscriptions": table}, declared("non_renewal", asked), fates) == []


@random
@given(table=contracts(), asked=terms(), percent=st.sampled_from([1, 10, 50, 100]))
def test_random_contracts_shrink_as_the_oracle_finds(table: pa.Table, asked: Terms, percent: int) -> None:
    limit = 1 - Fraction(percent, 100)
    fates = expected(table, asked, lambda c, t, a: outcome_oracle.recurring(c, t, a, limit, falls=True))
    outcome = declared("contraction", asked, change_percent=percent)
    assert differences_on_files({"subscriptions": table}, outcome, fates) == []


@random
@given(
    table=contracts(),
    asked=terms(),
    percent=st.sampled_from([1, 10, 21]),
    uplift=st.sampled_from([0, 10]),
    first=st.sampled_from([0, 40]),
)
def test_random_contracts_grow_as_the_oracle_finds(
    table: pa.Table, asked: Terms, percent: int, uplift: int, first: int
) -> None:
    limit = (1 + Fraction(percent, 100)) * (1 + Fraction(uplift, 100))
    fates = expected(table, asked, lambda c, t, a: outcome_oracle.recurring(c, t, a, limit, False, first))
    outcome = declared("expansion", asked, change_percent=percent, price_uplift_percent=uplift, first_days=first)
    assert differences_on_files({"subscriptions": table}, outcome, fates) == []


@random
@given(table=contracts(), rows=purchases(), asked=terms())
def test_random_customers_complain_as_the_oracle_finds(
    table: pa.Table, rows: list[dict[str, Any]], asked: Terms
) -> None:
    said = events(rows, known_at="known_at", where=lambda row: row["quantity"] > 0)

    def mine(account: str) -> list[Event]:
        return [event for event in said if event.account == account]

    held = subscriptions(table.to_pylist())
    fates = {
        (account, t): outcome_oracle.complaint([c for c in held if c.account == account], [], mine(account), t, asked)
        for account in {c.account for c in held} | {row["account_id"] for row in rows}
        for t in DATES
    }
    outcome = declared("complaint", asked) | {"source": "events", "where": "quantity > 0"}
    tables = {"subscriptions": table, "events": pa.Table.from_pylist(rows)}
    assert differences_on_files(tables, outcome, fates) == []
