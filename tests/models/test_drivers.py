from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthscore.errors import BundleError
from healthscore.models.churnmodel import ChurnModel
from healthscore.models.design import Design
from healthscore.models.drivers import apportion, component_drivers, feature_points, feature_tenths, top_drivers
from healthscore.models.health import ScoreScale, tenths


def test_the_worked_example() -> None:
    assert apportion(np.array([[-8.26, 1.31, 0.0]]), np.array([463 - 532])).tolist() == [[-82, 13, 0]]


def test_drivers_add_up_exactly_and_as_shown(book: Any, model: ChurnModel) -> None:
    assert model.reference is not None
    scale = ScoreScale.relative(model.reference.rate)
    components = model.component_logit(book.X, book.design.names)
    drivers = component_drivers(model, scale, components)
    z = model.logit(book.X, book.design.names)
    np.testing.assert_allclose(drivers.base + drivers.points.sum(axis=1) + drivers.capped, scale.score(z), atol=1e-9)
    shown = drivers.base_tenths + drivers.points_tenths.sum(axis=1) + drivers.capped_tenths
    assert np.array_equal(shown, drivers.score_tenths)
    assert np.array_equal(drivers.score_tenths, tenths(scale.score(z)))
    assert np.abs(drivers.points_tenths - drivers.points * 10).max() < 1
    assert ((drivers.capped_tenths == 0) | (drivers.capped != 0)).all()
    last = book.where(book.day == book.day.max())
    centred = component_drivers(model, scale, model.component_logit(last.X, book.design.names))
    np.testing.assert_allclose(centred.points.mean(axis=0), 0, atol=1e-9)


def test_feature_points_add_up_to_their_component(book: Any, model: ChurnModel) -> None:
    scale = ScoreScale.relative(0.1)
    X, names = book.X[:500], book.design.names
    drivers = component_drivers(model, scale, model.component_logit(X, names))
    points = feature_points(model, scale, model.feature_logit(X, names))
    np.testing.assert_allclose(points @ book.design.indicator, drivers.points, atol=1e-9)
    shown = feature_tenths(book.design, points, drivers.points_tenths)
    assert np.array_equal(shown @ book.design.indicator.astype(np.int64), drivers.points_tenths)
    assert np.abs(shown - points * 10).max() < 1 + 1e-9


def test_t23_a_million_rows_add_up_exactly(model: ChurnModel) -> None:
    rng = np.random.default_rng(0)
    n = 1_000_000
    design = Design(tuple("abcdef"), tuple("abcdef"), (0,) * 6)
    assert model.reference is not None
    reference = replace(model.reference, component_mean=rng.normal(size=6), feature_mean=np.zeros(6))
    wide = replace(model, design=design, reference=reference)
    components = rng.normal(size=(n, 6)) * rng.choice([0.0, 0.3, 3.0], size=(n, 1))
    drivers = component_drivers(wide, ScoreScale.relative(0.1), components)
    shown = drivers.base_tenths + drivers.points_tenths.sum(axis=1) + drivers.capped_tenths
    assert int(np.count_nonzero(shown != drivers.score_tenths)) == 0
    assert np.abs(drivers.points_tenths - drivers.points * 10).max() < 1 + 1e-9
    clipped = (drivers.score == 0) | (drivers.score == 100)
    assert 0.01 < clipped.mean() < 0.9
    assert (drivers.capped_tenths[~clipped] == 0).all()
    parts = drivers.points[:, :, None] * rng.dirichlet(np.ones(3), size=n)[:, None, :]
    triple = Design(tuple("abcdefghijklmnopqr"), tuple("aaabbbcccdddeeefff"), (0,) * 18)
    features = feature_tenths(triple, parts.reshape(n, 18), drivers.points_tenths)
    assert np.array_equal(features.reshape(n, 6, 3).sum(axis=2), drivers.points_tenths)


@given(
    st.lists(st.floats(-60, 60), min_size=1, max_size=8),
    st.floats(0, 100),
)
def test_with_the_base_rounded_first_every_row_is_rounded_up_or_down(points: list[float], base: float) -> None:
    values = np.array([points])
    target = tenths(base + values.sum(axis=1)) - tenths(base)
    shown = apportion(values, target)
    assert shown.sum() == target[0]
    assert (np.abs(shown - values * 10) < 1 + 1e-9).all()


def test_top_drivers_leave_out_what_is_shown_as_nothing() -> None:
    points = np.array([[5.0, -3.0, 0.04, -7.0], [0.0, 0.0, 0.0, 0.0]])
    top = top_drivers(points, 3)
    assert top.up.tolist() == [[0, -1, -1], [-1, -1, -1]]
    assert top.down.tolist() == [[3, 1, -1], [-1, -1, -1]]
    assert top_drivers(points, 9).up.shape == (2, 4)


def test_no_drivers_without_a_reference(model: ChurnModel) -> None:
    bare = replace(model, reference=None)
    with pytest.raises(BundleError, match="reference population"):
        component_drivers(bare, ScoreScale.relative(0.1), np.zeros((1, len(model.design.groups))))


def test_an_empty_book_has_no_drivers(model: ChurnModel) -> None:
    X = np.zeros((0, len(model.design.names)))
    drivers = component_drivers(model, ScoreScale.relative(0.1), model.component_logit(X, model.design.names))
    assert drivers.points_tenths.shape == (0, len(model.design.groups))
    assert model.feature_logit(X, model.design.names).shape == X.shape
