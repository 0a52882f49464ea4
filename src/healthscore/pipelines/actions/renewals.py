"""Renewals: when each account's contract is up, by what was known at the date, and whom to remind first."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa

from healthscore.asof import day_of
from healthscore.config import Run
from healthscore.tables import Tables
from healthscore.tables.subscriptions import load_subscriptions, source_of_subscriptions

FILE = "renewals.csv"
COLUMNS = (
    *("account_id", "name", "segment", "owner", "renewal", "days_to_renewal", "band", "health", "probability", "value"),
    *("revenue_at_risk", "trend", "actions", "override_health", "override_band"),
)


def renewal_source(run: Run, tables: Tables) -> str | None:
    """The source of subscriptions that says when a term is up for renewal; None where none does."""
    source = source_of_subscriptions(run)
    return source if source is not None and "renewal" in tables.bound_columns(source) else None


def days_to_renewal(run: Run, tables: Tables, as_of: date, accounts: pd.Series[str]) -> pd.Series[float]:
    """Days to the next renewal of each account's active contracts, as known at `as_of`; NaN where none is known."""
    source = renewal_source(run, tables)
    if source is None:
        return pd.Series(np.nan, index=accounts.index)
    held = load_subscriptions(tables, source, pa.array(accounts.astype(object)))
    t = day_of(as_of)
    return pd.Series(held.next_renewal(t) - t, index=accounts.index)


def renewals(scores: pd.DataFrame, as_of: date, within: int, bands: list[str]) -> pd.DataFrame:
    """Scored accounts whose renewal is due within so many days: the lowest band first, then by revenue at risk.

    `scores` has the columns `days_to_renewal` and `revenue_at_risk`.
    """
    due = scores[(scores["status"] == "scored") & (scores["days_to_renewal"] <= within)]
    place = due["band"].map({name: place for place, name in enumerate(bands)})
    due = due.assign(
        renewal=pd.to_datetime(as_of) + pd.to_timedelta(due["days_to_renewal"], unit="D"),
        days_to_renewal=due["days_to_renewal"].astype("Int64"),
        _place=place,
    )
    due["renewal"] = due["renewal"].dt.date
    order = ["_place", "revenue_at_risk", "days_to_renewal", "account_id"]
    due = due.sort_values(order, ascending=[True, False, True, True], na_position="last")
    return due.reindex(columns=list(COLUMNS)).reset_index(drop=True)
