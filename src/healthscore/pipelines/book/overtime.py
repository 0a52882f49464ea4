"""The book over the dates that were scored: how many accounts, and how much revenue, each band held."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import pandas as pd

from healthscore.pipelines.auditing.material import SCORED
from healthscore.pipelines.book.accounts import EVERYONE, SEARCHED, Filter, named

if TYPE_CHECKING:
    from healthscore.pipelines.book.opening import Book

KEYS = ["as_of", "segment", "owner", "band"]
SUMMED = ["segment", "owner", "band", "status", "value", "health"]


_searched: WeakKeyDictionary[Book, tuple[str, pd.DataFrame]] = WeakKeyDictionary()
"""What was searched for last in a book, and what it came to: views ask for bands and scores of the same search."""


def bands_over_time(book: Book, chosen: Filter = EVERYONE) -> pd.DataFrame:
    """One row per date and band that has accounts, oldest date first, bands from the least healthy.

    Columns as_of, band, accounts, revenue (per month), and `share` of the date's scored accounts; missing for those
    without a score, who stand last.
    """
    summed = _chosen(book, chosen).groupby(["as_of", "band"], as_index=False)[["accounts", "scored", "revenue"]].sum()
    whole = summed.groupby("as_of")["scored"].transform("sum")
    places = {name: place for place, name in enumerate(book.bands.names)}
    table = summed.assign(
        share=(summed["scored"] / whole.where(whole > 0)).where(summed["scored"] > 0),
        _place=summed["band"].map(places).fillna(len(places)),
    ).sort_values(["as_of", "_place"], ignore_index=True)
    return table[["as_of", "band", "accounts", "revenue", "share"]]


def scores_over_time(book: Book, chosen: Filter = EVERYONE) -> pd.DataFrame:
    """One row per date, oldest first: as_of, accounts that have a score, unscored, mean_health, revenue (per month)."""
    summed = _chosen(book, chosen).groupby("as_of", as_index=False)[["accounts", "scored", "health", "revenue"]].sum()
    return pd.DataFrame(
        {
            "as_of": summed["as_of"],
            "accounts": summed["scored"],
            "unscored": summed["accounts"] - summed["scored"],
            "mean_health": summed["health"] / summed["scored"].where(summed["scored"] > 0),
            "revenue": summed["revenue"],
        }
    )


def read_summed(book: Book, text: str = "") -> pd.DataFrame:
    """Accounts, scored, sums of revenue and of scores, per date, segment, owner and band; of all that fit a text.

    Revenue is that of the scored accounts whose value is known, as in the totals of a publication.
    """
    parts = []
    for scored in book.history:
        table = named(scored.scores([*SUMMED, *(SEARCHED if text else [])]))
        if text:
            table = table[Filter(text=text).fits(table)]
        rated = table["status"] == SCORED
        counted = table.assign(
            as_of=scored.as_of,
            accounts=1,
            scored=rated.astype("int64"),
            revenue=table["value"].where(rated),
            health=table["health"].where(rated),
        )
        parts.append(counted.groupby(KEYS, as_index=False)[["accounts", "scored", "revenue", "health"]].sum())
    return pd.concat(parts, ignore_index=True)


def _chosen(book: Book, chosen: Filter) -> pd.DataFrame:
    text = chosen.text.strip()
    summed = _of_search(book, text) if text else book.summed
    return summed[Filter(chosen.segments, chosen.owners, chosen.bands).fits(summed)]


def _of_search(book: Book, text: str) -> pd.DataFrame:
    """All dates of the accounts that fit a text; files are read once for whatever is asked of one search."""
    held = _searched.get(book)
    if held is None or held[0] != text:
        held = _searched[book] = (text, read_summed(book, text))
    return held[1]
