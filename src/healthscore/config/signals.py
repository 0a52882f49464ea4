"""Signals of a run: what is worth measuring, and which features of it mean something together."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from healthscore.config.section import Expression, Name, Section, Window


class Signal(Section):
    """Something worth measuring: rows of one source, turned into the features of the chosen families."""

    source: Name
    """A source of events, intervals, levels or accounts."""
    component: Name
    """Under which its points are told: activity, support, finance, ..."""
    where: Expression | None = None
    """Rows that count: an expression over the contract's columns and the source's attributes."""
    families: tuple[Name, ...] | None = None
    """What is measured; those of `[features]` that fit its kind when left out."""
    measures: tuple[Name, ...] | None = None
    """Which measures of the families; all when left out."""
    windows: tuple[Window, ...] | None = None
    """Days, or `all`; those of `[features]` when left out."""
    key: tuple[str, ...] = ()
    """Of events: names whose use is deep. Of attributes: texts that become a feature each."""
    favourable_from: float | None = None
    """Of levels: values from here on count for, in the balance (9 for the net promoter score)."""
    unfavourable_to: float | None = None
    """Of levels: values up to here count against, in the balance (6 for the net promoter score)."""
    attribute: Name | None = None
    """Of accounts: which attribute the signal is."""
    direction: Literal["healthy", "risky"] | None = None
    """`healthy`: more may never lower the score; `risky`: more may never raise it; else the model finds out."""
    label: str | None = None
    """What the rows are called in sentences."""
    unit: str | None = None
    """Of quantities and values, in sentences."""

    @model_validator(mode="after")
    def _balance_has_two_sides(self) -> Signal:
        if (self.favourable_from is None) != (self.unfavourable_to is None):
            raise ValueError("`favourable_from` and `unfavourable_to` come together")
        return self


class Condition(Section):
    """A feature at or beyond a value."""

    feature: str
    """Name of the feature."""
    at_least: float | None = None
    """It holds at this value and above."""
    at_most: float | None = None
    """It holds at this value and below."""

    @model_validator(mode="after")
    def _has_one_edge(self) -> Condition:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("a condition has either `at_least` or `at_most`")
        return self


class Combination(Section):
    """Features that mean something together: praise without use, several weak warnings at once."""

    component: Name
    """Under which its points are told."""
    conditions: tuple[Condition, ...] = Field(min_length=2)
    """What has to come together."""
    at_least: int | None = Field(default=None, ge=1)
    """How many of the conditions; all when left out."""
    direction: Literal["healthy", "risky"] | None = None
    """`healthy` or `risky`, as for a signal."""
    label: str | None = None
    """What it is called in sentences."""


class Features(Section):
    """What is measured for every signal unless the signal says otherwise; each takes the families of its kind."""

    windows: tuple[Window, ...] = (7, 28, 84)
    """Days before the date, or `all`."""
    families: tuple[Name, ...] = (
        "frequency",
        "breadth",
        "depth",
        "trend",
        "recency",
        "rhythm",
        "intervals",
        "deadlines",
        "levels",
        "attributes",
    )
    """Families that signals take unless they name their own."""
    tenure: bool = True
    """Whether how long an account has been a customer is a feature."""
    tenure_component: Name = "tenure"
    """Under which its points are told."""
