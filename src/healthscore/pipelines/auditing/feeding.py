"""Do the sources still feed the score? Rows by day, the last one, silences, and accounts that are covered."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from healthscore.asof import day_of
from healthscore.pipelines.auditing.material import Material
from healthscore.pipelines.build import iso
from healthscore.pipelines.coverage import DAY_COLUMN, find_silences
from healthscore.tables import Tables

RECENT_DAYS = 90
"""An account is covered by a source that has a row of it from so many days before the date."""
WATCHED = ("events", "levels", "intervals")
"""Contracts whose silence says something; contracts of customers are signed and ended when they are."""


def sources_section(material: Material, tables: Tables) -> list[dict[str, Any]]:
    """Per source of dated rows: what it holds before the newest as-of date, its silences, and whom it covers.

    A source is `stale` when it has no row on the last days before the newest date, and its own past (that of the same
    weekday, see `pipelines.coverage`) makes that improbable. Declared outages and closures are no silences.
    """
    return [
        found
        for name, source in material.run.sources.items()
        if source.contract in DAY_COLUMN and (found := _source(material, tables, name)) is not None
    ]


def _source(material: Material, tables: Tables, name: str) -> dict[str, Any] | None:
    contract = material.run.sources[name].contract
    column, newest = DAY_COLUMN[contract], material.days[-1]
    found = tables.engine.query(
        f"SELECT {column} AS day, count(*) AS rows FROM {tables.relation(name)} "
        f"WHERE {column} IS NOT NULL AND {column} < {int(newest)} GROUP BY 1 ORDER BY 1"
    )
    said: dict[str, Any] = {"name": name, "contract": contract, "rows": 0, "first": None, "last": None, "silences": []}
    said |= {"days_since": None, "usual_days": None, "stale": False, "covered": None, "covered_then": None}
    if not found.num_rows:
        return said
    days, rows = found["day"].to_numpy().astype(np.int64), found["rows"].to_numpy()
    silences = _silences(material, name, days, rows) if contract in WATCHED else []
    return said | {
        "rows": int(rows.sum()),
        "first": iso(int(days[0])),
        "last": iso(int(days[-1])),
        "days_since": int(newest - 1 - days[-1]),
        "usual_days": float(np.quantile(np.diff(days) - 1, 0.99)) if len(days) > 1 else None,
        "silences": [{"first": iso(low), "last": iso(high)} for low, high in silences],
        "stale": any(high == newest - 1 for _, high in silences),
        "covered": _covered(material, tables, name, newest),
        "covered_then": _covered(material, tables, name, material.days[0]) if len(material.days) > 1 else None,
    }


def _silences(
    material: Material, name: str, days: NDArray[np.int64], rows: NDArray[np.integer]
) -> list[tuple[int, int]]:
    """Improbable stretches without a row, first and last day, up to the day before the newest date."""
    source = material.run.sources[name]
    counts = np.zeros(material.days[-1] - int(days[0]), np.int64)
    counts[days - days[0]] = rows
    declared = [(day_of(first), day_of(last)) for first, last in (*source.outages, *source.closures)]
    return [(one.first, one.last) for one in find_silences(int(days[0]), counts, declared)]


def _covered(material: Material, tables: Tables, name: str, day: int) -> float | None:
    """Share of the accounts scored on that day of which the source has a recent row."""
    scored = material.ids[material.day == day]
    column = DAY_COLUMN[material.run.sources[name].contract]
    ids = tables.engine.query(
        f"SELECT DISTINCT account_id FROM {tables.relation(name)} "
        f"WHERE {column} >= {int(day) - RECENT_DAYS} AND {column} < {int(day)}"
    )["account_id"]
    return float(pd.Series(scored).isin(ids.to_pandas()).mean()) if len(scored) else None
