"""Which segments grow: revenue of a segment's accounts over the last window, who of them expanded, who is likely to.

Looked at from the as-of date `t` back to `s = t - gap - horizon`, as far back as growth looks ahead. Revenue at `s` is
what was known at `s`, and that at `t` what was known at `t`: nothing that came later changes either. Accounts that left
in between count with nothing, so that 1.00 is a segment whose expansions just made up for what it lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from healthscore.asof import date_of
from healthscore.evaluation.proportions import rate
from healthscore.evaluation.ratios import ratio
from healthscore.outcomes.expansion import growth_limit
from healthscore.outcomes.revenue import revenue_of
from healthscore.outcomes.snapshots import Status
from healthscore.pipelines.build import Book
from healthscore.pipelines.growth.asked import Growing
from healthscore.tables import Tables

Floats = NDArray[np.float64]
PAYING = (Status.AT_RISK, Status.LEAVING)


@dataclass(frozen=True)
class Past:
    """Accounts that paid at the day `since`, with their revenue then and at the day `until`; shape (accounts,)."""

    since: int
    until: int
    segment: NDArray[np.object_]
    cluster: NDArray[np.int64]
    before: Floats
    after: Floats
    expanded: NDArray[np.bool_]

    def of(self, inside: NDArray[np.bool_]) -> dict[str, Any]:
        """Figures of the chosen accounts."""
        before, after, cluster = self.before[inside], self.after[inside], self.cluster[inside]
        return {
            "accounts": int(inside.sum()),
            "revenue_before": float(before.sum()),
            "revenue_after": float(after.sum()),
            "revenue_ratio": ratio(after, before, cluster).as_dict(),
            "expanded": rate(self.expanded[inside], cluster).as_dict(),
        }


def read_past(book: Book, growing: Growing, tables: Tables) -> Past:
    """Revenue of everybody before and after the window that ends at the book's only as-of date.

    Accounts in their first days, when every account grows, and such whose revenue at the end is not known, are left
    out.
    """
    run, until = growing.book.run, book.snapshots.as_ofs[0]
    outcome = run.need_outcome()
    since = until - outcome.gap_days - outcome.horizon_days
    active, revenue = revenue_of(run, tables, book.snapshots.accounts, (since, until), since=outcome.first_days)
    before, after = revenue.before(since), revenue.before(until)
    gone = ~np.isin(active.status(until), PAYING)
    after = np.where(gone, 0.0, after)
    kept = np.isin(active.status(since), PAYING) & active.customer_for(since, outcome.first_days)
    account = np.flatnonzero(kept & (before > 0) & ~np.isnan(after))
    segment = book.directory.at(account, since)["segment"]
    return Past(
        since,
        until,
        segment.astype(object).where(segment.notna(), None).to_numpy(),
        book.directory.clusters()[account],
        before[account],
        after[account],
        growth_limit(outcome).reached(after[account], before[account]),
    )


def growth_segments(past: Past, scores: pd.DataFrame, change_percent: float) -> dict[str, Any]:
    """Every segment with its growth in the past window and what is expected of its accounts, the fastest first.

    Parameters
    ----------
    scores
        The accounts with `segment`, `growth_probability` and `ready_for_expansion`, as they are published.
    change_percent
        From which growth on an account counts as expanded.
    """
    names = sorted({name for name in past.segment if name is not None})
    segments = [
        {"segment": name, **past.of(past.segment == name), **_expected(scores[scores["segment"] == name])}
        for name in names
    ]
    return {
        "since": date_of(past.since),
        "until": date_of(past.until),
        "change_percent": change_percent,
        "segments": sorted(segments, key=_fastest_first),
        "book": {**past.of(np.ones(len(past.before), bool)), **_expected(scores)},
    }


def _expected(scores: pd.DataFrame) -> dict[str, Any]:
    """What the scores of today say of a segment: the mean probability of expanding, and how many are ready."""
    told = scores["growth_probability"].dropna()
    return {
        "expected": float(told.mean()) if len(told) else None,
        "ready": int(scores["ready_for_expansion"].sum()),
    }


def _fastest_first(segment: Mapping[str, Any]) -> tuple[float, str]:
    growth = segment["revenue_ratio"]["estimate"]
    return (np.inf if growth is None else -growth, segment["segment"])
