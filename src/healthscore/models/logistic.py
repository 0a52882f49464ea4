"""The regularised logistic regression on the signed-log panel, and the input transform that the baselines share.

`g(x) = b + sum_j w_j u_j + sum_j v_j [x_j missing]` with `u_j = (s(x_j) - mean_j) / sd_j` and
`s(x) = sign(x) ln(1 + |x|)`; a missing value has `u_j = 0`. Counts of use
are roughly log-normal, so that in `u` doubling the use is a fixed step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from healthscore.models import stored
from healthscore.models.design import Design, Flags, Labels, Matrix, Vector, logit
from healthscore.models.newton import Block, fit_bounded_logistic
from healthscore.models.parts import Path

BLOCK_ROWS = 65_536
_ROWS_HELD = 200_000  # above, the transformed matrix is recomputed at every pass instead of held in memory


@dataclass(frozen=True, eq=False)
class Inputs:
    """The transform of the columns, learned on training rows. Arrays have shape (p,).

    Parameters
    ----------
    mean, scale
        Of `s(x)` over the observed training values; a constant column has scale 1.
    has_missing
        Columns that had missing values in training: only these have an indicator.
    """

    mean: Vector
    scale: Vector
    has_missing: Flags

    @staticmethod
    def learn(X: Matrix) -> Inputs:
        """Learn the transform from training rows (n, p)."""
        columns = [_signed_log(X[:, j][~np.isnan(X[:, j])]) for j in range(X.shape[1])]
        columns = [column if len(column) else np.zeros(1) for column in columns]
        spread = np.array([column.std() for column in columns])
        return Inputs(
            np.array([column.mean() for column in columns]),
            np.where(spread > 1e-9, spread, 1.0),
            np.asarray(np.isnan(X).any(axis=0), dtype=np.bool_),
        )

    def standardised(self, X: Matrix) -> Matrix:
        """Return `u`, shape (n, p)."""
        u = (_signed_log(X) - self.mean) / self.scale
        return np.asarray(np.nan_to_num(u, copy=False, nan=0.0), dtype=np.float64)

    def missing(self, X: Matrix) -> Matrix:
        """Return the indicators of the columns that have one, shape (n, number of such columns)."""
        return np.isnan(X[:, self.has_missing]).astype(np.float64)

    def to_json(self) -> dict[str, Any]:
        """Return the transform as plain JSON values."""
        arrays = {name: stored.plain(getattr(self, name)) for name in ("mean", "scale")}
        return {**arrays, "has_missing": [int(flag) for flag in self.has_missing]}

    @staticmethod
    def from_json(document: Mapping[str, Any], width: int) -> Inputs:
        """Read a transform back."""
        mean, scale = (stored.numbers(document, name, width) for name in ("mean", "scale"))
        if not (scale > 0).all():
            raise ValueError("a scale is not positive")
        return Inputs(mean, scale, stored.numbers(document, "has_missing", width) == 1)


def _signed_log(X: Matrix | Vector) -> Matrix:
    return np.asarray(np.sign(X) * np.log1p(np.abs(X)), dtype=np.float64)


def blocks_of(y: Labels, expand: Callable[[slice], Matrix]) -> Callable[[], Iterable[tuple[Matrix, Labels]]]:
    """Return passes over `(expanded rows, outcomes)`: held in memory for a small book, recomputed for a large one."""

    def generate() -> Iterator[tuple[Matrix, Labels]]:
        for start in range(0, len(y), BLOCK_ROWS):
            rows = slice(start, start + BLOCK_ROWS)
            yield expand(rows), y[rows]

    if len(y) > _ROWS_HELD:
        return generate
    held = list(generate())
    return lambda: held


def _drawn(blocks: Callable[[], Iterable[tuple[Matrix, Labels]]], weight: Vector) -> Callable[[], Iterable[Block]]:
    """Return passes over the rows that were drawn at all, each as often as it was drawn."""

    def generate() -> Iterator[Block]:
        start = 0
        for X, y in blocks():
            w = weight[start : start + len(y)]
            start += len(y)
            yield X[w > 0], y[w > 0], w[w > 0]

    if len(weight) > _ROWS_HELD:
        return generate
    held = list(generate())
    return lambda: held


@dataclass(frozen=True)
class LogisticSettings:
    """Strength of the ridge on `w` and `v`, as the precision of a normal prior around 0 (scikit-learn's 1 / C).

    With standardised inputs a precision of 20 expects a coefficient within 0.22 log-odds per standard deviation: right
    for tens of exits and dozens of correlated windows, and nothing against the evidence of thousands.
    """

    penalty_default: float = 20.0
    penalties_tried: tuple[float, ...] = (300.0, 100.0, 40.0, 20.0, 10.0)
    rows_without_choice: int = 200_000
    """Above so many rows the penalty does not matter and the default is used."""


@dataclass(frozen=True)
class LogisticRecipe:
    """Fits the logistic; a declared direction bounds the sign of its coefficient."""

    settings: LogisticSettings

    def levels(self, rows: int) -> tuple[float, ...]:
        """Penalties, strongest (simplest) first."""
        settings = self.settings
        return settings.penalties_tried if rows <= settings.rows_without_choice else (settings.penalty_default,)

    def default_level(self, events: int) -> float:
        """Return the default penalty."""
        return self.settings.penalty_default

    def path(
        self,
        design: Design,
        X: Matrix,
        y: Labels,
        levels: tuple[float, ...],
        *,
        seed: int,
        offset: Vector | None = None,
    ) -> Path:
        """Fit every level, from the strongest penalty on, each starting where the last one ended."""
        inputs = Inputs.learn(X)
        known = np.zeros(len(y)) if offset is None else offset
        blocks = blocks_of(y, lambda rows: _with_intercept(inputs, X[rows], known[rows]))
        b = _centre(design, inputs)
        b[0] = float(logit(y.mean()))
        parts: dict[float, LogisticPart] = {}
        for level in sorted(levels, reverse=True):
            b = _fitted(design, inputs, blocks, b, level)
            parts[level] = _part(design, inputs, b, level)
        return parts.__getitem__

    def again(
        self,
        part: LogisticPart,
        X: Matrix,
        y: Labels,
        draws: Iterable[tuple[Vector, float]],
        *,
        seed: int,
        offset: Vector | None = None,
    ) -> Iterator[LogisticPart]:
        """Fit a part again on its rows, each as often as it was drawn, at the penalty said; on the same inputs."""
        known = np.zeros(len(y)) if offset is None else offset
        inputs = part.inputs
        blocks = blocks_of(y, lambda rows: _with_intercept(inputs, X[rows], known[rows]))
        start = np.concatenate([[part.intercept], part.weights, part.absent[inputs.has_missing], [1.0]])
        for weight, level in draws:
            b = _fitted(part.design, inputs, _drawn(blocks, weight), start, level)
            yield _part(part.design, inputs, b, level)


def _centre(design: Design, inputs: Inputs) -> Vector:
    """What the coefficients are drawn to: 0, but for that of the dates' levels.

    Those come with a coefficient near 1: less where the features explain a part of them.
    """
    centre = np.zeros(2 + len(design.names) + int(inputs.has_missing.sum()))
    centre[-1] = 1.0
    return centre


def _fitted(
    design: Design, inputs: Inputs, blocks: Callable[[], Iterable[Block]], start: Vector, level: float
) -> Vector:
    """Coefficients: intercept, one per column, one per indicator, that of the dates' levels."""
    direction = np.array(design.monotone)
    free = np.full(int(inputs.has_missing.sum()), np.inf)
    penalty = np.full(len(start), level)
    penalty[0] = 0.0
    return fit_bounded_logistic(
        blocks,
        start,
        penalty=penalty,
        centre=_centre(design, inputs),
        lower=np.concatenate([[-np.inf], np.where(direction > 0, 0.0, -np.inf), -free, [0.0]]),
        upper=np.concatenate([[np.inf], np.where(direction < 0, 0.0, np.inf), free, [np.inf]]),
    )


def _part(design: Design, inputs: Inputs, b: Vector, level: float) -> LogisticPart:
    width = len(design.names)
    absent = np.zeros(width)
    absent[inputs.has_missing] = b[1 + width : -1]
    return LogisticPart(design, inputs, float(b[0]), b[1 : 1 + width], absent, level)


def _with_intercept(inputs: Inputs, rows: Matrix, offset: Vector) -> Matrix:
    return np.hstack([np.ones((len(rows), 1)), inputs.standardised(rows), inputs.missing(rows), offset[:, None]])


@dataclass(frozen=True, eq=False)
class LogisticPart:
    """A fitted logistic: `intercept`, `weights` on `u`, `absent` on the indicators, both of shape (p,)."""

    design: Design
    inputs: Inputs
    intercept: float
    weights: Vector
    absent: Vector
    penalty: float
    additive: bool = True

    def logit(self, X: Matrix) -> Vector:
        """Log-odds of churn, shape (n,)."""
        return np.asarray(self.intercept + self.component_logit(X).sum(axis=1), dtype=np.float64)

    def component_logit(self, X: Matrix) -> Matrix:
        """Share of every group: the sum over its features, shape (n, G)."""
        shares = [self._features(X[i : i + BLOCK_ROWS]) @ self.design.indicator for i in range(0, len(X), BLOCK_ROWS)]
        return np.vstack(shares) if shares else np.zeros((0, len(self.design.groups)))

    def feature_logit(self, X: Matrix) -> Matrix:
        """Share of every feature: coefficient times standardised value, plus that of its indicator, shape (n, p)."""
        return self._features(X)

    def _features(self, X: Matrix) -> Matrix:
        return self.inputs.standardised(X) * self.weights + np.isnan(X) * self.absent

    def to_json(self) -> dict[str, Any]:
        """Return the fit as plain JSON values."""
        return {
            "kind": "logistic",
            "intercept": self.intercept,
            "weights": stored.plain(self.weights),
            "absent": stored.plain(self.absent),
            "penalty": self.penalty,
            "inputs": self.inputs.to_json(),
        }

    def to_files(self) -> dict[str, str]:
        """Return nothing: everything is in the JSON."""
        return {}

    @staticmethod
    def from_json(document: Mapping[str, Any], design: Design) -> LogisticPart:
        """Read a fit back."""
        width = len(design.names)
        return LogisticPart(
            design,
            Inputs.from_json(stored.section(document, "inputs"), width),
            stored.number(document, "intercept"),
            stored.numbers(document, "weights", width),
            stored.numbers(document, "absent", width),
            stored.number(document, "penalty"),
        )
