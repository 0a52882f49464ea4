"""What a scorecard's points are made of, feature by feature, and in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from healthscore.config import Action, Cap, Component, Measure, Scorecard
from healthscore.features.dictionary import Feature
from healthscore.models.drivers import Drivers, apportion
from healthscore.models.scorecard import CardScores, score_card

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
FULL = 100.0
TOP_COMPONENTS = 3
RULE = -1
"""Stands for the hard rule among the numbers of components."""


@dataclass(frozen=True)
class Part:
    """What one measure or action does to the score, exactly; the parts of a component add up to its points.

    Attributes
    ----------
    component
        Its number.
    feature
        What is read; "" for what actions start from.
    points
        Points of the score, shape (n,): lost where they are negative.
    possible
        Points that a measure could lose, shape (n,); 0 for actions.
    made
        The measure or the action; None for what actions start from.
    holds
        Whether the action was done, or the measure is known, shape (n,).
    """

    component: int
    feature: str
    points: Floats
    possible: Floats
    made: Measure | Action | None
    holds: NDArray[np.bool_]


@dataclass(frozen=True)
class CardParts:
    """The scores of n accounts taken apart: `drivers` by component, `parts` by measure and action."""

    card: Scorecard
    features: Mapping[str, Feature]
    names: Sequence[str]
    X: Floats
    scores: CardScores
    drivers: Drivers
    parts: tuple[Part, ...]

    def by_feature(self) -> tuple[list[tuple[int, str]], Integers]:
        """(component, feature) of each column, and points in whole tenths, shape (n, columns).

        A feature that a component reads twice stands once. Within a component the tenths add up to its displayed ones.
        """
        keys = list(dict.fromkeys((part.component, part.feature) for part in self.parts))
        exact = np.zeros((len(self.X), len(keys)))
        for part in self.parts:
            exact[:, keys.index((part.component, part.feature))] += part.points
        shown = np.zeros(exact.shape, np.int64)
        for component in range(len(self.scores.components)):
            columns = [i for i, key in enumerate(keys) if key[0] == component]
            shown[:, columns] = apportion(exact[:, columns], self.drivers.points_tenths[:, component])
        return keys, shown

    def values(self, feature: str) -> Floats:
        """Values of a feature, shape (n,); NaN for what actions start from."""
        return self.X[:, self.names.index(feature)] if feature else np.full(len(self.X), np.nan)

    def lowering(self, row: int) -> list[str]:
        """What takes most points from an account, strongest first: components, and the hard rule that bound."""
        lost = [(int(tenths), c) for c, tenths in enumerate(self.drivers.points_tenths[row]) if tenths < 0]
        if (cut := int(self.drivers.capped_tenths[row])) < 0:
            lost.append((cut, RULE))
        told = []
        for tenths, c in sorted(lost, key=lambda one: one[0])[:TOP_COMPONENTS]:
            if c == RULE:
                cap = self.card.cap[self.scores.cap[row]]
                name, why = cap.name, self.rule(row, cap)
            else:
                name, why = self.label(c), self.why(row, c)
            told.append(f"{name} {tenths / 10:+.1f}: {why}")
        return told

    def raising(self, row: int) -> list[str]:
        """The components that hold an account's score up: better than the whole, or full; points of those possible."""
        scores = self.scores
        weight, points = scores.weights[row], scores.subscores[row]
        above = weight * (points - scores.uncapped[row])
        held = [
            c for c in np.argsort(-above, kind="stable") if weight[c] > 0 and (above[c] > 1e-9 or points[c] == FULL)
        ]
        told = []
        for c in held[:TOP_COMPONENTS]:
            possible = round(1000 * float(weight[c])) / 10
            earned = possible + int(self.drivers.points_tenths[row, c]) / 10
            told.append(f"{self.label(c)} {earned:.1f} of {possible:g}: {self.why(row, c, best=True)}")
        return told

    def label(self, component: int) -> str:
        """A component's name as a word; the scorecard's `label` is a whole phrase."""
        return self.scores.components[component].replace("_", " ")

    def why(self, row: int, component: int, *, best: bool = False) -> str:
        """What takes most from a component of an account, or (`best`) gives it most, in words."""
        if np.isnan(self.scores.subscores[row, component]):
            return f"nothing is known of it, counted as {self.scores.filled[row, component]:g} points"
        own = [part for part in self.parts if part.component == component]
        sign = 1 if best else -1
        done = [p for p in own if p.holds[row] and isinstance(p.made, Action) and sign * p.made.points > 0]
        known = [p for p in own if p.holds[row] and isinstance(p.made, Measure)]
        told = done or known or own[-1:]  # of actions, what they start from stands last
        return self.said(row, max(told, key=lambda part: sign * float(part.points[row]) + best * part.possible[row]))

    def said(self, row: int, part: Part) -> str:
        """One measure or action of an account in words."""
        if part.made is None:
            component = self.card.components[self.scores.components[part.component]]
            earning = [p for p in self.parts if p.component == part.component and _earns(p)]
            done = sum(bool(p.holds[row]) for p in earning)
            return f"{component.start:g} points to start with, and {done} of {len(earning)} actions that add to them"
        sentence = self.features[part.feature].say(float(self.values(part.feature)[row]))
        if isinstance(part.made, Action):
            return f"{part.made.name} ({sentence})"
        return f"{sentence} (free: {part.made.tolerance:g})" if part.made.tolerance else sentence

    def told(self, row: int, component: str, feature: str) -> str:
        """What a component makes of a feature of an account in words: the actions that were done, or the measure."""
        number = self.scores.components.index(component)
        own = [part for part in self.parts if (part.component, part.feature) == (number, feature)]
        done = [part for part in own if part.holds[row]]
        if own[0].made is None or done:
            return " and ".join(dict.fromkeys(self.said(row, part) for part in done or own))
        return self.features[feature].say(float(self.values(feature)[row]))

    def rule(self, row: int, cap: Cap) -> str:
        """Why a hard rule holds for an account."""
        seen = dict.fromkeys(condition.feature for condition in cap.when)
        told = [self.features[name].say(float(self.values(name)[row])) for name in seen]
        return f"{' and '.join(told)}, so at most {self.scores.limit[row]:g}"


def _earns(part: Part) -> bool:
    return isinstance(part.made, Action) and part.made.points > 0


def parts_of(card: Scorecard, names: Sequence[str], X: Floats, scores: CardScores) -> tuple[Part, ...]:
    """Every measure and action of the scorecard with what it does to the scores of the rows of `X`."""
    found: list[Part] = []
    for position, component in enumerate(card.components.values()):
        weight = scores.weights[:, position]
        lost = weight * (FULL - scores.filled[:, position])
        missing = np.isnan(scores.subscores[:, position])
        make = _of_actions if component.actions else _of_measures
        found += make(position, component, names, X, weight, lost, missing)
    return tuple(found)


def _of_measures(
    position: int,
    component: Component,
    names: Sequence[str],
    X: Floats,
    weight: Floats,
    lost: Floats,
    missing: NDArray[np.bool_],
) -> Iterator[Part]:
    """Each measure by its share among those that are known; where none is, what is lost is divided by the shares."""
    points = np.column_stack([_alone(Component(weight=FULL, measures=(m,)), names, X) for m in component.measures])
    share = np.array([measure.share for measure in component.measures])
    known = ~np.isnan(points)
    counting = np.where(known | missing[:, None], share, 0.0)
    counting /= counting.sum(axis=1, keepdims=True)
    short = np.where(missing[:, None], lost[:, None], weight[:, None] * (FULL - np.nan_to_num(points)))
    for column, measure in enumerate(component.measures):
        part = counting[:, column]
        yield Part(position, measure.feature, -part * short[:, column], FULL * weight * part, measure, known[:, column])


def _of_actions(
    position: int,
    component: Component,
    names: Sequence[str],
    X: Floats,
    weight: Floats,
    lost: Floats,
    missing: NDArray[np.bool_],
) -> Iterator[Part]:
    """Each action that was done; the rest is what they started from, less what the ends of 0 and 100 cut off."""
    rest = -lost
    for action in component.actions:
        taken = Component(weight=FULL, start=FULL, actions=(action.model_copy(update={"points": -FULL}),))
        done = ~missing & (_alone(taken, names, X) == 0.0)
        points = np.where(done, weight * action.points, 0.0)
        rest = rest - points
        yield Part(position, action.when.feature, points, np.zeros(len(X)), action, done)
    yield Part(position, "", rest, np.zeros(len(X)), None, np.ones(len(X), bool))


def _alone(component: Component, names: Sequence[str], X: Floats) -> Floats:
    """Sub-score of a component that stands alone on a scorecard."""
    card = Scorecard(name="alone", components={"alone": component})
    return np.asarray(score_card(card, names, X).subscores[:, 0], np.float64)
