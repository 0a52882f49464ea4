"""Periods: totals dated with the first day of what they sum up.

A quarter's total, dated 1 January, knows on 2 January what will be done until March. The sign: among accounts that
left, the total of the period in which they left grows with the days that they had in it, although it is dated before
all of them. A total dated with the last day knows nothing of the kind.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from healthscore.asof import date_of
from healthscore.pipelines.leaks.contrast import SURE
from healthscore.pipelines.leaks.findings import Evidence, Finding
from healthscore.pipelines.leaks.material import EXITS, FEWEST, Material
from healthscore.pipelines.leaks.timing import DAY, register_exits

LEAK = 0.2
"""Lower bound of the rank correlation between a leaver's total and its days in the period."""
FEWEST_DATES = 4
PASTS = 3
"""Periods before the one of the exit with which its total is compared."""
LENGTHS = {"quarter": 92, "month": 31, "week": 7}


def periods(material: Material) -> Evidence:
    """Find sources whose rows all lie on first days of periods, and ask whether their totals know the exit."""
    findings: list[Finding] = []
    looked: list[str] = []
    for source in material.measured:
        days = _days(material, source)
        period = period_begun(days)
        if period is None:
            continue
        looked.append(f"{source} (first days of a {period})")
        findings += _asked(material, source, days, period)
    said = "periods: " + (", ".join(looked) if looked else "no source is dated with first days of weeks or months only")
    return Evidence(tuple(findings), (said,))


def period_begun(days: NDArray[np.int64]) -> str | None:
    """The period on whose first days all rows lie; None where there is none, or too few dates to tell."""
    dates = [date_of(int(day)) for day in days]
    if len(dates) < FEWEST_DATES:
        return None
    if all(date.day == 1 for date in dates):
        return "quarter" if all(date.month in (1, 4, 7, 10) for date in dates) else "month"
    return "week" if all(date.weekday() == 0 for date in dates) else None


def _days(material: Material, source: str) -> NDArray[np.int64]:
    day = DAY[material.run.sources[source].contract]
    found = material.tables.engine.query(
        f"SELECT DISTINCT {day} AS day FROM {material.tables.relation(source)} ORDER BY 1 LIMIT 4000"
    )
    days: NDArray[np.int64] = found["day"].to_numpy().astype(np.int64)
    return days


def _asked(material: Material, source: str, days: NDArray[np.int64], period: str) -> Iterator[Finding]:
    """A leak where totals know how long the account will stay; else a question."""
    remedy = (
        f"if a row sums up the {period} that begins on its day, declare "
        f"`availability_delay_days = {LENGTHS[period]}` in [sources.{source}], or date it with the last day"
    )
    share, total = _totals(material, source, days)
    if len(share) < FEWEST:
        question = f"all rows lie on the first day of a {period}: was what they say known on that day?"
        yield Finding("period_start", "question", source, question, remedy)
        return
    known = float(spearmanr(share, total).statistic) if np.ptp(total) > 0 else 0.0
    low = math.tanh(math.atanh(min(known, 0.999999)) - SURE / math.sqrt(len(share) - 3))
    if low >= LEAK:
        early, late = total[share < 1 / 3], total[share >= 2 / 3]
        figures = (
            f"; for those who left in its first third the total is {np.mean(early):.0%} of what it was before, in its "
            f"last third {np.mean(late):.0%}" if len(early) and len(late) else ""
        )  # fmt: skip
        evidence = (
            f"all rows lie on the first day of a {period}, and know how it ends: of {len(share):,} accounts that left, "
            f"the row dated before the exit is the larger, the later in the {period} the account left (rank "
            f"correlation {known:.2f}, at least {low:.2f}){figures}"
        )
        yield Finding("period_start", "leak", source, evidence, remedy)


def _totals(
    material: Material, source: str, days: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of each exit: share of the period that the account still had, and its total as a share of those before."""
    exits, nothing = material.exits, (np.empty(0), np.empty(0))
    column = next((c for c in ("quantity", "value") if c in material.tables.bound_columns(source)), None)
    if exits is None or column is None:
        return nothing
    bounds = np.append(days, 2 * days[-1] - days[-2])
    place = np.searchsorted(bounds, exits.ended, side="left") - 1
    inside = (place >= PASTS) & (place < len(days))
    register_exits(material, exits.account[inside], bounds[place[inside]])
    day = DAY[material.run.sources[source].contract]
    rows = material.tables.engine.query(
        f"SELECT x.number, CAST(sum(e.{column}) FILTER (WHERE e.{day} = x.at) AS DOUBLE) AS now, "
        f"CAST(sum(e.{column}) FILTER (WHERE e.{day} < x.at) AS DOUBLE) AS past, "
        f"count(DISTINCT e.{day}) FILTER (WHERE e.{day} < x.at) AS periods "
        f'FROM {material.tables.relation(source)} e JOIN "{EXITS}" x ON e.account_id = x.account_id '
        f"WHERE e.{day} <= x.at AND e.{day} >= x.at - {PASTS} * {int(np.median(np.diff(days))) + 1} GROUP BY x.number"
    ).to_pylist()
    told: list[Any] = [row for row in rows if row["now"] is not None and (row["past"] or 0) > 0]
    number = np.array([row["number"] for row in told], np.int64)
    total = np.array([row["now"] / (row["past"] / row["periods"]) for row in told])
    begin, end = bounds[place[inside]][number], bounds[place[inside] + 1][number]
    return (exits.ended[inside][number] - begin) / np.maximum(end - begin, 1), total
