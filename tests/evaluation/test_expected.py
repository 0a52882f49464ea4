"""Figures that probabilities promise: the truth lies in their ranges where calibration holds, and only there."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from healthscore.evaluation.expected import expected_figures
from healthscore.evaluation.metrics import auc


def book(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities of 300 accounts at three dates, dates, accounts."""
    random = np.random.default_rng(seed)
    account, date = np.tile(np.arange(300), 3), np.repeat([0, 1, 2], 300)
    z = -2.5 + random.normal(size=300)[account] + 0.3 * random.normal(size=900)
    return expit(z), date, account


def fate(p: np.ndarray, account: np.ndarray, seed: int) -> np.ndarray:
    """What becomes of the rows: one number per account decides them all."""
    left: np.ndarray = (np.random.default_rng(seed).random(300)[account] < p).astype(int)
    return left


def test_certain_fates_are_promised_exactly() -> None:
    said = expected_figures([1.0, 1.0, 0.0, 0.0], [0, 0, 0, 0], [1, 2, 3, 4], seed=1)
    assert (said.exits.estimate, said.exits.low, said.exits.high) == (2.0, 2.0, 2.0)
    assert said.auc.estimate == 1.0


def test_no_rows_promise_nothing() -> None:
    assert expected_figures([], [], [], seed=1).exits.estimate is None


def test_what_nobody_differs_in_promises_chance() -> None:
    said = expected_figures(np.full(400, 0.2), np.zeros(400), np.arange(400), seed=1)
    assert said.auc.estimate == pytest.approx(0.5)
    assert said.exits.estimate == pytest.approx(80.0, rel=0.02)
    assert said.capture.estimate == pytest.approx(0.1, abs=1e-9)


def test_the_truth_lies_in_the_range_where_probabilities_are_right() -> None:
    inside = {"auc": 0, "exits": 0}
    for seed in range(100):
        p, date, account = book(seed)
        y = fate(p, account, seed + 1000)
        said = expected_figures(p, date, account, draws=300, seed=seed)
        came = {"auc": auc(y, p), "exits": float(y.sum())}
        for name, figure in came.items():
            promised = getattr(said, name)
            inside[name] += promised.low <= figure <= promised.high
    assert min(inside.values()) >= 88  # of 100 at 95 %: the 99.5 % limit


def test_rows_taken_for_independent_would_promise_too_much() -> None:
    p, date, account = book(1)
    own = expected_figures(p, date, account, seed=1).exits
    loose = expected_figures(p, date, np.arange(len(p)), seed=1).exits
    assert own.high is not None
    assert own.low is not None
    assert loose.high is not None
    assert loose.low is not None
    assert own.high - own.low > 1.4 * (loose.high - loose.low)


def test_broken_probabilities_break_the_promise() -> None:
    p, date, account = book(2)
    y = fate(p, account, 7)
    said = expected_figures(expit(np.log(p / (1 - p)) + 1.0), date, account, seed=1)
    assert said.exits.low is not None
    assert y.sum() < said.exits.low
