from __future__ import annotations

import numpy as np
import pytest

from healthscore.models.calibration import (
    Calibration,
    CalibrationSettings,
    date_offsets,
    fit_calibration,
    fit_slopes,
    half_and_half,
    held_out_loss,
    inner_logit,
    level,
    loss_with_intercepts,
    shrunk_shift,
)
from healthscore.models.design import Design, expit
from healthscore.models.logistic import LogisticPart, LogisticRecipe, LogisticSettings

SETTINGS = CalibrationSettings()


@pytest.mark.parametrize("rate", [0.002, 0.3, 0.97])
def test_level_meets_the_rate_even_where_newton_alone_would_not(rate: float) -> None:
    z = np.concatenate([np.full(500, -30.0), np.random.default_rng(0).normal(size=500) * 4, [40.0]])
    assert expit(level(z, rate) + z).mean() == pytest.approx(rate, abs=1e-9)
    assert level(np.full(5, 1.5), 0.5) == pytest.approx(-1.5)


def test_with_no_inner_rows_the_parts_are_averaged() -> None:
    assert half_and_half(2) == Calibration((0.5, 0.5), 0.0)


def two_parts(n: int, origins: int, shift: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two noisy views f, g of the truth, whose best combination is 0.8 f + 0.3 g."""
    rng = np.random.default_rng(seed)
    F = rng.multivariate_normal([-2, -2], [[1, 0.6], [0.6, 1]], size=n)
    origin = np.arange(n) % origins
    y = (rng.random(n) < expit(0.1 * -2 + 0.8 * F[:, 0] + 0.3 * F[:, 1] + shift[origin])).astype(np.int8)
    return F, y, origin


def test_kappas_are_recovered_from_many_rows_whatever_the_seasons() -> None:
    F, y, origin = two_parts(200_000, 4, np.array([-1.0, 0.0, 0.5, 1.0]))
    np.testing.assert_allclose(fit_slopes(F, y, origin, SETTINGS).kappas, [0.8, 0.3], atol=0.04)


def test_few_exits_leave_the_kappas_at_one_half() -> None:
    F, y, origin = two_parts(60, 2, np.zeros(2))
    np.testing.assert_allclose(fit_slopes(F, y, origin, SETTINGS).kappas, [0.5, 0.5], atol=0.15)


def test_kappas_are_never_negative() -> None:
    F, y, origin = two_parts(20_000, 2, np.zeros(2))
    F[:, 1] = -F[:, 1]
    kappas = fit_slopes(F, y, origin, SETTINGS).kappas
    assert kappas[1] == 0.0
    assert kappas[0] > 0.5


def test_shifts_that_agree_are_carried_over_and_seasons_are_not() -> None:
    variances = np.full(6, 0.01)
    agreed, sd = shrunk_shift(np.array([0.5, 0.52, 0.47, 0.5, 0.55, 0.46]), variances, SETTINGS)
    assert 0.4 < agreed < 0.5
    assert sd < 0.1
    seasons, sd = shrunk_shift(np.array([-0.6, -0.5, 0.1, 0.6, 0.5, -0.4]), variances, SETTINGS)
    assert seasons == 0.0
    assert sd > 0.4
    assert shrunk_shift(np.array([0.15]), np.array([0.01]), SETTINGS)[0] == 0.0  # one origin alone proves little


def test_slopes_that_shrink_the_spread_do_not_move_the_mean() -> None:
    """Overconfident parts (slope one half): the map spreads less, and the mean probability stays the base rate."""
    rng = np.random.default_rng(1)
    F = rng.normal(size=(40_000, 1)) * 2 - 3
    y = (rng.random(40_000) < expit(-1.5 + 0.5 * F[:, 0])).astype(np.int8)
    origin = np.arange(len(y)) % 4
    fitted = fit_calibration(
        F, y, origin, [(F[origin == o], y[origin == o]) for o in range(4)], (F, y), SETTINGS, span_days=365
    )
    assert fitted.kappas[0] == pytest.approx(0.5, abs=0.03)
    assert fitted.shift == 0.0
    assert expit(fitted.alpha + fitted.kappas[0] * F[:, 0]).mean() == pytest.approx(y.mean(), abs=1e-9)
    assert Calibration.from_json(fitted.to_json()) == fitted


def test_losses_do_not_reward_knowing_the_season() -> None:
    F, y, origin = two_parts(4_000, 2, np.array([-1.0, 1.0]))
    loss = held_out_loss(F, y, origin, SETTINGS)
    seasonal = held_out_loss(F + origin[:, None] * 2.0, y, origin, SETTINGS)
    np.testing.assert_allclose(seasonal, loss, atol=1e-6)
    assert loss.shape == y.shape
    one_origin = held_out_loss(F, y, np.zeros_like(origin), SETTINGS)
    assert one_origin.mean() == pytest.approx(loss_with_intercepts(F.mean(axis=1), y, np.zeros_like(origin)))


def test_a_shift_is_not_carried_over_from_less_than_a_year() -> None:
    rng = np.random.default_rng(3)
    origin = np.repeat(np.arange(6), 2_000)
    F = rng.normal(size=(12_000, 1))
    y = (rng.random(12_000) < expit(F[:, 0] + 0.5)).astype(np.int8)
    training = [(F, (rng.random(12_000) < expit(F[:, 0])).astype(np.int8)) for _ in range(6)]
    winter = fit_calibration(F, y, origin, training, (F, y), SETTINGS, span_days=150)
    years = fit_calibration(F, y, origin, training, (F, y), SETTINGS, span_days=700)
    assert winter.shift == 0.0
    assert years.shift == pytest.approx(0.5, abs=0.1)


def test_date_offsets_are_the_dates_levels_shrunk_toward_their_mean() -> None:
    rates, rows = np.array([0.2, 0.5, 0.8]), 2_000
    y = np.concatenate([np.arange(rows) < rate * rows for rate in rates]).astype(np.int8)
    day = np.repeat([10, 20, 30], rows)
    offsets = date_offsets(y, day, SETTINGS)
    per_date = offsets[::rows]
    assert per_date.sum() == pytest.approx(0.0, abs=1e-12)
    np.testing.assert_allclose(per_date, [-np.log(4), 0.0, np.log(4)], rtol=0.02, atol=1e-9)
    few = date_offsets(y[::200], day[::200], SETTINGS)[::10]
    assert 0 < few[2] < 0.8 * np.log(4)  # ten rows a date say less
    assert (date_offsets(y, np.full(len(y), 10), SETTINGS) == 0).all()


def test_a_season_in_the_training_dates_does_not_pass_for_a_feature() -> None:
    """A feature that only tells the date takes the dates' levels without offsets, and nothing with them."""
    rng = np.random.default_rng(5)
    day = np.repeat(np.arange(8), 1_000)
    X = np.column_stack([day + rng.normal(0, 0.01, 8_000), rng.normal(size=8_000)])
    y = (rng.random(8_000) < expit(np.where(day < 4, -1.0, 1.0) + X[:, 1])).astype(np.int8)
    design = Design(("calendar", "use"), ("a", "b"), (0, 0))
    recipe = LogisticRecipe(LogisticSettings())
    blind = recipe.path(design, X, y, (20.0,), seed=0)(20.0)
    told = recipe.path(design, X, y, (20.0,), seed=0, offset=date_offsets(y, day, SETTINGS))(20.0)
    assert isinstance(blind, LogisticPart)
    assert isinstance(told, LogisticPart)
    assert abs(blind.weights[0]) > 0.5
    assert abs(told.weights[0]) < 0.1
    assert told.weights[1] == pytest.approx(1.0, abs=0.1)


def test_what_an_inner_origin_would_have_been_told_by_hand() -> None:
    # One part, kappa 2. Where it says nothing of the training rows, the constant is the log-odds of their rate: 1 of 4
    # at the first origin, 1 of 2 at the second; the shift comes on top.
    calibration = Calibration((2.0,), alpha=99.0, shift=0.5)
    training = [(np.zeros((4, 1)), np.array([1, 0, 0, 0], np.int8)), (np.zeros((2, 1)), np.array([1, 0], np.int8))]
    F, origin = np.array([[0.1], [-0.2], [0.3]]), np.array([0, 0, 1])
    told = inner_logit(calibration, F, origin, training)
    assert told == pytest.approx([0.2 - np.log(3) + 0.5, -0.4 - np.log(3) + 0.5, 0.6 + 0.5], abs=1e-12)
