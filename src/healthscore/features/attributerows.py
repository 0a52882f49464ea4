"""Attributes of accounts at an as-of date: what the source knew of the account then, not what it says today.

Worked example: A is in the plan `small` from 2024-01-01 and in `large` from 2024-06-01. On 2024-06-01, at midnight, it
is known as `small`; the day after, as `large`. A source that says only `large` knows nothing of the past: it may speak
of as-of dates from the data end on, and of earlier ones only where the attribute is declared never to change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from healthscore.config import Run
from healthscore.features.history import Values
from healthscore.features.signals import SignalPlan
from healthscore.tables import Problem, SourcesError, Tables
from healthscore.tables.quoting import quote_identifier

EVER = np.iinfo(np.int32).min
STILL = np.iinfo(np.int32).max
NOT_GIVEN = -1


@dataclass(frozen=True)
class AttributeState:
    """An attribute at one as-of day.

    Attributes
    ----------
    number
        Shape (accounts,): its number; NaN where none is known, and throughout for texts.
    text
        Shape (accounts,): position of its text in `texts`, `NOT_GIVEN` where none is known.
    """

    number: Values
    text: NDArray[np.int64]
    texts: tuple[str, ...] = ()

    def first_day(self) -> Values:
        """Missing: what an account is called tells nothing of when it began."""
        return np.full(len(self.number), np.nan)

    def value(self) -> Values:
        """The number."""
        return self.number

    def equals(self, text: str) -> Values:
        """1 for the text, 0 for any other, those not seen before included; NaN where none is known."""
        position = self.texts.index(text) if text in self.texts else len(self.texts)
        return np.where(self.text == NOT_GIVEN, np.nan, (self.text == position).astype(np.float64))


@dataclass(frozen=True)
class AttributeRows:
    """States of one attribute, sorted by account and by the day on which they were known.

    Attributes
    ----------
    known, until
        First day on which the state was known, `EVER` where that is not said; first day on which it was known to be
        over, `STILL` where it is not.
    """

    account: NDArray[np.int32]
    known: NDArray[np.int64]
    until: NDArray[np.int64]
    number: Values
    text: NDArray[np.int64]
    texts: tuple[str, ...]

    @property
    def width(self) -> int:
        """One value per account."""
        return 1

    def seen(self, index: int, t: int) -> NDArray[np.int32]:
        """Nobody: a row that describes an account is no sign of life."""
        return self.account[:0]

    def chunk(self, low: int, high: int) -> AttributeChunk:
        """The states of the accounts [low, high)."""
        return AttributeChunk(self, low, high)


@dataclass(frozen=True)
class AttributeChunk:
    """States of a range of accounts."""

    rows: AttributeRows
    low: int
    high: int

    def at(self, index: int, t: int, seats: Values | None) -> AttributeState:
        """The state in force at as-of day `t`: the last that was known, unless it was known to be over."""
        inside = np.arange(*np.searchsorted(self.rows.account, [self.low, self.high]))
        visible = inside[self.rows.known[inside] < t]
        last = np.full(self.high - self.low, -1, np.int64)
        last[self.rows.account[visible] - self.low] = visible  # sorted by what was known: the last one stays
        known = last >= 0
        known[known] = self.rows.until[last[known]] >= t
        number, text = np.full(len(last), np.nan), np.full(len(last), NOT_GIVEN)
        number[known], text[known] = self.rows.number[last[known]], self.rows.text[last[known]]
        return AttributeState(number, text, self.rows.texts)


def read_attributes(
    tables: Tables, plans: Sequence[SignalPlan], as_ofs: Sequence[int], accounts: pa.Array
) -> list[AttributeRows]:
    """Read the attributes of one source of accounts for its signals."""
    source = plans[0].source
    versions = tables.versions(source)
    delay = tables.bindings[source].source.availability_delay_days
    dates = "known_day AS known, valid_to AS until, " if versions else "NULL AS known, NULL AS until, "
    wanted = ", ".join(f"{quote_identifier(str(plan.attribute))} AS value_{i}" for i, plan in enumerate(plans))
    found = tables.engine.query(f"SELECT account_id, {dates}{wanted} FROM {versions or tables.relation(source)}")
    code = pc.fill_null(pc.index_in(found["account_id"], value_set=accounts), -1).to_numpy()
    known, until = (
        pc.fill_null(found[name].cast(pa.int64()), missing).to_numpy() + np.int64(late)
        for name, missing, late in (("known", int(EVER), 0), ("until", int(STILL), delay))
    )
    order = np.lexsort((known, code))
    order = order[np.searchsorted(code[order], 0) :]
    rows = []
    for i in range(len(plans)):
        number, text, texts = _values(found[f"value_{i}"])
        rows.append(
            AttributeRows(code[order].astype(np.int32), known[order], until[order], number[order], text[order], texts)
        )
    return rows


def _values(column: pa.ChunkedArray) -> tuple[Values, NDArray[np.int64], tuple[str, ...]]:
    """Numbers, or positions of texts in the list of them."""
    if pa.types.is_string(column.type):
        encoded = pc.dictionary_encode(column).combine_chunks()
        position = pc.fill_null(encoded.indices, NOT_GIVEN).to_numpy().astype(np.int64)
        return np.full(len(column), np.nan), position, tuple(encoded.dictionary.to_pylist())
    return column.cast(pa.float64()).to_numpy(), np.full(len(column), NOT_GIVEN), ()


def current_state(run: Run, tables: Tables, name: str) -> Problem | None:
    """What is wrong with a signal that is an attribute without a past; None where it has one, or needs none."""
    signal = run.signals[name]
    source = run.sources[signal.source]
    if source.contract != "accounts" or signal.attribute in source.static or tables.versions(signal.source):
        return None
    return Problem(
        "current_state",
        "error",
        signal.source,
        str(signal.attribute),
        rule=f"a signal is what was known at the as-of date; {signal.attribute!r} of signals.{name} is a current state "
        "without history: at earlier dates it would leak what became of the account",
        remedy=f'declare `static = ["{signal.attribute}"]` in [sources.{signal.source}] if it never changes, bind '
        f"`columns.valid_from` (and `valid_to`) to the dates of its states, or leave signals.{name} out",
    )


def refuse_current_state(run: Run, tables: Tables, as_ofs: Sequence[int], data_end: int | None) -> None:
    """Refuse attributes without a past at as-of days before the data end; from then on today's state is the state.

    So such an attribute can be scored with, and never be learned from.

    Raises
    ------
    SourcesError
        All of them.
    """
    if data_end is not None and all(t >= data_end for t in as_ofs):
        return
    problems = [problem for name in run.signals if (problem := current_state(run, tables, name)) is not None]
    if problems:
        raise SourcesError(problems)
