"""Moments and dates: every way in which tables write time, read as microseconds or days.

Nothing is inferred row by row. A column of naive clock times needs the zone of its clock, texts are ISO-8601 or follow
the declared `time_format`, integers need the declared `time_unit`. A value that is only a date is a day of the run's
zone and known at its end; so is a contract date that an export wrote as midnight.
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
DIGITS = "[0-9]{9,19}"
PLAUSIBLE = (day_of(date(1990, 1, 1)) * DAY_MICROSECONDS, day_of(date(2100, 1, 1)) * DAY_MICROSECONDS)
UNITS: dict[str, int] = {"s": 1_000_000, "ms": 1_000, "us": 1, "ns": -1_000}
"""Unit -> microseconds in it; negative: units in a microsecond."""
_CLOCK_DIRECTIVES = ("%H", "%I", "%M", "%S", "%f", "%g", "%n", "%c", "%X", "%p", "%-H", "%-I", "%-M", "%-S")

Form = Literal["date", "naive", "aware", "epoch"]


@dataclass(frozen=True)
class Clock:
    """What a source declares about its times, the run's zone, and the last plausible microsecond of an epoch."""

    source: str
    run_zone: str
    zone: str | None = None
    time_format: str | None = None
    time_unit: str | None = None
    latest: int = PLAUSIBLE[1]

    def declare(self, line: str) -> str:
        """A remedy: the line that declares it."""
        return f"declare `{line}` in [sources.{self.source}]"


@dataclass(frozen=True)
class Reading:
    """How one column is read.

    Attributes
    ----------
    form
        What the values are.
    micros
        SQL of microseconds on the column's own clock, NULL where a value cannot be read; empty for dates.
    days
        SQL of the day for values that are only dates, NULL for others; empty if there are none.
    """

    form: Form
    micros: str = ""
    days: str = ""


class ReadingError(Exception):
    """A column that cannot be read as time: the rule's code, the rule, the remedy, and SQL of the rows that show it."""

    def __init__(self, code: str, rule: str, remedy: str, rows: str) -> None:
        super().__init__(rule)
        self.code, self.rule, self.remedy, self.rows = code, rule, remedy, rows


def profile_moment(column: str, sort: Sort, clock: Clock, *, dated: bool) -> dict[str, str]:
    """Aggregates over a column that decide how it is read: shapes of texts, units of integers, midnights, the range.

    Empty where nothing is to be decided: a typed timestamp on the run's own clock costs no scan.
    """
    value = raw(column)
    given = {"given": f"count({value})"}
    if sort in {Sort.TIMESTAMP, Sort.INSTANT}:
        zone = clock.zone if sort is Sort.TIMESTAMP else "UTC"
        if not dated and zone is not None and (zone == clock.run_zone or _fixed(zone, clock.run_zone)):
            return {}
        return given | _midnights(f"epoch_us({value})") | _range(f"epoch_us({value})")
    if sort in {Sort.INTEGER, Sort.NUMBER}:
        return given | _profile_epoch(value, sort, clock)
    if sort is not Sort.TEXT:
        return {}
    if clock.time_format is not None:
        micros = f"epoch_us(try_strptime({value}, {quote_literal(clock.time_format)}))"
        return given | _midnights(micros) | _range(micros)
    shapes = {"dates": ISO_DATE, "naive": ISO_NAIVE, "aware": ISO_AWARE, "midnights": ISO_MIDNIGHT, "digits": DIGITS}
    counts = {name: f"count(*) FILTER (WHERE {_of_shape(value, s)})" for name, s in shapes.items()}
    epoch = {f"epoch_{key}": sql for key, sql in _profile_epoch(_digits(value), Sort.INTEGER, clock).items()}
    micros = f"COALESCE({_iso_micros(value, ISO_NAIVE)}, {_iso_micros(value, ISO_AWARE)})"
    return given | counts | epoch | _range(micros)


def read_moment(column: str, sort: Sort, facts: Mapping[str, Any], clock: Clock, *, dated: bool) -> Reading:
    """Decide how a column is read.

    Parameters
    ----------
    column
        Name in the contract.
    sort
        Of the column's expression.
    facts
        Results of `profile_moment`.
    clock
        What the source declares.
    dated
        The contract wants a date: timestamps that are all at midnight are dates.

    Raises
    ------
    ReadingError
        What is declared does not say how.
    """
    value = raw(column)
    if sort in {Sort.DATE, Sort.NULL}:
        return Reading("date", days=_day(f"CAST({value} AS DATE)"))
    if sort in {Sort.TIMESTAMP, Sort.INSTANT}:
        if dated and sort is Sort.TIMESTAMP and facts["midnights"] == facts["given"]:
            return Reading("date", days=_day(f"CAST({value} AS DATE)"))
        form: Form = "naive" if sort is Sort.TIMESTAMP else "aware"
        return _zoned(Reading(form, f"epoch_us({value})"), clock, _given(value))
    if sort in {Sort.INTEGER, Sort.NUMBER}:
        return _read_epoch(value, sort, facts, clock)
    if sort is not Sort.TEXT:
        rule = f"a moment is a timestamp, a date, a text or an epoch, not {sort.value}"
        raise ReadingError("not_a_time", rule, "name another column", _given(value))
    if clock.time_format is not None:
        return _read_formatted(value, clock.time_format, facts, clock, dated=dated)
    return _read_iso(value, facts, clock, dated=dated)


def _profile_epoch(value: str, sort: Sort, clock: Clock) -> dict[str, str]:
    fits = {f"fits_{unit}": f"count(*) FILTER (WHERE {_fits(value, unit, clock.latest)})" for unit in UNITS}
    compact = {"compact": f"count(*) FILTER (WHERE {value} BETWEEN 19900101 AND 21001231)"}
    return fits | compact | (_range(_epoch_micros(value, sort, clock)) if clock.time_unit else {})


def _read_epoch(value: str, sort: Sort, facts: Mapping[str, Any], clock: Clock) -> Reading:
    """Integers since 1970 in the declared unit; the unit that would fit is named, never taken."""
    best = max(UNITS, key=lambda unit: int(facts[f"fits_{unit}"]))
    fitting, given = int(facts[f"fits_{best}"]), int(facts["given"])
    remedy = clock.declare(f'time_unit = "{best}"') if fitting else "name a column of times"
    if not fitting and facts["compact"]:
        remedy = "write days such as 20240131 as text by a CAST, and " + clock.declare('time_format = "%Y%m%d"')
    if clock.time_unit is None:
        raise ReadingError("epoch_without_unit", "integers as times need their unit declared", remedy, _given(value))
    fit = int(facts[f"fits_{clock.time_unit}"])
    if fit < fitting or (given and not fitting):
        declared = f"epochs in {clock.time_unit} lie between 1990 and the data's end; {fit:,} of {given:,} do"
        rule = f"{declared}, and {fitting:,} do in {best}" if fitting else declared
        outside = f"({_fits(value, clock.time_unit, clock.latest)}) IS FALSE"
        raise ReadingError("epoch_unit", rule, remedy, outside)
    return Reading("epoch", _epoch_micros(value, sort, clock))


def _read_formatted(value: str, time_format: str, facts: Mapping[str, Any], clock: Clock, *, dated: bool) -> Reading:
    micros = f"epoch_us(try_strptime({value}, {quote_literal(time_format)}))"
    if "%z" in time_format or "%Z" in time_format:
        return Reading("aware", micros)
    only_dates = not any(directive in time_format for directive in _CLOCK_DIRECTIVES)
    if only_dates or (dated and facts["midnights"] == facts["given"]):
        return Reading("date", days=zones.day_of_local(micros))
    return _zoned(Reading("naive", micros), clock, _given(value))


def _read_iso(value: str, facts: Mapping[str, Any], clock: Clock, *, dated: bool) -> Reading:
    dates, naive, aware, given = (int(facts[key]) for key in ("dates", "naive", "aware", "given"))
    if int(facts["digits"]) > dates + naive + aware:
        of_epoch = {key.removeprefix("epoch_"): fact for key, fact in facts.items() if key.startswith("epoch_")}
        return _read_epoch(_digits(value), Sort.INTEGER, {**of_epoch, "given": given}, clock)
    if given and not dates + naive + aware:
        raise ReadingError(
            "time_format",
            "texts as times are ISO-8601 such as 2024-01-31T12:00:00+01:00, or follow a declared format",
            clock.declare('time_format = "%d/%m/%Y %H:%M"') + ", or the format that it is",
            _given(value),
        )
    if naive and aware:
        rule = f"all times of a column carry an offset or none does; here {aware:,} do and {naive:,} do not"
        rarer = ISO_AWARE if aware < naive else ISO_NAIVE
        raise ReadingError("mixed_zones", rule, "export one or the other", _of_shape(value, rarer))
    # A shape that every value has need not be asked for again, row by row.
    sure = dates + naive + aware == given
    if not naive + aware:
        return Reading("date", days=_day(f"TRY_CAST({value if sure else _shaped(value, ISO_DATE)} AS DATE)"))
    if naive and dated and int(facts["midnights"]) == naive:
        shaped = value if sure else _shaped(value, f"{ISO_DATE}|{ISO_MIDNIGHT}")
        return Reading("date", days=_day(f"TRY_CAST(left({shaped}, 10) AS DATE)"))
    shape = "" if sure and not dates else ISO_AWARE if aware else ISO_NAIVE
    micros = _iso_micros(value, shape, aware=bool(aware))
    days = _day(f"TRY_CAST({_shaped(value, ISO_DATE)} AS DATE)") if dates else ""
    return _zoned(Reading("aware" if aware else "naive", micros, days), clock, _of_shape(value, ISO_NAIVE))


def _zoned(reading: Reading, clock: Clock, rows: str) -> Reading:
    """The reading, unless it is of naive times whose zone nobody declared."""
    if reading.form == "naive" and clock.zone is None:
        rule = "times without an offset need the zone of the clock that wrote them; it is never guessed"
        remedy = clock.declare(f'timezone = "{clock.run_zone}"') + ", or the zone that it is"
        raise ReadingError("naive_time", rule, remedy, rows)
    return reading


def _given(value: str) -> str:
    return f"{value} IS NOT NULL"


def _of_shape(value: str, shape: str) -> str:
    return f"regexp_full_match({value}, '{shape}')"


def _fixed(*names: str) -> bool:
    return all(zones.is_fixed(name) for name in names)


def _day(value: str) -> str:
    return f"CAST({value} - DATE '1970-01-01' AS INTEGER)"


def _shaped(value: str, shape: str) -> str:
    """SQL: the text if it has the shape, else NULL."""
    return f"CASE WHEN {_of_shape(value, shape)} THEN {value} END"


def _digits(value: str) -> str:
    """SQL: a text of digits as the integer that it is."""
    return f"TRY_CAST({_shaped(value, DIGITS)} AS BIGINT)"


def _iso_micros(value: str, shape: str, *, aware: bool | None = None) -> str:
    """SQL: microseconds of ISO texts of a shape (none: all are). An offset counts only in the type that has one."""
    with_offset = shape == ISO_AWARE if aware is None else aware
    text = _shaped(value, shape) if shape else value
    return f"epoch_us(TRY_CAST({text} AS {'TIMESTAMPTZ' if with_offset else 'TIMESTAMP'}))"


def _epoch_micros(value: str, sort: Sort, clock: Clock) -> str:
    """SQL: microseconds of an epoch inside the plausible range, NULL outside, so that nothing overflows."""
    unit = clock.time_unit or "us"
    factor = UNITS[unit]
    operation = f"* {factor}" if factor > 0 else f"// {-factor}"
    if sort is Sort.INTEGER:
        micros = f"TRY_CAST({value} AS BIGINT) {operation}"
    else:
        micros = f"TRY_CAST(floor({value} {operation.replace('//', '/')}) AS BIGINT)"
    return f"CASE WHEN {_fits(value, unit, clock.latest)} THEN {micros} END"


def _fits(value: str, unit: str, latest: int) -> str:
    factor = UNITS[unit]
    low, high = ((bound // factor if factor > 0 else bound * -factor) for bound in (PLAUSIBLE[0], latest))
    return f"{value} >= {low} AND {value} < {high}"


def _midnights(micros: str) -> dict[str, str]:
    return {"midnights": f"count(*) FILTER (WHERE {micros} % {DAY_MICROSECONDS} = 0)"}


def _range(micros: str) -> dict[str, str]:
    plausible = f"FILTER (WHERE {micros} BETWEEN {PLAUSIBLE[0]} AND {PLAUSIBLE[1]})"
    return {"low": f"min({micros}) {plausible}", "high": f"max({micros}) {plausible}"}
