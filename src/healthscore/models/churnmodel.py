"""A fitted churn model: parts blended on the logit, taken apart exactly by component and by feature.

`z = alpha + sum_m kappa_m f_m(x)`, and since every part is `f_m = b_m + sum_c f_mc`, so is the blend:
`z = intercept + sum_c component_logit_c` with `intercept = alpha + sum_m kappa_m b_m`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from healthscore.errors import BundleError
from healthscore.models import stored
from healthscore.models.calibration import Calibration
from healthscore.models.design import Design, Labels, Matrix, Vector, expit
from healthscore.models.parts import Part

EXPLAINED_REFERENCE_ROWS = 2_000
"""Rows of the reference that are taken apart by feature: of large trees, that is slower than a prediction."""


@dataclass(frozen=True, eq=False)
class Reference:
    """The population that scores and drivers are measured from, frozen with the model.

    Parameters
    ----------
    rate
        Its churn rate `p_R`: an account at this probability scores 55.
    rows
        How many accounts it has.
    component_mean
        `mean_R` of every group's share, shape (G,): drivers are centred on it.
    feature_mean
        The same per feature, shape (p,), such that centred features sum to their centred group.
    quartiles
        Quartiles of its log-odds, with context held, shape (3,).
    """

    rate: float
    rows: int
    component_mean: Vector
    feature_mean: Vector
    quartiles: Vector

    def to_json(self) -> dict[str, Any]:
        """Return the reference as plain JSON values."""
        arrays = {name: stored.plain(getattr(self, name)) for name in ("component_mean", "feature_mean", "quartiles")}
        return {"rate": self.rate, "rows": self.rows, **arrays}

    @staticmethod
    def from_json(document: Mapping[str, Any], design: Design) -> Reference:
        """Read a reference back."""
        rate = stored.number(document, "rate")
        if not 0 < rate < 1:
            raise ValueError("'rate' is not a probability between 0 and 1")
        return Reference(
            rate,
            stored.integer(document, "rows", low=1, high=2**53),
            stored.numbers(document, "component_mean", len(design.groups)),
            stored.numbers(document, "feature_mean", len(design.names)),
            stored.numbers(document, "quartiles", 3),
        )


@dataclass(frozen=True, eq=False)
class ChurnModel:
    """A fitted model of the probability of churn.

    Every method takes the matrix (n, p) *with the names of its columns*, and refuses other names or another order
    (`BundleError`); NaN is missing.

    Parameters
    ----------
    name
        Key in `MODELS`.
    parts
        By name, in the order of `calibration.kappas`.
    base_rate
        Share of exits among all training rows.
    """

    name: str
    design: Design
    parts: Mapping[str, Part]
    calibration: Calibration
    base_rate: float
    seed: int
    reference: Reference | None = None

    @property
    def additive(self) -> bool:
        """Whether every component's share depends on its own columns alone."""
        return all(part.additive for part in self.parts.values())

    @property
    def intercept(self) -> float:
        """Log-odds that belong to no component."""
        return self.calibration.alpha + sum(kappa * part.intercept for kappa, part in self._weighted())

    def _weighted(self) -> list[tuple[float, Part]]:
        return list(zip(self.calibration.kappas, self.parts.values(), strict=True))

    def logit(self, X: npt.ArrayLike, names: Sequence[str]) -> Vector:
        """Return the calibrated log-odds of churn `z`, shape (n,)."""
        matrix = self.design.aligned(X, names)
        if self.additive:
            return self.logit_from_components(self._components(matrix))
        z = np.full(len(matrix), self.calibration.alpha)
        for kappa, part in self._weighted():
            z += kappa * part.logit(matrix)
        return z

    def probability(self, X: npt.ArrayLike, names: Sequence[str]) -> Vector:
        """Return the probability of churn within the horizon, shape (n,)."""
        return expit(self.logit(X, names))

    def component_logit(self, X: npt.ArrayLike, names: Sequence[str]) -> Matrix:
        """Return every group's share of `z`, shape (n, G), not centred: `intercept + sum` is `logit`."""
        return self._components(self.design.aligned(X, names))

    def logit_from_components(self, components: Matrix) -> Vector:
        """Return `z` from `component_logit`, so that a scoring job predicts once."""
        return np.asarray(self.intercept + components.sum(axis=1), dtype=np.float64)

    def held(self, components: Matrix) -> Matrix:
        """Hold context at its mean over the reference population, in `component_logit` (n, G).

        The *score* is made of what this returns, the *probability* of what it was given. An account whose renewal is
        near is more likely to be lost soon; that is no worse health, and its score is that of an account whose renewal
        is as far off as the reference's on average: context earns 0 points and is never a driver.

        Raises
        ------
        BundleError
            There is context, and the model has no reference population.
        """
        context = self.design.context_groups
        if not context.any():
            return components
        if self.reference is None:
            raise BundleError("the model has no reference population", "freeze one: ChurnModel.frozen")
        return np.where(context, self.reference.component_mean, components)

    def held_logit(self, X: npt.ArrayLike, names: Sequence[str]) -> Vector:
        """Return the log-odds that scores are made of, shape (n,): those of churn, with context held."""
        return self.logit_from_components(self.held(self.component_logit(X, names)))

    def feature_logit(self, X: npt.ArrayLike, names: Sequence[str]) -> Matrix:
        """Return every feature's share of `z`, shape (n, p): TreeSHAP inside the trees, exact in the logistic.

        Of small trees about half as fast as `component_logit`, of large ones several times slower.
        """
        return self._features(self.design.aligned(X, names))

    def _components(self, matrix: Matrix) -> Matrix:
        total = np.zeros((len(matrix), len(self.design.groups)))
        for kappa, part in self._weighted():
            if kappa:
                total += kappa * part.component_logit(matrix)
        return total

    def _features(self, matrix: Matrix) -> Matrix:
        total = np.zeros((len(matrix), len(self.design.names)))
        for kappa, part in self._weighted():
            if kappa:
                total += kappa * part.feature_logit(matrix)
        return total

    def frozen(self, X: npt.ArrayLike, y: Labels, names: Sequence[str]) -> ChurnModel:
        """Return the model with a reference population: the risk set of the last training origin, with its outcomes.

        Its rate is the share of exits; with none or only exits, the base rate of the training rows.
        """
        matrix = self.design.aligned(X, names)
        events = int(np.sum(y))
        rate = events / len(y) if 0 < events < len(y) else self.base_rate
        few = matrix[np.unique(np.linspace(0, len(matrix) - 1, EXPLAINED_REFERENCE_ROWS).astype(np.int64))]
        features = self._features(few)
        components = self._components(matrix) if self.additive else features @ self.design.indicator
        component_mean, feature_mean = components.mean(axis=0), features.mean(axis=0)
        # Trees' feature shares sum to their group up to a constant, and `few` may be a sample: what is left over is
        # spread evenly, so that centred features sum to their centred group exactly.
        offset = (self._components(few) - features @ self.design.indicator).mean(axis=0)
        leftover = component_mean - offset - feature_mean @ self.design.indicator
        feature_mean = feature_mean + (leftover / self.design.indicator.sum(axis=0))[self.design.group_of]
        z = (
            self.logit(matrix if self.additive else few, names)
            - (components - component_mean) @ self.design.context_groups
        )
        quartiles = np.quantile(z, [0.25, 0.5, 0.75])
        return replace(self, reference=Reference(rate, len(y), component_mean, feature_mean, quartiles))
