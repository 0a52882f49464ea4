"""Verdicts: Holm's procedure by hand, Student's interval by hand."""

import pytest

from healthscore.models.weights.verdicts import interval_and_chance, verdicts


def test_verdicts_by_hand() -> None:
    # Four tests: 0.0124 <= 0.05 / 4, 0.016 <= 0.05 / 3, 0.03 > 0.05 / 2, and so 0.04 falls with it.
    assert verdicts([0.5, -0.2, 0.1, 0.3], [0.0124, 0.016, 0.03, 0.04]) == [
        "supported",
        "wrong direction",
        "not shown",
        "not shown",
    ]


def test_components_without_an_estimate_take_no_part() -> None:
    assert verdicts([None, 0.4], [None, 0.049]) == ["not shown", "supported"]
    assert verdicts([0.3, 0.4], [0.3, 0.049]) == ["not shown", "not shown"]
    assert verdicts([], []) == []


def test_interval_by_hand() -> None:
    # t(0.975; 10) = 2.228139; 1.2 / 0.5 = 2.4 has the two-sided chance 0.037316.
    estimate, chance = interval_and_chance(1.2, 0.25, 10)
    assert (estimate.estimate, estimate.low, estimate.high) == pytest.approx((1.2, 0.0859306, 2.3140694), abs=1e-6)
    assert chance == pytest.approx(0.037316, abs=1e-4)
    assert interval_and_chance(-1.2, 0.25, 10)[1] == chance


def test_certainty_is_no_division_by_zero() -> None:
    assert interval_and_chance(0.0, 0.0, 5)[1] == 1.0
    assert interval_and_chance(0.1, 0.0, 5)[1] == 0.0
