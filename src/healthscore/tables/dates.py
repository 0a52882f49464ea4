"""A moment or date of a contract, bound to a day, with what can be wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from healthscore.asof import DAY_MICROSECONDS, day_of
from healthscore.tables import zones
from healthscore.tables.moments import PLAUSIBLE, UNITS, Clock, Reading
from healthscore.tables.rules import BoundColumn, Rule, bound, raw, step

OPEN = day_of(date(9999, 1, 1))
"""From this day on a date means "never": an open end, a notice that was not given."""

SENTINELS = (day_of(date(1970, 1, 1)), day_of(date(1900, 1, 1)))
YEAR_ONE = day_of(date(1, 12, 31))
FUTURE_LIMIT = 0.01
"""Share of rows after the data's end above which the run refuses: a wrong column, unit or zone, not stray rows."""


def bind_moment(
    column: str, reading: Reading, facts: Mapping[str, Any], clock: Clock, *, opens: bool, data_end: int | None
) -> BoundColumn:
    """A moment as the local day on which it happened.

    Parameters
    ----------
    column
        Name in the contract.
    reading
        How its values are read.
    facts
        Results of `profile_moment`, for the range of the values.
    clock
        What the source declares.
    opens
        9999-12-31 means "open" in this column and is no fault.
    data_end
        Day after the last one that the data cover, if the run declares it and the column may not lie beyond.
    """
    span = (int(facts["low"]), int(facts["high"])) if facts.get("low") is not None else None
    extra: list[Rule] = []
    instants = ""
    if reading.form == "date":
        value = reading.days
    elif reading.form == "naive" and clock.zone == clock.run_zone:
        value = zones.day_of_local(reading.micros)
    else:
        instants = reading.micros
        if reading.form == "naive" and clock.zone is not None:
            extra = _clock_changes(column, reading.micros, clock, clock.zone, span)
            instants = zones.utc_of_local(reading.micros, clock.zone, span)
        value = zones.day_of_utc(step(column), clock.run_zone, span)
    if reading.form != "date" and reading.days:
        value = f"COALESCE({reading.days}, {value})"
    # The first fault decides, and a sentinel read as local time may fall into a gap of long ago: sentinels go first.
    rules = [_unreadable(column, facts, clock), _sentinel(column, opens=opens, shifted=bool(instants)), *extra]
    if data_end is not None:
        rules.append(_future(column, data_end))
    exact = _instant(reading, step(column) if instants else "", clock, span)
    return BoundColumn(column, value, tuple(rules), step=instants, instant=exact)


def _instant(reading: Reading, utc: str, clock: Clock, span: zones.Range | None) -> str:
    """SQL: exact UTC microseconds of a moment; a value that is only a date is the last one of its day."""
    # Where nothing was asked of the column, its values lie anywhere.
    within = span or PLAUSIBLE
    last = zones.utc_of_local(
        f"((CAST({reading.days or 'NULL'} AS BIGINT) + 1) * {DAY_MICROSECONDS} - 1)", clock.run_zone, PLAUSIBLE
    )
    if reading.form == "date":
        return last
    exact = utc or zones.utc_of_local(reading.micros, clock.run_zone, within)
    return f"COALESCE({last}, {exact})" if reading.days else exact


def _unreadable(column: str, facts: Mapping[str, Any], clock: Clock) -> Rule:
    declared = "is a date or an ISO-8601 time that exists"
    if clock.time_format is not None:
        declared = f"follows {clock.time_format!r}"
    elif clock.time_unit is not None:
        declared = f"is an epoch in {clock.time_unit} between 1990 and the data's end"
    unread = f"{raw(column)} IS NOT NULL AND {bound(column)} IS NULL"
    remedy = f"mend the rows, or declare `time_format` or `time_unit` in [sources.{clock.source}]"
    if clock.time_unit is not None:
        fitting = {unit: int(facts.get(f"fits_{unit}") or facts.get(f"epoch_fits_{unit}") or 0) for unit in UNITS}
        other = max((unit for unit in UNITS if unit != clock.time_unit), key=lambda unit: fitting[unit])
        if fitting[other]:
            remedy = f"{fitting[other]:,} rows would fit {other}: bring them to one unit by `columns.{column}` = CASE"
            remedy += f" WHEN ... END, or set `time_unit` in [sources.{clock.source}]"
    return Rule("time_unreadable", column, unread, "quarantine", f"a time {declared}", remedy)


def _sentinel(column: str, *, opens: bool, shifted: bool) -> Rule:
    value = bound(column)
    # West of Greenwich the epoch's first instant falls on the day before.
    days = (*SENTINELS, *(day - 1 for day in SENTINELS)) if shifted else SENTINELS
    found = f"{value} IN ({', '.join(map(str, days))}) OR {value} <= {YEAR_ONE}"
    stand_ins = "1970-01-01, 1900-01-01 and the year 1"
    if not opens:
        found += f" OR {value} >= {OPEN}"
        stand_ins += ", and 9999-12-31"
    rule = f"a time is one; {stand_ins} stand for a missing one"
    remedy = "leave the time empty where there is none, or drop such rows by `where`"
    return Rule("sentinel_time", column, found, "quarantine", rule, remedy)


def _future(column: str, data_end: int) -> Rule:
    later = f"{bound(column)} > {data_end} AND {bound(column)} < {OPEN}"
    rule = f"nothing happens later than 24 h after the data's end; at most {FUTURE_LIMIT:.0%} of rows may"
    remedy = "mend `data_end`, or the column's zone, unit or format"
    return Rule("future_time", column, later, "quarantine", rule, remedy, limit=FUTURE_LIMIT)


def _clock_changes(column: str, micros: str, clock: Clock, zone: str, span: zones.Range | None) -> list[Rule]:
    """Local times that the clock skipped, and those that it showed twice."""
    found = []
    if gap := zones.gaps(micros, zone, span):
        rule = f"a time is one that the clock of {zone} has shown; these were skipped when it was put forward"
        remedy = "declare the zone in which they were written: " + clock.declare('timezone = "UTC"') + ", as it may be"
        found.append(Rule("time_in_gap", column, gap, "quarantine", rule, remedy))
    if overlap := zones.overlaps(micros, zone, span):
        rule = f"a time that the clock of {zone} has shown twice is read as the earlier one"
        found.append(Rule("time_in_overlap", column, overlap, "count", rule, "export times with their offset"))
    return found
