"""One account: its score in points that add up, in words, beside its peers, and what is to be done."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from healthscore.pipelines.accountcharts import Step, sum_of
from healthscore.pipelines.auditing.material import POINTS, SCORED, TOTALS
from healthscore.pipelines.book.accounts import RENEWAL, displays, named, points_of
from healthscore.pipelines.book.reading import row_of

if TYPE_CHECKING:
    from healthscore.pipelines.book.opening import Book

SAID = (
    *("account_id", "name", "segment", "owner", "status", "health", "health_low", "health_high", "band", "grade"),
    *("rank", "percentile", "probability", "value", "revenue_at_risk", "steady_band", "trend", "trend_rules"),
    *("previous_as_of", "previous_health", "change", "change_reason", "change_week", "change_month"),
    *("drivers_down", "drivers_up", "low_confidence", "days_to_renewal", "actions", "priority", "action_owner"),
    *("cap", "variant", "missing", "growth", "growth_probability", "growth_drivers", "model"),
)
"""Published columns that are told of one account, as far as they are there."""
OVERRIDES = "override_"
PER_CENT = 100.0


def account(book: Book, account: str) -> dict[str, Any]:
    """What is published of an account.

    Returns
    -------
    The columns `SAID`, texts that are not there as None; `renewal`, the next that is known; `displays` of the score;
    `waterfall`, its steps; `override` (health, band, author, reason, made_on, expires_on), None without one.

    Raises
    ------
    ConfigurationError
        It is not in the book.
    """
    row = row_of(book, account)
    told = {name: _value(row[name]) for name in SAID if name in row}
    one = named(pd.DataFrame([told]))
    override = {name.removeprefix(OVERRIDES): _value(row[name]) for name in map(str, row.index) if _overrides(name)}
    days = told["days_to_renewal"]
    return told | {
        RENEWAL: None if days is None else book.now.as_of + timedelta(days=int(days)),
        "displays": displays(book, one).iloc[0].to_dict(),
        "waterfall": waterfall(book, row) if told["status"] == SCORED else [],
        "override": override if override.get("author") is not None else None,
    }


def _overrides(name: str) -> bool:
    return name.startswith(OVERRIDES)


def _value(value: Any) -> Any:
    """A cell as a plain value, None where it is empty."""
    return None if pd.isna(value) or value == "" else getattr(value, "tolist", lambda: value)()


def waterfall(book: Book, row: pd.Series[Any]) -> list[Step]:
    """The steps from where a score starts to what it is, in displayed points that add up exactly."""
    components = {name: float(row[f"{POINTS}{name}"]) for name in book.components}
    base, capped = (float(row[name]) for name in TOTALS)
    return sum_of(base, components, capped, float(row["health"]), book.by_card, _value(row.get("cap")))


def peers(book: Book, account: str) -> dict[str, Any]:
    """Where an account stands among the scored accounts of its segment, by score and by component.

    Returns
    -------
    `segment`, None where it has none and all accounts are its peers; `accounts`, how many peers, itself left out; and
    `rows`, the score first: `name`, `points` of the account, quartiles of the peers `low`, `middle`, `high`, and
    `below`, per cent of the peers that have fewer points, equal ones counted half. No rows without a score or peers.
    """
    row, table = row_of(book, account), book.table
    segment = _value(row["segment"])
    others = (table["status"] == SCORED) & (table["account_id"] != account)
    if segment is not None:
        others &= table["segment"] == segment
    said = {"segment": segment, "accounts": int(others.sum()), "rows": []}
    if row["status"] != SCORED or not said["accounts"]:
        return said
    names = ("score", *book.components)
    theirs = np.column_stack([table.loc[others, "health"], points_of(table[others], book.components)])
    mine = np.array([row["health"], *(row[f"{POINTS}{name}"] for name in book.components)], np.float64)
    quartiles = np.quantile(theirs, (0.25, 0.5, 0.75), axis=0)
    below = PER_CENT * ((theirs < mine).mean(axis=0) + (theirs == mine).mean(axis=0) / 2.0)
    columns = zip(names, mine.tolist(), *quartiles.tolist(), below.tolist(), strict=True)
    rows = [dict(zip(("name", "points", "low", "middle", "high", "below"), one, strict=True)) for one in columns]
    return said | {"rows": rows}
