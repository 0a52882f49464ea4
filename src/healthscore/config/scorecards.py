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
    owner: str
    review: date | None = None


class Measure(Section):
    """A feature turned into 0 to 100 points: by linear pieces between points, or by steps.

    `linear = [[0, 0], [20, 100]]` is 0 points at 0, 100 at 20 and beyond, and a straight line between.
    `steps = [[0, 100], [3, 60], [6, 0]]` is 100 points below 3, 60 from 3 on, 0 from 6 on; below the first step, the
    first step's points. `tolerance` is what is free: the feature counts from there on (so many open tickets are
    normal). `share` is its part of the component beside other measures.
    """

    feature: str
    linear: tuple[Points, ...] = ()
    steps: tuple[Points, ...] = ()
    tolerance: Finite = Field(default=0.0, ge=0)
    share: Finite = Field(default=1.0, gt=0)

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
    when: Condition
    points: float = Field(ge=-100, le=100)


class Component(Section):
    """A part of the score with a weight in per cent, and a sub-score made of measures or of actions.

    `start` is what actions are added to; the sum is held between 0 and 100. `missing` is what becomes of the component
    where nothing of it is known: its weight goes to the others (`reweight`), it gets 50 points (`neutral`), or points
    of its own; where None, what the scorecard says.

    A component without measures and actions is read from a column of that name in an exported score history.
    """

    weight: float = Field(ge=0, le=100)
    label: str = ""
    measures: tuple[Measure, ...] = ()
    actions: tuple[Action, ...] = ()
    start: float = Field(default=50.0, ge=0, le=100)
    missing: Missing | float | None = None

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
    when: tuple[Condition, ...] = Field(min_length=1)
    band: str | None = None
    score: float | None = Field(default=None, ge=0, le=100)

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
    when: tuple[Condition, ...] = ()
    segments: tuple[str, ...] = ()
    weights: dict[Name, float] = Field(default_factory=dict)
    edges: tuple[float, ...] | None = None

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

    `variants` are those whose weights it proposed, too. `intervals` and `gain` are about the scorecard's own weights.
    """

    run: str
    identity: str
    replaces: str
    first: date
    last: date
    data_end: date
    origins: int
    events: int
    variants: tuple[Name, ...] = ()
    intervals: dict[Name, tuple[float | None, float | None]] = Field(default_factory=dict)
    gain: tuple[float, float | None] | None = None


class Scorecard(Section):
    """A handcrafted scorecard. `path` is the file that it came from."""

    name: Name
    title: str = ""
    purpose: Purpose | None = None
    components: dict[Name, Component] = Field(min_length=1)
    missing: Missing = "reweight"
    cap: tuple[Cap, ...] = ()
    variant: tuple[Variant, ...] = ()
    bands: CardBands = CardBands()
    letters: Letters | None = None
    provenance: Provenance | None = None
    path: Path | None = Field(default=None, exclude=True)

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
