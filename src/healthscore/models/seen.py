"""What a model has seen: the ground on which its scores stand, kept with it to tell where it is left.

Worked example: at training, logins in 30 days lay between 0 and 310. An account with 5,000 is scored, because the trees
answer whatever they are asked; but nothing like it was ever learned from, and its score says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from healthscore.evaluation.stability import population_stability_index
from healthscore.models import stored
from healthscore.models.design import Flags, Matrix, Vector

MARGIN = 0.5
"""Part of a range's width that a value may lie beyond its ends: a tenure grows by itself as time goes on."""
MISSING_MORE = 0.2
"""By how much the share of accounts without a feature may grow."""
FEATURE_POINTS, SCORE_POINTS = 20, 200
"""Quantiles kept: multiples of the bins of the stability index, so that each bin holds as many."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What the rows were like that a model learned from; p features.

    Attributes
    ----------
    low, high
        Least and greatest value of every feature among all training rows, shape (p,); NaN where it had none.
    missing
        Share of the reference population without the feature, shape (p,).
    quantiles
        Of every feature's values in the reference population, shape (p, FEATURE_POINTS); NaN where it had none.
    scores
        Quantiles of the reference population's log-odds, shape (SCORE_POINTS,).
    wholes
        Groups of 0/1 columns of which every training row had exactly one: the known names of a category.
    """

    low: Vector
    high: Vector
    missing: Vector
    quantiles: Matrix
    scores: Vector
    wholes: tuple[tuple[int, ...], ...] = ()

    @staticmethod
    def of(X: Matrix, reference: Matrix, scores: Vector, categories: Sequence[Sequence[int]]) -> Seen:
        """Describe what a model learned from.

        Parameters
        ----------
        X
            Training rows, shape (n, p).
        reference
            Those of the reference population, shape (m, p).
        scores
            Their log-odds, shape (m,).
        categories
            Columns that hold the names of one category each.
        """
        some = ~np.isnan(X).all(axis=0)
        low, high = np.full(X.shape[1], np.nan), np.full(X.shape[1], np.nan)
        low[some], high[some] = np.nanmin(X[:, some], axis=0), np.nanmax(X[:, some], axis=0)
        quantiles = np.full((X.shape[1], FEATURE_POINTS), np.nan)
        for column, values in enumerate(reference.T):
            present = values[~np.isnan(values)]
            if present.size:
                quantiles[column] = np.quantile(present, _midpoints(FEATURE_POINTS))
        wholes = tuple(tuple(columns) for columns in categories if _one_each(X[:, list(columns)]))
        missing = np.isnan(reference).mean(axis=0)
        return Seen(low, high, missing, quantiles, np.quantile(scores, _midpoints(SCORE_POINTS)), wholes)

    @property
    def constant(self) -> Flags:
        """Features that had one value, or none, in all training rows, shape (p,): they say nothing."""
        return np.asarray(np.isnan(self.low) | (self.low == self.high))

    def beyond(self, X: Matrix) -> Flags:
        """Which values lie far outside what was seen, shape (n, p); missing ones do not."""
        slack = np.nan_to_num(MARGIN * (self.high - self.low))
        least, most = self.low - slack, self.high + slack
        return ~np.isnan(X) & ~((least <= X) & (most >= X))

    def unseen(self, X: Matrix) -> Flags:
        """Which rows are of none of the known names of a category, shape (n, len(wholes))."""
        sums = [X[:, list(columns)].sum(axis=1) for columns in self.wholes]
        return np.asarray(np.stack(sums, axis=1) == 0) if sums else np.zeros((len(X), 0), bool)

    def missing_more(self, X: Matrix) -> Flags:
        """Features that many more accounts lack than when the model was trained, shape (p,)."""
        return np.asarray(np.isnan(X).mean(axis=0) - self.missing > MISSING_MORE)

    def drift(self, X: Matrix) -> Vector:
        """Stability index of every feature's values against the reference population, shape (p,); 0 without any."""
        found = []
        for kept, values in zip(self.quantiles, X.T, strict=True):
            index = population_stability_index(kept[~np.isnan(kept)], values[~np.isnan(values)])
            found.append(0.0 if index is None else index)
        return np.asarray(found)

    def score_drift(self, scores: Vector) -> float:
        """Stability index of the scores (log-odds) against the reference population."""
        return float(population_stability_index(self.scores, scores) or 0.0)

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        named = {name: stored.plain(getattr(self, name)) for name in ("low", "high", "missing", "scores")}
        return named | {"quantiles": stored.plain(self.quantiles.ravel()), "wholes": [list(one) for one in self.wholes]}

    @staticmethod
    def from_json(document: Mapping[str, Any], features: int) -> Seen:
        """Read it back; ValueError if it is not about so many features."""
        wholes = tuple(_columns(one, features) for one in stored.items(document, "wholes"))
        return Seen(
            low=stored.numbers_or_missing(document, "low", features),
            high=stored.numbers_or_missing(document, "high", features),
            missing=stored.numbers(document, "missing", features),
            quantiles=stored.numbers_or_missing(document, "quantiles", features * FEATURE_POINTS).reshape(features, -1),
            scores=stored.numbers(document, "scores", SCORE_POINTS),
            wholes=wholes,
        )


def _midpoints(count: int) -> npt.NDArray[np.float64]:
    return (np.arange(count) + 0.5) / count


def _one_each(columns: Matrix) -> bool:
    """Whether every row that has the category has exactly one of its names."""
    told = columns[~np.isnan(columns).any(axis=1)]
    return bool(len(told) and np.isin(told, (0, 1)).all() and (told.sum(axis=1) == 1).all())


def _columns(value: Any, features: int) -> tuple[int, ...]:
    if not isinstance(value, list) or any(type(one) is not int or not 0 <= one < features for one in value):
        raise ValueError("'wholes' holds something that is no list of columns")
    return tuple(value)
