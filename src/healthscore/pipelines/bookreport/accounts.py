"""All accounts as a page holds them: what tables and filters need at once, their points, and details by parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from healthscore.pipelines import bookwords
from healthscore.pipelines.actions.paths import FILE as PATHS
from healthscore.pipelines.auditing.material import POINTS, TOTALS
from healthscore.pipelines.book import listed, lists, movers
from healthscore.pipelines.book.accounts import RENEWAL, filled
from healthscore.pipelines.book.courses import courses
from healthscore.pipelines.book.glance import CHANGE
from healthscore.pipelines.bookreport.packing import numbers, tenths, texts

if TYPE_CHECKING:
    from healthscore.pipelines.book import Book

PART = 1000
"""Accounts whose details are unpacked together, when one of them is looked at."""
STEPS = 5
"""Steps of a path that the page holds, the strongest first; the published list has all."""
TEXTS = ("account_id", "name", "segment", "owner", "status", "band", "grade", "low_confidence", "top_driver")
POINTED = ("health", "change", "change_week", "change_month")
OTHER = ("rank", "value", "revenue_at_risk", "probability")
"""Numbers of the table that are as they were published: rounded ones would be equal where their accounts are not."""
OVERRIDDEN = ("override_health", "override_band")
DETAILS = (
    *("steady_band", "trend", "actions", "drivers_down", "drivers_up", "cap", "variant", "missing", "growth_drivers"),
    *("override_band", "override_author", "override_reason", "override_expires_on"),
)
DETAIL_NUMBERS = {
    "percentile": 1,
    "health_low": 1,
    "health_high": 1,
    "growth": 1,
    "growth_probability": 6,
    "override_health": 1,
}
REASONS = ("drivers_down", "drivers_up")


def table_of(book: Book) -> dict[str, Any]:
    """Columns of the table of accounts, in the order of ranks, as the page filters and sorts them."""
    table = book.table
    columns = {name: texts(table[name]) for name in TEXTS}
    columns |= {name: tenths(table[name]) for name in POINTED}
    columns |= {name: numbers(table[name]) for name in OTHER}
    columns[RENEWAL] = texts(table[RENEWAL].dt.strftime("%Y-%m-%d"))
    overridden = table[list(OVERRIDDEN)].notna().any(axis=1)
    columns["overridden"] = numbers(overridden.astype("int64"), 0)
    return columns


def shown_columns(book: Book) -> list[str]:
    """Columns of the table that people see, as far as any account has something in them."""
    held = (*TEXTS, *POINTED, *OTHER, RENEWAL)
    return filled(book, [name for name in bookwords.ACCOUNTS if name in held])


def points_of_all(book: Book) -> dict[str, Any]:
    """Displayed points per component, with where scores start and what was cut off them."""
    base, capped = TOTALS
    return {
        "base": tenths(book.table[base]),
        "components": [tenths(book.table[f"{POINTS}{name}"]) for name in book.components],
        "capped": tenths(book.table[capped]),
    }


def overtime_of(book: Book) -> dict[str, Any]:
    """Sums of all dates by segment, owner and band, for whatever a filter makes of them."""
    summed = book.summed
    dates = [scored.as_of for scored in book.history]
    return {
        "date": [dates.index(day) for day in summed["as_of"]],
        **{name: texts(summed[name]) for name in ("segment", "owner", "band")},
        **{name: numbers(summed[name], 0) for name in ("accounts", "scored")},
        "revenue": numbers(summed["revenue"], 2),
        "health": tenths(summed["health"]),
    }


def movers_of(book: Book) -> dict[str, Any]:
    """Every account that gained or lost, the farthest first, since each of the dates that are compared with."""
    place = pd.Series(np.arange(len(book.table)), index=book.table["account_id"])
    found: dict[str, Any] = {}
    for since in CHANGE:
        moved = movers(book, since, most=len(place))
        found[since] = {
            way: {
                "at": place.loc[rows["account_id"]].tolist(),
                "change": tenths(rows["change"]),
                "reason": texts(rows["reason"]),
            }
            for way, rows in moved.items()
        }
    return found


def details_of(book: Book) -> Iterator[dict[str, Any]]:
    """What is told of single accounts, for so many of them at a time: texts, paths, courses."""
    table = book.table
    asked = ["account_id", *(name for name in (*DETAILS, *DETAIL_NUMBERS) if name in book.columns)]
    rows = book.publication.scores(asked).set_index("account_id").loc[table["account_id"]].reset_index(drop=True)
    paths, dates = _paths(book), courses(book)
    for start in range(0, len(table), PART):
        part = rows.iloc[start : start + PART]
        ids = table["account_id"].iloc[start : start + PART]
        kept = [name for name in asked[1:] if part[name].notna().any()]
        yield {
            **{name: texts(part[name]) for name in kept if name in DETAILS and name not in REASONS},
            **{name: numbers(part[name], digits) for name, digits in DETAIL_NUMBERS.items() if name in kept},
            **{name: [bookwords.reasons(one) for one in part[name].fillna("")] for name in REASONS if name in kept},
            "path": [paths.get(one) for one in ids],
            "course": [_course(one.iloc[start : start + PART]) for one in dates],
        }


def _course(rows: pd.DataFrame) -> dict[str, Any]:
    """Some accounts at a date."""
    return {
        **{name: texts(rows[name]) for name in ("status", "band", "grade", "moved")},
        **{name: tenths(rows[name]) for name in ("health", "health_low", "health_high", "change")},
        "rank": numbers(rows["rank"], 0),
    }


def _paths(book: Book) -> dict[str, dict[str, Any]]:
    """Account -> its path to the next band, the strongest steps of it; of those that one was looked for."""
    if PATHS not in lists(book):
        return {}
    table = listed(book, PATHS)
    table = table.iloc[np.argsort(-table["points"].to_numpy(np.float64), kind="stable")]
    sizes = table["account_id"].value_counts()
    strongest = table.groupby("account_id", sort=False).head(STEPS)
    columns = ["account_id", "band_then", "health_then", "component", "sentence", "points"]
    found: dict[str, dict[str, Any]] = {}
    for account, band, health, *step in zip(*(strongest[name].tolist() for name in columns), strict=True):
        path = found.setdefault(account, {"band": band, "health": health, "steps": [], "of": int(sizes[account])})
        path["steps"].append(step)
    return found
