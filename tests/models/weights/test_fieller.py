"""Fieller's interval: a worked example, the inequality it solves, and what it says where the sum is not told from 0."""

import numpy as np
import pytest

from healthscore.models.weights.fieller import share_interval


def test_worked_example() -> None:
    # beta = (3, 1), uncorrelated, variances 0.04 and 0.09; z = 1.959964: z^2 = 3.841459.
    # S = 4, V_SS = 0.13, V_bS = V_bb = 0.04 for the first.
    # w^2 (16 - 0.499390) - 2 w (12 - 0.153658) + (9 - 0.153658) = 0
    # w = (11.846342 -+ sqrt(140.335819 - 15.500610 * 8.846342)) / 15.500610 = (11.846342 -+ 1.792239) / 15.500610
    share = share_interval(np.array([3.0, 1.0]), np.diag([0.04, 0.09]), 0)
    assert share.estimate == 0.75
    assert share.low == pytest.approx(0.648626, abs=2e-6)
    assert share.high == pytest.approx(0.879874, abs=2e-6)


def test_holds_exactly_the_shares_that_a_test_would_not_reject() -> None:
    random = np.random.default_rng(2)
    grid = np.linspace(-1.5, 2.5, 400_001)
    for _ in range(20):
        root = random.normal(size=(4, 4)) * 0.15
        beta, covariance = random.uniform(0.1, 1.0, 4), root @ root.T
        which = [0, 2]
        share = share_interval(beta, covariance, which, level=0.9)
        chosen = np.isin(np.arange(4), which).astype(float)
        contrast = chosen - grid[:, None]
        squared = (contrast @ beta) ** 2 / np.einsum("ij,jk,ik->i", contrast, covariance, contrast)
        inside = grid[squared <= 1.6448536269514722**2]
        assert (share.low, share.high) == pytest.approx((inside[0], inside[-1]), abs=2e-5)


def test_equals_the_delta_method_where_everything_is_well_known() -> None:
    beta, covariance = np.array([0.5, 0.3, 0.2]), np.diag([1e-8, 2e-8, 3e-8])
    gradient = np.array([1.0, 0.0, 0.0]) - 0.5
    half = 1.959964 * np.sqrt(gradient @ covariance @ gradient)
    share = share_interval(beta, covariance, 0)
    assert (share.low, share.high) == pytest.approx((0.5 - half, 0.5 + half), rel=1e-6)


def test_the_unit_does_not_matter_and_all_together_are_one() -> None:
    beta, covariance = np.array([0.5, -0.1, 0.2]), np.diag([0.01, 0.02, 0.01])
    one, other = share_interval(beta, covariance, 1), share_interval(beta * 20, covariance * 400, 1)
    assert (one.estimate, one.low, one.high) == pytest.approx((other.estimate, other.low, other.high))
    whole = share_interval(beta, covariance, (0, 1, 2))
    assert (whole.estimate, whole.low, whole.high) == pytest.approx((1.0, 1.0, 1.0))


def test_a_sum_that_is_not_told_from_zero_bounds_nothing() -> None:
    share = share_interval(np.array([0.3, -0.2]), np.eye(2), 0)
    assert share.estimate == pytest.approx(3.0)
    assert (share.low, share.high) == (None, None)
    assert share_interval(np.array([0.3, -0.3]), np.eye(2), 0).estimate is None
