"""Ratios of sums: by hand, and against resampled accounts."""

from __future__ import annotations

import numpy as np
import pytest

from healthscore.errors import InputError
from healthscore.evaluation.ratios import ratio


def test_by_hand() -> None:
    # R = 220/200 = 1.1; deviations 120 - 110 = 10 and 100 - 110 = -10; v = 2/1 * 200 / 200^2 = 0.01, error 0.1;
    # Student's 97.5 % quantile with one degree of freedom is 12.706204736.
    found = ratio([120, 100], [100, 100], ["a", "b"])
    assert found.estimate == pytest.approx(1.1, abs=1e-12)
    assert found.low == pytest.approx(1.1 - 1.2706204736, abs=1e-9)
    assert found.high == pytest.approx(1.1 + 1.2706204736, abs=1e-9)


def test_rows_of_one_account_count_once() -> None:
    once = ratio([120, 90, 130], [100, 100, 100], ["a", "b", "c"])
    halves = ratio([60, 60, 45, 45, 65, 65], [50] * 6, ["a", "a", "b", "b", "c", "c"])
    assert (halves.estimate, halves.low, halves.high) == pytest.approx((once.estimate, once.low, once.high), abs=1e-12)


def test_what_cannot_be_told_is_none() -> None:
    assert ratio([], [], []).estimate is None
    assert ratio([1.0], [0.0], ["a"]).estimate is None
    alone = ratio([3.0, 1.0], [1.0, 1.0], ["a", "a"])
    assert (alone.estimate, alone.low, alone.high) == (2.0, None, None)
    assert ratio([2, 2], [1, 1], ["a", "b"]).as_dict() == {"estimate": 2.0, "low": 2.0, "high": 2.0}
    with pytest.raises(InputError, match="2 numerators, 1 denominators"):
        ratio([1, 2], [1], ["a", "b"])


def test_the_interval_is_about_that_of_resampled_accounts() -> None:
    random = np.random.default_rng(5)
    before = random.lognormal(0.0, 0.5, 400)
    after = before * np.where(random.random(400) < 0.1, 0.0, random.normal(1.05, 0.2, 400))
    found = ratio(after, before, np.arange(400))
    draws = random.integers(0, 400, (4000, 400))
    low, high = np.quantile(after[draws].sum(axis=1) / before[draws].sum(axis=1), [0.025, 0.975])
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.01)
