"""Canonical tables: the columns that every source is bound to, once, before anything is computed.

Whatever a company's tables look like, after binding they have these columns and types. Ids are text everywhere. A
moment is two things downstream: the local `day` on which it happened and the local day on which it became known; both
are derived here from the declared column, time zone and delay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    """What a column holds, and so how a text or a typed column is cast to it."""

    IDENTIFIER = "identifier"
    TEXT = "text"
    MOMENT = "moment"
    DATE = "date"
    NUMBER = "number"
    FLAG = "flag"


@dataclass(frozen=True)
class Column:
    """One column of a contract."""

    name: str
    kind: Kind
    required: bool = False
    meaning: str = ""


@dataclass(frozen=True)
class Contract:
    """A canonical table: its columns, and the columns that identify a row (empty where rows have no identity).

    `ranges` are the values that a number may have whatever a source declares.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def column(self, name: str) -> Column | None:
        """The column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)


SHARED = (
    Column("currency", Kind.TEXT, meaning="of amounts; one per source, unless the run converts them"),
    Column("retracted", Kind.FLAG, meaning="whether this version withdraws the row (sources with corrections)"),
)
"""Columns of everything that is measured."""

ACCOUNTS = Contract(
    "accounts",
    (
        Column("account_id", Kind.IDENTIFIER, required=True, meaning="who is scored"),
        Column("name", Kind.TEXT, meaning="shown beside the id"),
        Column("segment", Kind.TEXT, meaning="group in which results are also shown"),
        Column("owner", Kind.TEXT, meaning="who looks after the account"),
        Column(
            "person_id",
            Kind.IDENTIFIER,
            meaning="one person or company behind several accounts: the unit of clustering",
        ),
        Column("parent_id", Kind.IDENTIFIER, meaning="the account that this one is a part of, and is counted with"),
        Column("valid_from", Kind.DATE, meaning="first day on which the row held, where there are several per account"),
        Column(
            "valid_to", Kind.DATE, meaning="first day on which it no longer held; empty or 9999-12-31 while it does"
        ),
    ),
    key=("account_id",),
)

EVENTS = Contract(
    "events",
    (
        Column("account_id", Kind.IDENTIFIER, required=True, meaning="whose event"),
        Column("time", Kind.MOMENT, required=True, meaning="when it happened"),
        Column("actor_id", Kind.IDENTIFIER, meaning="the user inside the account"),
        Column("name", Kind.TEXT, meaning="what happened: a feature, a product, a kind"),
        Column("quantity", Kind.NUMBER, meaning="how much: an amount, a rating, a duration"),
        Column("known_at", Kind.MOMENT, meaning="when the row could first have been known"),
        Column("event_id", Kind.IDENTIFIER, meaning="identity of the event, where there is one"),
        *SHARED,
        Column("purpose", Kind.TEXT, meaning="why it was asked; answers to an exit survey are left out"),
    ),
    key=("event_id",),
)

SUBSCRIPTIONS = Contract(
    "subscriptions",
    (
        Column("account_id", Kind.IDENTIFIER, required=True, meaning="whose subscription"),
        Column("start", Kind.DATE, required=True, meaning="first day covered"),
        Column("end", Kind.DATE, meaning="first day no longer covered; empty or 9999-12-31 while open"),
        Column("notice", Kind.DATE, meaning="day on which the cancellation was given"),
        Column("exit_type", Kind.TEXT, meaning="voluntary, involuntary, merged, split, closed, completed"),
        Column("status", Kind.TEXT, meaning="active (default), trial, paused or incomplete"),
        Column("seats", Kind.NUMBER, meaning="users paid for"),
        Column("value", Kind.NUMBER, meaning="recurring revenue per month"),
        Column("known_at", Kind.MOMENT, meaning="when the start could first have been known"),
        Column("subscription_id", Kind.IDENTIFIER, meaning="which of an account's subscriptions the row belongs to"),
        Column("renewal", Kind.DATE, meaning="day on which the term is up for renewal"),
        Column("currency", Kind.TEXT, meaning="of the value; one per source, unless the run converts it"),
    ),
)

INTERVALS = Contract(
    "intervals",
    (
        Column("account_id", Kind.IDENTIFIER, required=True, meaning="whose"),
        Column("start", Kind.MOMENT, required=True, meaning="when it opened"),
        Column("end", Kind.MOMENT, meaning="when it closed; empty while open"),
        Column("kind", Kind.TEXT, meaning="severity, step, type"),
        Column("quantity", Kind.NUMBER, meaning="amount"),
        Column("deadline", Kind.DATE, meaning="day by which it should have closed"),
        Column("known_at", Kind.MOMENT, meaning="when the start could first have been known"),
        Column("end_known_at", Kind.MOMENT, meaning="when the end could first have been known"),
        *SHARED,
    ),
)

LEVELS = Contract(
    "levels",
    (
        Column("account_id", Kind.IDENTIFIER, required=True, meaning="whose"),
        Column("time", Kind.MOMENT, required=True, meaning="when it was measured"),
        Column("name", Kind.TEXT, meaning="what was measured"),
        Column("value", Kind.NUMBER, meaning="the value; empty where it was asked for and not given"),
        Column("known_at", Kind.MOMENT, meaning="when the row could first have been known"),
        *SHARED,
        Column("purpose", Kind.TEXT, meaning="why it was asked; answers to an exit survey are left out"),
    ),
)

INTERVENTIONS = Contract(
    "interventions",
    (
        Column("account_id", Kind.IDENTIFIER, required=True, meaning="who was treated"),
        Column("date", Kind.DATE, required=True, meaning="when"),
        Column("kind", Kind.TEXT, meaning="what was done"),
        Column(
            "arm",
            Kind.TEXT,
            meaning="treated (default), or held_out: left alone by lot, the row says what would have been done",
        ),
    ),
)

SUCCESSIONS = Contract(
    "successions",
    (
        Column("account_id", Kind.IDENTIFIER, required=True, meaning="the account that ceased"),
        Column("successor_id", Kind.IDENTIFIER, required=True, meaning="the account that took its place"),
        Column("date", Kind.DATE, required=True, meaning="when"),
        Column("kind", Kind.TEXT, meaning="merge (default) or split"),
        Column("known_at", Kind.MOMENT, meaning="when it could first have been known"),
    ),
)

OVERRIDES = Contract(
    "overrides",
    (
        Column("account_id", Kind.IDENTIFIER, required=True, meaning="whose score a person sees otherwise"),
        Column("health", Kind.NUMBER, meaning="what the person would give, 0 to 100; it or a band"),
        Column("band", Kind.TEXT, meaning="the band that the person would put the account in"),
        Column("author", Kind.TEXT, required=True, meaning="who says so"),
        Column("reason", Kind.TEXT, required=True, meaning="why"),
        Column("made_on", Kind.DATE, required=True, meaning="day on which it was said; scores of later dates show it"),
        Column("expires_on", Kind.DATE, required=True, meaning="last date whose scores show it"),
    ),
    ranges={"health": (0.0, 100.0)},
)

PANEL = Contract(
    "panel",
    (
        Column("account_id", Kind.IDENTIFIER, required=True, meaning="whose features"),
        Column("as_of", Kind.DATE, required=True, meaning="the date at which they were known"),
        Column("outcome", Kind.NUMBER, meaning="1 where it happened, 0 where it did not, empty where it is not known"),
        Column("value", Kind.NUMBER, meaning="recurring revenue per month"),
    ),
)

CONTRACTS: dict[str, Contract] = {
    contract.name: contract
    for contract in (ACCOUNTS, EVENTS, SUBSCRIPTIONS, INTERVALS, LEVELS, INTERVENTIONS, SUCCESSIONS, OVERRIDES, PANEL)
}
