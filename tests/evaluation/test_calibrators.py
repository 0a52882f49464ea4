"""Other calibrations: by hand, against scikit-learn and the venn-abers package, and against plain refitting."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.special import logit

from healthscore.errors import InputError
from healthscore.evaluation.calibrators import CALIBRATORS, fit_beta, fit_isotonic, fit_venn_abers, venn_abers


def drawn(seed: int, rows: int = 500, decimals: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Predictions with ties, and outcomes that they exaggerate."""
    chance = np.random.default_rng(seed)
    p = np.clip(np.round(chance.beta(1, 4, rows), decimals), 0.01, 0.99)
    return p, (chance.random(rows) < 0.5 * p + 0.1).astype(float)


# Beta


def test_beta_is_the_logistic_regression_of_its_two_logarithms() -> None:
    from sklearn.linear_model import LogisticRegression

    p, y = drawn(1, 4000, 3)
    columns = np.column_stack([np.log(p), -np.log1p(-p)])
    oracle = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000).fit(columns, y)
    assert (oracle.coef_ > 0).all()  # else the bounds, and not the likelihood, would decide
    assert fit_beta(p, y)(p) == pytest.approx(oracle.predict_proba(columns)[:, 1], abs=1e-5)


def test_beta_of_a_rate_alone_by_hand() -> None:
    # Predictions that tell nothing but their level: 1 of 4 happened at every one of them.
    p, y = np.repeat([0.2, 0.4, 0.8], 4), np.tile([1.0, 0.0, 0.0, 0.0], 3)
    assert fit_beta(p, y)(np.array([0.1, 0.5, 0.9])) == pytest.approx([0.25] * 3, abs=1e-5)


def test_beta_leaves_honest_probabilities_about_as_they_are() -> None:
    chance = np.random.default_rng(2)
    p = chance.beta(2, 8, 40_000)
    again = fit_beta(p, chance.random(40_000) < p)(p)
    assert np.abs(again - p).mean() < 0.004


def test_beta_never_turns_the_ranking_round() -> None:
    p, y = drawn(3)
    upside_down = fit_beta(p, 1.0 - y)(np.array([0.1, 0.5, 0.9]))
    assert np.ptp(upside_down) < 0.02


# Isotonic


def test_isotonic_by_hand() -> None:
    # 0.1: 0 of 1; 0.2: 1 of 1 and 0.3: 0 of 1 are turned round, so both are 1/2; 0.4: 1 of 1. Kept 1/8 from the ends.
    fitted = fit_isotonic([0.1, 0.2, 0.3, 0.4], [0, 1, 0, 1])
    assert fitted(np.array([0.0, 0.1, 0.15, 0.2, 0.3, 0.35, 0.9])) == pytest.approx(
        [0.125, 0.125, (0.125 + 0.5) / 2, 0.5, 0.5, (0.5 + 0.875) / 2, 0.875], abs=1e-12
    )


@pytest.mark.parametrize("seed", range(20))
def test_isotonic_is_that_of_scikit_learn(seed: int) -> None:
    from sklearn.isotonic import IsotonicRegression

    p, y = drawn(seed, 200)
    oracle = IsotonicRegression(y_min=0.5 / 200, y_max=1 - 0.5 / 200, out_of_bounds="clip").fit(p, y)
    asked = np.linspace(0.0, 1.0, 101)
    assert fit_isotonic(p, y)(asked) == pytest.approx(oracle.predict(asked), abs=1e-12)


# Venn-Abers


def test_venn_abers_by_hand() -> None:
    # Past: 0.2 stayed, 0.6 left. A new row at 0.4: as one that left, it shares nothing with 0.2: 1. As one that
    # stayed: 0. At 0.2: as one that left, 1 of 2 there; as one that stayed, 0 of 2. At 0.7: as one that stayed it pulls
    # the 0.6 with it.
    low, high = venn_abers([0.2, 0.6], [0, 1], [0.4, 0.2, 0.7])
    assert low == pytest.approx([0.0, 0.0, 0.5], abs=1e-12)
    assert high == pytest.approx([1.0, 0.5, 1.0], abs=1e-12)
    assert fit_venn_abers([0.2, 0.6], [0, 1])(np.array([0.4, 0.2])) == pytest.approx([1 / 2, 0.5 / 1.5], abs=1e-12)


def refitted(p: np.ndarray, y: np.ndarray, one: float, outcome: float) -> float:
    """Isotonic regression of the past and one more row, at that row: by the definition, pooling in a plain loop."""
    blocks: list[list[float]] = []
    added, said = np.append(p, one), np.append(y, outcome)
    for score in np.unique(added):
        same = added == score
        blocks.append([score, float(same.sum()), float(said[same].sum())])
        while len(blocks) > 1 and blocks[-2][2] / blocks[-2][1] >= blocks[-1][2] / blocks[-1][1]:
            later = blocks.pop()
            blocks[-1] = [later[0], blocks[-1][1] + later[1], blocks[-1][2] + later[2]]
    return next(events / rows for last, rows, events in blocks if one <= last)


@pytest.mark.parametrize("seed", range(40))
def test_venn_abers_is_isotonic_regression_with_the_row_added(seed: int) -> None:
    p, y = drawn(seed, int(np.random.default_rng(seed).integers(1, 30)), 1 + seed % 3)
    asked = np.append(np.linspace(0.0, 1.0, 21), p[:3])
    low, high = venn_abers(p, y, asked)
    assert low == pytest.approx([refitted(p, y, one, 0.0) for one in asked], abs=1e-12)
    assert high == pytest.approx([refitted(p, y, one, 1.0) for one in asked], abs=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_venn_abers_is_that_of_its_package(seed: int) -> None:
    settings = np.geterr()
    from venn_abers import VennAbers

    np.seterr(**settings)  # importing the package silences numpy for everybody: it counts on 0 / 0
    p, y = drawn(seed, 300, 4)
    asked = np.random.default_rng(seed).random(200)
    oracle = VennAbers()
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        oracle.fit(np.column_stack([1 - p, p]), y)
        single, bounds = oracle.predict_proba(np.column_stack([1 - asked, asked]))
    low, high = venn_abers(p, y, asked)
    assert low == pytest.approx(bounds[:, 0], abs=1e-12)
    assert high == pytest.approx(bounds[:, 1], abs=1e-12)
    assert fit_venn_abers(p, y)(asked) == pytest.approx(single[:, 1], abs=1e-12)


def test_the_less_the_past_tells_the_wider() -> None:
    few, many = (venn_abers(*drawn(5, rows), [0.2])[1] - venn_abers(*drawn(5, rows), [0.2])[0] for rows in (50, 5000))
    assert few > 5 * many


# All of them


@pytest.mark.parametrize("name", CALIBRATORS)
def test_a_calibration_keeps_the_ranking_and_never_promises_the_impossible(name: str) -> None:
    p, y = drawn(7)
    y[p < 0.05] = 0.0
    said = CALIBRATORS[name](p, y)(np.linspace(0.0, 1.0, 201))
    assert (np.diff(said) >= -1e-12).all()
    assert said.min() > 0.0
    assert said.max() < 1.0


@pytest.mark.parametrize("name", CALIBRATORS)
def test_a_calibration_mends_what_is_out_of_line(name: str) -> None:
    chance = np.random.default_rng(8)
    truth = chance.beta(2, 8, 20_000)
    said = 1 / (1 + np.exp(-2.0 * logit(truth)))  # too extreme by half
    y = (chance.random(20_000) < truth).astype(float)
    mended = CALIBRATORS[name](said[:10_000], y[:10_000])(said[10_000:])
    assert np.abs(mended - truth[10_000:]).mean() < 0.25 * np.abs(said - truth)[10_000:].mean()


@pytest.mark.parametrize("name", CALIBRATORS)
def test_a_calibration_refuses_what_it_cannot_use(name: str) -> None:
    with pytest.raises(InputError):
        CALIBRATORS[name]([0.1, np.nan], [0, 1])(np.array([0.5]))
