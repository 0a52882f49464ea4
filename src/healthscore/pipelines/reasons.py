"""Reasons in words: the features behind a score, strongest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from healthscore.features.dictionary import Feature
from healthscore.models.bundle import Bundle
from healthscore.models.drivers import Drivers, component_drivers, feature_points, feature_tenths, top_drivers

Floats = NDArray[np.float64]
TOP_COMPONENTS = 3


@dataclass(frozen=True)
class Reason:
    """One driver of one account: points of a component, and its strongest feature in words."""

    component: str
    points: float
    sentence: str


@dataclass(frozen=True)
class Explained:
    """Scores of n accounts taken apart, by component and by feature, exact and as displayed (tenths of a point).

    `logit` are the log-odds of churn, shape (n,), and `held` those that the scores come from: the same, but for what is
    context (`ChurnModel.held`).
    """

    logit: Floats
    held: Floats
    drivers: Drivers
    feature_points: Floats
    feature_tenths: NDArray[np.int64]

    @property
    def health(self) -> Floats:
        """Scores to one decimal, shape (n,)."""
        return np.asarray(self.drivers.score_tenths / 10.0, np.float64)


def explain_rows(bundle: Bundle, X: Floats, names: Sequence[str]) -> Explained:
    """Take the scores of the rows of `X` apart."""
    model = bundle.model
    components = model.component_logit(X, names)
    drivers = component_drivers(model, bundle.scale, components)
    points = feature_points(model, bundle.scale, model.feature_logit(X, names))
    return Explained(
        model.logit_from_components(components),
        model.logit_from_components(model.held(components)),
        drivers,
        points,
        feature_tenths(model.design, points, drivers.points_tenths),
    )


def in_words(told: Sequence[Reason]) -> str:
    """Reasons as a table's cell tells them: ``activity +8.3: ...; support -2.1: ...``."""
    return "; ".join(f"{reason.component} {reason.points:+.1f}: {reason.sentence}" for reason in told)


def reasons(
    bundle: Bundle, explained: Explained, X: Floats, features: Sequence[Feature]
) -> list[tuple[list[Reason], list[Reason]]]:
    """Per account, the components that lower its score most and those that raise it most, each in words."""
    top = top_drivers(explained.drivers.points, TOP_COMPONENTS, shown=explained.drivers.points_tenths)
    group_of = bundle.model.design.group_of
    columns = [np.flatnonzero(group_of == g) for g in range(len(explained.drivers.groups))]

    def reason(row: int, group: int) -> Reason:
        tenths = int(explained.drivers.points_tenths[row, group])
        pull = explained.feature_points[row, columns[group]] * (1 if tenths > 0 else -1)
        strongest = int(columns[group][int(np.argmax(pull))])
        return Reason(explained.drivers.groups[group], tenths / 10.0, features[strongest].say(float(X[row, strongest])))

    return [
        ([reason(i, g) for g in top.down[i] if g >= 0], [reason(i, g) for g in top.up[i] if g >= 0])
        for i in range(len(X))
    ]
