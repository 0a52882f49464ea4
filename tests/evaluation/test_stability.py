"""Stability between dates: shift of the distribution and band flips, by hand."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from healthscore.evaluation.stability import band_flips, population_stability_index


def test_index_by_hand() -> None:
    # Cut at the median 2.5: shares 1/2, 1/2 before; 1/4, 3/4 after.
    expected = (0.25 - 0.5) * log(0.5) + (0.75 - 0.5) * log(1.5)
    assert population_stability_index([1, 2, 3, 4], [2, 3, 4, 4], bins=2) == pytest.approx(expected, abs=1e-12)


def test_the_same_scores_have_not_shifted_and_empty_bins_are_finite() -> None:
    scores = np.arange(100.0)
    assert population_stability_index(scores, scores) == 0.0
    gone = population_stability_index(scores, scores + 1000)
    # All in the last bin: nine bins fall from 0.1 to the floor of 0.0001.
    assert gone == pytest.approx(9 * (0.1 - 1e-4) * log(0.1 / 1e-4) + 0.9 * log(10), rel=1e-9)


def test_nothing_to_compare() -> None:
    assert population_stability_index([], [1.0]) is None
    assert band_flips(["A"], [1], ["red"]).rate.estimate is None
    assert band_flips([], [], []).n == 0.0
    assert band_flips(["A", "B"], [1, 2], ["red", "red"]).n == 0.0


def test_flips_by_hand() -> None:
    accounts = ["A", "A", "A", "B", "B", "C", "C"]
    days = [60, 0, 30, 0, 30, 0, 60]
    bands = ["red", "green", "green", "red", "yellow", "red", "green"]
    # A: green-green-red, one flip in two; B: one in one; C skipped day 30 and is not compared.
    found = band_flips(accounts, days, bands)
    assert (found.n, found.events, found.accounts) == (3.0, 2.0, 2)
