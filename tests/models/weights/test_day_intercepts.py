"""Intercepts per as-of day and the losses after them: literal values, laws, and days without information."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from healthscore.models.weights.fit import clustered_mean, day_intercepts, profiled_losses


def test_a_flat_predictor_leaves_the_log_odds_of_each_day() -> None:
    y = np.array([1, 0, 0, 0, 1, 0], dtype=np.int8)
    day = np.array([30, 30, 30, 30, 7, 7])
    intercepts = day_intercepts(y, day, np.zeros(6))
    assert intercepts == pytest.approx([np.log(1 / 3)] * 4 + [0.0, 0.0], abs=1e-12)
    surprise = [-np.log(1 / 4), *[-np.log(3 / 4)] * 3, np.log(2), np.log(2)]
    assert profiled_losses(y, day, np.zeros(6)) == pytest.approx(surprise, abs=1e-12)


def test_intercepts_minimise_the_loss_of_their_own_day_and_swallow_any_level() -> None:
    random = np.random.default_rng(5)
    y = (random.random(300) < 0.2).astype(np.int8)
    day = random.integers(0, 3, 300) * 31
    z = random.normal(size=300) * 2
    losses = profiled_losses(y, day, z)
    assert profiled_losses(y, day, z + np.array([0.0, 4.0, -9.0])[day // 31]) == pytest.approx(losses, abs=1e-9)
    for one in np.unique(day):
        rows = day == one

        def loss(a: float, rows: np.ndarray = rows) -> float:
            shifted = z[rows] + a
            return float(np.sum(np.logaddexp(0.0, shifted) - y[rows] * shifted))

        best = minimize_scalar(loss, bounds=(-20, 20), method="bounded", options={"xatol": 1e-10})
        assert losses[rows].sum() == pytest.approx(best.fun, abs=1e-9)
        assert day_intercepts(y, day, z)[rows] == pytest.approx(best.x, abs=1e-5)


def test_days_on_which_nobody_or_everybody_left_cost_nothing() -> None:
    y = np.array([0, 0, 1, 1, 1, 0], dtype=np.int8)
    day = np.array([1, 1, 2, 2, 3, 3])
    z = np.array([0.5, -3.0, 2.0, 0.1, 1.0, 1.0])
    assert day_intercepts(y, day, z)[:4].tolist() == [-np.inf, -np.inf, np.inf, np.inf]
    assert profiled_losses(y, day, z) == pytest.approx([0, 0, 0, 0, np.log(2), np.log(2)], abs=1e-12)


def test_no_rows_have_no_losses() -> None:
    assert profiled_losses(np.zeros(0, np.int8), np.zeros(0, np.int64), np.zeros(0)).shape == (0,)


def test_rows_of_one_account_are_no_independent_evidence() -> None:
    values = np.array([1.0, 3.0, 5.0, 7.0])
    mean, error = clustered_mean(values, np.array([8, 8, 2, 2])) or (0.0, 0.0)
    assert (mean, error) == pytest.approx((4.0, np.sqrt(2 / 1 * (4.0**2 + 4.0**2) / 4**2)))
    assert clustered_mean(values, np.arange(4)) == pytest.approx((4.0, values.std(ddof=1) / 2))
    assert clustered_mean(values, np.zeros(4, np.int64)) is None
