"""Sub-scores of a scorecard: features turned into points by linear pieces, by steps, or by actions.

Worked example. Four tickets are open, two of them free: the tolerance leaves 2. By `linear = [[0, 100], [5, 0]]` that
is 60 points; by `steps = [[0, 100], [2, 50], [4, 0]]`, 50. Both at equal shares: 55.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from healthscore.config import Component, Condition, Measure
from healthscore.errors import ConfigurationError
from healthscore.models.design import Flags, Matrix, Vector

Segments = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class CardRows:
    """What a scorecard reads: n rows of features by name, shape (n, p), NaN where not known, and their segments."""

    card: str
    names: Sequence[str]
    X: Matrix
    segment: Segments | None

    def of(self, feature: str, where: str) -> Vector:
        """Values of a feature that the scorecard names at the key `where`."""
        if feature not in self.names:
            nearest = difflib.get_close_matches(feature, self.names, n=1)
            hint = f"did you mean {nearest[0]!r}?" if nearest else "see the dictionary of the run's features"
            raise ConfigurationError(f"scorecard {self.card!r}: {where}: there is no feature {feature!r}", hint)
        return self.X[:, self.names.index(feature)]

    def holding(self, condition: Condition, where: str) -> Flags:
        """Where a condition holds; what is not known does not hold."""
        value = self.of(condition.feature, where)
        low = -np.inf if condition.at_least is None else condition.at_least
        high = np.inf if condition.at_most is None else condition.at_most
        return np.asarray((value >= low) & (value <= high))

    def all_holding(self, conditions: Iterable[Condition], where: str) -> Flags:
        """Where all of these conditions hold."""
        holds = np.ones(len(self.X), dtype=np.bool_)
        for condition in conditions:
            holds &= self.holding(condition, where)
        return holds


def subscore(rows: CardRows, name: str, component: Component) -> Vector:
    """Points of 0 to 100 of one component, shape (n,); NaN where nothing of it is known.

    Raises
    ------
    ConfigurationError
        It reads a feature that is not there, or is made of nothing.
    """
    where = f"components.{name}"
    if component.actions:
        return _acted(rows, where, component)
    if not component.measures:
        raise ConfigurationError(
            f"scorecard {rows.card!r}: {where}: neither `measures` nor `actions`, so nothing to make a sub-score of",
            "give it `measures` or `actions`; without them it is read only from an exported score history",
        )
    points = np.column_stack([_points(measure, rows.of(measure.feature, where)) for measure in component.measures])
    share = np.where(np.isnan(points), 0.0, [measure.share for measure in component.measures])
    total = share.sum(axis=1)
    summed = np.where(share > 0, points * share, 0.0).sum(axis=1)
    return np.asarray(np.divide(summed, total, out=np.full(len(total), np.nan), where=total > 0))


def _points(measure: Measure, value: Vector) -> Vector:
    """Points of one feature; NaN stays."""
    counted = np.maximum(value - measure.tolerance, 0.0) if measure.tolerance else value
    at, points = (np.array(column) for column in zip(*(measure.linear or measure.steps), strict=True))
    if measure.linear:
        return np.asarray(np.interp(counted, at, points))
    step = np.maximum(np.searchsorted(at, counted, side="right") - 1, 0)
    return np.asarray(np.where(np.isnan(counted), np.nan, points[step]))


def _acted(rows: CardRows, where: str, component: Component) -> Vector:
    """`start` and the points of what was done; NaN where none of the actions is known."""
    points = np.full(len(rows.X), component.start)
    known = np.zeros(len(rows.X), dtype=np.bool_)
    for action in component.actions:
        points += action.points * rows.holding(action.when, where)
        known |= ~np.isnan(rows.of(action.when.feature, where))
    return np.asarray(np.where(known, np.clip(points, 0.0, 100.0), np.nan))
