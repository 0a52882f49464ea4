"""What a part of a model is: something fitted on the columns of a design that gives log-odds and takes them apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from healthscore.models.design import Design, Labels, Matrix, Vector


class Part(Protocol):
    """A fitted part: log-odds of churn, and their exact division among component groups and features.

    `intercept + component_logit(X).sum(axis=1)` equals `logit(X)` to 1e-9. Matrices are (n, p) in the design's order,
    already checked; NaN is missing.
    """

    @property
    def additive(self) -> bool:
        """Whether a component's share depends on that component's own columns alone."""

    @property
    def intercept(self) -> float:
        """Log-odds that belong to no component."""

    def logit(self, X: Matrix) -> Vector:
        """Log-odds of churn, shape (n,)."""

    def component_logit(self, X: Matrix) -> Matrix:
        """Share of every component group, shape (n, G), not centred."""

    def feature_logit(self, X: Matrix) -> Matrix:
        """Share of every feature, shape (n, p); within a group they sum to its share up to a constant."""

    def to_json(self) -> dict[str, Any]:
        """Everything but the files."""

    def to_files(self) -> dict[str, str]:
        """Text files of the part, by the ending of their name: `{"trees": ...}`."""


Path = Callable[[float], Part]
"""The fitted parts of one recipe on the same rows, by level of complexity."""


class Recipe(Protocol):
    """How a part is fitted, at one of several levels of complexity (number of trees, strength of the ridge)."""

    def levels(self, rows: int) -> tuple[float, ...]:
        """Levels worth trying on a book of so many rows, simplest first; one level means no choice."""

    def default_level(self, events: int) -> float:
        """Level where there are too few out-of-time exits to choose by."""

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
        """Fit once on the given rows, for all the given levels.

        `offset`, shape (n,), is what is known of each row's log-odds beside its features: how far the level of its
        as-of date lies from that of all dates (`calibration.date_offsets`). It is not part of what is fitted.
        """
