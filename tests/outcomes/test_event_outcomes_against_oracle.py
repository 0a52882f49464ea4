"""Declining purchases, invoiced revenue and complaints of businesses without contracts equal those of plain loops."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import outcome_oracle
from oracle import Event, events
from outcome_oracle import Terms
from random_histories import DATES, END, differences_on_files, purchases

random = settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
Rows = list[dict[str, Any]]


def terms() -> st.SearchStrategy[Terms]:
    """Lengths of an outcome."""
    return st.builds(
        Terms,
        gap=st.sampled_from([0, 7]),
        horizon=st.sampled_from([1, 30, 90]),
        data_end=st.just(END),
        maturity=st.sampled_from([None, 10]),
    )


def declared(kind: str, asked: Terms, **more: Any) -> dict[str, Any]:
    """The outcome as a run declares it."""
    return {
        "kind": kind,
        "source": "events",
        "gap_days": asked.gap,
        "horizon_days": asked.horizon,
        "maturity_days": asked.maturity,
        **more,
    }


def by_account(rows: Rows, chosen: bool = True) -> dict[str, list[Event]]:
    """Events of every account, those with a positive quantity where `chosen`."""
    read = events(rows, known_at="known_at", quantity="quantity")
    accounts = {row["account_id"] for row in rows}
    return {
        account: [e for e in read if e.account == account and (not chosen or (e.quantity or 0) > 0)]
        for account in accounts
    }


@random
@given(rows=purchases(), asked=terms(), minimum=st.sampled_from([1, 2, 3]), percent=st.sampled_from([50, 100]))
def test_random_purchases_decline_as_the_oracle_finds(rows: Rows, asked: Terms, minimum: int, percent: int) -> None:
    bought = by_account(rows)
    fates = {
        (account, t): fate
        for t in DATES
        for account, fate in outcome_oracle.declining(bought, t, asked, minimum, percent).items()
    }
    outcome = declared(
        "declining_purchases",
        asked,
        where="quantity > 0",
        minimum_purchases=minimum,
        decline_percent=percent,
    )
    assert differences_on_files({"events": pa.Table.from_pylist(rows)}, outcome, fates) == []


@random
@given(rows=purchases(), asked=terms(), kind=st.sampled_from(["contraction", "expansion"]))
def test_random_invoices_change_as_the_oracle_finds(rows: Rows, asked: Terms, kind: str) -> None:
    invoices, falls = by_account(rows, chosen=False), kind == "contraction"
    limit, first = (Fraction(4, 5), 0) if falls else (Fraction(6, 5), 30)
    fates = {
        (account, t): outcome_oracle.invoiced(mine, t, asked, limit, falls, first)
        for account, mine in invoices.items()
        for t in DATES
    }
    outcome = declared(kind, asked, change_percent=20, first_days=30)
    assert differences_on_files({"events": pa.Table.from_pylist(rows)}, outcome, fates) == []


@random
@given(rows=purchases(), said=purchases(), asked=terms(), within=st.sampled_from([None, 1, 45]))
def test_random_visitors_complain_as_the_oracle_finds(rows: Rows, said: Rows, asked: Terms, within: int | None) -> None:
    visits, complaints = by_account(rows, chosen=False), by_account(said, chosen=False)
    fates = {
        (account, t): outcome_oracle.complaint(
            None, visits.get(account, []), complaints.get(account, []), t, asked, within
        )
        for account in {*visits, *complaints}
        for t in DATES
    }
    outcome = declared("complaint", asked, active_source="visits", eligible_within_days=within)
    tables = {"events": pa.Table.from_pylist(said), "visits": pa.Table.from_pylist(rows)}
    sources = {"visits": {"contract": "events"}}
    assert differences_on_files(tables, outcome, fates, sources) == []
