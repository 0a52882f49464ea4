"""The scorer as a path asks for it: scores and bands of changed accounts, and the ground that changes are made on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from healthscore.config import Run, Scorecard
from healthscore.features.dictionary import Feature
from healthscore.models.bundle import Bundle
from healthscore.models.drivers import feature_points
from healthscore.models.health import Bands, displayed
from healthscore.models.path import Ground
from healthscore.models.scorecard import band_numbers, score_card
from healthscore.pipelines.actions.names import levers
from healthscore.pipelines.trend.scorers import ModelScorer, Scorer

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Texts = NDArray[np.object_]
WEIGHED_ROWS = 300
"""Accounts whose points tell how much the score goes by each feature."""
TINY = 1e-12


@dataclass(frozen=True)
class Yardstick:
    """What changed accounts are measured by.

    Attributes
    ----------
    rescore
        Scores of changed rows to one decimal, and the numbers of their bands; it is told whose rows they are.
    points
        Points of each feature, shape (n, p); None where the scorer divides none.
    """

    rescore: Callable[[Floats, Integers], tuple[Floats, Integers]]
    points: Callable[[Floats], Floats] | None
    ground: Ground


def yardstick(
    run: Run, scorer: Scorer, features: Sequence[Feature], X: Floats, segment: Texts, bands: Bands
) -> Yardstick:
    """Make the scorer of these accounts ready to score changed ones.

    Parameters
    ----------
    features, X
        What the columns are, and the book's rows, shape (n, p).
    segment
        Of the accounts that will be changed.
    bands
        Of the score, as it was published.
    """
    names = [feature.name for feature in features]
    reads = np.array([names.index(name) for name in scorer.reads], np.int64)
    moved = levers(run, features, set(scorer.reads))
    follow = partial(_follow, features=features)
    low, high = np.full(len(names), np.nan), np.full(len(names), np.nan)
    some = ~np.isnan(X).all(axis=0)
    low[some], high[some] = np.nanmin(X[:, some], axis=0), np.nanmax(X[:, some], axis=0)
    spread = np.zeros(len(names))
    spread[some] = np.nanstd(X[:, some], axis=0)
    weight = np.ones(len(names))
    if not isinstance(scorer, ModelScorer):
        rescore = partial(_by_card, scorer.card, reads, segment, bands)
        return Yardstick(rescore, None, Ground(moved, low, high, spread, weight, follow))
    bundle = scorer.bundle
    if bundle.seen is not None:
        low[reads], high[reads] = bundle.seen.low, bundle.seen.high
        spread[reads] = np.nan_to_num(bundle.seen.quantiles.std(axis=1))
    points = partial(_points, bundle, reads)
    some_rows = np.unique(np.linspace(0, len(X) - 1, WEIGHED_ROWS).astype(np.int64))
    told = points(X[some_rows]).std(axis=0)
    ground = Ground(moved, low, high, spread, told / max(float(told.max()), TINY), follow)
    return Yardstick(partial(_by_model, bundle, reads, bands), points, ground)


def _by_model(bundle: Bundle, reads: Integers, bands: Bands, X: Floats, rows: Integers) -> tuple[Floats, Integers]:
    del rows  # a model knows nothing of an account but its features
    health = displayed(bundle.scale.score(bundle.model.held_logit(X[:, reads], bundle.model.design.names)))
    return health, bands.index(health)


def _by_card(
    card: Scorecard, reads: Integers, segment: Texts, bands: Bands, X: Floats, rows: Integers
) -> tuple[Floats, Integers]:
    scores = score_card(card, card.features, X[:, reads], segment[rows])
    health = displayed(np.nan_to_num(scores.score))
    frozen = card.bands.quartiles_of is not None
    band = np.where(np.isnan(scores.score), -1, bands.index(health)) if frozen else band_numbers(card, scores)
    return health, band


def _points(bundle: Bundle, reads: Integers, X: Floats) -> Floats:
    model = bundle.model
    found = np.zeros(X.shape)
    found[:, reads] = feature_points(model, bundle.scale, model.feature_logit(X[:, reads], model.design.names))
    return found


def _follow(X: Floats, features: Sequence[Feature]) -> None:
    """Work the combinations out again, which follow from the other features."""
    columns = {feature.name: X[:, column] for column, feature in enumerate(features)}
    for column, feature in enumerate(features):
        if feature.family == "combinations":
            X[:, column] = feature.compute(columns)
