"""Periods: totals dated with the first day of what they sum up.

A quarter's total, dated 1 January, knows on 2 January what will be done until March. The sign: among accounts that
left, the total dated before the exit, as a share of the one before it, grows with the days that the account still has
in the period. A total dated with the last day knows nothing of the kind.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from healthscore.asof import date_of
from healthscore.pipelines.leaks.contrast import SURE
from healthscore.pipelines.leaks.findings import Evidence, Finding
from healthscore.pipelines.leaks.material import EXITS, FEWEST, Material
from healthscore.pipelines.leaks.timing import DAY, register_exits

TIMES = 2.0
"""How much larger the totals of those who left in the last third of a period are than of those in its first, at least;
the rank correlation of total and days is above 0 besides, with one chance in a thousand that it is not."""
FEWEST_DATES = 4
LENGTHS = {"quarter": 92, "month": 31, "week": 7}
"""Days after which a total of what began is known for sure."""


def periods(material: Material) -> Evidence:
    """Find sources whose rows all lie on first days of periods, and ask whether their totals know the exit."""
    findings: list[Finding] = []
    looked: list[str] = []
    for source in filter(material.measures, material.measured):
        days = _days(material, source)
        period = period_begun(days)
        if period is None or _known_after(material, source) >= LENGTHS[period] - 1:
            continue
        looked.append(f"{source} (first days of a {period})")
        findings += _asked(material, source, days, period)
    said = "periods: " + (
        ", ".join(looked) if looked else "no source of amounts is dated with first days of weeks or months only"
    )
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


def _known_after(material: Material, source: str) -> int:
    """Days after its own at which every row was known."""
    day = DAY[material.run.sources[source].contract]
    found = material.tables.engine.query(
        f"SELECT min(known_day - {day}) AS days FROM {material.tables.relation(source)}"
    )
    return int(found["days"][0].as_py() or 0)


def _asked(material: Material, source: str, days: NDArray[np.int64], period: str) -> Iterator[Finding]:
    """A leak where totals know how long the account will stay; else a question."""
    from scipy.stats import spearmanr

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
    early, late = (
        float(np.median(total[part])) if part.any() else math.nan for part in (share < 1 / 3, share >= 2 / 3)
    )
    if low > 0 and late >= TIMES * early:
        evidence = (
            f"all rows lie on the first day of a {period}, and know how it ends: of {len(share):,} exits, "
            f"the last row before the exit is the larger, the later in the {period} the account "
            f"left (rank correlation {known:.2f}, at least {low:.2f}); the median is {early:.0%} of the total before "
            f"for those who left in its first third, {late:.0%} for its last third"
        )
        yield Finding("period_start", "leak", source, evidence, remedy)


def _totals(
    material: Material, source: str, days: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of each exit: share of the period that the account still had, and its total as a share of the one before."""
    exits, nothing = material.exits, (np.empty(0), np.empty(0))
    column = next((c for c in ("quantity", "value") if c in material.tables.bound_columns(source)), None)
    if exits is None or column is None:
        return nothing
    bounds = np.append(days, 2 * days[-1] - days[-2])
    place = np.searchsorted(bounds, exits.ended, side="left") - 1
    inside = (place >= 1) & (place < len(days)) & (exits.ended < material.book.data_end)
    register_exits(material, exits.account[inside], bounds[place[inside]], bounds[place[inside] - 1])
    day = DAY[material.run.sources[source].contract]
    rows = material.tables.engine.query(
        f"SELECT x.number, CAST(sum(e.{column}) FILTER (WHERE e.{day} = x.at) AS DOUBLE) AS now, "
        f"CAST(sum(e.{column}) FILTER (WHERE e.{day} = x.before) AS DOUBLE) AS past "
        f'FROM {material.tables.relation(source)} e JOIN "{EXITS}" x ON e.account_id = x.account_id '
        f"WHERE e.{day} IN (x.at, x.before) GROUP BY x.number ORDER BY x.number"
    ).to_pylist()
    told: list[Any] = [row for row in rows if row["now"] is not None and (row["past"] or 0) > 0]
    number = np.array([row["number"] for row in told], np.int64)
    total = np.array([row["now"] / row["past"] for row in told])
    begin, end = bounds[place[inside]][number], bounds[place[inside] + 1][number]
    return (exits.ended[inside][number] - begin) / np.maximum(end - begin, 1), total
