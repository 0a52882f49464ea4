"""A moment or date of a contract, bound to a day, with what can be wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from healthscore.asof import day_of
from healthscore.tables import zones
from healthscore.tables.moments import Clock, Reading
from healthscore.tables.rules import BoundColumn, Rule, bound, raw, step

OPEN = day_of(date(9999, 1, 1))
"""From this day on a date means "never": an open end, a notice that was not given."""

SENTINELS = (day_of(date(1970, 1, 1)), day_of(date(1900, 1, 1)))
YEAR_ONE = day_of(date(1, 12, 31))
FUTURE_LIMIT = 0.01
"""Share of rows after the data's end above which the run refuses: a wrong column, unit or zone rather than stray rows."""


def bind_moment(
    column: str, reading: Reading, facts: Mapping[str, Any], clock: Clock, *, opens: bool, data_end: int | None
) -> BoundColumn:
    """A moment as the local day on which it happened.

    Parameters
    ----------
    opens
        9999-12-31 means "open" in this column and is no fault.
    data_end
        Day after the last one that the data cover, if the run declares it and the column may not lie beyond.
    """
    span = (int(facts["low"]), int(facts["high"])) if facts.get("low") is not None else None
    extra: list[Rule] = []
    micros = ""
    if reading.form == "date":
        value = reading.days
    elif reading.form == "naive" and clock.zone == clock.run_zone:
        value = zones.day_of_local(reading.micros)
    else:
        micros = reading.micros
        if reading.form == "naive" and clock.zone is not None:
            extra = _clock_changes(column, reading.micros, clock, span)
            micros = zones.utc_of_local(reading.micros, clock.zone, span)
        value = zones.day_of_utc(step(column), clock.run_zone, span)
    if reading.form != "date" and reading.days:
        value = f"COALESCE({reading.days}, {value})"
    rules = (
        _unreadable(column, clock),
        *extra,
        _sentinel(column, opens=opens, shifted=bool(micros)),
        *_future(column, clock, data_end),
    )
    return BoundColumn(column, value, rules, step=micros)


def _unreadable(column: str, clock: Clock) -> Rule:
    declared = (
        f"follows {clock.time_format!r}" if clock.time_format
        else f"is an epoch in {clock.time_unit} between 1990 and the data's end" if clock.time_unit
        else "is a date or an ISO-8601 time that exists"
    )  # fmt: skip
    return Rule(
        "time_unreadable", column, f"{raw(column)} IS NOT NULL AND {bound(column)} IS NULL", "quarantine",
        f"a time {declared}", f"mend the rows, or declare `time_format` or `time_unit` in [sources.{clock.source}]",
    )  # fmt: skip


def _sentinel(column: str, *, opens: bool, shifted: bool) -> Rule:
    value = bound(column)
    # West of Greenwich the epoch's first instant falls on the day before.
    days = (*SENTINELS, *(day - 1 for day in SENTINELS)) if shifted else SENTINELS
    late = "" if opens else f" OR {value} >= {OPEN}"
    written = "1970-01-01, 1900-01-01 and the year 1" + ("" if opens else ", and 9999-12-31")
    return Rule(
        "sentinel_time", column, f"{value} IN ({', '.join(map(str, days))}) OR {value} <= {YEAR_ONE}{late}", "quarantine",
        f"{written} stand for a missing time", "leave the time empty where there is none, or drop such rows by `where`",
    )  # fmt: skip


def _future(column: str, clock: Clock, data_end: int | None) -> tuple[Rule, ...]:
    if data_end is None:
        return ()
    return (
        Rule(
            "future_time", column, f"{bound(column)} > {data_end} AND {bound(column)} < {OPEN}", "quarantine",
            "nothing happens later than 24 h after the data's end", "mend `data_end`, or the column's zone, unit or format",
            limit=FUTURE_LIMIT,
        ),
    )  # fmt: skip


def _clock_changes(column: str, micros: str, clock: Clock, span: zones.Range | None) -> list[Rule]:
    """Local times that the clock skipped, and those that it showed twice."""
    zone = clock.zone or clock.run_zone
    found = []
    if gap := zones.gaps(micros, zone, span):
        found.append(
            Rule(
                "time_in_gap", column, gap, "quarantine", f"a time exists on the clock of {zone}; these were skipped in spring",
                f'declare the zone in which they were written: `timezone = "UTC"`, as it may be, in [sources.{clock.source}]',
            )
        )  # fmt: skip
    if overlap := zones.overlaps(micros, zone, span):
        rule = f"a time that {zone} shows twice in autumn is read as the earlier one"
        found.append(Rule("time_in_overlap", column, overlap, "count", rule, "export times with their offset"))
    return found
