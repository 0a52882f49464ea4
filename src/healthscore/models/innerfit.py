"""Replaying the past of a training set: parts fitted at every inner origin, each at the level that served best."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from healthscore.models.calibration import date_offsets, loss_with_intercepts
from healthscore.models.candidates import Tried
from healthscore.models.design import Design, Integers, Labels, Matrix, Vector
from healthscore.models.parts import Path, Recipe
from healthscore.models.sharing import SharedRows
from healthscore.models.walkforward import InnerOrigin, pooled, rarer

if TYPE_CHECKING:
    from healthscore.models.churn import ChurnSettings


@dataclass(frozen=True, eq=False)
class Past:
    """The rows of a training set that its past is replayed on.

    Parameters
    ----------
    X, y, day
        Features (n, p), outcomes (n,) and as-of day of each row.
    origins
        Of `inner_origins`.
    shared
        The same rows within their book, with what other training sets have fitted there.
    """

    design: Design
    X: Matrix
    y: Labels
    day: Integers
    origins: list[InnerOrigin]
    settings: ChurnSettings
    seed: int
    shared: SharedRows


@dataclass(frozen=True, eq=False)
class InnerFits:
    """The fits of one recipe: what all levels predicted out of time, and the part of any origin."""

    past: Past
    name: str
    tried: Tried
    fitted: list[_Fitted]

    def training(self) -> list[Vector]:
        """Log-odds of each origin's part on the rows that it was fitted on, at the level that served best."""
        at = zip(self.fitted, self.past.origins, strict=True)
        return [each.logit(self.past, self.name, self.tried.level, origin.train) for each, origin in at]

    def test(self) -> list[Vector]:
        """Log-odds of each origin's part on the rows of its day, at the level that served best."""
        ends = np.cumsum([len(origin.test) for origin in self.past.origins])
        return np.split(self.tried.at(self.tried.level), ends[:-1]) if len(ends) else []


@dataclass(frozen=True, eq=False)
class _Fitted:
    """All recipes' parts of one inner origin, under the key that they are shared by."""

    key: Hashable
    paths: Mapping[str, Path]

    def logit(self, past: Past, name: str, level: float, positions: Integers) -> Vector:
        """Log-odds of rows at these positions by the part of a level, said once."""
        key = (self.key, name, level, past.shared.name(positions))
        return past.shared.fits.once(key, lambda: self.paths[name](level).logit(past.X[positions]))


def fit_inner(recipes: Mapping[str, Recipe], past: Past, fitted: Callable[[], None]) -> dict[str, InnerFits]:
    """Fit the parts at every inner origin, and choose the level of each by what they predicted.

    At an origin all parts are fitted on the very same arrays, so that trees and their twin share one set of bins.
    `fitted` is told of each fit.
    """
    settings, y, origins = past.settings, past.y, past.origins
    inner_events = sum(int(y[origin.test].sum()) for origin in origins)
    choosing = inner_events >= settings.minimum_events_to_choose
    tried = {name: _levels(recipe, y, choosing) for name, recipe in recipes.items()}
    at_origins = _fit_origins(recipes, past, tried, fitted)
    found = {}
    for name, levels in tried.items():
        logits = np.empty((sum(len(origin.test) for origin in origins), len(levels)))
        for column, level in enumerate(levels):
            at = zip(at_origins, origins, strict=True)
            told = [each.logit(past, name, level, origin.test) for each, origin in at]
            logits[:, column] = np.concatenate(told) if told else 0.0
        best = levels[0]
        if len(levels) > 1:
            rows, numbers = pooled(origins)
            best = levels[int(np.argmin([loss_with_intercepts(z, y[rows], numbers) for z in logits.T]))]
        found[name] = InnerFits(past, name, Tried(levels, logits, best), at_origins)
    return found


def _levels(recipe: Recipe, y: Labels, choosing: bool) -> tuple[float, ...]:
    """Levels to try: the default alone where there is too little to choose by."""
    levels = recipe.levels(len(y))
    return levels if choosing and len(levels) > 1 else (recipe.default_level(rarer(y)),)


def _fit_origins(
    recipes: Mapping[str, Recipe],
    past: Past,
    tried: Mapping[str, tuple[float, ...]],
    fitted: Callable[[], None],
) -> list[_Fitted]:
    """Fit all parts at every origin; last at those that somebody else is busy with, whose fits are waited for."""
    settings, shared = past.settings, past.shared
    how = (past.design, past.seed, settings.calibration, settings.levels_by_date)
    what = tuple((name, recipe, tried[name]) for name, recipe in recipes.items())
    keys = [(how, what, shared.name(origin.train)) for origin in past.origins]
    found: dict[int, _Fitted] = {}
    while left := [number for number in range(len(keys)) if number not in found]:
        number = next((each for each in left if not shared.fits.begun(keys[each])), left[0])
        fit = partial(_fit_paths, recipes, past, tried, past.origins[number].train)
        found[number] = _Fitted(keys[number], shared.fits.once(keys[number], fit))
        for _ in recipes:
            fitted()
    return [found[number] for number in range(len(keys))]


def _fit_paths(
    recipes: Mapping[str, Recipe], past: Past, tried: Mapping[str, tuple[float, ...]], train: Integers
) -> dict[str, Path]:
    X, y = past.X[train], past.y[train]
    known = offsets_of(y, past.day[train], past.settings)
    return {
        name: recipe.path(past.design, X, y, tried[name], seed=past.seed, offset=known)
        for name, recipe in recipes.items()
    }


def offsets_of(y: Labels, day: Integers, settings: ChurnSettings) -> Vector | None:
    """What is known of each row's log-odds by its date, where the settings use it."""
    return date_offsets(y, day, settings.calibration) if settings.levels_by_date else None
