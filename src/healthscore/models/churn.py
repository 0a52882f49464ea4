"""Fitting the churn models of a run: every part once, every candidate calibrated on the same out-of-time predictions.

The inner walk-forward stays inside the rows given. At inner origin `T` the parts are fitted on rows whose outcome was
known by `T` and predict the rows of day `T`. These predictions choose each part's complexity and fit the calibration;
then each part is fitted again on all rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from healthscore.errors import ConfigurationError, InputError
from healthscore.models import BASELINES, MODELS
from healthscore.models.baselines import ConstantRecipe, CurveRecipe
from healthscore.models.bins import LastBins
from healthscore.models.booster import BoosterRecipe, BoosterSettings
from healthscore.models.calibration import (
    CalibrationSettings,
    fit_calibration,
    half_and_half,
    held_out_loss,
    inner_logit,
)
from healthscore.models.candidates import Candidates as Candidates
from healthscore.models.candidates import Tried
from healthscore.models.churnmodel import ChurnModel
from healthscore.models.design import Design, Labels, Matrix, Vector, checked_labels, checked_matrix
from healthscore.models.innerfit import InnerFits, Past, fit_inner, offsets_of
from healthscore.models.logistic import LogisticRecipe, LogisticSettings
from healthscore.models.parts import Part, Recipe
from healthscore.models.sharing import SharedRows
from healthscore.models.walkforward import InnerOrigin, InnerSettings, inner_origins, pooled

Progress = Callable[[int, int], None]
"""Called with (fits done, fits in all)."""


@dataclass(frozen=True)
class ChurnSettings:
    """Everything that can be set about fitting; the defaults suit a few hundred to a million rows."""

    booster: BoosterSettings = field(default_factory=BoosterSettings)
    logistic: LogisticSettings = field(default_factory=LogisticSettings)
    calibration: CalibrationSettings = field(default_factory=CalibrationSettings)
    inner: InnerSettings = field(default_factory=InnerSettings)
    threads: int = 2
    minimum_events_to_choose: int = 40
    """Out-of-time exits below which complexity is the default and not chosen."""
    levels_by_date: bool = True
    """Whether each as-of date has a level of its own while the parts are fitted; see `calibration.date_offsets`."""


@dataclass(frozen=True, eq=False)
class FittedPart:
    """A part with the log-odds that calibrate it."""

    part: Part
    tried: Tried
    """Out-of-time log-odds, of the inner rows."""
    inner_training: list[Vector]
    """Log-odds on the rows fitted on, per inner origin."""
    training: Vector

    @property
    def inner(self) -> Vector:
        """Out-of-time log-odds at the chosen level, of the inner rows of all origins."""
        return self.tried.at(self.tried.level)


def recipes(settings: ChurnSettings, recency: str | None, tenure: str | None) -> dict[str, Recipe]:
    """Return how each part is fitted; recency and tenure only where their column is named."""
    bins = LastBins()
    parts: dict[str, Recipe] = {
        "additive": BoosterRecipe(settings.booster, additive=True, threads=settings.threads, bins=bins),
        "unconstrained": BoosterRecipe(settings.booster, additive=False, threads=settings.threads, bins=bins),
        "logistic": LogisticRecipe(settings.logistic),
        "base_rate": ConstantRecipe(),
    }
    if recency is not None:
        parts["recency"] = CurveRecipe(recency)
    if tenure is not None:
        parts["tenure"] = CurveRecipe(tenure)
    return parts


def fit_candidates(
    design: Design,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    day: npt.ArrayLike,
    known: npt.ArrayLike,
    *,
    seed: int,
    settings: ChurnSettings | None = None,
    candidates: Sequence[str] | None = None,
    recency: str | None = None,
    tenure: str | None = None,
    progress: Progress | None = None,
    shared: SharedRows | None = None,
) -> Candidates:
    """Fit candidates of `MODELS`, each of their parts once.

    Parameters
    ----------
    design
        Names, components and directions of the columns.
    X, y
        Features (n, p) with NaN for missing, and outcomes (n,) in {0, 1}.
    day, known
        As-of day of each row and the day its outcome is mature, shape (n,); see `inner_origins`.
    candidates
        Names in `MODELS`; by default all that can be fitted (recency and tenure need their column's name).
    recency, tenure
        Names of the columns of these baselines.
    seed
        Kept with the model; with the default settings nothing is drawn at random.
    settings
        How to fit; see `ChurnSettings`.
    progress
        Called after every fit.
    shared
        The same rows within their book, whose fits at inner origins others have made, or will ask for.

    Raises
    ------
    InsufficientDataError
        Only one class among the outcomes.
    InputError
        Infinite features, outcomes other than 0 and 1, lengths that differ.
    ConfigurationError
        An unknown candidate or column.
    """
    settings = settings or ChurnSettings()
    matrix = checked_matrix(X, design.names)
    labels = checked_labels(y, len(matrix))
    days, knowns = (np.asarray(values, dtype=np.int64) for values in (day, known))
    if days.shape != labels.shape or knowns.shape != labels.shape:
        raise InputError(f"{len(labels)} rows, {len(days)} as-of days, {len(knowns)} known days", "give one per row")
    available = recipes(settings, recency, tenure)
    wanted = (
        list(candidates) if candidates is not None else [n for n in MODELS if set(MODELS[n].parts) <= set(available)]
    )
    _check_candidates(wanted, available)
    names = list(dict.fromkeys(part for candidate in wanted for part in MODELS[candidate].parts))
    origins = inner_origins(days, knowns, labels, settings.inner)
    counter = _Counter(progress, len(names) * (len(origins) + 1))
    past = Past(design, matrix, labels, days, origins, settings, seed, shared or SharedRows(np.arange(len(labels))))
    fitted = _fit_parts({name: available[name] for name in names}, past, counter)
    chosen = {name: {part: fitted[part] for part in MODELS[name].parts} for name in wanted}
    models = {name: _calibrated(name, design, labels, parts, origins, settings, seed) for name, parts in chosen.items()}
    return Candidates(
        models,
        pooled(origins)[0],
        {name: _held_out(list(parts.values()), labels, origins, settings) for name, parts in chosen.items()},
        {name: _inner_logit(model, chosen[name], labels, origins) for name, model in models.items()},
        {name: each.tried for name, each in fitted.items()},
    )


def fit_churn(
    design: Design,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    day: npt.ArrayLike,
    known: npt.ArrayLike,
    seed: int,
    settings: ChurnSettings | None = None,
    name: str = "blend",
    reference: npt.ArrayLike | None = None,
    progress: Progress | None = None,
) -> ChurnModel:
    """Fit one candidate and freeze its reference population.

    The arguments are those of `fit_candidates`, with `name` in `MODELS`, and `reference`, which marks the rows of the
    reference population, shape (n,), bool: by default those of the last as-of day.
    """
    fitted = fit_candidates(
        design, X, y, day, known, seed=seed, settings=settings, candidates=[name], progress=progress
    )
    days = np.asarray(day, dtype=np.int64)
    rows = days == days.max() if reference is None else np.asarray(reference, dtype=np.bool_)
    return fitted.models[name].frozen(np.asarray(X)[rows], np.asarray(y)[rows].astype(np.int8), design.names)


@dataclass
class _Counter:
    progress: Progress | None
    total: int
    done: int = 0

    def step(self) -> None:
        self.done += 1
        if self.progress is not None:
            self.progress(self.done, self.total)


def _check_candidates(wanted: Sequence[str], available: dict[str, Recipe]) -> None:
    unknown = [name for name in wanted if name not in MODELS]
    if unknown:
        raise ConfigurationError(f"no model is called {unknown[0]!r}", f"the models are {', '.join(MODELS)}")
    unnamed = [name for name in wanted if not set(MODELS[name].parts) <= set(available)]
    if unnamed:
        raise ConfigurationError(
            f"the baseline {unnamed[0]!r} needs its column", f"name the column, or leave {', '.join(BASELINES)} out"
        )


def _fit_parts(recipes: dict[str, Recipe], past: Past, counter: _Counter) -> dict[str, FittedPart]:
    """Fit parts at every inner origin, choose the level of each from those predictions, fit them on all rows."""
    inner = fit_inner(recipes, past, counter.step)
    offset = offsets_of(past.y, past.day, past.settings)
    return {name: _fit_final(recipe, inner[name], offset, counter) for name, recipe in recipes.items()}


def _fit_final(recipe: Recipe, inner: InnerFits, offset: Vector | None, counter: _Counter) -> FittedPart:
    past, level = inner.past, inner.tried.level
    final = recipe.path(past.design, past.X, past.y, (level,), seed=past.seed, offset=offset)(level)
    counter.step()
    return FittedPart(final, inner.tried, inner.training(), final.logit(past.X) if past.origins else np.zeros(0))


def _held_out(fitted: list[FittedPart], y: Labels, origins: list[InnerOrigin], settings: ChurnSettings) -> Vector:
    if not origins:
        return np.zeros(0)
    rows, numbers = pooled(origins)
    return held_out_loss(np.column_stack([each.inner for each in fitted]), y[rows], numbers, settings.calibration)


def _inner_logit(model: ChurnModel, fitted: dict[str, FittedPart], y: Labels, origins: list[InnerOrigin]) -> Vector:
    if not origins:
        return np.zeros(0)
    inner = np.column_stack([each.inner for each in fitted.values()])
    return inner_logit(model.calibration, inner, pooled(origins)[1], _inner_training(fitted, y, origins))


def _inner_training(
    fitted: dict[str, FittedPart], y: Labels, origins: list[InnerOrigin]
) -> list[tuple[Matrix, Labels]]:
    """Log-odds of the parts on the rows that they were fitted on, and those rows' outcomes, per inner origin."""
    return [
        (np.column_stack([each.inner_training[number] for each in fitted.values()]), y[origin.train])
        for number, origin in enumerate(origins)
    ]


def _calibrated(
    name: str,
    design: Design,
    y: Labels,
    fitted: dict[str, FittedPart],
    origins: list[InnerOrigin],
    settings: ChurnSettings,
    seed: int,
) -> ChurnModel:
    parts = {part: each.part for part, each in fitted.items()}
    calibration = half_and_half(len(parts))
    if origins:
        rows, numbers = pooled(origins)
        calibration = fit_calibration(
            np.column_stack([each.inner for each in fitted.values()]),
            y[rows],
            numbers,
            _inner_training(fitted, y, origins),
            (np.column_stack([each.training for each in fitted.values()]), y),
            settings.calibration,
            span_days=origins[-1].day - origins[0].day,
        )
    return ChurnModel(name, design, parts, calibration, float(y.mean()), seed)
