from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from healthscore.errors import BundleError, ConfigurationError, InputError, InsufficientDataError
from healthscore.models import MODELS
from healthscore.models.churn import Candidates, ChurnSettings, fit_candidates, fit_churn
from healthscore.models.churnmodel import ChurnModel
from healthscore.models.design import Design, expit
from healthscore.models.walkforward import InnerSettings, inner_origins


def log_loss(z: np.ndarray, y: np.ndarray) -> float:
    return float(np.mean(np.logaddexp(0.0, z) - y * z))


# Inner origins


def test_the_worked_example_of_inner_origins() -> None:
    first_days = np.array([0, 31, 59, 90, 120, 151])  # 1 January to 1 June
    day = np.repeat(first_days, 100)
    y = (np.arange(600) % 2).astype(np.int8)
    origins = inner_origins(day, day + 90, y, InnerSettings())
    assert [origin.day for origin in origins] == [90, 120, 151]
    assert np.unique(day[origins[-1].train]).tolist() == [0, 31, 59]
    assert np.unique(day[origins[-1].test]).tolist() == [151]


def test_no_inner_training_row_is_known_after_its_origin() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        day = np.sort(rng.integers(0, 40, 800) * rng.integers(1, 10))
        known = day + rng.integers(1, 60, 800)
        y = (rng.random(800) < 0.3).astype(np.int8)
        settings = InnerSettings(maximum_origins=int(rng.integers(1, 9)))
        origins = inner_origins(day, known, y, settings)
        assert len(origins) <= settings.maximum_origins
        for origin in origins:
            assert (known[origin.train] <= origin.day).all()
            assert (day[origin.train] < origin.day).all()
            assert (day[origin.test] == origin.day).all()


def test_many_origins_are_thinned_and_a_large_book_uses_fewer() -> None:
    day = np.repeat(np.arange(40), 100)
    y = (np.arange(4000) % 2).astype(np.int8)
    days = [origin.day for origin in inner_origins(day, day + 1, y, InnerSettings())]
    assert len(days) == 6
    assert days[-1] == 39
    assert days[0] >= 19
    assert len(inner_origins(day, day + 1, y, InnerSettings(row_budget=1))) == 2


# The models


@pytest.fixture(scope="module")
def split(books: Callable[..., Any]) -> tuple[Any, Any]:
    book = books(700, 16, seed=11)
    return book.where(book.known <= 360), book.where(book.day >= 360)


@pytest.fixture(scope="module")
def candidates(split: tuple[Any, Any], settings: ChurnSettings) -> Candidates:
    past = split[0]
    return fit_candidates(
        past.design, past.X, past.y, past.day, past.known,
        seed=1, settings=settings, recency="days since reply", tenure="logins 84d",
    )  # fmt: skip


def test_what_the_inner_origins_were_told_is_as_good_as_the_models_that_told_it(
    candidates: Candidates, split: Any
) -> None:
    """Told before the outcomes were known: the base rate's is that of the training rows, the blend's beats it."""
    y = split[0].y[candidates.inner_rows]
    assert set(candidates.inner_logit) == set(candidates.models)
    assert all(z.shape == y.shape for z in candidates.inner_logit.values())
    assert log_loss(candidates.inner_logit["blend"], y) < log_loss(candidates.inner_logit["base_rate"], y)
    assert abs(float(np.mean(expit(candidates.inner_logit["blend"]) - y))) < 0.03


def test_every_registered_model_is_fitted(candidates: Candidates, split: tuple[Any, Any]) -> None:
    assert set(candidates.models) == set(MODELS)
    X, names = split[1].X, split[1].design.names
    for model in candidates.models.values():
        z = model.logit(X, names)
        np.testing.assert_allclose(model.intercept + model.component_logit(X, names).sum(axis=1), z, atol=1e-9)
        np.testing.assert_allclose(model.probability(X, names), expit(z))
        assert all(kappa >= 0 for kappa in model.calibration.kappas)
        assert model.calibration.origins == 6


def test_the_blend_is_not_worse_than_its_parts_and_far_better_than_the_baselines(
    candidates: Candidates, split: tuple[Any, Any]
) -> None:
    future = split[1]
    loss = {
        name: log_loss(model.logit(future.X, future.design.names), future.y)
        for name, model in candidates.models.items()
    }
    truth = log_loss(future.z, future.y)
    assert loss["blend"] <= min(loss["additive"], loss["logistic"]) + 0.001
    assert loss["blend"] < min(loss["recency"], loss["tenure"], loss["base_rate"]) - 0.01
    assert loss["blend"] - truth < 0.1 * (loss["base_rate"] - truth)


def test_probabilities_are_calibrated_in_a_stationary_world(candidates: Candidates, books: Callable[..., Any]) -> None:
    fresh = books(4000, 3, seed=99)
    z = candidates.models["blend"].logit(fresh.X, fresh.design.names)
    b = np.zeros(2)
    X = np.column_stack([np.ones_like(z), z])
    for _ in range(20):
        p = expit(X @ b)
        b += np.linalg.solve(X.T @ (X * (p * (1 - p))[:, None]), X.T @ (fresh.y - p))
    assert 0.85 < b[1] < 1.15
    assert 0.9 < fresh.y.mean() / expit(z).mean() < 1.1


def test_candidates_report_their_inner_losses(candidates: Candidates, split: tuple[Any, Any]) -> None:
    rows = candidates.inner_rows
    assert set(candidates.inner_loss) == set(candidates.models)
    assert all(loss.shape == rows.shape for loss in candidates.inner_loss.values())
    assert set(np.unique(split[0].day[rows])) == {150, 180, 210, 240, 270, 300}
    assert candidates.inner_loss["blend"].mean() < candidates.inner_loss["base_rate"].mean()


def test_a_seed_gives_the_same_model_twice(book: Any, model: ChurnModel, settings: ChurnSettings) -> None:
    again = fit_churn(book.design, book.X, book.y, day=book.day, known=book.known, seed=1, settings=settings)
    assert np.array_equal(again.logit(book.X, book.design.names), model.logit(book.X, book.design.names))
    assert again.calibration == model.calibration


def test_the_order_of_the_rows_hardly_matters(book: Any, model: ChurnModel, settings: ChurnSettings) -> None:
    order = np.random.default_rng(0).permutation(len(book.y))
    again = fit_churn(
        book.design, book.X[order], book.y[order], day=book.day[order], known=book.known[order], seed=1,
        settings=settings,
    )  # fmt: skip
    names = book.design.names
    np.testing.assert_allclose(again.logit(book.X, names), model.logit(book.X, names), atol=1e-6)


def test_more_of_a_healthy_signal_never_lowers_health(book: Any, model: ChurnModel) -> None:
    for column in np.flatnonzero(book.design.monotone):
        values = np.quantile(book.X[:, column][~np.isnan(book.X[:, column])], np.linspace(0, 1, 15))
        rows = np.repeat(book.X[:100], len(values), axis=0)
        rows[:, column] = np.tile(values, 100)
        z = model.logit(rows, book.design.names).reshape(100, -1)
        assert (np.diff(z, axis=1) * book.design.monotone[column] >= -1e-12).all()


def test_the_reference_is_the_last_risk_set(book: Any, model: ChurnModel) -> None:
    last = book.where(book.day == book.day.max())
    assert model.reference is not None
    assert model.reference.rows == len(last.y)
    assert model.reference.rate == pytest.approx(last.y.mean())
    components = model.component_logit(last.X, book.design.names)
    np.testing.assert_allclose(model.reference.component_mean, components.mean(axis=0), atol=1e-12)
    quiet = model.frozen(last.X, np.zeros_like(last.y), book.design.names)
    assert quiet.reference is not None
    assert quiet.reference.rate == model.base_rate


def test_a_null_component_earns_next_to_nothing(book: Any, model: ChurnModel) -> None:
    """The null half of T25: its points move by less than half a point on average."""
    luck = book.design.groups.index("luck")
    share = model.component_logit(book.X, book.design.names)[:, luck]
    assert np.abs(share - share.mean()).mean() * 15 / np.log(2) < 0.5


def test_t25_a_duplicated_feature_hardly_moves_the_components(
    book: Any, model: ChurnModel, settings: ChurnSettings
) -> None:
    d = book.design
    double = Design((*d.names, "again"), (*d.components, "activity"), (*d.monotone, -1))
    X = np.column_stack([book.X, book.X[:, 0]])
    other = fit_churn(double, X, book.y, day=book.day, known=book.known, seed=1, settings=settings)
    assert other.reference is not None
    assert model.reference is not None
    ours = model.component_logit(book.X, d.names) - model.reference.component_mean
    theirs = other.component_logit(X, double.names) - other.reference.component_mean
    assert np.abs(theirs - ours).mean(axis=0).max() * 15 / np.log(2) < 0.5


# Small and broken input


def test_two_exits_are_averaged_without_a_fuss(settings: ChurnSettings) -> None:
    rng = np.random.default_rng(0)
    design = Design(("a", "b"), ("x", "y"), (-1, 0))
    X = rng.normal(size=(100, 2))
    X[::3, 1] = np.nan
    y = np.zeros(100, np.int8)
    y[[5, 60]] = 1
    day = np.repeat([0, 30], 50)
    model = fit_churn(design, X, y, day=day, known=day + 10, seed=0, settings=settings)
    assert model.calibration.kappas == (0.5, 0.5)
    assert model.calibration.alpha == 0.0
    assert 0 < model.probability(X, design.names).mean() < 0.1
    fitted = fit_candidates(design, X, y, day, day + 10, seed=0, settings=settings)
    assert set(fitted.models) == {"blend", "additive", "unconstrained", "logistic", "base_rate"}
    assert len(fitted.inner_rows) == 0


def test_rows_that_are_entirely_missing_get_a_probability(book: Any, model: ChurnModel) -> None:
    p = model.probability(np.full((2, 7), np.nan), book.design.names)
    assert ((p > 0) & (p < 1)).all()


def test_one_class_is_insufficient(settings: ChurnSettings) -> None:
    design, days = Design(("a",), ("x",), (0,)), np.zeros(20)
    with pytest.raises(InsufficientDataError):
        fit_churn(design, np.zeros((20, 1)), np.zeros(20), day=days, known=days, seed=0, settings=settings)


def test_unknown_candidates_and_unnamed_baselines_are_refused(book: Any) -> None:
    def fit(*names: str) -> None:
        fit_candidates(book.design, book.X, book.y, book.day, book.known, seed=0, candidates=names)

    with pytest.raises(ConfigurationError, match="no model is called 'magic'"):
        fit("magic")
    with pytest.raises(ConfigurationError, match="'recency' needs its column"):
        fit("recency")
    with pytest.raises(InputError, match="as-of days"):
        fit_candidates(book.design, book.X, book.y, book.day[1:], book.known, seed=0)


def test_predictions_go_by_name(book: Any, model: ChurnModel) -> None:
    for method in (model.logit, model.probability, model.component_logit, model.feature_logit):
        with pytest.raises(BundleError, match="another order"):
            method(book.X, book.design.names[::-1])


def test_progress_ends_at_all(book: Any) -> None:
    calls: list[tuple[int, int]] = []
    fit_candidates(
        book.design, book.X, book.y, book.day, book.known, seed=0, candidates=["logistic", "base_rate"],
        progress=lambda done, total: calls.append((done, total)),
    )  # fmt: skip
    assert calls == [(i, calls[-1][1]) for i in range(1, calls[-1][1] + 1)]
