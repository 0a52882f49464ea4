"""Correlated components: groups by hand, intervals of correlations by bootstrap, joint tests against statsmodels."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import f as f_distribution
from statsmodels.stats.outliers_influence import variance_inflation_factor

from drawn_rows import drawn_rows
from healthscore.models.weights.fit import fit_weights, within_days
from healthscore.models.weights.joint import correlated_groups, correlations, variance_inflation
from healthscore.models.weights.rows import WeightRows
from healthscore.models.weights.validated import Validated, validate_weights
from validity.worlds import PAIR, SUBSCORE_WORLDS


def mixed(rho: float = 0.9, accounts: int = 400, seed: int = 1) -> WeightRows:
    """The second component correlates with the first."""
    rows = drawn_rows((0.6, 0.0, 0.4, 0.3), accounts=accounts, seed=seed)
    s = rows.s.copy()
    s[:, 1] = 50.0 + rho * (s[:, 0] - 50.0) + np.sqrt(1.0 - rho**2) * (s[:, 1] - 50.0)
    return replace(rows, s=s)


def test_pairs_that_share_a_component_are_one_group() -> None:
    rho = np.eye(6)
    for j, k, r in ((0, 4, 0.9), (4, 2, -0.85), (1, 5, 0.76), (1, 3, 0.6)):
        rho[j, k] = rho[k, j] = r
    assert correlated_groups(np.eye(6), np.abs(rho)) == [(0, 2, 4), (1, 5)]
    assert correlated_groups(np.eye(3), np.eye(3)) == []


def test_an_inflated_component_is_grouped_with_what_explains_it_only() -> None:
    # The third is the sum of the first two with a little noise: no pair correlates above 0.7.
    random = np.random.default_rng(3)
    x = random.normal(size=(4000, 4))
    x[:, 2] = (x[:, 0] + x[:, 1]) / np.sqrt(2.0) + 0.2 * random.normal(size=4000)
    rho = np.asarray(np.corrcoef(x.T))
    assert correlated_groups(rho, np.abs(rho)) == [(0, 1, 2)]


def test_variance_inflation_agrees_with_statsmodels() -> None:
    rows = mixed(0.95)
    centred = within_days(rows)
    rho = correlations(rows)[0]
    assert variance_inflation(rho) == pytest.approx([variance_inflation_factor(centred, k) for k in range(4)])
    assert np.isinf(variance_inflation(np.ones((2, 2)))).all()


def test_correlations_within_days_have_intervals_by_account() -> None:
    rows = mixed(0.6)
    level = replace(rows, s=rows.s + 100.0 * np.sin(rows.day)[:, None])
    rho, low, high = correlations(level)
    assert rho == pytest.approx(np.corrcoef(within_days(rows).T))
    assert (low <= rho).all()
    assert (high >= rho).all()
    random = np.random.default_rng(5)
    centred, draws = within_days(rows), []
    by_account = np.split(np.argsort(rows.cluster, kind="stable"), 400)
    for _ in range(500):
        chosen = np.concatenate([by_account[account] for account in random.integers(0, 400, 400)])
        draws.append(np.asarray(np.corrcoef(centred[chosen, :2].T))[0, 1])
    assert (low[0, 1], high[0, 1]) == pytest.approx(np.quantile(draws, (0.025, 0.975)), abs=0.006)


def test_a_pair_is_judged_as_one() -> None:
    rows = mixed()
    said = validate_weights(rows)
    fit = fit_weights(rows)
    assert fit is not None
    (group,) = said.joint
    assert group.components == ("a", "b")
    assert group.verdict == "supported"
    assert group.beta.estimate == pytest.approx(fit.beta[:2].sum())
    assert group.weight.estimate == pytest.approx(fit.beta[:2].sum() / fit.beta.sum())
    statistic = fit.beta[:2] @ np.linalg.inv(fit.covariance[:2, :2]) @ fit.beta[:2]
    assert group.p == pytest.approx(f_distribution.sf(statistic / 2, 2, fit.freedom))
    assert group.correlation.estimate == pytest.approx(0.9, abs=0.02)
    # Together they are known far better than apart.
    widths = [one.weight.high - one.weight.low for one in said.components if one.weight.high and one.weight.low]
    assert group.weight.high is not None
    assert group.weight.low is not None
    assert group.weight.high - group.weight.low < 0.7 * max(widths)


def test_a_pair_that_points_the_wrong_way_is_told_so() -> None:
    rows = mixed()
    (group,) = validate_weights(replace(rows, s=100.0 - rows.s * [1, 1, -1, -1])).joint
    assert group.verdict == "wrong direction"


def pair_widths(said: Validated, names: list[str]) -> NDArray[np.float64]:
    bounds = [(one.weight.low, one.weight.high) for one in said.components if one.name in names]
    return np.array([high - low for low, high in bounds if low is not None and high is not None])


def test_correlation_0_8_in_simulated_companies_is_found_and_widens_intervals() -> None:
    names = [SUBSCORE_WORLDS["correlated"].components[place] for place in PAIR]
    wider = []
    for number in range(6):
        together = validate_weights(SUBSCORE_WORLDS["correlated"].draw(2_000, 9_000 + number))
        apart = validate_weights(SUBSCORE_WORLDS["additive"].draw(2_000, 9_000 + number))
        assert names in [list(group.components) for group in together.joint]
        assert apart.joint == ()
        wider.append(pair_widths(together, names) / pair_widths(apart, names))
    assert (np.mean(wider, axis=0) >= 1.5).all()
