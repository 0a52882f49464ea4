"""Rates per group: textbook intervals where rows are independent, wider where accounts repeat, honest at nothing."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, t

from healthscore.errors import InputError
from healthscore.evaluation.proportions import NOT_COMPUTABLE, Estimate, rate, rates, wilson


def test_wilson_interval_of_a_textbook() -> None:
    # 10 of 20 at z = 1.96: (0.5 + 1.96^2 / 40 -+ 1.96 sqrt(0.25 / 20 + 1.96^2 / 1600)) / (1 + 1.96^2 / 20)
    squared = 1.96**2
    centre, half = 0.5 + squared / 40, 1.96 * (0.25 / 20 + squared / 1600) ** 0.5
    assert wilson(0.5, 20, 1.96) == pytest.approx(
        ((centre - half) / (1 + squared / 20), (centre + half) / (1 + squared / 20)), abs=1e-12
    )


def test_independent_rows_have_wilsons_interval() -> None:
    y = [1] * 30 + [0] * 270
    found = rate(y, range(300))
    assert (found.n, found.events, found.accounts) == (300.0, 30.0, 300)
    # The sandwich's C / (C - 1) is the only difference from n itself.
    low, high = wilson(0.1, 299, float(t.ppf(0.975, 299)))
    assert found.rate.as_dict() == pytest.approx({"estimate": 0.1, "low": low, "high": high}, abs=1e-12)


def test_rows_of_one_account_that_always_agree_count_once() -> None:
    y = np.array([1] * 6 + [0] * 54)
    once = rate(y, range(60))
    tenfold = rate(np.repeat(y, 10), np.repeat(np.arange(60), 10))
    assert tenfold.rate.as_dict() == pytest.approx(once.rate.as_dict(), abs=1e-12)
    assert (tenfold.n, tenfold.events, tenfold.accounts) == (600.0, 60.0, 60)


def test_none_of_forty_is_not_known_to_be_none() -> None:
    found = rate([0] * 80, np.repeat(np.arange(40), 2)).rate
    squared = float(t.ppf(0.975, 39)) ** 2
    assert (found.estimate, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(squared / 40 / (1 + squared / 40), abs=1e-12)
    everything = rate([1] * 80, np.repeat(np.arange(40), 2)).rate
    assert everything.low == pytest.approx(1 - (found.high or 0))
    assert everything.high == 1.0


def test_one_account_says_nothing_about_others() -> None:
    assert rate([1, 0, 0, 0], ["A"] * 4).rate == Estimate(0.25, 0.0, 1.0)


def test_no_rows_have_no_rate() -> None:
    assert rate([], []).rate == NOT_COMPUTABLE
    assert rates([], [], []) == {}
    assert rates([1], ["red"], ["A"], [0])["red"].rate == NOT_COMPUTABLE


def test_every_band_has_its_rate() -> None:
    found = rates([1, 0, 0, 0, 1, 1], ["green", "green", "yellow", "yellow", "red", "red"], [1, 2, 1, 2, 3, 4])
    assert [(band, one.n, one.events) for band, one in found.items()] == [
        ("green", 2.0, 1.0), ("red", 2.0, 2.0), ("yellow", 2.0, 0.0),
    ]  # fmt: skip
    assert found["green"].as_dict()["rate"]["estimate"] == 0.5


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(InputError, match="2 outcomes, 1 groups"):
        rates([0, 1], ["red"], [1, 2])


def test_estimate_in_another_unit_and_beside_a_number() -> None:
    share = Estimate(0.375, 0.25, 0.5)
    assert share.times(84) == Estimate(31.5, 21.0, 42.0)
    assert share.times(-1) == Estimate(-0.375, -0.5, -0.25)
    assert share.excludes(0.2)
    assert share.excludes(0.6)
    assert not share.excludes(0.3)
    assert not Estimate(0.3, None, None).excludes(0.0)


@pytest.mark.parametrize(("probability", "accounts"), [(0.05, 60), (0.05, 200), (0.3, 60)])
def test_coverage_where_accounts_repeat(probability: float, accounts: int) -> None:
    """Accounts of unequal length whose rows agree most of the time; 400 seeds, exact binomial limit."""
    seeds, covered = 400, 0
    for seed in range(seeds):
        chance = np.random.default_rng(seed)
        codes = np.repeat(np.arange(accounts), chance.integers(1, 8, accounts))
        lasting = chance.random(accounts)[codes]
        own = chance.random(codes.size)
        y = np.where(chance.random(codes.size) < 0.7, lasting, own) < probability
        interval = rate(y, codes).rate
        covered += (interval.low or 0.0) <= probability <= (interval.high or 1.0)
    assert covered >= binom.ppf(0.001, seeds, 0.93)  # a score interval wavers about its 95 %


def test_naive_interval_would_not_cover() -> None:
    seeds, covered = 400, 0
    for seed in range(seeds):
        chance = np.random.default_rng(seed)
        codes = np.repeat(np.arange(60), 7)
        y = chance.random(60)[codes] < 0.3
        interval = rate(y, range(codes.size)).rate
        covered += (interval.low or 0.0) <= 0.3 <= (interval.high or 1.0)
    assert covered < 0.7 * seeds
