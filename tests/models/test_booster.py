from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from healthscore.models import treetext
from healthscore.models.booster import BoosterPart, BoosterRecipe, BoosterSettings
from healthscore.models.design import Design

SETTINGS = BoosterSettings(rows_per_thread=1)  # as many threads as asked for


def grow(book: Any, trees: int = 60, *, additive: bool = True, threads: int = 1, seed: int = 0) -> BoosterPart:
    recipe = BoosterRecipe(SETTINGS, additive, threads)
    part = recipe.path(book.design, book.X, book.y, (float(trees),), seed=seed)(float(trees))
    assert isinstance(part, BoosterPart)
    return part


@pytest.fixture(scope="module")
def part(book: Any) -> BoosterPart:
    return grow(book)


@pytest.fixture(scope="module")
def twin(book: Any) -> BoosterPart:
    return grow(book, additive=False)


def test_every_tree_uses_one_component(book: Any, part: BoosterPart, twin: BoosterPart) -> None:
    def mixed(trees: tuple[treetext.Tree, ...]) -> int:
        return sum(len({book.design.components[column] for column in tree.columns}) > 1 for tree in trees)

    assert len(part.trees) == 60
    assert mixed(part.trees) == 0
    assert mixed(twin.trees) > 0


def test_components_add_up_to_the_native_prediction(book: Any, part: BoosterPart) -> None:
    native = part._native.predict(book.X, raw_score=True) + part.intercept
    np.testing.assert_allclose(part.logit(book.X), native, atol=1e-9)
    np.testing.assert_allclose(part.intercept + part.component_logit(book.X).sum(axis=1), native, atol=1e-9)


def test_a_component_depends_on_its_own_columns_alone(book: Any, part: BoosterPart) -> None:
    X = book.X.copy()
    others = np.flatnonzero(np.array(book.design.components) != "satisfaction")
    X[:, others] = X[::-1, others]
    group = book.design.groups.index("satisfaction")
    assert np.array_equal(part.component_logit(X)[:, group], part.component_logit(book.X)[:, group])


def test_t24_shap_variants_agree_on_components(book: Any, part: BoosterPart) -> None:
    """Sums of trees, LightGBM's own contributions and shap's two algorithms, each re-centred on the same rows."""
    shap = pytest.importorskip("shap")
    X = book.X[:200]
    ours = part.component_logit(X)
    variants = [part.feature_logit(X)]
    variants.append(shap.TreeExplainer(part._native).shap_values(X))
    background = np.where(np.isnan(book.X[300:340]), 0.0, book.X[300:340])
    complete = np.where(np.isnan(X), 0.0, X)
    interventional = shap.TreeExplainer(part._native, background, feature_perturbation="interventional")
    for values in variants:
        grouped = np.asarray(values) @ book.design.indicator
        np.testing.assert_allclose(grouped - grouped.mean(axis=0), ours - ours.mean(axis=0), atol=1e-6)
    grouped = np.asarray(interventional.shap_values(complete, check_additivity=False)) @ book.design.indicator
    ours = part.component_logit(complete)
    np.testing.assert_allclose(grouped - grouped.mean(axis=0), ours - ours.mean(axis=0), atol=1e-6)


def test_the_twins_contributions_add_up_too(book: Any, twin: BoosterPart) -> None:
    X = book.X[:300]
    np.testing.assert_allclose(twin.intercept + twin.component_logit(X).sum(axis=1), twin.logit(X), atol=1e-9)


@pytest.mark.parametrize("additive", [True, False])
def test_neither_seed_nor_threads_change_a_bit(book: Any, additive: bool) -> None:
    one = grow(book, 20, additive=additive, threads=1, seed=1)
    other = grow(book, 20, additive=additive, threads=2, seed=2)
    assert one.to_files() == other.to_files()
    assert np.array_equal(one.logit(book.X), other.logit(book.X))


def test_fewer_trees_are_the_first_of_more(book: Any) -> None:
    path = BoosterRecipe(SETTINGS, threads=1).path(book.design, book.X, book.y, (10.0, 30.0), seed=0)
    np.testing.assert_array_equal(path(10.0).logit(book.X), grow(book, 10).logit(book.X))


@pytest.mark.parametrize("additive", [True, False])
def test_declared_directions_are_never_broken(book: Any, additive: bool) -> None:
    part = grow(book, 150, additive=additive)
    for column in np.flatnonzero(book.design.monotone):
        values = np.quantile(book.X[:, column][~np.isnan(book.X[:, column])], np.linspace(0, 1, 25))
        rows = np.repeat(book.X[:200], len(values), axis=0)
        rows[:, column] = np.tile(values, 200)
        steps = np.diff(part.logit(rows).reshape(200, -1), axis=1) * book.design.monotone[column]
        assert steps.min() >= -1e-12


def test_a_missing_value_never_seen_in_training_is_the_median_not_zero(book: Any, part: BoosterPart) -> None:
    column = book.design.names.index("logins 28d")
    typical, absent = book.X[:50].copy(), book.X[:50].copy()
    typical[:, column], absent[:, column] = np.median(book.X[:, column]), np.nan
    assert np.array_equal(part.logit(absent), part.logit(typical))
    assert np.array_equal(part.feature_logit(absent), part.feature_logit(typical))


def test_nothing_to_learn_gives_the_base_rate() -> None:
    design = Design(("a", "b"), ("x", "y"), (0, 0))
    X, y = np.ones((50, 2)), np.array([1, 1] + [0] * 48, np.int8)
    part = BoosterRecipe(BoosterSettings(), threads=1).path(design, X, y, (50.0,), seed=0)(50.0)
    assert part.logit(X[:2]).tolist() == pytest.approx([np.log(2 / 48)] * 2)
    assert (part.component_logit(X) == 0).all()
    assert (part.feature_logit(X) == 0).all()
    text = part.to_files()["trees"]
    assert treetext.parse(text, 2, "trees") == []


def test_joint_components_may_interact(books: Callable[..., Any]) -> None:
    book = books(200, 4)
    design = Design(book.design.names, book.design.components, (0,) * 7, joint=(("activity", "support"),))
    part = BoosterRecipe(SETTINGS, threads=1).path(design, book.X, book.y, (80.0,), seed=0)(80.0)
    assert isinstance(part, BoosterPart)
    used = [{design.components[column] for column in tree.columns} for tree in part.trees]
    assert {"activity", "support"} in used
    assert all(components <= {"activity", "support"} or len(components) == 1 for components in used)


def test_a_duplicated_feature_changes_nothing(books: Callable[..., Any]) -> None:
    """The trees' half of T25: without sampling, equal features tie and the first one wins."""
    book = books(200, 4)
    double = Design((*book.design.names, "again"), (*book.design.components, "activity"), (*book.design.monotone, -1))
    X = np.column_stack([book.X, book.X[:, 0]])
    recipe = BoosterRecipe(SETTINGS, threads=1)
    one = recipe.path(book.design, book.X, book.y, (60.0,), seed=0)(60.0).component_logit(book.X)
    two = recipe.path(double, X, book.y, (60.0,), seed=0)(60.0).component_logit(X)
    np.testing.assert_allclose(two, one, atol=1e-12)
