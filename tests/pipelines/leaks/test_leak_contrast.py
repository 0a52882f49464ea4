"""Comparisons of leavers and stayers against hand-worked values."""

from __future__ import annotations

import numpy as np
import pytest

from healthscore.evaluation.multiple import holm
from healthscore.pipelines.leaks.contrast import CHANCE, Shares, categories, separation

ONE = np.zeros(6, int)
LEFT = np.array([True, True, False, False, False, False])


def test_separation_is_the_share_of_pairs_ties_counting_half() -> None:
    found = separation(np.array([3.0, 1.0, 1.0, 0.0, 0.0, 2.0]), LEFT, ONE)
    assert found.auc == pytest.approx((4 + 2.5) / 8)
    assert found.low < found.auc


def test_separation_takes_the_direction_in_which_it_separates_unless_told() -> None:
    value = -np.array([3.0, 1.0, 1.0, 0.0, 0.0, 2.0])
    assert separation(value, LEFT, ONE).auc == pytest.approx(6.5 / 8)
    assert separation(value, LEFT, ONE, either=False).auc == pytest.approx(1.5 / 8)


def test_separation_compares_within_strata_only() -> None:
    # The number only tells the stratum, and with it nothing about who left inside of it.
    left = np.tile([True, True, False, False], 2)
    strata = np.repeat([0, 1], 4)
    assert separation(strata.astype(float), left, strata).auc == pytest.approx(0.5)


def test_cases_without_a_value_are_no_pairs() -> None:
    value = np.array([3.0, 2.0, 1.0, 1.0, np.nan, np.nan])
    assert separation(value, LEFT, ONE).auc == 1.0


def test_nobody_to_compare_with_is_chance() -> None:
    assert separation(np.arange(6.0), np.ones(6, bool), ONE) == CHANCE


def test_names_that_occur_once_tell_nothing_and_a_name_of_leavers_everything() -> None:
    random = np.random.default_rng(1)
    left = random.random(400) < 0.3
    strata = np.zeros(400, int)
    assert categories(np.arange(400).astype(str), left, strata).low <= 0.5
    assert categories(np.where(left, "x", "y"), left, strata).auc == 1.0
    assert categories(random.choice(["x", "y", "z"], 400), left, strata).low < 0.5


def test_shares_and_odds_of_a_table_of_four() -> None:
    shown = np.array([True] * 8 + [False] * 2 + [True] * 5 + [False] * 85)
    left = np.array([True] * 10 + [False] * 90)
    shares = Shares.of(shown, left)
    assert (shares.share_left, shares.share_stayed) == (0.8, 5 / 90)
    assert shares.odds_ratio == pytest.approx((8.5 / 2.5) / (5.5 / 85.5))
    assert shares.chance < 1e-6
    assert Shares.of(~shown, left).chance > 0.99


def test_holm_stops_at_the_first_that_fails() -> None:
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == {"a": True, "c": False, "b": False}
    assert holm({"a": 0.01, "b": 0.02, "c": 0.05}) == {"a": True, "b": True, "c": True}
    assert holm({}) == {}
