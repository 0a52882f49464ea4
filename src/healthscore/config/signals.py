"""Signals of a run: what is worth measuring, and which features of it mean something together."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from healthscore.config.section import Expression, Name, Section, Window


class Signal(Section):
    """Something worth measuring: rows of one source, turned into the features of the chosen families.

    `measures` are those that it takes of its families, all where none are named. `favourable_from` and
    `unfavourable_to` are for levels: with 9 and 6 the balance of the answers of a window is the net promoter score.
    """

    source: Name
    component: Name
    where: Expression | None = None
    families: tuple[Name, ...] | None = None
    measures: tuple[Name, ...] | None = None
    windows: tuple[Window, ...] | None = None
    key: tuple[str, ...] = ()
    favourable_from: float | None = None
    unfavourable_to: float | None = None
    attribute: Name | None = None
    direction: Literal["healthy", "risky"] | None = None
    label: str | None = None
    unit: str | None = None

    @model_validator(mode="after")
    def _balance_has_two_sides(self) -> Signal:
        if (self.favourable_from is None) != (self.unfavourable_to is None):
            raise ValueError("`favourable_from` and `unfavourable_to` come together")
        return self


class Condition(Section):
    """A feature at or beyond a value."""

    feature: str
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _has_one_edge(self) -> Condition:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("a condition has either `at_least` or `at_most`")
        return self


class Combination(Section):
    """Features that mean something together: praise without use, several weak warnings at once.

    It holds where at least `at_least` of the conditions do, all of them where none is given.
    """

    component: Name
    conditions: tuple[Condition, ...] = Field(min_length=2)
    at_least: int | None = Field(default=None, ge=1)
    direction: Literal["healthy", "risky"] | None = None
    label: str | None = None


class Features(Section):
    """What is measured for every signal unless the signal says otherwise; each takes the families of its kind."""

    windows: tuple[Window, ...] = (7, 28, 84)
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
    tenure: bool = True
    tenure_component: Name = "tenure"
