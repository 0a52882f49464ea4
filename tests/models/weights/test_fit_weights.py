"""The fit with intercepts by day: against statsmodels with dummies, laws, and what cannot be fitted."""

from dataclasses import replace
from time import perf_counter

import numpy as np
import pytest
from statsmodels.api import Logit

from healthscore.models.weights.fit import fit_weights, within_days
from healthscore.models.weights.rows import WeightRows


def weight_rows(
    n: int = 3000, days: int = 6, *, seed: int = 1, beta: tuple[float, ...] = (0.8, 0.03, 0.0, 4.0)
) -> WeightRows:
    """Sub-scores in very different units around 50; levels differ by day."""
    random = np.random.default_rng(seed)
    unit = np.resize([1.0, 10.0, 20.0, 0.1], len(beta))
    s = 50.0 + random.normal(size=(n, len(beta))) * unit
    day = random.integers(0, days, n) * 30
    z = -2.5 + 0.3 * (day / 30 % 3) - (s - 50.0) @ np.array(beta)
    y = (random.random(n) < 1.0 / (1.0 + np.exp(-z))).astype(np.int8)
    names = tuple(f"component {number}" for number in range(len(beta)))
    return WeightRows(names, s, y, day, day + 60, random.integers(0, n // 6, n))


def test_agrees_with_statsmodels_with_a_dummy_per_day() -> None:
    rows = weight_rows()
    fit = fit_weights(rows)
    assert fit is not None
    days = np.unique(rows.day)
    design = np.hstack([(rows.day[:, None] == days).astype(float), within_days(rows) * -1.0])
    result = Logit(rows.y, design).fit(
        disp=0, tol=1e-15, maxiter=50, cov_type="cluster", cov_kwds={"groups": rows.cluster}
    )
    n, k = design.shape
    # statsmodels also multiplies by (n - 1) / (n - k).
    covariance = result.cov_params()[len(days) :, len(days) :] * (n - k) / (n - 1)
    assert fit.beta == pytest.approx(result.params[len(days) :], rel=1e-6)
    assert fit.covariance == pytest.approx(covariance, rel=1e-6, abs=1e-12)
    means = np.array([rows.s[rows.day == day].mean(axis=0) for day in days])
    assert fit.intercepts - means @ fit.beta == pytest.approx(result.params[: len(days)], rel=1e-6)
    assert (fit.n, fit.events, fit.clusters) == (n, rows.y.sum(), len(np.unique(rows.cluster)))
    assert fit.days.tolist() == days.tolist()


def test_days_without_information_are_dropped() -> None:
    rows = weight_rows(600, 4)
    y = np.where(rows.day == 0, 0, np.where(rows.day == 30, 1, rows.y)).astype(np.int8)
    whole, part = fit_weights(replace(rows, y=y)), fit_weights(replace(rows, y=y).where(rows.day >= 60))
    assert whole is not None
    assert part is not None
    assert whole.days.tolist() == [60, 90]
    assert whole.beta == pytest.approx(part.beta)
    assert whole.covariance == pytest.approx(part.covariance)


def test_units_levels_and_order_of_rows_do_not_matter() -> None:
    rows = weight_rows()
    fit = fit_weights(rows)
    order = np.random.default_rng(3).permutation(len(rows.y))
    moved = replace(rows, s=rows.s * [3.0, 1.0, 0.5, 1.0] + rows.day[:, None] * 2.0)
    shuffled = fit_weights(
        replace(moved, s=moved.s[order], y=rows.y[order], day=rows.day[order], cluster=rows.cluster[order])
    )
    assert fit is not None
    assert shuffled is not None
    assert shuffled.beta * [3.0, 1.0, 0.5, 1.0] == pytest.approx(fit.beta, rel=1e-8)
    assert shuffled.covariance[0, 2] * 1.5 == pytest.approx(fit.covariance[0, 2], rel=1e-7)


def test_rows_repeated_in_an_account_add_no_evidence() -> None:
    rows = weight_rows(1200)
    once = replace(rows, cluster=np.arange(len(rows.y)))
    again = np.repeat(np.arange(len(rows.y)), 2)
    repeated = replace(once, s=once.s[again], y=once.y[again], day=once.day[again], cluster=once.cluster[again])
    one, two = fit_weights(once), fit_weights(repeated)
    assert one is not None
    assert two is not None
    assert two.covariance == pytest.approx(one.covariance, rel=1e-7)


@pytest.mark.parametrize(
    "name", ["constant", "constant within days", "collinear", "separated", "one class", "few exits", "no rows"]
)
def test_what_cannot_be_fitted_is_none(name: str) -> None:
    rows = weight_rows(400)
    s, y = rows.s.copy(), rows.y.copy()
    if name == "constant":
        s[:, 1] = 50.0
    elif name == "constant within days":
        s[:, 1] = 40.0 + rows.day
    elif name == "collinear":
        s[:, 1] = 0.3 * s[:, 0] + 0.7 * s[:, 2]
    elif name == "separated":
        s[:, 1] = np.where(y == 1, s[:, 1].min() - 10.0, s[:, 1])
    elif name == "one class":
        y[:] = 0
    elif name == "few exits":
        y[np.flatnonzero(y)[4:]] = 0
    rows = replace(rows, s=s, y=y)
    assert fit_weights(rows.where(np.zeros(400, np.bool_)) if name == "no rows" else rows) is None


def test_quasi_separation_is_seen() -> None:
    rows = weight_rows(400)
    s = rows.s.copy()
    s[:, 1] = np.where(rows.y == 1, 0.0, np.random.default_rng(1).integers(0, 2, 400))
    assert fit_weights(replace(rows, s=s)) is None


def test_sixty_thousand_rows_on_seventy_four_days_take_well_under_a_second() -> None:
    rows = weight_rows(60_000, 74, beta=(0.3, 0.02, 0.01, 2.0, 0.1, 0.0, 0.0, 1.0, 0.2, 0.03))
    start = perf_counter()
    assert fit_weights(rows) is not None
    assert perf_counter() - start < 2.0
