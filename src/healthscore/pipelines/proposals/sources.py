"""Tables to sources: which contract each table fills, with which of its columns, and why the others are left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from healthscore.pipelines.proposals.inventory import ColumnFacts, TableFacts
from healthscore.pipelines.proposals.times import TimeFacts
from healthscore.pipelines.proposals.vocabulary import (
    CURRENT_WORDS,
    LATER_CORES,
    OUTCOME_WORDS,
    core,
    looks_like_id,
    words,
)
from healthscore.tables.contract import CONTRACTS
from healthscore.tables.sorts import Sort

NO_HISTORY = "as it stands today, without a history: it would leak into past dates"
NAMESAKES = {
    "parent_id": "parts are counted with the account at the top",
    "person_id": "accounts of one person count as one where intervals are computed",
    "valid_from": "first day on which the row held",
    "valid_to": "first day on which it no longer held",
    "purpose": "answers to an exit survey are left out",
    "currency": "of the amounts; several in one source are refused",
    "retracted": "rows that were withdrawn are set aside",
    "subscription_id": "which of the account's subscriptions it is",
    "renewal": "day on which the term is up",
}
"""Columns that a run binds by their name alone, without being told -> what that means."""


@dataclass
class SourceProposal:
    """A source of the proposed run.

    Attributes
    ----------
    columns, attributes
        Contract column, or attribute, -> column or expression.
    why
        Contract column or setting -> what to know about it, as a comment beside it.
    where
        Conditions that rows have to meet, each with its reason.
    settings
        Other keys of the source: timezone, time_format, time_unit, decimal, lookup, unused, ranges.
    suggestions
        Keys that are written commented out: (key, value, comment).
    left_out
        Column -> reason.
    time
        How the main time reads; None for accounts.
    past
        Of subscriptions, times that are never planned ahead for long: starts and notices.
    """

    name: str
    table: TableFacts
    contract: str
    columns: dict[str, str]
    why: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    where: list[tuple[str, str]] = field(default_factory=list)
    settings: dict[str, object] = field(default_factory=dict)
    suggestions: list[tuple[str, object, str]] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)
    time: TimeFacts | None = None
    component: str = ""
    past: list[TimeFacts] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.key = self.columns["account_id"]
        """The table's column of account ids, whatever expression the run writes for it."""

    def facts(self, column: str) -> ColumnFacts | None:
        """The table's column behind a contract column; None if it is not filled, or by an expression over several."""
        text = self.columns.get(column)
        return next((facts for facts in self.table.columns if written(facts) == text), None)


@dataclass(frozen=True)
class LeftOut:
    """A table that fills no contract."""

    table: TableFacts
    reason: str


def written(column: ColumnFacts) -> str:
    """What a run writes for the column."""
    return column.time.expression if column.time is not None and column.time.expression else column.name


def declare_times(source: SourceProposal, columns: Iterable[ColumnFacts]) -> None:
    """Declare what the source's times need: zone, format, unit, lookup; what cannot be told becomes a question."""
    given = [column for column in columns if column.time is not None]
    for column in given:
        time = column.time
        if time is None:
            continue
        where = f"{source.name}.{column.name}"
        if time.formats:
            source.settings["time_format"] = time.formats[0]
            if time.ambiguous:
                others = " or ".join(f'"{text}"' for text in time.formats[1:])
                source.why["time_format"] = f"CONFIRM: every value also reads as {others}"
                source.questions.append(
                    f'{where}: are its dates "{time.formats[0]}", or {others}? Every value reads as both.'
                )
        if time.unit:
            source.settings["time_unit"] = time.unit
        clock = time.form == "naive" or (time.form == "format" and any("%H" in f or "%I" in f for f in time.formats))
        if clock and not any("%z" in f for f in time.formats):
            source.settings["timezone"] = "UTC"
            source.why["timezone"] = "CONFIRM: the zone of the clock that wrote these times"
    if source.table.lookup is not None and any(c.time is not None and c.time.expression for c in given):
        source.settings["lookup"] = source.table.lookup


def same_notation(column: ColumnFacts, other: ColumnFacts) -> bool:
    """Whether one declaration of format and unit serves two columns of a source."""
    if column.time is None or other.time is None:
        return False
    typed = {Sort.DATE, Sort.TIMESTAMP, Sort.INSTANT}
    if column.sort in typed or other.sort in typed or column.time.expression or other.time.expression:
        return True
    return (bool(column.time.formats), column.time.unit) == (bool(other.time.formats), other.time.unit) and (
        not column.time.formats or column.time.formats[0] in other.time.formats
    )


def take_namesakes(source: SourceProposal) -> None:
    """Write down which columns are bound because they have a contract's name, and leave the others of them unbound."""
    unused = []
    for column in source.table.columns:
        bound = CONTRACTS[source.contract].column(column.name) is not None and column.name not in source.columns
        if bound and column.name in NAMESAKES and column.name not in source.left_out:
            source.columns[column.name] = column.name
            source.why[column.name] = NAMESAKES[column.name]
        elif bound:
            unused.append(column.name)
    if unused:
        source.settings["unused"] = unused
        source.why["unused"] = "not what the contract calls so: see below"


def leave_out(source: SourceProposal, used: Iterable[str], *, time: str = "") -> None:
    """Give every unused column its reason."""
    take_namesakes(source)
    taken = {*used, *source.attributes.values(), *source.columns.values()}
    for column in source.table.columns:
        if column.name not in taken and column.name not in source.left_out:
            reason = why_not(column, source.table, time)
            # A subscription's row says since when, so its plan or tier has a history; it is merely not in the contract.
            dated = reason == NO_HISTORY and source.contract == "subscriptions"
            source.left_out[column.name] = "not needed to start with" if dated else reason


def why_not(column: ColumnFacts, table: TableFacts, time: str = "") -> str:
    """Why a column is not used to start with."""
    said = set(words(column.name))
    if column.filled == 0:
        return "empty"
    if said & OUTCOME_WORDS and column.time is None:
        return "tells the outcome, or part of it: it would leak"
    if said & {"email", "phone", "address", "birthday", "birthdate", "dob"}:
        return "personal data, which no model needs"
    if column.time is not None and time:
        later = bool(said & LATER_CORES) or column.filled < table.rows
        return (
            f"filled in after {time}: what it says was not known then"
            if later
            else "another time; one is enough to start with"
        )
    if said & CURRENT_WORDS:
        return NO_HISTORY
    if column.sort is Sort.TEXT and column.length > 25:
        return "free text"
    if looks_like_id(column.name) and core(column.name) == "id":
        return "an identifier of the row"
    if looks_like_id(column.name):
        return "an identifier"
    return "not needed to start with"
