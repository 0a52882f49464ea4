"""Fitting a model again on resampled accounts, as it would have come out had the book's accounts been others.

The account is what is drawn, with all its rows, and the person where several accounts belong to one: rows of one
account are no independent evidence. Drawing is done by weights, so that no row is held twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, cast

import numpy as np

from healthscore.models.booster import BoosterPart
from healthscore.models.calibration import level
from healthscore.models.candidates import Candidates
from healthscore.models.churn import ChurnSettings, recipes
from healthscore.models.churnmodel import ChurnModel
from healthscore.models.design import Integers, Labels, Matrix, Vector
from healthscore.models.innerfit import offsets_of
from healthscore.models.logistic import LogisticPart
from healthscore.models.parts import Part
from healthscore.models.redrawn import InnerEvidence
from healthscore.models.refits import LinearRefits, PartRefits, Refits, TreeRefits

Progress = Callable[[int, int], None]
"""Called with (refits done, refits in all)."""


class _Refittable(Protocol):
    """A recipe that can fit a part again, on the same rows drawn otherwise, each time at the level said."""

    def again(
        self,
        part: Part,
        X: Matrix,
        y: Labels,
        draws: Iterable[tuple[Vector, float]],
        *,
        seed: int,
        offset: Vector | None = None,
    ) -> Iterator[Part]: ...


def refit(
    model: ChurnModel,
    candidates: Candidates,
    X: Matrix,
    y: Labels,
    day: Integers,
    clusters: Integers,
    reference: Matrix,
    *,
    count: int,
    settings: ChurnSettings,
    progress: Progress | None = None,
) -> Refits:
    """Fit a model again on accounts drawn with replacement, as many as there are.

    Trees, coefficients and the level of all probabilities are those of the accounts that were drawn, and so are the
    complexity of each part and the kappas (`redrawn`). What was predicted of the past is predicted once, the kind of
    model, the levels of the dates and the shift of the calibration stay as they are.

    Parameters
    ----------
    model
        One of the candidates, its parts trees or logistic, with its reference population or without.
    candidates
        What was fitted on these rows.
    X, y, day
        Rows that it was fitted on, shape (n, p) and (n,), in the order of its design.
    clusters
        Account (or person) of each row, shape (n,).
    reference
        Rows of the reference population: what is context counts as it does there on average.
    count
        How many refits, 2 at least.
    settings
        How the model was fitted.
    progress
        Called after every refit.
    """
    offset = offsets_of(y, day, settings)
    owner = np.unique(clusters, return_inverse=True)[1]
    inner, seed = candidates.inner_rows, model.seed
    evidence = _evidence(model, candidates, y[inner], day[inner], settings)
    levels, kappas = _chosen(evidence, (weight[inner] for weight in _draws(owner, y, count, seed)), list(model.parts))
    fitting = [
        _recipe(name, settings).again(
            model.parts[name],
            X,
            y,
            zip(_draws(owner, y, count, seed), levels[name], strict=True),
            seed=seed,
            offset=offset,
        )
        for name in kappas
    ]
    constants = np.empty(count)
    refitted: list[tuple[Part, ...]] = []
    for number, weight in enumerate(_draws(owner, y, count, seed)):
        parts = tuple(next(each) for each in fitting)
        counts = np.array([values[number] for values in kappas.values()])
        apart = np.array([part.intercept + _context(part, model, reference) for part in parts])
        constants[number] = _alpha(model, parts, counts, X, y, weight) + float(counts @ apart)
        refitted.append(parts)
        if progress is not None:
            progress(number + 1, count)
    columns = zip(kappas, zip(*refitted, strict=True), strict=True)
    return Refits(model, constants, kappas, {name: _together(parts) for name, parts in columns})


def _evidence(
    model: ChurnModel, candidates: Candidates, y: Labels, day: Integers, settings: ChurnSettings
) -> InnerEvidence:
    tried = [candidates.tried[name] for name in model.parts]
    origin = np.unique(day, return_inverse=True)[1]
    return InnerEvidence(tried, y, origin, np.array(model.calibration.kappas), settings.calibration)


def _chosen(
    evidence: InnerEvidence, draws: Iterable[Vector], names: Sequence[str]
) -> tuple[dict[str, list[float]], dict[str, Vector]]:
    """Levels and kappas of the named parts in every draw, by part: kappas of those that count in one draw at least."""
    chosen = [evidence.redrawn(weight) for weight in draws]
    levels = {name: [one.levels[at] for one in chosen] for at, name in enumerate(names)}
    kappas = {name: np.array([one.kappas[at] for one in chosen]) for at, name in enumerate(names)}
    return levels, {name: values for name, values in kappas.items() if values.any()}


def _draws(owner: Integers, y: Labels, count: int, seed: int) -> Iterator[Vector]:
    """How often each row is drawn, `count` times; a draw in which nobody left, or everybody, is drawn again."""
    random = np.random.default_rng([seed, count])
    accounts = int(owner.max()) + 1
    for _ in range(count):
        while True:
            times = np.bincount(random.integers(0, accounts, accounts), minlength=accounts)
            weight = times[owner].astype(np.float64)
            if 0 < weight @ y < weight.sum():
                break
        yield weight


def _recipe(name: str, settings: ChurnSettings) -> _Refittable:
    return cast(_Refittable, recipes(settings, None, None)[name])  # the baselines are never chosen to score


def _alpha(model: ChurnModel, parts: tuple[Part, ...], kappas: Vector, X: Matrix, y: Labels, weight: Vector) -> float:
    """Constant of the map, as `fit_calibration` sets it: the level of those drawn, and the shift of the model."""
    if not model.calibration.origins:
        return model.calibration.alpha
    z = np.zeros(len(y))
    for kappa, part in zip(kappas, parts, strict=True):
        z += kappa * part.logit(X)
    return level(z, float(np.average(y, weights=weight)), weight) + model.calibration.shift


def _context(part: Part, model: ChurnModel, reference: Matrix) -> float:
    """What the part adds by context, on average over the reference population."""
    groups = model.design.context_groups
    return float(part.component_logit(reference)[:, groups].mean(axis=0).sum()) if groups.any() else 0.0


def _together(parts: tuple[Part, ...]) -> PartRefits:
    if isinstance(parts[0], BoosterPart):
        return TreeRefits.of(cast(tuple[BoosterPart, ...], parts))
    return LinearRefits.of(cast(tuple[LogisticPart, ...], parts))
