"""The test of one direction: against statsmodels with all coefficients doubled, and laws."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import f as f_distribution
from statsmodels.api import Logit

from drawn_rows import drawn_rows
from healthscore.models.weights.directions import same_direction
from healthscore.models.weights.fit import WeightFit, fit_weights, within_days
from healthscore.models.weights.rows import WeightRows

UNIT = np.full(3, 15.0)


def fitted(rows: WeightRows) -> WeightFit:
    fit = fit_weights(rows)
    assert fit is not None
    return fit


def stacked(one: WeightRows, other: WeightRows) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """Both groups in one regression: coefficients (2C,), their covariance by account, and how many accounts."""
    blocks = [
        np.hstack([(rows.day[:, None] == np.unique(rows.day)).astype(float), -within_days(rows)])
        for rows in (one, other)
    ]
    days, size = (block.shape[1] - 3 for block in blocks), 3
    first, second = days
    n, k = sum(map(len, blocks)), first + second + 2 * size
    design = np.zeros((n, k))
    design[: len(blocks[0]), : first + size] = blocks[0]
    design[len(blocks[0]) :, first + size :] = blocks[1]
    groups = np.concatenate([one.cluster, other.cluster])
    result = Logit(np.concatenate([one.y, other.y]), design).fit(
        disp=0, tol=1e-14, maxiter=50, cov_type="cluster", cov_kwds={"groups": groups}
    )
    places = np.r_[first : first + size, k - size : k]
    covariance = result.cov_params()[np.ix_(places, places)] * (n - k) / (n - 1)
    return result.params[places], covariance, len(np.unique(groups))


def test_agrees_with_one_regression_of_both_groups_and_a_fine_grid() -> None:
    rows = drawn_rows((0.9, 0.5, 0.1), accounts=300, base=-2.0)
    # The same accounts are in both groups, at other dates.
    one, other = rows.where(rows.day < 90), rows.where(rows.day >= 90)
    beta, covariance, _ = stacked(one, other)
    smallest = float(np.inf)
    for angle in np.linspace(0.0, np.pi / 2.0, 20_001):
        contrast = np.hstack([np.cos(angle) * np.eye(3), -np.sin(angle) * np.eye(3)])
        d = contrast @ beta
        smallest = min(smallest, float(d @ np.linalg.solve(contrast @ covariance @ contrast.T, d)))
    first, second = fitted(one), fitted(other)
    expected = f_distribution.sf(smallest / 2, 2, min(first.freedom, second.freedom))
    assert same_direction(first, second, UNIT) == pytest.approx(expected, rel=1e-4)


def test_it_is_symmetric_and_units_do_not_matter() -> None:
    rows = drawn_rows((0.9, 0.5, 0.1))
    first, second = fitted(rows.where(rows.cluster < 150)), fitted(rows.where(rows.cluster >= 150))
    chance = same_direction(first, second, UNIT)
    assert same_direction(second, first, UNIT) == pytest.approx(chance, rel=1e-6)
    moved = replace(rows, s=rows.s * [1.0, 0.1, 20.0])
    again = (fitted(moved.where(rows.cluster < 150)), fitted(moved.where(rows.cluster >= 150)))
    assert same_direction(*again, UNIT * [1.0, 0.1, 20.0]) == pytest.approx(chance, rel=1e-6)


def test_another_scale_is_no_other_direction_but_the_opposite_is() -> None:
    rows, weaker = drawn_rows((1.2, 0.6, 0.0)), drawn_rows((0.6, 0.3, 0.0), seed=2)
    turned = replace(weaker, s=100.0 - weaker.s)
    assert (same_direction(fitted(rows), fitted(weaker), UNIT) or 0.0) > 0.05
    assert (same_direction(fitted(rows), fitted(turned), UNIT) or 1.0) < 1e-6


def test_one_component_has_only_one_direction() -> None:
    rows = drawn_rows((1.0,))
    assert same_direction(fitted(rows), fitted(rows), UNIT[:1]) is None
