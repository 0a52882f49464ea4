"""A handcrafted scorecard as text: components with sub-scores of 0 to 100, weights that sum to 100, bands, hard rules.

One TOML file of `models/` is one scorecard. It can score alone, be validated against history, and be recalibrated.
"""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from healthscore.config.bands import CardBands, Letters, rising_edges
from healthscore.config.scorecarddisplay import scorecard_display
from healthscore.config.section import Name, Section, known_name
from healthscore.config.signals import Condition

Finite = Annotated[float, Field(allow_inf_nan=False)]
Points = tuple[Finite, Finite]
Missing = Literal["reweight", "neutral"]
WEIGHTS = 100.0
ROUNDING = 0.01
"""Weights written with two decimals (33.33) may miss 100 by so much."""


class Purpose(Section):
    """What a score is for, who answers for it, and when it is looked at again: a score without an owner is useless."""

    question: str
    """What the score is to answer."""
    owner: str
    """Who answers for it."""
    review: date | None = None
    """When it is looked at again; after it, scoring says so."""


class Measure(Section):
    """A feature turned into 0 to 100 points: by linear pieces between points, or by steps.

    `linear = [[0, 0], [20, 100]]` is 0 points at 0, 100 at 20 and beyond, and a straight line between.
    `steps = [[0, 100], [3, 60], [6, 0]]` is 100 points below 3, 60 from 3 on, 0 from 6 on; below the first step, the
    first step's points.
    """

    feature: str
    """What was measured, by the name in the dictionary."""
    linear: tuple[Points, ...] = ()
    """Pairs of value and points: straight lines between them, flat beyond the ends."""
    steps: tuple[Points, ...] = ()
    """Pairs of value and points: the points hold from the value on, the first also below it."""
    tolerance: Finite = Field(default=0.0, ge=0)
    """What costs nothing: the value counts from there on."""
    share: Finite = Field(default=1.0, gt=0)
    """Its part of the component beside other measures."""

    @model_validator(mode="after")
    def _one_shape(self) -> Measure:
        if bool(self.linear) == bool(self.steps):
            raise ValueError("give either `linear` or `steps`, as pairs of value and points")
        shape = self.linear or self.steps
        if len(shape) < 2 or any(low >= high for (low, _), (high, _) in pairwise(shape)):
            raise ValueError("two or more pairs of value and points, the values rising")
        if any(not 0 <= points <= 100 for _, points in shape):
            raise ValueError("points lie between 0 and 100")
        return self


class Action(Section):
    """Something done, or not done in time, that is worth points: they are added where the condition holds."""

    name: str
    """What was done, or left undone."""
    when: Condition
    """The condition."""
    points: float = Field(ge=-100, le=100)
    """Added where it holds."""


class Component(Section):
    """A part of the score with a weight in per cent, and a sub-score made of measures or of actions.

    The sum of actions is held between 0 and 100. Where nothing of a component is known, its weight goes to the others
    (`reweight`), or it gets 50 points (`neutral`), or points of its own.

    A component without measures and actions is read from a column of that name in an exported score history.
    """

    weight: float = Field(ge=0, le=100)
    """In per cent."""
    label: str = ""
    """What people read."""
    measures: tuple[Measure, ...] = ()
    """Features turned into points."""
    actions: tuple[Action, ...] = ()
    """Things done or left undone that have points; in place of `measures`."""
    start: float = Field(default=50.0, ge=0, le=100)
    """Points that actions are added to."""
    missing: Missing | float | None = None
    """`reweight`, `neutral`, or points of its own; what the scorecard says when left out."""

    @model_validator(mode="after")
    def _one_kind(self) -> Component:
        if self.measures and self.actions:
            raise ValueError("a component has either `measures` or `actions`")
        if "start" in self.model_fields_set and not self.actions:
            raise ValueError("`start` is what `actions` are added to, and there are none")
        if isinstance(self.missing, float) and not 0 <= self.missing <= 100:
            raise ValueError("`missing` is `reweight`, `neutral`, or points between 0 and 100")
        return self


class Cap(Section):
    """A hard rule: where all its conditions hold, the score lies at most in `band`, or at most at `score`."""

    name: str
    """What reports call it."""
    when: tuple[Condition, ...] = Field(min_length=1)
    """Conditions that all hold."""
    band: str | None = None
    """The score is at most the top of this band."""
    score: float | None = Field(default=None, ge=0, le=100)
    """The score is at most this; in place of `band`."""

    @model_validator(mode="after")
    def _one_limit(self) -> Cap:
        if (self.band is None) == (self.score is None):
            raise ValueError("a cap has either `band` or `score`")
        return self


class Variant(Section):
    """Other weights or bands for some of the accounts: the first variant that fits an account counts for it.

    It fits where all conditions in `when` hold and, where `segments` are named, the account is in one of them.
    """

    name: Name
    """What reports call it."""
    when: tuple[Condition, ...] = ()
    """Conditions that all hold."""
    segments: tuple[str, ...] = ()
    """Segments of accounts; every one when left out."""
    weights: dict[Name, float] = Field(default_factory=dict)
    """Weights, which sum to 100; what is not named has none."""
    edges: tuple[float, ...] | None = None
    """Edges of the bands, as many as there are."""

    @model_validator(mode="after")
    def _says_whom_and_what(self) -> Variant:
        if not self.when and not self.segments:
            raise ValueError("a variant says whom it is for: `when`, or `segments`")
        if not self.weights and self.edges is None:
            raise ValueError("a variant changes something: `weights`, or `edges`")
        rising_edges(self.edges or ())
        return self


class Provenance(Section):
    """Where weights come from that were not picked by hand: the recalibration that proposed them.

    `intervals` and `gain` are about the scorecard's own weights.
    """

    run: str
    """Whose past was looked at."""
    identity: str
    """Of the recalibration: the name of its directory."""
    replaces: str
    """The scorecard whose weights it changed."""
    first: date
    """The first of the dates looked at."""
    last: date
    """The last of them."""
    data_end: date
    """Until when outcomes were known; evidence for these weights comes from later."""
    origins: int
    """How many dates."""
    events: int
    """How many rows (an account on a date) the outcome followed."""
    variants: tuple[Name, ...] = ()
    """Those that it changed or added."""
    intervals: dict[Name, tuple[float | None, float | None]] = Field(default_factory=dict)
    """Of each weight, in per cent."""
    gain: tuple[float, float | None] | None = None
    """Log-loss gained on later dates, and its bound."""


class Scorecard(Section):
    """A handcrafted scorecard."""

    name: Name
    """What it is called; the file's name when left out."""
    title: str = ""
    """A line for reports."""
    purpose: Purpose | None = None
    """What it is for."""
    components: dict[Name, Component] = Field(min_length=1)
    """Its parts, by name; weights sum to 100."""
    missing: Missing = "reweight"
    """What becomes of a part of which nothing is known."""
    cap: tuple[Cap, ...] = ()
    """Hard rules."""
    variant: tuple[Variant, ...] = ()
    """Other weights or bands for some of the accounts."""
    bands: CardBands = CardBands()
    """Ranges of the score."""
    letters: Letters | None = None
    """Grades; A from 85, B from 70, C from 55, D from 40, E from 25, else F when left out."""
    provenance: Provenance | None = None
    """Where weights come from that a recalibration proposed. Written, not typed."""
    path: Path | None = Field(default=None, exclude=True)
    """The file that the scorecard was read from."""

    @model_validator(mode="after")
    def _weights_sum_to_100(self) -> Scorecard:
        _sum_to_100("weights", {name: part.weight for name, part in self.components.items()})
        for variant in self.variant:
            if variant.weights:
                for name in variant.weights:
                    known_name(f"variant {variant.name}: weights", name, self.components)
                _sum_to_100(f"variant {variant.name}: weights", self.weights_of(variant))
        return self

    @model_validator(mode="after")
    def _names_stand_once(self) -> Scorecard:
        for what, names in (("caps", [cap.name for cap in self.cap]), ("variants", [one.name for one in self.variant])):
            if twice := [name for name in names if names.count(name) > 1]:
                raise ValueError(f"two {what} are called {twice[0]!r}")
        return self

    @model_validator(mode="after")
    def _limits_lie_in_bands(self) -> Scorecard:
        below_top = dict.fromkeys(self.bands.names[:-1])
        for cap in self.cap:
            if cap.band == self.bands.names[-1]:
                raise ValueError(f"cap {cap.name!r}: {cap.band!r} is the top band, and limits nothing")
            if cap.band is not None:
                known_name(f"cap {cap.name!r}: band", cap.band, below_top)
                self._need_edges(f"cap {cap.name!r}: give `score` instead of `band`")
        for variant in self.variant:
            if variant.edges is not None:
                self._need_edges(f"variant {variant.name!r}: leave out `edges`")
                if len(variant.edges) != len(self.bands.edges):
                    raise ValueError(f"variant {variant.name!r}: as many `edges` as the bands have")
        return self

    def _repr_html_(self) -> str:
        """The scorecard in a notebook."""
        return scorecard_display(self).html()

    def _need_edges(self, remedy: str) -> None:
        if self.bands.quartiles_of is not None:
            raise ValueError(f"{remedy}: bands by quartiles have no edges before there are scores")

    def weights_of(self, variant: Variant | None = None) -> dict[str, float]:
        """Weights in per cent by component: the card's own, or those of a variant (what it does not name is 0)."""
        if variant is None or not variant.weights:
            return {name: part.weight for name, part in self.components.items()}
        return {name: variant.weights.get(name, 0.0) for name in self.components}

    @property
    def called(self) -> str:
        """What people read: its title or, without one, its name in words."""
        return self.title or self.name.replace("_", " ")

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features that it reads, each once."""
        conditions = [one for cap in self.cap for one in cap.when]
        conditions += [one for variant in self.variant for one in variant.when]
        parts = self.components.values()
        read = [measure.feature for part in parts for measure in part.measures]
        read += [action.when.feature for part in parts for action in part.actions]
        return tuple(dict.fromkeys([*read, *(condition.feature for condition in conditions)]))


def _sum_to_100(what: str, weights: dict[str, float]) -> None:
    total = sum(weights.values())
    if abs(total - WEIGHTS) > ROUNDING * len(weights):
        written = " + ".join(f"{weight:g}" for weight in weights.values())
        raise ValueError(f"{what} sum to {total:g} ({written}), not to 100")
