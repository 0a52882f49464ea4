"""Gradient-boosted trees, one component per tree: the only module that imports LightGBM, and only its Booster and text.

`interaction_constraints` = the component groups, so every tree splits on one group's columns only and the log-odds are
`f(x) = b + sum_c f_c(x_c)` with `f_c` = the sum of that group's trees. The trees are stored sorted by group, so that a
group's share is a native prediction over a range of trees. `b` = the log-odds of the training base rate is given to
LightGBM as the initial score and stored here, never taken from LightGBM's own expected value.

Column names in the text are `f0, f1, ...`; the real ones are in the design (LightGBM alters some characters of names).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from healthscore.models import stored, treetext
from healthscore.models.bins import BinnedRows, LastBins
from healthscore.models.design import Design, Labels, Matrix, Vector, logit
from healthscore.models.forest import ROWS_LOOKED_UP, Forest, shapley_forest, value_forest
from healthscore.models.missing import filled, medians_observed
from healthscore.models.parts import Path
from healthscore.models.treesettings import ROWS_PER_THREAD, step
from healthscore.models.treesettings import BoosterSettings as BoosterSettings


@dataclass(frozen=True)
class BoosterRecipe:
    """Fits trees: one component each, or (the unconstrained twin) without that restriction.

    Recipes that share their `bins` put the rows that they fit on one after the other into bins once.
    """

    settings: BoosterSettings
    additive: bool = True
    threads: int = 2
    bins: LastBins | None = field(default=None, compare=False, repr=False)

    def levels(self, rows: int) -> tuple[float, ...]:
        """Numbers of trees."""
        return tuple(float(trees) for trees in self.settings.trees_tried)

    def default_level(self, events: int) -> float:
        """Return the number of trees for so many exits, from `trees_default`."""
        return float(step(self.settings.trees_default, events))

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
        rows = self._binned_once(design, X, y, seed, offset)
        booster = lightgbm.train(self.parameters(design, y, seed), rows.data, int(max(levels)))
        grown = treetext.canonical(booster.model_to_string(), len(design.names))
        observed = rows.observed  # and not the rows, which would live as long as the path
        return lambda level: self._part(design, intercept, grown[: int(level)], observed)

    def _part(self, design: Design, intercept: float, trees: list[treetext.Tree], observed: Vector) -> BoosterPart:
        if self.additive:
            trees = sorted(trees, key=lambda tree: int(design.group_of[tree.columns[0]]))
        return BoosterPart(design, self.additive, intercept, tuple(trees), observed, self.threads)

    def again(
        self,
        part: BoosterPart,
        X: Matrix,
        y: Labels,
        draws: Iterable[tuple[Vector, float]],
        *,
        seed: int,
        offset: Vector | None = None,
    ) -> Iterator[BoosterPart]:
        """Grow as many trees as said on the rows of a part again, each as often as it was drawn; binned once."""
        import lightgbm

        parameters = self.parameters(part.design, y, seed)
        rows = self.binned(part.design, X, y, seed=seed)
        for weight, level in draws:
            drawn, intercept = np.flatnonzero(weight), float(logit(np.average(y, weights=weight)))
            data = rows.data.subset(drawn, parameters).construct()
            known = np.zeros(len(drawn)) if offset is None else offset[drawn]
            data.set_weight(weight[drawn]).set_init_score(intercept + known)
            text = lightgbm.train(parameters, data, int(level)).model_to_string()
            yield self._part(part.design, intercept, treetext.canonical(text, len(part.design.names)), part.observed)

    def _binned_once(self, design: Design, X: Matrix, y: Labels, seed: int, offset: Vector | None) -> BinnedRows:
        bins, how = self.bins or LastBins(), (design, seed, self.settings.maximum_bins)
        return bins.of((X, y, offset), how, lambda: self.binned(design, X, y, seed=seed, offset=offset))

    def binned(self, design: Design, X: Matrix, y: Labels, *, seed: int, offset: Vector | None = None) -> BinnedRows:
        """The rows as LightGBM trains on them: in bins, and from the base rate on."""
        import lightgbm

        known = np.zeros(len(y)) if offset is None else offset
        data = lightgbm.Dataset(
            X,
            y.astype(np.float64),
            init_score=float(logit(y.mean())) + known,
            feature_name=[f"f{column}" for column in range(len(design.names))],
            params=self.parameters(design, y, seed),
            free_raw_data=True,
        )
        return BinnedRows(design, data.construct(), y, medians_observed(X), seed)

    def stages(self, rows: BinnedRows, X: Matrix, levels: Iterable[float]) -> Iterator[Vector]:
        """Grow on rows, and say at each rising number of trees the log-odds of others, shape (n,).

        They are those of the part of that level, without its intercept. Nothing grows that is not asked for.
        """
        import lightgbm

        booster = lightgbm.Booster(self.parameters(rows.design, rows.y, rows.seed), rows.data)
        seen, z, grown = filled(X, rows.observed), np.zeros(len(X)), 0
        threads = _threads(self.threads, len(X), ROWS_PER_THREAD)
        for level in levels:
            for _ in range(int(level) - grown):
                booster.update()
            more = {"start_iteration": grown, "num_iteration": int(level) - grown, "num_threads": threads}
            z = z + np.asarray(booster.predict(seen, raw_score=True, **more), dtype=np.float64)
            grown = int(level)
            yield z

    def parameters(self, design: Design, y: Labels, seed: int) -> dict[str, Any]:
        """What LightGBM is told, given these outcomes to learn from."""
        settings = self.settings
        events = int(min(y.sum(), len(y) - y.sum()))
        parameters: dict[str, Any] = {
            "objective": "binary",
            "boost_from_average": False,  # the initial score is the base rate
            "learning_rate": settings.learning_rate,
            "num_leaves": step(settings.leaves, events),
            "min_data_in_leaf": settings.minimum_rows_in_leaf,
            "min_sum_hessian_in_leaf": step(settings.minimum_information_in_leaf, events),
            "lambda_l2": step(settings.l2, events),
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

    @cached_property
    def _values(self) -> Forest | None:
        return value_forest(self.trees)

    @cached_property
    def _shapley(self) -> Forest | None:
        return shapley_forest(self.trees)

    def sums(self, X: Matrix, ranges: Sequence[tuple[int, int]]) -> Matrix:
        """Sum of the trees of each range (first tree, number of trees), shape (n, len(ranges)); none overlap."""
        seen = filled(X, self.observed)
        # Small trees of many rows are looked up: the same to the last bit, 5 (5,000 rows) to 10 times (65,536) as fast.
        if len(X) >= ROWS_LOOKED_UP and self._values is not None:
            return self._values.sums(seen, ranges)
        return np.column_stack([self._predict(seen, first, count) for first, count in ranges])

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
        return self.intercept_of_trees + self._predict(filled(X, self.observed), 0, len(self.trees))

    def component_logit(self, X: Matrix) -> Matrix:
        """Share of every group, shape (n, G): its trees' sum, at the speed of a prediction.

        Of the twin, whose trees mix components: SHAP values summed by group, which depend on LightGBM's background.
        """
        if not self.additive:
            return self.feature_logit(X) @ self.design.indicator
        return self.sums(X, self._ranges)

    def feature_logit(self, X: Matrix) -> Matrix:
        """TreeSHAP share of every feature, shape (n, p): of small trees, faster than LightGBM predicts."""
        if not self.trees or len(X) == 0:
            return np.zeros((len(X), len(self.design.names)))
        seen = filled(X, self.observed)
        each = [(column, 1) for column in range(X.shape[1])]
        return self._contributions(seen)[:, :-1] if self._shapley is None else self._shapley.sums(seen, each)

    def _contributions(self, X: Matrix) -> Matrix:
        # TreeSHAP is many times the work of a prediction: threads pay from far fewer rows on.
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
