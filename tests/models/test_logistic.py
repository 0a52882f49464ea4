from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from healthscore.errors import ConfigurationError
from healthscore.models import logistic
from healthscore.models.baselines import ConstantPart, ConstantRecipe, CurvePart, CurveRecipe
from healthscore.models.design import Design
from healthscore.models.logistic import Inputs, LogisticPart, LogisticRecipe, LogisticSettings
from healthscore.models.newton import fit_bounded_logistic

RECIPE = LogisticRecipe(LogisticSettings())


def free(design: Design) -> Design:
    return Design(design.names, design.components, (0,) * len(design.names))


def fitted(design: Design, X: np.ndarray, y: np.ndarray, penalty: float = 10.0) -> LogisticPart:
    part = RECIPE.path(design, X, y, (penalty,), seed=0)(penalty)
    assert isinstance(part, LogisticPart)
    return part


def test_inputs_by_hand() -> None:
    X = np.array([[0.0, 5.0], [np.e - 1, 5.0], [np.nan, 5.0], [-(np.e - 1), 5.0]])
    inputs = Inputs.learn(X)
    assert inputs.mean.tolist() == pytest.approx([0.0, np.log(6.0)])
    assert inputs.scale.tolist() == pytest.approx([np.sqrt(2 / 3), 1.0])
    assert inputs.has_missing.tolist() == [True, False]
    u = inputs.standardised(np.array([[np.e - 1, 5.0], [np.nan, np.nan], [np.e**3 - 1, 7.0]]))
    beyond = [3 * np.sqrt(1.5), np.log(8 / 6)]  # what lies beyond the range seen goes on along the logarithm
    np.testing.assert_allclose(u, [[np.sqrt(1.5), 0], [0, 0], beyond], atol=1e-12)


@pytest.mark.parametrize("penalty", [0.3, 10.0, 300.0])
def test_the_free_fit_is_scikit_learns(books: Callable[..., Any], penalty: float) -> None:
    book = books(200, 5)
    part = fitted(free(book.design), book.X, book.y, penalty)
    Z = np.hstack([part.inputs.standardised(book.X), part.inputs.missing(book.X)])
    oracle = LogisticRegression(C=1 / penalty, tol=1e-10, max_iter=10_000).fit(Z, book.y)
    expected = oracle.coef_[0] @ Z.T + oracle.intercept_[0]
    np.testing.assert_allclose(part.logit(book.X), expected, atol=2e-5)


def test_bounds_hold_and_the_optimum_satisfies_the_kkt_conditions() -> None:
    rng = np.random.default_rng(3)
    X = np.hstack([np.ones((400, 1)), rng.normal(size=(400, 3))])
    y = (rng.random(400) < 1 / (1 + np.exp(-(X @ [-1, 1, -1, 0.5])))).astype(np.int8)
    penalty, lower, upper = np.array([0, 1, 1, 1.0]), np.array([-np.inf, -np.inf, 0, 0]), np.full(4, np.inf)
    b = fit_bounded_logistic(
        lambda: [(X[:150], y[:150]), (X[150:], y[150:])], np.zeros(4),
        penalty=penalty, centre=np.zeros(4), lower=lower, upper=upper,
    )  # fmt: skip
    gradient = X.T @ (1 / (1 + np.exp(-X @ b)) - y) + penalty * b
    assert b[2] == 0.0
    assert gradient[2] > 0
    np.testing.assert_allclose(gradient[[0, 1, 3]], 0, atol=1e-6)


def test_declared_directions_bound_the_coefficients(books: Callable[..., Any]) -> None:
    book = books(100, 3, seed=5)
    flipped = Design(book.design.names, book.design.components, tuple(-m for m in book.design.monotone))
    weights = fitted(flipped, book.X, book.y).weights * np.array(flipped.monotone)
    assert (weights >= 0).all()


def test_features_and_components_add_up(books: Callable[..., Any]) -> None:
    book = books(100, 3)
    part = fitted(book.design, book.X, book.y)
    z = part.logit(book.X)
    np.testing.assert_allclose(part.intercept + part.component_logit(book.X).sum(axis=1), z, atol=1e-12)
    np.testing.assert_allclose(part.intercept + part.feature_logit(book.X).sum(axis=1), z, atol=1e-12)


def test_a_large_book_is_read_in_passes_with_the_same_result(
    books: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    book = books(100, 3)
    held = fitted(book.design, book.X, book.y).weights
    monkeypatch.setattr(logistic, "_ROWS_HELD", 10)
    monkeypatch.setattr(logistic, "BLOCK_ROWS", 64)
    np.testing.assert_allclose(fitted(book.design, book.X, book.y).weights, held, atol=1e-9)


def test_a_column_never_observed_and_a_constant_one_do_no_harm() -> None:
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=80), np.full(80, np.nan), np.full(80, 3.0)])
    y = (rng.random(80) < 0.3).astype(np.int8)
    part = fitted(Design(("a", "b", "c"), ("x", "y", "z"), (0, 0, 0)), X, y)
    assert np.isfinite(part.logit(np.array([[0.0, 1.0, 9.0], [np.nan] * 3]))).all()
    assert part.weights[1] == part.weights[2] == 0.0


def test_everything_survives_json(books: Callable[..., Any]) -> None:
    book = books(100, 3)
    part = fitted(book.design, book.X, book.y)
    back = LogisticPart.from_json(json.loads(json.dumps(part.to_json())), book.design)
    assert np.array_equal(back.logit(book.X), part.logit(book.X))
    curve = CurveRecipe("nps").path(book.design, book.X, book.y, (1.0,), seed=0)(1.0)
    back_curve = CurvePart.from_json(json.loads(json.dumps(curve.to_json())), book.design)
    assert np.array_equal(back_curve.logit(book.X), curve.logit(book.X))
    constant = ConstantRecipe().path(book.design, book.X, book.y, (0.0,), seed=0)(0.0)
    assert ConstantPart.from_json(constant.to_json(), book.design).intercept == constant.intercept


def test_the_base_rate_is_the_share_of_exits() -> None:
    design = Design(("a",), ("x",), (0,))
    part = ConstantRecipe().path(design, np.zeros((4, 1)), np.array([0, 0, 0, 1], np.int8), (0.0,), seed=0)(0.0)
    assert part.logit(np.zeros((2, 1))).tolist() == pytest.approx([np.log(1 / 3)] * 2)


def test_one_feature_alone_may_bend_and_says_everything_in_its_own_component() -> None:
    rng = np.random.default_rng(1)
    X = np.column_stack([rng.uniform(0, 100, 4000), rng.normal(size=4000)])
    bent = np.where(X[:, 0] < 30, -2.5, np.where(X[:, 0] < 60, -0.5, -2.0))
    y = (rng.random(4000) < 1 / (1 + np.exp(-bent))).astype(np.int8)
    design = Design(("recency", "other"), ("activity", "luck"), (0, 0))
    part = CurveRecipe("recency").path(design, X, y, (1.0,), seed=0)(1.0)
    low, middle, high = part.logit(np.array([[5.0, 0], [45.0, 0], [99.0, 0]]))
    assert middle > low
    assert middle > high
    assert (part.component_logit(X)[:, 1] == 0).all()
    np.testing.assert_allclose(part.intercept + part.component_logit(X).sum(axis=1), part.logit(X), atol=1e-12)


def test_a_baseline_needs_its_column() -> None:
    design = Design(("a",), ("x",), (0,))
    with pytest.raises(ConfigurationError, match="no feature is called 'recency'"):
        CurveRecipe("recency").path(design, np.zeros((2, 1)), np.array([0, 1], np.int8), (1.0,), seed=0)
