"""Reliability bins and calibration error: by hand, with ties, and against what a perfect model shows."""

from __future__ import annotations

import numpy as np
import pytest

from healthscore.evaluation.reliability import calibration_error, quantile_bins, reliability_curve


def test_bins_of_equal_weight_and_equal_scores_together() -> None:
    p = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    assert quantile_bins(p, np.ones(6), 3).tolist() == [0, 0, 1, 1, 2, 2]
    assert quantile_bins(p, np.array([4.0, 1, 1, 1, 1, 4]), 3).tolist() == [0, 1, 1, 1, 1, 2]
    tied = np.array([0.1, 0.1, 0.1, 0.1, 0.5, 0.6])
    assert quantile_bins(tied, np.ones(6), 3).tolist() == [0, 0, 0, 0, 1, 1]
    assert quantile_bins(np.full(6, 0.3), np.ones(6), 3).tolist() == [0] * 6


def test_reliability_curve_by_hand() -> None:
    y = [0, 0, 0, 1, 1, 0, 1, 1]
    p = [0.1, 0.1, 0.2, 0.2, 0.6, 0.6, 0.8, 0.8]
    low, high = reliability_curve(y, p, range(8), bins=2)
    assert [low.low, low.high, low.predicted, low.observed] == pytest.approx([0.1, 0.2, 0.15, 0.25], abs=1e-12)
    assert [high.low, high.high, high.predicted, high.observed] == pytest.approx([0.6, 0.8, 0.7, 0.75], abs=1e-12)
    assert (low.n, low.events) == (4.0, 1.0)
    assert low.observed_low is not None
    assert low.observed_high is not None
    assert low.observed_low < 0.25 < low.observed_high
    assert low.as_dict()["n"] == 4.0


def test_rows_of_weight_zero_are_in_no_bin() -> None:
    curve = reliability_curve([0, 1, 1], [0.2, 0.4, 0.9], ["A", "B", "C"], [1, 1, 0], bins=1)
    assert [(one.high, one.n, one.events) for one in curve] == [(0.4, 2.0, 1.0)]


def test_scores_that_are_no_probabilities_have_neither_curve_nor_error() -> None:
    assert reliability_curve([0, 1], [40.0, 70.0], [1, 2]) == []
    assert calibration_error([0, 1], [40.0, 70.0]) is None
    assert calibration_error([], []) is None


def test_calibration_error_by_hand() -> None:
    # Two bins: |1 - 0.6| and |3 - 2.8| churners too many, over 8 accounts.
    y = [0, 0, 0, 1, 1, 0, 1, 1]
    p = [0.1, 0.1, 0.2, 0.2, 0.6, 0.6, 0.8, 0.8]
    error = calibration_error(y, p, bins=2)
    assert error is not None
    assert error.observed == pytest.approx((0.4 + 0.2) / 8, abs=1e-12)
    assert error.debiased == 0.0  # well within what a perfect model shows on eight accounts
    assert error.null_mean < error.null_high
    assert set(error.as_dict()) == {"observed", "null_mean", "null_high", "debiased"}


def test_null_of_a_perfect_model_by_enumeration() -> None:
    # One bin of two accounts at one half: |churners - 1| / 2 is 0, 1/2, 1/2, 0 ... with mean 1/4.
    error = calibration_error([0, 1], [0.5, 0.5], bins=1, draws=4000)
    assert error is not None
    assert error.null_mean == pytest.approx(0.25, abs=0.015)


def test_a_perfect_model_shows_an_error_and_the_null_knows_it() -> None:
    chance = np.random.default_rng(1)
    shown, expected, flagged = [], [], 0
    for _ in range(60):
        p = chance.beta(1, 20, 2000)
        error = calibration_error(chance.random(2000) < p, p, draws=200)
        assert error is not None
        shown.append(error.observed)
        expected.append(error.null_mean)
        flagged += error.observed > error.null_high
    assert np.mean(shown) == pytest.approx(np.mean(expected), rel=0.06)
    assert np.mean(shown) > 0.008  # a fixed limit on the plain figure would blame it
    assert flagged <= 9  # one in a thousand suites at 5 %


def test_repeated_accounts_widen_the_null() -> None:
    chance = np.random.default_rng(2)
    account = np.repeat(np.arange(300), 8)
    p = np.repeat(chance.beta(2, 10, 300), 8)
    flagged = blamed = 0
    for _ in range(60):
        y = np.repeat(chance.random(300), 8) < p  # perfect, and an account's dates all go the same way
        clustered, independent = (
            calibration_error(y, p, clusters=account, draws=200),
            calibration_error(y, p, draws=200),
        )
        assert clustered is not None
        assert independent is not None
        flagged += clustered.observed > clustered.null_high
        blamed += independent.observed > independent.null_high
    assert flagged <= 9
    assert blamed > 40


def test_a_wrong_model_is_seen() -> None:
    chance = np.random.default_rng(3)
    p = chance.beta(2, 10, 4000)
    error = calibration_error(chance.random(4000) < p / 2, p, clusters=np.arange(4000))
    assert error is not None
    assert error.observed > error.null_high
    assert error.debiased == pytest.approx(p.mean() / 2, rel=0.2)


@pytest.mark.parametrize("clustered", [False, True])
def test_the_order_of_the_rows_changes_nothing(clustered: bool) -> None:
    chance = np.random.default_rng(4)
    p, account = np.round(chance.random(500), 2), chance.integers(0, 90, 500)
    y, order = chance.random(500) < p, chance.permutation(500)
    straight = calibration_error(y, p, clusters=account if clustered else None)
    mixed = calibration_error(y[order], p[order], clusters=account[order] if clustered else None)
    assert straight is not None
    assert mixed is not None
    assert mixed.as_dict() == pytest.approx(straight.as_dict(), abs=1e-12)
