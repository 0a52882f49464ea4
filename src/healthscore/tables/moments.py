"""Moments and dates: every way in which tables write time, bound to whole local days of the run's zone.

Nothing is inferred row by row. A column of naive clock times needs the zone of its clock, texts are ISO-8601 or follow the
declared `time_format`, integers need the declared `time_unit`. A value that is only a date is a day of the run's zone and
known at its end; so is a contract date that an export wrote as midnight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from healthscore.asof import DAY_MICROSECONDS, day_of
from healthscore.tables import zones
from healthscore.tables.expression_casts import ISO_DATE
from healthscore.tables.quoting import quote_literal
from healthscore.tables.rules import raw
from healthscore.tables.sorts import Sort

CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?"
ISO_NAIVE = f"{ISO_DATE}[T ]{CLOCK}"
ISO_AWARE = f"{ISO_NAIVE}(Z| UTC|[+-][0-9]{{2}}(:?[0-9]{{2}})?)"
ISO_MIDNIGHT = f"{ISO_DATE}[T ]00:00(:00([.]0{{1,9}})?)?"
PLAUSIBLE = (day_of(date(1990, 1, 1)) * DAY_MICROSECONDS, day_of(date(2100, 1, 1)) * DAY_MICROSECONDS)
UNITS: dict[str, int] = {"s": 1_000_000, "ms": 1_000, "us": 1, "ns": -1_000}
"""Unit -> microseconds in it; negative: units in a microsecond."""
_CLOCK_DIRECTIVES = ("%H", "%I", "%M", "%S", "%f", "%g", "%n", "%c", "%X", "%p", "%-H", "%-I", "%-M", "%-S")

Form = Literal["date", "naive", "aware", "epoch"]


@dataclass(frozen=True)
class Clock:
    """What a source declares about its times, and the run's zone."""

    source: str
    run_zone: str
    zone: str | None = None
    time_format: str | None = None
    time_unit: str | None = None
    latest: int = PLAUSIBLE[1]


@dataclass(frozen=True)
class Reading:
    """How one column is read.

    Attributes
    ----------
    form
        What the values are; the micros of a ``date`` are not used.
    micros
        SQL of microseconds on the column's own clock, NULL where a value cannot be read.
    days
        SQL of the day for values that are only dates, NULL for others; empty if there are none.
    """

    form: Form
    micros: str = ""
    days: str = ""


@dataclass(frozen=True)
class Misread(Exception):
    """A column that cannot be read as time: the rule's code, the rule, the remedy, and how many rows show it."""

    code: str
    rule: str
    remedy: str
    count: int = 0


def profile_moment(column: str, sort: Sort, clock: Clock, *, dated: bool) -> dict[str, str]:
    """Aggregates over a column that decide how it is read: shapes of texts, units of integers, midnights.

    Empty where nothing is to be decided: a typed timestamp on the run's own clock costs no scan.
    """
    value = raw(column)
    if sort in {Sort.TIMESTAMP, Sort.INSTANT}:
        micros = f"epoch_us({value})"
        zone = clock.zone if sort is Sort.TIMESTAMP else "UTC"
        if (
            not dated
            and zone is not None
            and (zone == clock.run_zone or zones.is_fixed(zone) and zones.is_fixed(clock.run_zone))
        ):
            return {}
        return {
            "given": f"count({value})",
            "midnights": f"count(*) FILTER (WHERE {micros} % {DAY_MICROSECONDS} = 0)",
            **_range(micros),
        }
    if sort in {Sort.INTEGER, Sort.NUMBER}:
        fits = {f"fits_{unit}": f"count(*) FILTER (WHERE {_fits(value, unit, clock.latest)})" for unit in UNITS}
        micros = _epoch_micros(value, sort, clock) if clock.time_unit else ""
        return {"given": f"count({value})", **fits, **(_range(micros) if micros else {})}
    if sort is not Sort.TEXT:
        return {}
    if clock.time_format is not None:
        micros = f"epoch_us(try_strptime({value}, {quote_literal(clock.time_format)}))"
        return {
            "given": f"count({value})",
            "midnights": f"count(*) FILTER (WHERE {micros} % {DAY_MICROSECONDS} = 0)",
            **_range(micros),
        }
    shapes = {"dates": ISO_DATE, "naive": ISO_NAIVE, "aware": ISO_AWARE, "midnights": ISO_MIDNIGHT}
    counts = {name: f"count(*) FILTER (WHERE regexp_full_match({value}, '{shape}'))" for name, shape in shapes.items()}
    aware = f"epoch_us(TRY_CAST(CASE WHEN regexp_full_match({value}, '{ISO_AWARE}') THEN {value} END AS TIMESTAMPTZ))"
    naive = f"epoch_us(TRY_CAST(CASE WHEN regexp_full_match({value}, '{ISO_NAIVE}') THEN {value} END AS TIMESTAMP))"
    return {"given": f"count({value})", **counts, **_range(f"COALESCE({naive}, {aware})")}


def read_moment(column: str, sort: Sort, facts: Mapping[str, Any], clock: Clock, *, dated: bool) -> Reading:
    """Decide how a column is read; Misread if what is declared does not say.

    Parameters
    ----------
    dated
        The contract wants a date: timestamps that are all at midnight are dates.
    """
    value = raw(column)
    if sort is Sort.DATE or sort is Sort.NULL:
        return Reading("date", days=f"CAST(CAST({value} AS DATE) - DATE '1970-01-01' AS INTEGER)")
    if sort in {Sort.TIMESTAMP, Sort.INSTANT}:
        if dated and facts["midnights"] == facts["given"] and sort is Sort.TIMESTAMP:
            return Reading("date", days=f"CAST(CAST({value} AS DATE) - DATE '1970-01-01' AS INTEGER)")
        return _zoned(
            Reading("naive" if sort is Sort.TIMESTAMP else "aware", f"epoch_us({value})"), clock, facts.get("given", 0)
        )
    if sort in {Sort.INTEGER, Sort.NUMBER}:
        return _read_epoch(value, sort, facts, clock)
    if sort is not Sort.TEXT:
        raise Misread(
            "not_a_time",
            f"a moment is a timestamp, a date, a text or an epoch, not {sort.value}",
            "name another column",
        )
    if clock.time_format is not None:
        return _read_formatted(value, clock.time_format, facts, clock, dated=dated)
    return _read_iso(value, facts, clock, dated=dated)


def _read_epoch(value: str, sort: Sort, facts: Mapping[str, Any], clock: Clock) -> Reading:
    """Integers since 1970 in the declared unit; the unit that would fit is named, never taken."""
    best = max(UNITS, key=lambda unit: int(facts[f"fits_{unit}"]))
    fitting, given = int(facts[f"fits_{best}"]), int(facts["given"])
    remedy = f'declare `time_unit = "{best}"` in [sources.{clock.source}]' if fitting else "name a column of times"
    if clock.time_unit is None:
        raise Misread("epoch_without_unit", "integers as times need their unit declared", remedy, given)
    if int(facts[f"fits_{clock.time_unit}"]) < fitting:
        misfits = given - int(facts[f"fits_{clock.time_unit}"])
        rule = f"epochs in {clock.time_unit} lie between 1990 and the data's end; {fitting:,} of {given:,} values fit {best}"
        raise Misread("epoch_unit", rule, remedy, misfits)
    return Reading("epoch", _epoch_micros(value, sort, clock))


def _read_formatted(value: str, time_format: str, facts: Mapping[str, Any], clock: Clock, *, dated: bool) -> Reading:
    parsed = f"try_strptime({value}, {quote_literal(time_format)})"
    micros = f"epoch_us({parsed})"
    if "%z" in time_format or "%Z" in time_format:
        return Reading("aware", micros)
    only_dates = not any(directive in time_format for directive in _CLOCK_DIRECTIVES)
    if only_dates or (dated and facts["midnights"] == facts["given"]):
        return Reading("date", days=zones.day_of_local(micros))
    return _zoned(Reading("naive", micros), clock, facts.get("given", 0))


def _read_iso(value: str, facts: Mapping[str, Any], clock: Clock, *, dated: bool) -> Reading:
    dates, naive, aware, given = (int(facts[key]) for key in ("dates", "naive", "aware", "given"))
    if given and not dates + naive + aware:
        raise Misread(
            "time_format",
            "texts as times are ISO-8601 such as 2024-01-31T12:00:00+01:00, or follow a declared format",
            f'declare `time_format = "%d/%m/%Y %H:%M"`, as it may be, in [sources.{clock.source}]',
            given,
        )
    if naive and aware:
        raise Misread(
            "mixed_zones",
            f"a column's times all carry an offset or none does; here {aware:,} do and {naive:,} do not",
            "export one or the other",
            min(naive, aware),
        )
    # A shape that every value has need not be asked for again, row by row.
    sure = dates + naive + aware == given
    date_text = value if sure else f"CASE WHEN regexp_full_match({value}, '{ISO_DATE}') THEN {value} END"
    of_date = f"CAST(TRY_CAST({date_text} AS DATE) - DATE '1970-01-01' AS INTEGER)"
    if not naive + aware:
        return Reading("date", days=of_date)
    if naive and dated and int(facts["midnights"]) == naive:
        shaped = (
            value if sure else f"CASE WHEN regexp_full_match({value}, '{ISO_DATE}|{ISO_MIDNIGHT}') THEN {value} END"
        )
        return Reading("date", days=f"CAST(TRY_CAST(left({shaped}, 10) AS DATE) - DATE '1970-01-01' AS INTEGER)")
    shape, target = (ISO_AWARE, "TIMESTAMPTZ") if aware else (ISO_NAIVE, "TIMESTAMP")
    exact = sure and not dates
    text = value if exact else f"CASE WHEN regexp_full_match({value}, '{shape}') THEN {value} END"
    days = f"CASE WHEN length({value}) = 10 THEN {of_date} END" if dates else ""
    return _zoned(Reading("aware" if aware else "naive", f"epoch_us(TRY_CAST({text} AS {target}))", days), clock, naive)


def _zoned(reading: Reading, clock: Clock, count: int) -> Reading:
    """The reading, unless it is of naive times whose zone nobody declared."""
    if reading.form == "naive" and clock.zone is None:
        raise Misread(
            "naive_time",
            "times without an offset need the zone of the clock that wrote them; it is never guessed",
            f'declare `timezone = "{clock.run_zone}"`, or the zone that it is, in [sources.{clock.source}]',
            count,
        )
    return reading


def _epoch_micros(value: str, sort: Sort, clock: Clock) -> str:
    """SQL: microseconds of an epoch inside the plausible range, NULL outside, so that nothing overflows."""
    unit = clock.time_unit or "us"
    factor = UNITS[unit]
    if sort is Sort.INTEGER:
        whole = f"TRY_CAST({value} AS BIGINT)"
        micros = f"{whole} * {factor}" if factor > 0 else f"{whole} // {-factor}"
    else:
        micros = (
            f"CAST(floor({value} * {factor}) AS BIGINT)"
            if factor > 0
            else f"CAST(floor({value} / {-factor}) AS BIGINT)"
        )
    return f"CASE WHEN {_fits(value, unit, clock.latest)} THEN {micros} END"


def _fits(value: str, unit: str, latest: int) -> str:
    factor = UNITS[unit]
    low, high = ((bound // factor if factor > 0 else bound * -factor) for bound in (PLAUSIBLE[0], latest))
    return f"{value} >= {low} AND {value} < {high}"


def _range(micros: str) -> dict[str, str]:
    plausible = f"FILTER (WHERE {micros} BETWEEN {PLAUSIBLE[0]} AND {PLAUSIBLE[1]})"
    return {"low": f"min({micros}) {plausible}", "high": f"max({micros}) {plausible}"}
