"""What a signal measures: which rows of which source, by which families, over which windows."""

from __future__ import annotations

from dataclasses import dataclass

from healthscore.config import Window


@dataclass(frozen=True)
class SignalPlan:
    """A signal, with what its source offers resolved.

    Attributes
    ----------
    kind
        Contract of the source: events, intervals, levels or accounts.
    where
        Filter over the source's bound columns, not yet validated; None for every row.
    families
        Those that it takes, in the order of `FAMILIES`.
    measures
        Those that it takes of its families; None for all of them.
    columns
        Columns that the source fills; families leave out what needs another.
    outages
        Day ranges [first, last) in which the source recorded nothing; they do not overlap.
    distinct
        Columns whose distinct values are counted; empty where the source does not have them, or no measure needs them.
    quantity
        Whether the source has a quantity, and the signal a measure that needs it.
    named
        Whether rows with a name are counted.
    dated
        Whether it is kept on which days rows lie: for active days, recency and rhythm, and for the first day of all.
    key
        Names whose use counts as deep.
    favourable_from, unfavourable_to
        Values of levels from which, and up to which, an answer is favourable, and unfavourable.
    attribute
        The attribute of the accounts that the signal is.
    words
        What the distinct values of a column are called: actors are "users" unless the source says otherwise.
    seats
        Whether a source of subscriptions says how many seats an account pays for.
    healthy
        +1 when more of it is healthier, -1 when more is riskier, 0 when the model is to find out.
    """

    name: str
    label: str
    source: str
    kind: str
    component: str
    where: str | None
    families: tuple[str, ...]
    windows: tuple[Window, ...]
    columns: frozenset[str]
    outages: tuple[tuple[int, int], ...]
    distinct: tuple[str, ...]
    quantity: bool
    named: bool
    key: tuple[str, ...]
    favourable_from: float | None
    unfavourable_to: float | None
    attribute: str | None
    healthy: int
    unit: str
    words: dict[str, str]
    seats: bool = False
    measures: tuple[str, ...] | None = None
    dated: bool = True
