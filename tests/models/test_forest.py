"""Tables of trees beside LightGBM's prediction and `pred_contrib`, shap's own algorithm, and all subsets by hand."""

from __future__ import annotations

import re
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import pytest

from healthscore.models import treetext
from healthscore.models.forest import shapley_forest, value_forest
from healthscore.models.subtrees import Nodes, nodes_of

COLUMNS = 24
EACH = [(column, 1) for column in range(COLUMNS)]


def drawn(rows: int, seed: int) -> Any:
    """Features with ties; 0 to 4 miss values in training, 5 to 7 are codes of categories, 8 to 11 never miss any."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(rows, COLUMNS)).round(1)
    X[:, 5:8] = random.integers(0, 6, (rows, 3))
    X[:, :5][random.random((rows, 5)) < 0.2] = np.nan
    return X


def grown(**settings: Any) -> tuple[list[treetext.Tree], Any]:
    """Trees, and LightGBM's Booster of them."""
    import lightgbm

    X = drawn(4000, 1)
    z = np.nan_to_num(X[:, 0], nan=1.0) + X[:, 8] * X[:, 9] + (X[:, 5] == 3) - np.abs(X[:, 10]) + X[:, 11:].sum(axis=1)
    y = (np.random.default_rng(2).random(len(X)) < 1 / (1 + np.exp(-z))).astype(float)
    settings = {"objective": "binary", "verbosity": -1, "num_threads": 1, "seed": 1, "min_data_in_leaf": 5} | settings
    trees = treetext.canonical(lightgbm.train(settings, lightgbm.Dataset(X, y), 12).model_to_string(), COLUMNS)
    return trees, lightgbm.Booster(model_str=treetext.render(trees, COLUMNS))


@pytest.fixture(scope="module")
def seen() -> Any:
    """Rows with missing values everywhere, on thresholds, and far outside."""
    X = drawn(500, 3)
    X[:100][np.random.default_rng(4).random((100, COLUMNS)) < 0.3] = np.nan
    X[-2:] = [[np.inf], [-np.inf]]
    return X


@pytest.mark.parametrize(
    "settings",
    [
        {"num_leaves": 6},
        {"num_leaves": 9, "monotone_constraints": [1, -1] * 12},
        {"num_leaves": 6, "use_missing": False},
        {"num_leaves": 40},
        {"num_leaves": 200, "min_data_in_leaf": 1, "feature_fraction_bynode": 0.1},
    ],
    ids=["small", "directions", "missing is zero", "cut into subtrees", "deep leaves"],
)
def test_shap_values_are_those_of_pred_contrib_and_shap(settings: dict[str, Any], seen: Any) -> None:
    shap = pytest.importorskip("shap")
    trees, native = grown(**settings)
    forest = shapley_forest(trees)
    assert forest is not None
    values = forest.sums(seen, EACH)
    np.testing.assert_allclose(values, native.predict(seen, pred_contrib=True)[:, :-1], atol=1e-9, rtol=0)
    if settings == {"num_leaves": 6}:
        explainer = shap.TreeExplainer(native)
        explainer.model.model_type = "internal"  # its own algorithm, not LightGBM's
        oracle = explainer.shap_values(seen[100:400], check_additivity=False)
        np.testing.assert_allclose(values[100:400], oracle, atol=1e-9, rtol=0)


@pytest.mark.parametrize("settings", [{"num_leaves": 6}, {"num_leaves": 9, "use_missing": False}])
def test_values_are_lightgbms_to_the_last_bit(settings: dict[str, Any], seen: Any) -> None:
    trees, native = grown(**settings)
    forest = value_forest(trees)
    assert forest is not None
    shares = [native.predict(seen, raw_score=True, start_iteration=0, num_iteration=5)]
    shares.append(native.predict(seen, raw_score=True, start_iteration=6, num_iteration=len(trees) - 6))
    assert np.array_equal(forest.sums(seen, [(0, 5), (6, len(trees) - 6)]), np.column_stack(shares))


def test_rows_are_the_same_whatever_is_beside_them(seen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    trees, _ = grown(num_leaves=20)
    forest = shapley_forest(trees)
    assert forest is not None
    whole = forest.sums(seen, EACH)
    monkeypatch.setattr("healthscore.models.forest.ROWS", 64)
    np.testing.assert_allclose(forest.sums(seen, EACH), whole, atol=1e-14, rtol=0)


def test_large_trees_have_no_table_of_values_and_zero_as_missing_none_at_all() -> None:
    trees, _ = grown(num_leaves=40)
    assert value_forest(trees) is None
    trees, _ = grown(num_leaves=6, zero_as_missing=True)
    assert any(re.search(r"decision_type=.*\b[46]\b", tree.body) for tree in trees)
    assert value_forest(trees) is None
    assert shapley_forest(trees) is None


def test_every_subset_by_hand(seen: Any) -> None:
    """Shapley's own formula on v(S) = what the tree expects of a row of which only the features of S are known."""
    trees, _ = grown(num_leaves=6)
    forest = shapley_forest(trees[:1])
    nodes = nodes_of(trees[0])
    assert forest is not None
    assert nodes is not None
    values = forest.sums(seen[:20], EACH)
    features = sorted(set(nodes.column.tolist()))
    for row, value in zip(seen[:20], values, strict=True):
        for feature in features:
            others = [other for other in features if other != feature]
            total = 0.0
            for size in range(len(others) + 1):
                weight = factorial(size) * factorial(len(others) - size) / factorial(len(features))
                for known in combinations(others, size):
                    gained = expected(nodes, row, {*known, feature}) - expected(nodes, row, set(known))
                    total += weight * gained
            assert value[feature] == pytest.approx(total, abs=1e-12)


def expected(nodes: Nodes, row: Any, known: set[int], node: int = 0) -> float:
    """What a tree expects below a node of a row of which only some features are known."""
    if node < 0:
        return float(nodes.leaf_value[-node - 1])

    def below(side: int) -> float:
        return expected(nodes, row, known, int(nodes.children[side, node]))

    column = int(nodes.column[node])
    if column in known:
        left = nodes.missing_left[node] if np.isnan(row[column]) else row[column] <= nodes.threshold[node]
        return below(0 if left else 1)
    children = [int(nodes.children[side, node]) for side in (0, 1)]
    rows = [nodes.rows[child] if child >= 0 else nodes.leaf_rows[-child - 1] for child in children]
    return float((rows[0] * below(0) + rows[1] * below(1)) / sum(rows))
