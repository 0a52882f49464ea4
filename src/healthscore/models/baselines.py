"""What a model must beat: the base rate, and one feature alone (recency, tenure).

A baseline has to be a fair opponent: recency alone is given a curve, not a straight line, on the same input transform
as the logistic, so that a model does not win by the shape of one feature.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from healthscore.errors import ConfigurationError
from healthscore.models import stored
from healthscore.models.design import Design, Labels, Matrix, Vector, logit
from healthscore.models.logistic import Inputs, blocks_of
from healthscore.models.newton import fit_bounded_logistic
from healthscore.models.parts import Path

CURVE_PENALTY = 1.0
"""Ridge on the coefficients of a curve: weak, since there are four at most."""


@dataclass(frozen=True)
class ConstantRecipe:
    """Fits the base rate."""

    def levels(self, rows: int) -> tuple[float, ...]:
        """Return the one level there is."""
        return (0.0,)

    def default_level(self, events: int) -> float:
        """Return the one level there is."""
        return 0.0

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
        """Take the share of exits among the training rows."""
        part = ConstantPart(design, float(logit(y.mean())))
        return lambda level: part


@dataclass(frozen=True, eq=False)
class ConstantPart:
    """The same log-odds for every account."""

    design: Design
    intercept: float
    additive: bool = True

    def logit(self, X: Matrix) -> Vector:
        """Log-odds of churn, shape (n,)."""
        return np.full(len(X), self.intercept)

    def component_logit(self, X: Matrix) -> Matrix:
        """Zeros, shape (n, G)."""
        return np.zeros((len(X), len(self.design.groups)))

    def feature_logit(self, X: Matrix) -> Matrix:
        """Zeros, shape (n, p)."""
        return np.zeros((len(X), len(self.design.names)))

    def to_json(self) -> dict[str, Any]:
        """Return the fit as plain JSON values."""
        return {"kind": "constant", "intercept": self.intercept}

    def to_files(self) -> dict[str, str]:
        """Return nothing."""
        return {}

    @staticmethod
    def from_json(document: Mapping[str, Any], design: Design) -> ConstantPart:
        """Read a fit back."""
        return ConstantPart(design, stored.number(document, "intercept"))


@dataclass(frozen=True)
class CurveRecipe:
    """Fits one column alone: `b + w0 u + w1 (u - k1)+ + w2 (u - k2)+ + v [missing]`.

    `u` is the logistic's standardised signed logarithm and the knots `k1, k2` are its training tertiles: a broken line
    with three slopes (a linear spline), enough for "fine until two weeks, then worse, then no matter any more".
    """

    column: str

    def levels(self, rows: int) -> tuple[float, ...]:
        """Return the one penalty there is."""
        return (CURVE_PENALTY,)

    def default_level(self, events: int) -> float:
        """Return the one penalty there is."""
        return CURVE_PENALTY

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
        """Fit the curve of the column.

        Raises
        ------
        ConfigurationError
            The design has no such column.
        """
        if self.column not in design.names:
            raise ConfigurationError(f"no feature is called {self.column!r}", "name one of the run's features")
        index = design.names.index(self.column)
        values = np.ascontiguousarray(X[:, [index]])
        inputs = Inputs.learn(values)
        observed = inputs.standardised(values)[~np.isnan(values)]
        knots = np.quantile(observed, [1 / 3, 2 / 3]) if len(observed) else np.zeros(2)
        empty = CurvePart(design, index, inputs, knots, np.zeros(5))
        known = np.zeros(len(y)) if offset is None else offset
        centre = np.array([0.0] * 5 + [1.0])
        start = centre.copy()
        start[0] = float(logit(y.mean()))
        b = fit_bounded_logistic(
            blocks_of(y, lambda rows: np.hstack([empty.basis(values[rows]), known[rows, None]])),
            start,
            penalty=np.array([0.0, *[CURVE_PENALTY] * 5]),
            centre=centre,
            lower=np.full(6, -np.inf),
            upper=np.full(6, np.inf),
        )
        part = CurvePart(design, index, inputs, knots, b[:-1])
        return lambda level: part


@dataclass(frozen=True, eq=False)
class CurvePart:
    """The fitted curve of one column; `weights` = (b, w0, w1, w2, v)."""

    design: Design
    column: int
    inputs: Inputs
    knots: Vector
    weights: Vector
    additive: bool = True

    @property
    def intercept(self) -> float:
        """The curve's constant."""
        return float(self.weights[0])

    def basis(self, values: Matrix) -> Matrix:
        """Columns that the weights multiply, for values of shape (n, 1)."""
        u = self.inputs.standardised(values)
        bends = np.maximum(u - self.knots, 0.0)
        return np.hstack([np.ones_like(u), u, bends, np.isnan(values) & self.inputs.has_missing])

    def _share(self, X: Matrix) -> Vector:
        return np.asarray(self.basis(X[:, [self.column]])[:, 1:] @ self.weights[1:], dtype=np.float64)

    def logit(self, X: Matrix) -> Vector:
        """Log-odds of churn, shape (n,)."""
        return self.intercept + self._share(X)

    def component_logit(self, X: Matrix) -> Matrix:
        """Everything in the column's group, shape (n, G)."""
        return self.feature_logit(X) @ self.design.indicator

    def feature_logit(self, X: Matrix) -> Matrix:
        """Everything in the column, shape (n, p)."""
        shares = np.zeros((len(X), len(self.design.names)))
        shares[:, self.column] = self._share(X)
        return shares

    def to_json(self) -> dict[str, Any]:
        """Return the fit as plain JSON values."""
        return {
            "kind": "curve",
            "column": self.column,
            "inputs": self.inputs.to_json(),
            "knots": stored.plain(self.knots),
            "weights": stored.plain(self.weights),
        }

    def to_files(self) -> dict[str, str]:
        """Return nothing."""
        return {}

    @staticmethod
    def from_json(document: Mapping[str, Any], design: Design) -> CurvePart:
        """Read a fit back."""
        return CurvePart(
            design,
            stored.integer(document, "column", low=0, high=len(design.names) - 1),
            Inputs.from_json(stored.section(document, "inputs"), 1),
            stored.numbers(document, "knots", 2),
            stored.numbers(document, "weights", 5),
        )
