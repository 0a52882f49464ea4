"""The raw rows of one account: the newest that were visible at a date, and how many came week by week."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from healthscore.asof import date_of, day_of
from healthscore.config import Run
from healthscore.tables import Tables
from healthscore.tables.quoting import quote_identifier, quote_literal
from healthscore.tables.shapes import FIRST_DAY, projection

LATEST_ROWS = 10
SHOWN = {
    "events": ("name", "actor_id", "quantity"),
    "levels": ("name", "value"),
    "intervals": ("end", "kind", "quantity", "deadline"),
}
"""Contract -> columns of its latest rows that are shown beside their day."""
WEEK = 7


def latest_rows(run: Run, tables: Tables, account: str, as_of: date) -> dict[str, list[dict[str, Any]]]:
    """The last rows of an account that were visible at a date, newest first, by source of the run's signals."""
    return {source: _latest(run, tables, source, account, day_of(as_of)) for source in _dated(run)}


def weekly_rows(run: Run, tables: Tables, account: str, as_of: date, weeks: int) -> pd.DataFrame:
    """How many rows each source of the run's signals has of an account, in each of the weeks before a date.

    Returns
    -------
    `week` (its first day; the last week ends on the day before the date), and a column of counts per source: of rows
    that were visible at the date and began in that week. A week of silence is a row of zeros.
    """
    t = day_of(as_of)
    first = t - WEEK * weeks
    counts = {}
    for source in _dated(run):
        day = FIRST_DAY[run.sources[source].contract]
        found = tables.engine.query(
            f"SELECT {day} AS day, COUNT(*) AS n FROM {tables.relation(source)} "
            f"WHERE {_visible(day, account, t)} AND {day} >= {first} GROUP BY {day}"
        )
        days, rows = (found.column(name).to_numpy().astype(np.int64) for name in ("day", "n"))
        counts[source] = np.bincount((days - first) // WEEK, weights=rows, minlength=weeks).astype(np.int64)
    return pd.DataFrame({"week": [date_of(first + WEEK * place) for place in range(weeks)]} | counts)


def _dated(run: Run) -> list[str]:
    """Sources of the run's signals whose rows have a day."""
    sources = dict.fromkeys(signal.source for signal in run.signals.values())
    return [source for source in sources if run.sources[source].contract in SHOWN]


def _visible(day: str, account: str, t: int) -> str:
    """Condition on the rows of an account that had happened, were known and not superseded before as-of day `t`."""
    return (
        f"account_id = {quote_literal(account)} AND {day} < {t} AND known_day < {t} "
        f"AND (until_day IS NULL OR until_day >= {t})"
    )


def _latest(run: Run, tables: Tables, source: str, account: str, t: int) -> list[dict[str, Any]]:
    """The last rows of a source that were visible at as-of day `t`, newest first."""
    contract, bound = run.sources[source].contract, tables.bound_columns(source)
    day = FIRST_DAY[contract]
    shown = {column: quote_identifier(column) for column in SHOWN[contract] if column in bound}
    if "end" in shown:
        shown["end"] = f"CASE WHEN end_known_day < {t} THEN end_day END"
    columns = {"day": day, **shown}
    found = tables.engine.query(
        f"SELECT {projection(columns)} FROM {tables.relation(source)} "
        f"WHERE {_visible(day, account, t)} "
        f"ORDER BY {', '.join(f'{number} DESC' for number in range(1, len(columns) + 1))} LIMIT {LATEST_ROWS}"
    )
    rows: list[dict[str, Any]] = found.to_pylist()
    for row in rows:
        row |= {column: date_of(row[column]) for column in ("day", "end", "deadline") if row.get(column) is not None}
        for number in ("quantity", "value"):
            if row.get(number) is not None:
                row[number] = row[number] / 10 ** tables.scale(source, number)
    return rows
