"""Metrics against hand-computed figures with ties (T14), against scikit-learn, and against the laws they obey."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score
from sklearn.metrics import log_loss as sklearn_log_loss

from healthscore.errors import InputError
from healthscore.evaluation.metrics import METRICS, top_metrics

# Ten accounts, four churners, ties of a churner and a stayer at .8, .6 and .4.
CHURNED = [1, 1, 0, 1, 0, 0, 1, 0, 0, 0]
PREDICTED = [0.9, 0.8, 0.8, 0.6, 0.6, 0.5, 0.4, 0.4, 0.2, 0.1]
REVENUE = [10, 20, 99, 40, 99, 99, 30, 99, 99, 99]

BY_HAND = {
    # pairs won by .9: 6; by .8: 5 and a tie; by .6: 4 and a tie; by .4: 2 and a tie; of 4 x 6
    "auc": 18.5 / 24,
    # precision at .9: 1; at .8: 2 of 3; at .6: 3 of 5; at .4: 4 of 8
    "pr_auc": (1 + 2 / 3 + 3 / 5 + 1 / 2) / 4,
    "capture_5": 0.5 / 4,  # half of the first account
    "lift_5": 0.5 / 4 / 0.05,
    "revenue_capture_5": 5 / 100,
    "capture_10": 1 / 4,
    "lift_10": 2.5,
    "revenue_capture_10": 10 / 100,
    "capture_20": 1.5 / 4,  # the first, and one of the two at .8, which is a churner half of the time
    "lift_20": 1.875,
    "revenue_capture_20": 20 / 100,
    "observed_expected": 4 / 5.3,
    "brier": (0.01 + 0.04 + 0.64 + 0.16 + 0.36 + 0.25 + 0.36 + 0.16 + 0.04 + 0.01) / 10,
    "brier_skill": 1 - 0.203 / (0.4 * 0.6),
    "log_loss": -log(0.9 * 0.8 * 0.2 * 0.6 * 0.4 * 0.5 * 0.4 * 0.6 * 0.8 * 0.9) / 10,
    "log_loss_skill": 1
    - log(0.9 * 0.8 * 0.2 * 0.6 * 0.4 * 0.5 * 0.4 * 0.6 * 0.8 * 0.9) / (4 * log(0.4) + 6 * log(0.6)),
}


def figure(
    name: str, y: ArrayLike, p: ArrayLike, weight: ArrayLike | None = None, value: ArrayLike | None = None
) -> float | None:
    return METRICS[name].function(y, p, weight, value)


@pytest.mark.parametrize(("name", "expected"), BY_HAND.items())
def test_hand_computed(name: str, expected: float) -> None:
    assert figure(name, CHURNED, PREDICTED, value=REVENUE) == pytest.approx(expected, abs=1e-12, rel=0)


@pytest.mark.parametrize(
    ("low_rate", "high_rate", "intercept", "slope"),
    [
        # Two values of p, so the line goes through both observed log-odds.
        (1 / 4, 3 / 4, 0.0, log(3) / log(4)),
        (1 / 4, 1 / 2, -log(3) / 2, log(3) / (2 * log(4))),
        (1 / 5, 4 / 5, 0.0, 1.0),
    ],
)
def test_calibration_line_by_hand(low_rate: float, high_rate: float, intercept: float, slope: float) -> None:
    y = [1] * round(20 * low_rate) + [0] * round(20 * (1 - low_rate))
    y += [1] * round(20 * high_rate) + [0] * round(20 * (1 - high_rate))
    p = [0.2] * 20 + [0.8] * 20
    assert figure("calibration_intercept", y, p) == pytest.approx(intercept, abs=1e-12)
    assert figure("calibration_slope", y, p) == pytest.approx(slope, abs=1e-12)


def test_impossible_certainty_costs_what_one_in_10_to_the_15_costs() -> None:
    assert figure("log_loss", [1, 0], [0.0, 0.0]) == pytest.approx(15 * log(10) / 2, rel=1e-12)


def random_rows(seed: int, n: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    z = chance.normal(-1, 1.2, n)
    p = np.round(1 / (1 + np.exp(-z)), 2).clip(0.01, 0.99)  # many ties
    y = (chance.random(n) < 1 / (1 + np.exp(-z))).astype(np.int8)
    return y, p, chance.integers(1, 4, n), chance.gamma(2.0, 50.0, n)


@pytest.mark.parametrize("seed", range(20))
def test_scikit_learn_agrees(seed: int) -> None:
    y, p, weight, _ = random_rows(seed)
    oracle = {
        "auc": roc_auc_score(y, p, sample_weight=weight),
        "pr_auc": average_precision_score(y, p, sample_weight=weight),
        "log_loss": sklearn_log_loss(y, p, sample_weight=weight),
        "brier": brier_score_loss(y, p, sample_weight=weight),
    }
    for name, expected in oracle.items():
        assert figure(name, y, p, weight) == pytest.approx(expected, abs=1e-12), name


@pytest.mark.parametrize("seed", range(5))
def test_calibration_line_is_the_unpenalised_logistic_regression(seed: int) -> None:
    from sklearn.linear_model import LogisticRegression

    y, p, weight, _ = random_rows(seed)
    x = np.log(p / (1 - p)).reshape(-1, 1)
    fit = LogisticRegression(C=np.inf, tol=1e-12, max_iter=1000).fit(x, y, sample_weight=weight)
    assert figure("calibration_slope", y, p, weight) == pytest.approx(fit.coef_[0, 0], abs=1e-6)
    assert figure("calibration_intercept", y, p, weight) == pytest.approx(fit.intercept_[0], abs=1e-6)


@pytest.mark.parametrize("share", [0.01, 0.05, 0.137, 0.5, 1.0])
def test_a_cut_through_ties_is_the_average_over_random_orders(share: float) -> None:
    y, p, _, value = random_rows(3, n=60)
    p = np.round(p, 1)
    _, capture, revenue = top_metrics(share, "capacity")
    chance = np.random.default_rng(0)
    captured, lost = [], []
    for _ in range(4000):
        order = np.lexsort((chance.random(y.size), -p))
        taken = np.clip(share * y.size - np.arange(y.size), 0, 1)
        captured.append(taken @ y[order] / y.sum())
        lost.append(taken @ (y * value)[order] / (y @ value))
    assert capture.function(y, p) == pytest.approx(np.mean(captured), abs=0.01)
    assert revenue.function(y, p, None, value) == pytest.approx(np.mean(lost), abs=0.01)


@pytest.mark.parametrize("name", sorted(set(METRICS) - {"ece"}))
def test_a_weight_of_three_is_three_equal_rows(name: str) -> None:
    y, p, weight, value = random_rows(4)
    once = figure(name, y, p, weight, value)
    repeated = figure(name, np.repeat(y, weight), np.repeat(p, weight), value=np.repeat(value, weight))
    assert once == pytest.approx(repeated, abs=1e-10)


@pytest.mark.parametrize("name", METRICS)
def test_the_order_of_the_rows_changes_nothing(name: str) -> None:
    y, p, weight, value = random_rows(5)
    shuffled = np.random.default_rng(0).permutation(y.size)
    columns = (column[shuffled] for column in (y, p, weight, value))
    assert figure(name, y, p, weight, value) == pytest.approx(figure(name, *columns), abs=1e-12)


@pytest.mark.parametrize("name", METRICS)
def test_rows_of_weight_zero_are_not_there(name: str) -> None:
    y, p, weight, value = random_rows(6)
    weight[::3] = 0
    there = weight > 0
    assert figure(name, y, p, weight, value) == figure(name, y[there], p[there], weight[there], value[there])


PROBABILITY_METRICS = {
    "log_loss", "brier", "log_loss_skill", "brier_skill", "observed_expected", "calibration_slope",
    "calibration_intercept", "ece",
}  # fmt: skip


@pytest.mark.parametrize("name", METRICS)
def test_points_of_a_scorecard_rank_but_are_no_probabilities(name: str) -> None:
    y, p, weight, value = random_rows(7)
    points = 100 * p - 40
    if name in PROBABILITY_METRICS:
        assert figure(name, y, points, weight, value) is None
    else:
        assert figure(name, y, points, weight, value) == pytest.approx(figure(name, y, p, weight, value), abs=1e-12)


NOBODY_LEFT = {"log_loss", "brier", "observed_expected", "ece", "expected_maximum_profit"}
EVERYBODY_LEFT = NOBODY_LEFT | {"pr_auc"} | {name for name in METRICS if "lift" in name or "capture" in name}


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize(("outcome", "computable"), [(0, NOBODY_LEFT), (1, EVERYBODY_LEFT)])
def test_one_class_only_is_not_computable_where_both_are_needed(name: str, outcome: int, computable: set[str]) -> None:
    answer = figure(name, [outcome] * 4, [0.1, 0.2, 0.2, 0.4], value=[1, 2, 3, 4])
    assert (answer is not None) == (name in computable)


@pytest.mark.parametrize("name", METRICS)
def test_no_rows_are_not_computable(name: str) -> None:
    assert figure(name, [], [], value=[]) is None


def test_revenue_without_values_is_not_computable() -> None:
    assert figure("revenue_capture_10", CHURNED, PREDICTED) is None


@pytest.mark.parametrize(
    ("p", "why"),
    [([0.3, 0.3, 0.3, 0.3], "one value only"), ([0.1, 0.2, 0.2, 0.3], "a threshold separates them")],
)
def test_calibration_line_without_a_finite_maximum_is_not_computable(p: list[float], why: str) -> None:
    assert figure("calibration_slope", [0, 0, 1, 1], p) is None, why


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (([0, 1], [0.5, np.nan]), "1 of 2 rows have no usable prediction"),
        (([0, 2], [0.5, 0.5]), "outcomes other than 0 and 1"),
        (([0, np.nan], [0.5, 0.5]), "1 of 2 rows have no usable outcome"),
        (([0, 1, 1], [0.5, 0.5]), "prediction has the shape"),
        (([0, 1], [0.5, 0.5], [1, -1]), "1 negative numbers in weight"),
    ],
)
def test_unusable_columns_are_refused(columns: tuple[list[float], ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        figure("auc", *columns)


@given(
    st.lists(st.tuples(st.integers(0, 1), st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]), st.integers(1, 3)), min_size=1)
)
def test_auc_is_the_share_of_pairs_won(rows: list[tuple[int, float, int]]) -> None:
    won = pairs = 0.0
    for churned, high, weight in rows:
        for stayed, low, other in rows:
            if churned and not stayed:
                pairs += weight * other
                won += weight * other * ((high > low) + 0.5 * (high == low))
    y, p, weights = zip(*rows, strict=True)
    expected = pytest.approx(won / pairs, abs=1e-12) if pairs else None
    assert figure("auc", y, p, weights) == expected


def test_the_registry_names_itself_and_says_what_is_better() -> None:
    assert all(name == metric.name for name, metric in METRICS.items())
    assert {name for name, metric in METRICS.items() if metric.higher_is_better is False} == {
        "log_loss", "brier", "ece",
    }  # fmt: skip
    assert all((metric.higher_is_better is None) == (metric.ideal is not None) for metric in METRICS.values())
