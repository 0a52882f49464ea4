"""Gradient-boosted trees, one component per tree: the only module that imports LightGBM, and only its Booster and text.

`interaction_constraints` = the component groups, so every tree splits on one group's columns only and the log-odds are
`f(x) = b + sum_c f_c(x_c)` with `f_c` = the sum of that group's trees. The trees are stored sorted by group, so that a
group's share is a native prediction over a range of trees. `b` = the log-odds of the training base rate is given to
LightGBM as the initial score and stored here, never taken from LightGBM's own expected value.

Column names in the text are `f0, f1, ...`; the real ones are in the design (LightGBM alters some characters of names).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from healthscore.models import stored, treetext
from healthscore.models.design import Design, Labels, Matrix, Vector, logit
from healthscore.models.parts import Path

ROWS_PER_THREAD = 100_000
"""A second thread only where there are twice as many rows: OpenMP's threads spin while they wait for each other, and on
a busy machine of two cores 33,000 rows took 70 s with two threads and 5 s with one. The result is the same."""

STEPPED = ("leaves", "minimum_information_in_leaf", "l2")
"""Settings that follow the number of exits unless a run says what they are."""


@dataclass(frozen=True)
class BoosterSettings:
    """How the trees grow. Everything that a tuner would change is here.

    Sizes follow the number of *exits* (or of those that stayed, if fewer), because they, and not the rows, limit what
    can be learned. No bagging and no column sampling: the same rows give the same trees, whatever the seed, and a
    duplicated feature changes nothing.
    """

    learning_rate: float = 0.05
    leaves: tuple[tuple[int, int], ...] = ((0, 4), (300, 6))
    """(exits, leaves per tree): the last pair whose exits are reached. More leaves, and more trees, lost out of time on
    every real book tried (30,000 rows at 45 % churn: AUC 0.780 with 8 leaves, 0.776 with 16)."""
    minimum_rows_in_leaf: int = 20
    minimum_information_in_leaf: tuple[tuple[int, float], ...] = ((0, 3), (300, 20))
    """(exits, sum of p(1-p) in a leaf): about so many expected exits, so that one early exit cannot make a leaf."""
    l2: tuple[tuple[int, float], ...] = ((0, 10), (300, 50))
    """(exits, l2), added to that sum when a leaf's value is computed: a leaf with as many expected exits moves half the
    way."""
    maximum_bins: int = 127
    trees_tried: tuple[int, ...] = (25, 50, 100, 150, 200, 300)
    trees_default: tuple[tuple[int, int], ...] = ((0, 50), (50, 100), (300, 200))
    """(exits, trees) where there are too few out-of-time exits to choose by."""
    rows_per_thread: int = ROWS_PER_THREAD
    """See `ROWS_PER_THREAD`."""

    def but(self, said: Mapping[str, float]) -> BoosterSettings:
        """The settings with the values of a run's `[model.trees]`, by name, whatever the number of exits."""
        changed: dict[str, Any] = {name: ((0, said[name]),) for name in STEPPED if name in said}
        changed |= {name: said[name] for name in ("learning_rate", "minimum_rows_in_leaf") if name in said}
        if "count" in said:
            changed |= {"trees_tried": (said["count"],), "trees_default": ((0, said["count"]),)}
        return replace(self, **changed)


def _step(table: tuple[tuple[int, float], ...], events: int) -> float:
    return [value for least, value in table if events >= least][-1]


@dataclass(frozen=True)
class BoosterRecipe:
    """Fits trees: one component each, or (the unconstrained twin) without that restriction."""

    settings: BoosterSettings
    additive: bool = True
    threads: int = 2

    def levels(self, rows: int) -> tuple[float, ...]:
        """Numbers of trees."""
        return tuple(float(trees) for trees in self.settings.trees_tried)

    def default_level(self, events: int) -> float:
        """Return the number of trees for so many exits, from `trees_default`."""
        return float(_step(self.settings.trees_default, events))

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
        """Grow the largest number of trees once; a level is a truncation of it."""
        import lightgbm

        intercept = float(logit(y.mean()))
        known = np.zeros(len(y)) if offset is None else offset
        parameters = self._parameters(design, y, seed)
        data = lightgbm.Dataset(
            X,
            y.astype(np.float64),
            init_score=intercept + known,
            feature_name=[f"f{column}" for column in range(len(design.names))],
            params=parameters,
            free_raw_data=True,
        )
        booster = lightgbm.train(parameters, data, int(max(levels)))
        observed = np.where(np.isnan(X).any(axis=0), np.nan, _medians(X))
        grown = treetext.canonical(booster.model_to_string(), len(design.names))

        def part(level: float) -> BoosterPart:
            trees = grown[: int(level)]
            if self.additive:
                trees = sorted(trees, key=lambda tree: int(design.group_of[tree.columns[0]]))
            return BoosterPart(design, self.additive, intercept, tuple(trees), observed, self.threads)

        return part

    def _parameters(self, design: Design, y: Labels, seed: int) -> dict[str, Any]:
        settings = self.settings
        events = int(min(y.sum(), len(y) - y.sum()))
        parameters: dict[str, Any] = {
            "objective": "binary",
            "boost_from_average": False,  # the initial score is the base rate
            "learning_rate": settings.learning_rate,
            "num_leaves": _step(settings.leaves, events),
            "min_data_in_leaf": settings.minimum_rows_in_leaf,
            "min_sum_hessian_in_leaf": _step(settings.minimum_information_in_leaf, events),
            "lambda_l2": _step(settings.l2, events),
            "max_bin": settings.maximum_bins,
            "feature_pre_filter": False,
            "deterministic": True,
            "force_row_wise": True,
            "seed": seed,
            "num_threads": _threads(self.threads, len(y), settings.rows_per_thread),
            "verbosity": -1,
        }
        apart = design.group_of if self.additive else design.is_context.astype(np.int64)
        if self.additive or design.context:
            columns = [np.flatnonzero(apart == group).tolist() for group in range(int(apart.max()) + 1)]
            parameters["interaction_constraints"] = columns
        if any(design.monotone):
            parameters["monotone_constraints"] = list(design.monotone)
            # "advanced" broke the declared direction in 58 of 60 checks on random books with missing values,
            # "intermediate" in 2, "basic" in none (LightGBM 4.7).
            parameters["monotone_constraints_method"] = "basic"
        return parameters


def _threads(most: int, rows: int, rows_per_thread: int) -> int:
    return max(1, min(most, rows // rows_per_thread))


def _medians(X: Matrix) -> Vector:
    """Median of every column over its observed values; 0 for a column without any."""
    complete = np.where(np.isnan(X).all(axis=0), 0.0, X)
    return np.asarray(np.nanmedian(complete, axis=0), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class BoosterPart:
    """Fitted trees.

    Parameters
    ----------
    trees
        Of an additive part, sorted by component group.
    observed
        Median of every column that had no missing value in training, NaN for the others, shape (p,). LightGBM reads a
        missing value it has never seen as 0; here it becomes that median.
    """

    design: Design
    additive: bool
    intercept_of_trees: float
    trees: tuple[treetext.Tree, ...]
    observed: Vector
    threads: int = 2

    @cached_property
    def _native(self) -> Any:
        """The native Booster, loaded from the checked text. Never asked for without trees."""
        import lightgbm

        return lightgbm.Booster(model_str=treetext.render(self.trees, len(self.design.names)))

    @cached_property
    def _ranges(self) -> list[tuple[int, int]]:
        """First tree and number of trees of every group."""
        groups = np.array([self.design.group_of[tree.columns[0]] for tree in self.trees], dtype=np.int64)
        positions = range(len(self.design.groups))
        return [(int(np.searchsorted(groups, g)), int(np.count_nonzero(groups == g))) for g in positions]

    def _filled(self, X: Matrix) -> Matrix:
        """Replace missing values in columns that were always there in training."""
        absent = np.isnan(X)
        unexpected = absent & ~np.isnan(self.observed)
        return np.where(unexpected, self.observed, X) if unexpected.any() else X

    def _predict(self, X: Matrix, first: int, count: int) -> Vector:
        if count == 0 or len(X) == 0:
            return np.zeros(len(X))
        threads = _threads(self.threads, len(X), ROWS_PER_THREAD)
        z = self._native.predict(X, raw_score=True, start_iteration=first, num_iteration=count, num_threads=threads)
        return np.asarray(z, dtype=np.float64)

    @cached_property
    def _expected(self) -> float:
        """What LightGBM adds to the contributions of a twin so that they sum to its raw score."""
        return float(self._contributions(np.zeros((1, len(self.design.names))))[0, -1]) if self.trees else 0.0

    @property
    def intercept(self) -> float:
        """Log-odds of the training base rate; for the twin, with the mean of its trees that SHAP leaves out."""
        return self.intercept_of_trees + (0.0 if self.additive else self._expected)

    def logit(self, X: Matrix) -> Vector:
        """Log-odds of churn, shape (n,)."""
        if self.additive:
            return np.asarray(self.intercept + self.component_logit(X).sum(axis=1), dtype=np.float64)
        return self.intercept_of_trees + self._predict(self._filled(X), 0, len(self.trees))

    def component_logit(self, X: Matrix) -> Matrix:
        """Share of every group, shape (n, G): its trees' sum, at the speed of a prediction.

        Of the twin, whose trees mix components: SHAP values summed by group, which depend on LightGBM's background.
        """
        if not self.additive:
            return self.feature_logit(X) @ self.design.indicator
        filled = self._filled(X)
        return np.column_stack([self._predict(filled, first, count) for first, count in self._ranges])

    def feature_logit(self, X: Matrix) -> Matrix:
        """TreeSHAP share of every feature, shape (n, p). Some hundred times slower than a prediction."""
        if not self.trees or len(X) == 0:
            return np.zeros((len(X), len(self.design.names)))
        return self._contributions(self._filled(X))[:, :-1]

    def _contributions(self, X: Matrix) -> Matrix:
        # TreeSHAP is some hundred times the work of a prediction: threads pay from far fewer rows on.
        threads = _threads(self.threads, len(X), ROWS_PER_THREAD // 100)
        values = self._native.predict(X, pred_contrib=True, num_threads=threads)
        return np.asarray(values, dtype=np.float64)

    def to_json(self) -> dict[str, Any]:
        """Everything but the trees."""
        return {
            "kind": "trees",
            "additive": self.additive,
            "intercept": self.intercept_of_trees,
            "observed": stored.plain(self.observed),
        }

    def to_files(self) -> dict[str, str]:
        """Return the trees' text."""
        return {"trees": treetext.render(self.trees, len(self.design.names))}

    @staticmethod
    def from_json(document: Mapping[str, Any], design: Design, text: str, source: str, threads: int = 2) -> BoosterPart:
        """Read a part back; the text is checked before anything native sees it.

        Raises
        ------
        BundleError, ValueError
            The text or the document is not what `to_json` and `to_files` write.
        """
        trees = tuple(treetext.parse(text, len(design.names), source))
        additive = stored.flag(document, "additive")
        groups = [{int(design.group_of[column]) for column in tree.columns} for tree in trees]
        first = [min(group) for group in groups]
        if additive and (any(len(group) > 1 for group in groups) or first != sorted(first)):
            raise ValueError("trees that mix component groups, or are not sorted by group")
        intercept = stored.number(document, "intercept")
        observed = stored.numbers_or_missing(document, "observed", len(design.names))
        return BoosterPart(design, additive, intercept, trees, observed, threads)
