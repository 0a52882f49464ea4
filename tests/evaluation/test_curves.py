"""Curves of a ranking: six accounts, two of them tied."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import auc, roc_auc_score

from healthscore.evaluation.curves import capture_curve, roc_curve

Y = [1, 0, 1, 0, 0, 0]
P = [0.9, 0.8, 0.5, 0.5, 0.2, 0.1]


def test_roc_corners_by_hand_with_the_tie_as_one_step() -> None:
    assert roc_curve(Y, P) == [[0, 0], [0, 0.5], [0.25, 0.5], [0.5, 1.0], [0.75, 1.0], [1.0, 1.0]]


def test_capture_by_hand_with_the_tie_met_evenly() -> None:
    curve = capture_curve(Y, P)
    assert curve[0] == [0.0, 0.0]
    assert curve[50] == [0.5, pytest.approx(0.75)]  # half of the tied pair holds half of its churner
    assert curve[100] == [1.0, 1.0]


def test_the_area_below_the_corners_is_the_auc() -> None:
    rng = np.random.default_rng(2)
    y, p = rng.integers(0, 2, 150), rng.integers(0, 40, 150) / 40
    x, found = np.array(roc_curve(y, p)).T
    assert auc(x, found) == pytest.approx(roc_auc_score(y, p), abs=1e-12)


def test_without_churners_there_is_no_curve() -> None:
    assert roc_curve([0, 0], [0.1, 0.2]) == []
    assert roc_curve([1, 1], [0.1, 0.2]) == []
    assert capture_curve([0, 0], [0.1, 0.2]) == []
