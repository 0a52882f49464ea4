"""How a column's values read as times: typed, ISO text, another format, an epoch, or days counted from a start.

Worked example: `03/04/2024` reads as 3 April and as 4 March. If every value of the column reads under both formats the
column is *ambiguous*, both formats are kept, and the proposal asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from healthscore.asof import DAY_MICROSECONDS
from healthscore.pipelines.proposals.vocabulary import looks_like_time
from healthscore.tables.engine import Engine
from healthscore.tables.expression_casts import ISO_DATE
from healthscore.tables.moments import ISO_AWARE, ISO_NAIVE, PLAUSIBLE
from healthscore.tables.quoting import quote_identifier, quote_literal
from healthscore.tables.sorts import Sort

Form = Literal["date", "naive", "aware", "epoch", "format", "offset"]
UNITS = {"s": 1_000_000, "ms": 1_000, "us": 1, "ns": 0.001}
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_DATES = (
    "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%m.%d.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d",
    "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d %b %Y", "%b %d, %Y", "%d-%b-%Y", "%d %B %Y", "%B %d, %Y",
)  # fmt: skip
FORMATS = tuple(date + clock for date in _DATES for clock in _CLOCKS)
SAMPLE_LIMIT = 50_000
_SHORTEST_OFFSET = 10
_LONGEST_OFFSET = 4000
"""Spread that integers named like a date need, and days beyond which they are no longer days counted from a start."""


@dataclass(frozen=True)
class TimeFacts:
    """A column that reads as time.

    Attributes
    ----------
    form
        ``offset`` is an integer named like a time that fits no epoch: days counted from a start that it does not tell.
    day
        SQL of the day (UTC) over the table's raw column, for looking only; empty for offsets.
    first, last
        Range in days since 1970-01-01; of offsets, the range of the values.
    usual_last
        Day up to which 99.9 % of the rows lie: a stray date far ahead shows as a gap to `last`.
    formats
        Every format under which all values read; more than one is ambiguous.
    expression
        What a run writes for the column, where that is not its name.
    """

    form: Form
    day: str
    first: int
    last: int
    usual_last: int
    formats: tuple[str, ...] = ()
    unit: str = ""
    expression: str = ""

    @property
    def ambiguous(self) -> bool:
        """Whether the values read under several formats."""
        return len(self.formats) > 1


def read_times(
    engine: Engine, relation: str, sample: str, name: str, sort: Sort, low: float | None, high: float | None
) -> TimeFacts | None:
    """How the column reads as time, or None."""
    quoted = quote_identifier(name)
    if sort is Sort.DATE:
        return _ranged(engine, relation, "date", f"CAST({quoted} - DATE '1970-01-01' AS INTEGER)")
    if sort in {Sort.TIMESTAMP, Sort.INSTANT}:
        form: Form = "naive" if sort is Sort.TIMESTAMP else "aware"
        midnights = engine.query(f"SELECT bool_and(epoch_us({quoted}) % {DAY_MICROSECONDS} = 0) AS all FROM {sample}")
        whole = form == "naive" and midnights.to_pylist()[0]["all"]
        # Timestamps that are all at midnight are dates that an export wrote with a clock; events still need its zone.
        return _ranged(
            engine,
            relation,
            "naive" if whole else form,
            f"CAST(floor(epoch_us({quoted}) / {DAY_MICROSECONDS}) AS INTEGER)",
        )
    if sort is Sort.TEXT and low is None:
        return _text(engine, relation, sample, quoted)
    if low is not None and high is not None:
        if (
            sort is Sort.TEXT
            and (compact := _text(engine, relation, sample, quoted, ("%Y%m%d",)))
            and low >= 19_000_101
        ):
            return compact
        return _integer(engine, relation, quoted, name, low, high)
    return None


def _integer(engine: Engine, relation: str, quoted: str, name: str, low: float, high: float) -> TimeFacts | None:
    if not looks_like_time(name):
        return None
    number = f"CAST({quoted} AS DOUBLE)"
    for unit, micros in UNITS.items():
        if PLAUSIBLE[0] <= low * micros and high * micros <= PLAUSIBLE[1]:
            day = f"CAST(floor({number} * {micros} / {DAY_MICROSECONDS}) AS INTEGER)"
            found = _ranged(engine, relation, "epoch", day)
            return found and TimeFacts("epoch", day, found.first, found.last, found.usual_last, unit=unit)
    if low >= -_LONGEST_OFFSET and high <= _LONGEST_OFFSET and high - low >= _SHORTEST_OFFSET:
        return TimeFacts("offset", "", int(low), int(high), int(high))
    return None


def _text(
    engine: Engine, relation: str, sample: str, quoted: str, formats: tuple[str, ...] = FORMATS
) -> TimeFacts | None:
    given = f"FROM {sample} WHERE {quoted} IS NOT NULL AND trim({quoted}) <> ''"
    asked = {"dates": ISO_DATE, "naive": ISO_NAIVE, "aware": ISO_AWARE}
    shapes = ", ".join(
        f"count(*) FILTER (WHERE regexp_full_match(trim({quoted}), '{shape}')) AS {key}" for key, shape in asked.items()
    )
    counts = engine.query(f"SELECT count(*) AS given, {shapes}, max(length({quoted})) AS longest {given}").to_pylist()[
        0
    ]
    if not counts["given"] or counts["longest"] > 40:
        return None
    # One cell in a hundred may be a slip of the pen; such rows are the check's business.
    if counts["dates"] + counts["naive"] + counts["aware"] >= 0.99 * counts["given"]:
        form: Form = "aware" if counts["aware"] else "naive" if counts["naive"] else "date"
        return _ranged(
            engine, relation, form, f"CAST(TRY_CAST(left(trim({quoted}), 10) AS DATE) - DATE '1970-01-01' AS INTEGER)"
        )
    fitting = formats
    for limit in (200, 5_000, SAMPLE_LIMIT):  # most formats, and most texts, are out after a few values
        fitting = _reading(engine, f"SELECT {quoted} AS text {given} LIMIT {limit}", fitting)
        if not fitting:
            return None
    day = (
        f"CAST(floor(epoch_us(try_strptime(trim({quoted}), {quote_literal(fitting[0])})) / {DAY_MICROSECONDS}) AS "
        "INTEGER)"
    )
    found = _ranged(engine, relation, "format", day)
    return found and TimeFacts("format", day, found.first, found.last, found.usual_last, fitting)


def _reading(engine: Engine, values: str, formats: tuple[str, ...]) -> tuple[str, ...]:
    """Those formats under which every value reads."""
    looks = f"bool_and(regexp_matches(text, '[0-9]') AND length(trim(text)) BETWEEN 6 AND 30) AS looks FROM ({values})"
    if not engine.query(f"SELECT {looks}").to_pylist()[0]["looks"]:
        return ()
    parsed = ", ".join(
        f"bool_and(try_strptime(trim(text), {quote_literal(text)}) IS NOT NULL) AS {quote_identifier(text)}"
        for text in formats
    )
    reads = engine.query(f"SELECT {parsed} FROM ({values})").to_pylist()[0]
    return tuple(text for text in formats if reads[text])


def _ranged(engine: Engine, relation: str, form: Form, day: str) -> TimeFacts | None:
    extent = range_of(engine, relation, day)
    return None if extent is None else TimeFacts(form, day, *extent)


def range_of(engine: Engine, relation: str, day: str) -> tuple[int, int, int] | None:
    """First and last day, and the day up to which 99.9 % of the rows lie; None if no day is plausible.

    Days that stand for a missing or an open time, such as 9999-12-31, are left out.
    """
    inside = f"day BETWEEN {PLAUSIBLE[0] // DAY_MICROSECONDS} AND {PLAUSIBLE[1] // DAY_MICROSECONDS}"
    row = engine.query(
        f"SELECT min(day) AS first, max(day) AS last, quantile_disc(day, 0.999) AS usual FROM (SELECT {day} "
        f"AS day FROM {relation}) "
        f"WHERE {inside}"
    ).to_pylist()[0]
    return None if row["first"] is None else (row["first"], row["last"], row["usual"])
