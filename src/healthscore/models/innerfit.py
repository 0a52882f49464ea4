"""Replaying the past of a training set: a part fitted at every inner origin, at the level that served best there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from healthscore.models.calibration import date_offsets, loss_with_intercepts
from healthscore.models.candidates import Tried
from healthscore.models.design import Design, Integers, Labels, Matrix, Vector
from healthscore.models.parts import Part, Recipe
from healthscore.models.walkforward import InnerOrigin, pooled, rarer

if TYPE_CHECKING:
    from healthscore.models.churn import ChurnSettings


class InnerFits(NamedTuple):
    """The part of every inner origin at the level that served best, and what all levels predicted."""

    parts: list[Part]
    tried: Tried


def fit_inner(
    recipe: Recipe,
    design: Design,
    X: Matrix,
    y: Labels,
    day: Integers,
    origins: list[InnerOrigin],
    settings: ChurnSettings,
    seed: int,
    fitted: Callable[[], None],
) -> InnerFits:
    """Fit a part at every inner origin, and choose its level by the predictions. `fitted` is told of each fit."""
    levels = recipe.levels(len(y))
    inner_events = sum(int(y[origin.test].sum()) for origin in origins)
    level = recipe.default_level(rarer(y))
    choose = len(levels) > 1 and inner_events >= settings.minimum_events_to_choose
    tried = levels if choose else (level,)
    paths = []
    for origin in origins:
        known = offsets_of(y[origin.train], day[origin.train], settings)
        paths.append(recipe.path(design, X[origin.train], y[origin.train], tried, seed=seed, offset=known))
        fitted()
    logits = np.empty((sum(len(origin.test) for origin in origins), len(tried)))
    for column, candidate in enumerate(tried):
        told = [path(candidate).logit(X[origin.test]) for path, origin in zip(paths, origins, strict=True)]
        logits[:, column] = np.concatenate(told) if told else 0.0
    if choose:
        rows, numbers = pooled(origins)
        level = tried[int(np.argmin([loss_with_intercepts(z, y[rows], numbers) for z in logits.T]))]
    return InnerFits([path(level) for path in paths], Tried(tried, logits, level))


def offsets_of(y: Labels, day: Integers, settings: ChurnSettings) -> Vector | None:
    """What is known of each row's log-odds by its date, where the settings use it."""
    return date_offsets(y, day, settings.calibration) if settings.levels_by_date else None
