"""Would one more kind of model pay? Further kinds, alone and as a third part of the blend, in the walk of a run.

    python benchmarks/kinds.py cdnow --data data

Prints every model's log-loss and AUC minus those of the blend, paired, with intervals by account. What came of it
stands in docs/choice.md. None of these kinds is part of the package: they say log-odds and nothing else.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from healthscore.config import Run, Tracking, load_run
from healthscore.models import BASELINES, MODELS, Candidate, churn
from healthscore.models.booster import BoosterRecipe
from healthscore.models.design import Design, Labels, Matrix, Vector, logit
from healthscore.models.logistic import LogisticRecipe
from healthscore.models.parts import Path as Levels
from healthscore.models.parts import Recipe
from healthscore.pipelines.build import build_book
from healthscore.pipelines.judge import Judge
from healthscore.pipelines.progress import silent
from healthscore.pipelines.walk import walk
from healthscore.pipelines.wording import figure
from healthscore.tables import open_tables

KINDS = {
    "single": "Trees of one feature each",
    "splines": "Additive cubic splines",
    "forest": "Random forest",
}


@dataclass(frozen=True)
class Told:
    """A part that says log-odds and nothing else."""

    said: Callable[[Matrix], Vector]
    additive: bool = False
    intercept: float = 0.0

    def logit(self, X: Matrix) -> Vector:
        """Log-odds, shape (n,)."""
        return self.said(X)

    def component_logit(self, X: Matrix) -> Matrix:
        """Not needed where nothing is explained."""
        raise NotImplementedError

    feature_logit = component_logit

    def to_json(self) -> dict[str, Any]:
        """Not needed where nothing is saved."""
        raise NotImplementedError

    to_files = to_json


@dataclass(frozen=True)
class SingleRecipe:
    """The package's trees, with every feature a component of its own."""

    trees: BoosterRecipe

    def levels(self, rows: int) -> tuple[float, ...]:
        """Numbers of trees."""
        return self.trees.levels(rows)

    def default_level(self, events: int) -> float:
        """The same number of trees as for components."""
        return self.trees.default_level(events)

    def path(
        self,
        design: Design,
        X: Matrix,
        y: Labels,
        levels: tuple[float, ...],
        *,
        seed: int,
        offset: Vector | None = None,
    ) -> Levels:
        """Fit once, for all numbers of trees."""
        apart = replace(design, components=design.names, joint=())
        path = self.trees.path(apart, X, y, levels, seed=seed, offset=offset)
        return lambda level: Told(path(level).logit)


@dataclass(frozen=True)
class SplineRecipe:
    """The package's logistic regression, on the columns and on cubic splines of their signed logarithms."""

    logistic: LogisticRecipe

    def levels(self, rows: int) -> tuple[float, ...]:
        """Penalties: there are five times the coefficients, so up to three times as strong."""
        return (1000.0, 300.0, 100.0, 40.0, 20.0)

    def default_level(self, events: int) -> float:
        """Between those of the logistic's tens and hundreds of exits."""
        return 100.0

    def path(
        self,
        design: Design,
        X: Matrix,
        y: Labels,
        levels: tuple[float, ...],
        *,
        seed: int,
        offset: Vector | None = None,
    ) -> Levels:
        """Fit every penalty."""
        splines = [_spline(column) for column in _signed_log(X).T]

        def expanded(Z: Matrix) -> Matrix:
            columns = zip(_signed_log(Z).T, splines, strict=True)
            return np.hstack([Z, *(_bases(column, spline) for column, spline in columns if spline is not None)])

        added = [j for j, spline in enumerate(splines) if spline is not None for _ in range(spline.n_features_out_)]
        wider = Design(
            (*design.names, *(f"{design.names[j]} {place}" for place, j in enumerate(added))),
            (*design.components, *(design.components[j] for j in added)),
            (*design.monotone, *(0 for _ in added)),
        )
        path = self.logistic.path(wider, expanded(X), y, levels, seed=seed, offset=offset)
        return lambda level: Told(lambda Z: path(level).logit(expanded(Z)))


def _signed_log(X: Matrix) -> Matrix:
    return np.asarray(np.sign(X) * np.log1p(np.abs(X)), dtype=np.float64)


def _spline(column: Vector) -> Any:
    """A cubic spline with knots at quantiles; None for a column of fewer than four values."""
    from sklearn.preprocessing import SplineTransformer

    seen = column[~np.isnan(column)]
    if len(np.unique(seen)) < 4:
        return None
    knots = np.unique(np.quantile(seen, [0.0, 0.25, 0.5, 0.75, 0.95, 1.0]))
    if len(knots) < 3:
        knots = np.linspace(seen.min(), seen.max(), 4)
    return SplineTransformer(degree=3, knots=knots[:, None], include_bias=False).fit(seen[:, None])


def _bases(column: Vector, spline: Any) -> Matrix:
    """Bases of a column, missing where it is; the logistic takes their signed logarithm, which is undone here."""
    bases = np.full((len(column), spline.n_features_out_), np.nan)
    seen = ~np.isnan(column)
    if seen.any():
        bases[seen] = spline.transform(column[seen][:, None])
    return np.asarray(np.sign(bases) * np.expm1(np.abs(bases)), dtype=np.float64)


@dataclass(frozen=True)
class ForestRecipe:
    """scikit-learn's random forest on the columns, missing values filled by the median; it knows no levels of dates."""

    def levels(self, rows: int) -> tuple[float, ...]:
        """Accounts in a leaf, at least."""
        return (100.0, 30.0, 10.0)

    def default_level(self, events: int) -> float:
        """Where there are too few exits to choose by."""
        return 30.0

    def path(
        self,
        design: Design,
        X: Matrix,
        y: Labels,
        levels: tuple[float, ...],
        *,
        seed: int,
        offset: Vector | None = None,
    ) -> Levels:
        """Fit a forest for each size of leaf, when it is asked for."""
        from sklearn.ensemble import RandomForestClassifier

        middle = np.nanmedian(np.where(np.isnan(X).all(axis=0), 0.0, X), axis=0)
        grown: dict[float, Any] = {}

        def part(level: float) -> Told:
            if level not in grown:
                forest = RandomForestClassifier(200, min_samples_leaf=int(level), random_state=seed)
                grown[level] = forest.fit(np.where(np.isnan(X), middle, X), y)

            def said(Z: Matrix) -> Vector:
                p = grown[level].predict_proba(np.where(np.isnan(Z), middle, Z))[:, 1]
                return logit(np.clip(p, 1e-4, 1 - 1e-4))

            return Told(said)

        return part


def register() -> None:
    """Put the kinds among the models, for this process."""
    own = churn.recipes

    def recipes(settings: churn.ChurnSettings, recency: str | None, tenure: str | None) -> dict[str, Recipe]:
        trees = BoosterRecipe(settings.booster, additive=True, threads=settings.threads)
        further: dict[str, Recipe] = {
            "single": SingleRecipe(trees),
            "splines": SplineRecipe(LogisticRecipe(settings.logistic)),
            "forest": ForestRecipe(),
        }
        return {**own(settings, recency, tenure), **further}

    churn.recipes = recipes
    for kind, title in KINDS.items():
        MODELS[kind] = Candidate(title, title, (kind,))
        MODELS[f"blend and {kind}"] = Candidate(f"Blend and {kind}", title, ("additive", "logistic", kind))


def compare(run: Run) -> Judge:
    """Judge all models on the origins of a run; the blend is the one to beat."""
    model = run.model.model_copy(update={"choose": "blend"})
    run = run.model_copy(update={"tracking": Tracking(enabled=False), "scorecard": None, "model": model})
    with open_tables(run) as tables:
        book = build_book(run, tables)
        return Judge(book, walk(book, silent))


def main() -> None:
    """Judge the kinds and print their differences from the blend."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("run")
    parser.add_argument("--data", type=Path, default=None)
    asked = parser.parse_args()
    register()
    judge = compare(load_run(asked.run, data=asked.data))
    print(f"{asked.run}: {len(judge.y):,} rows, {int(judge.y.sum()):,} events, {len(judge.walk.origins)} dates")
    for name in judge.walk.probability:
        if name not in (*BASELINES, "blend"):
            loss, auc = (
                judge.resamples.interval(name, metric, minus="blend").as_dict() for metric in ("log_loss", "auc")
            )
            print(f"| {name} | {figure(loss, digits=4)} | {figure(auc, digits=4)} |")


if __name__ == "__main__":
    main()
