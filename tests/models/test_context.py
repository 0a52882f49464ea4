"""Context (how far off the renewal is) moves the probability and leaves the score alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from healthscore.errors import BundleError, ConfigurationError
from healthscore.models.bundle import Bundle, load, save
from healthscore.models.churn import ChurnSettings, fit_churn
from healthscore.models.churnmodel import ChurnModel
from healthscore.models.design import Design, Matrix, expit
from healthscore.models.drivers import component_drivers, feature_points, feature_tenths, top_drivers
from healthscore.models.health import ScoreScale

MODELS = ("blend", "unconstrained")


@pytest.fixture(scope="module")
def rows(book: Any) -> tuple[Design, Matrix, np.ndarray[Any, np.dtype[np.int8]]]:
    """The book with one more column, the days to the renewal, of which the truth makes much."""
    rng = np.random.default_rng(5)
    days = rng.integers(0, 365, len(book.y)).astype(float)
    y = (rng.random(len(days)) < expit(book.z + 1.5 * np.cos(days / 58))).astype(np.int8)
    design = Design(
        (*book.design.names, "days_to_renewal"),
        (*book.design.components, "renewal"),
        (*book.design.monotone, 0),
        context=("days_to_renewal",),
    )
    return design, np.column_stack([book.X, days]), y


@pytest.fixture(scope="module", params=MODELS)
def fitted(request: pytest.FixtureRequest, book: Any, rows: Any, settings: ChurnSettings) -> ChurnModel:
    design, X, y = rows
    return fit_churn(design, X, y, day=book.day, known=book.known, seed=1, settings=settings, name=request.param)


def twins(X: Matrix) -> tuple[Matrix, Matrix]:
    """Accounts, and their like whose renewal is as far off as another's."""
    others = X[:300].copy()
    others[:, -1] = X[300:600, -1]
    return X[:300], others


def test_accounts_that_differ_in_nothing_but_the_time_to_their_renewal_score_alike(
    fitted: ChurnModel, rows: Any
) -> None:
    names, scale = fitted.design.names, ScoreScale.relative(0.1)
    one, other = twins(rows[1])
    left, right = (component_drivers(fitted, scale, fitted.component_logit(X, names)) for X in (one, other))
    assert np.array_equal(left.score_tenths, right.score_tenths)
    np.testing.assert_allclose(left.points, right.points, atol=1e-9)
    apart = np.abs(fitted.probability(one, names) - fitted.probability(other, names))
    assert apart.max() > 0.2
    assert np.median(apart) > 0.01
    np.testing.assert_allclose(fitted.held_logit(one, names), fitted.held_logit(other, names), atol=1e-12)


def test_context_has_no_points_is_no_driver_and_the_rest_adds_up_exactly(fitted: ChurnModel, rows: Any) -> None:
    design, X = fitted.design, rows[1][:400]
    scale = ScoreScale.relative(0.1)
    drivers = component_drivers(fitted, scale, fitted.component_logit(X, design.names))
    renewal = drivers.groups.index("renewal")
    assert (drivers.points[:, renewal] == 0).all()
    assert (drivers.points_tenths[:, renewal] == 0).all()
    shown = drivers.base_tenths + drivers.points_tenths.sum(axis=1) + drivers.capped_tenths
    assert np.array_equal(shown, drivers.score_tenths)
    np.testing.assert_allclose(drivers.base + drivers.points.sum(axis=1) + drivers.capped, drivers.score, atol=1e-9)
    top = top_drivers(drivers.points, 8, shown=drivers.points_tenths)
    assert not (top.up == renewal).any()
    assert not (top.down == renewal).any()
    points = feature_points(fitted, scale, fitted.feature_logit(X, design.names))
    assert (points[:, -1] == 0).all()
    tenths = feature_tenths(design, points, drivers.points_tenths)
    assert np.array_equal(tenths @ design.indicator.astype(np.int64), drivers.points_tenths)


def test_the_average_of_the_reference_is_kept(fitted: ChurnModel, book: Any, rows: Any) -> None:
    last = rows[1][book.day == book.day.max()]
    z, held = fitted.logit(last, fitted.design.names), fitted.held_logit(last, fitted.design.names)
    assert held.mean() == pytest.approx(z.mean(), abs=0.02 if not fitted.additive else 1e-9)
    assert held.std() < z.std()


def test_a_saved_model_still_knows_what_is_context(fitted: ChurnModel, rows: Any, tmp_path: Path) -> None:
    save(Bundle(fitted, ScoreScale.relative(0.1)), tmp_path / "bundle")
    model = load(tmp_path / "bundle").model
    assert model.design == fitted.design
    X, names = rows[1][:50], fitted.design.names
    assert np.array_equal(model.held_logit(X, names), fitted.held_logit(X, names))
    assert np.array_equal(model.logit(X, names), fitted.logit(X, names))


def test_without_context_the_score_follows_the_probability(model: ChurnModel, book: Any) -> None:
    X, names = book.X[:200], book.design.names
    assert np.array_equal(model.held_logit(X, names), model.logit(X, names))


def test_context_is_held_at_a_reference(fitted: ChurnModel, rows: Any) -> None:
    bare = replace(fitted, reference=None)
    with pytest.raises(BundleError, match="no reference population"):
        bare.held_logit(rows[1][:2], fitted.design.names)


@pytest.mark.parametrize(
    ("components", "joint", "context", "said"),
    [
        (("use", "renewal", "renewal"), (), ("days",), "'renewal' mixes days, which the score leaves out, with other"),
        (("use", "mood", "renewal"), (("use", "renewal"),), ("days",), r"'use \+ renewal' mixes days"),
        (("use", "mood", "renewal"), (), ("week",), "context names no column: week"),
    ],
)
def test_context_keeps_to_itself(
    components: tuple[str, ...], joint: tuple[tuple[str, ...], ...], context: tuple[str, ...], said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        Design(("logins", "nps", "days"), components, (0, 0, 0), joint, context)
