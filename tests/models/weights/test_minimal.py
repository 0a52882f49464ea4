"""The smallest change: laws, an independent solver, and a search along a line where there are two components."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize

from drawn_rows import drawn_rows
from healthscore.errors import InputError
from healthscore.models.weights.fit import clustered_mean, fit_weights, profiled_losses
from healthscore.models.weights.minimal import RESOLUTION, MinimalChange, free_refit, minimal_change
from healthscore.models.weights.rows import WeightRows

Floats = NDArray[np.float64]
EQUAL = (0.25, 0.25, 0.25, 0.25)


def score_losses(rows: WeightRows, weights: Floats) -> Floats:
    """Losses of a score with its scale refitted, by another solver than the one under test."""
    score = replace(rows, components=("score",), s=(rows.s @ weights)[:, None], weights=None)
    fit = fit_weights(score)
    assert fit is not None
    return profiled_losses(rows.y, rows.day, -max(0.0, float(fit.beta[0])) * score.s[:, 0])


def oracle_loss(rows: WeightRows, w0: Sequence[float] | Floats, rho: float | None) -> float:
    """Smallest mean loss within `rho`, found over (theta, theta's distance, intercepts) at once."""
    C, dates = len(w0), np.unique(rows.day, return_inverse=True)[1]
    D = int(dates.max()) + 1
    X = (rows.s - 50.0) / 15.0
    start = np.full(C, 0.3)
    away = start - start.sum() * np.array(w0)

    def loss(x: Floats) -> tuple[float, Floats]:
        z = x[2 * C :][dates] - X @ x[:C]
        residual = 1.0 / (1.0 + np.exp(-z)) - rows.y
        slopes = np.concatenate([-X.T @ residual, np.zeros(C), np.bincount(dates, residual)])
        return float(np.mean(np.logaddexp(0.0, z) - rows.y * z)), slopes / len(z)

    share = np.eye(C) - np.outer(w0, np.ones(C))
    within: list[Any] = [
        {"type": "ineq", "fun": lambda x: x[C : 2 * C] - share @ x[:C]},
        {"type": "ineq", "fun": lambda x: x[C : 2 * C] + share @ x[:C]},
        {"type": "ineq", "fun": lambda x: 10.0 * ((rho or 0.0) * x[:C].sum() - x[C : 2 * C].sum())},
    ]
    found = minimize(
        loss,
        np.concatenate([start, np.abs(away) + 0.01, np.full(D, -3.0)]),
        jac=True,
        method="SLSQP",
        bounds=[(0, 20)] * (2 * C) + [(-20, 20)] * D,
        constraints=[] if rho is None else within,
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    return float(found.fun)


def check_laws(rows: WeightRows, change: MinimalChange) -> None:
    assert rows.weights is not None
    for weights in (change.free, change.weights):
        assert weights.min() >= 0.0
        assert weights.sum() == pytest.approx(1.0, abs=1e-9)
    assert change.distance == pytest.approx(np.abs(change.weights - rows.weights).sum(), abs=1e-12)
    assert change.distance <= np.abs(change.free - rows.weights).sum() + 1e-9, "never farther than the free refit"


def test_weights_that_do_as_well_as_any_stay_as_they_are() -> None:
    rows = drawn_rows((0.8, 0.4, 0.4, 0.0), weights=(0.5, 0.25, 0.25, 0.0))
    change = minimal_change(rows)
    assert change.weights.tolist() == [0.5, 0.25, 0.25, 0.0]
    assert change.distance == 0.0
    assert np.abs(change.free - change.weights).sum() > 0.02, "the free refit moves them all the same"


def test_wrong_weights_move_towards_the_truth_and_no_farther_than_asked() -> None:
    rows = drawn_rows((1.2, 0.4, 0.0, 0.0), accounts=1500, weights=EQUAL)
    change = minimal_change(rows)
    check_laws(rows, change)
    truth = np.array([0.75, 0.25, 0.0, 0.0])
    assert np.abs(change.weights - truth).sum() < 0.2 < np.abs(np.array(EQUAL) - truth).sum()
    assert 0.7 < change.distance < np.abs(change.free - np.array(EQUAL)).sum()


@pytest.mark.parametrize("seed", range(4))
def test_the_loss_is_the_smallest_at_that_distance_and_within_one_standard_error(seed: int) -> None:
    rows = drawn_rows((0.9, 0.5, 0.1, -0.3), weights=EQUAL, seed=seed)
    change = minimal_change(rows)
    best, found = score_losses(rows, change.free), score_losses(rows, change.weights)
    assert best.mean() == pytest.approx(oracle_loss(rows, EQUAL, None), abs=1e-8)
    assert found.mean() == pytest.approx(oracle_loss(rows, EQUAL, change.distance), abs=1e-8)
    said = clustered_mean(found - best, rows.cluster)
    assert said is not None
    assert said[0] <= said[1] * 1.001
    assert said[0] == pytest.approx(said[1], rel=0.01), "a smaller change would not do"


@pytest.mark.parametrize("seed", range(4))
def test_two_components_against_a_search_along_the_line(seed: int) -> None:
    rows = drawn_rows((1.0, 0.2), weights=(0.3, 0.7), seed=seed)
    shares = np.linspace(0.3, 1.0, 281)
    losses = [score_losses(rows, np.array([share, 1.0 - share])) for share in shares]
    best = min(losses, key=lambda each: float(each.mean()))
    said = [clustered_mean(each - best, rows.cluster) or (0.0, 0.0) for each in losses]
    first = next(share for share, (mean, error) in zip(shares, said, strict=True) if mean <= error)
    change = minimal_change(rows)
    assert change.weights[0] == pytest.approx(first, abs=0.003 + RESOLUTION)
    assert change.free[0] == pytest.approx(shares[np.argmin([each.mean() for each in losses])], abs=0.003)


def test_without_bounds_that_bind_the_refit_is_maximum_likelihood() -> None:
    rows = drawn_rows((0.9, 0.5, 0.4, 0.3))
    fit = fit_weights(rows)
    assert fit is not None
    assert free_refit(rows) == pytest.approx(fit.beta, rel=1e-5)


def test_a_component_that_points_the_wrong_way_gets_nothing_from_the_refit() -> None:
    assert free_refit(drawn_rows((0.9, 0.5, -0.5)))[2] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("factor", [0.01, 1.0 / 3.0, 250.0])
def test_the_unit_of_the_points_does_not_matter(factor: float) -> None:
    rows = drawn_rows((0.9, 0.5, 0.1, 0.0), weights=EQUAL)
    change, scaled = minimal_change(rows), minimal_change(replace(rows, s=factor * rows.s))
    assert scaled.weights == pytest.approx(change.weights, abs=1e-6)
    assert scaled.free == pytest.approx(change.free, abs=1e-6)


def test_the_level_of_a_date_the_order_of_rows_and_the_names_of_accounts_do_not_matter() -> None:
    rows = drawn_rows((0.9, 0.5, 0.1, 0.0), weights=EQUAL)
    change = minimal_change(rows)
    shifted = replace(rows, s=rows.s + (rows.day % 7)[:, None], cluster=7_000 - rows.cluster)
    order = np.random.default_rng(3).permutation(len(rows.y))
    other = minimal_change(shifted.where(order))  # type: ignore[arg-type]  # positions choose as well
    assert other.weights == pytest.approx(change.weights, abs=1e-6)


def test_a_component_that_never_moves_keeps_its_weight() -> None:
    rows = drawn_rows((1.2, 0.0, 0.0), accounts=1000, weights=(0.3, 0.4, 0.3))
    s = rows.s.copy()
    s[:, 2] = 50.0 + rows.day  # differs between dates only
    change = minimal_change(replace(rows, s=s))
    assert change.weights[2] == change.free[2] == 0.3
    assert change.weights[0] > 0.5
    check_laws(rows, change)


def test_the_same_component_twice_is_solved_too() -> None:
    rows = drawn_rows((0.9, 0.5), weights=(0.5, 0.5))
    twice = replace(rows, components=("a", "b", "c"), s=rows.s[:, [0, 1, 0]], weights=np.array([0.25, 0.5, 0.25]))
    assert minimal_change(twice).distance <= minimal_change(rows).distance + 2 * RESOLUTION
    check_laws(twice, minimal_change(twice))


@pytest.mark.parametrize("case", ["nobody left", "one account", "all harmful", "no rows", "nothing moves"])
def test_without_evidence_the_weights_stand(case: str) -> None:
    rows = drawn_rows((-1.0, -1.0, -1.0, -1.0), weights=EQUAL)
    if case == "nobody left":
        rows = replace(rows, y=np.zeros_like(rows.y))
    elif case == "one account":
        rows = replace(drawn_rows((1.0, 0, 0, 0), weights=EQUAL), cluster=np.zeros_like(rows.cluster))
    elif case == "no rows":
        rows = rows.where(rows.day < 0)
    elif case == "nothing moves":
        rows = replace(rows, s=np.full_like(rows.s, 50.0))
    change = minimal_change(rows)
    assert change.weights.tolist() == list(EQUAL)
    assert change.distance == 0.0


def test_rows_that_a_score_separates_give_finite_weights() -> None:
    rows = drawn_rows((1.0, 0.5), weights=(0.5, 0.5), accounts=60, dates=2)
    separated = replace(rows, y=(rows.s[:, 0] < 35.0).astype(np.int8))
    change = minimal_change(separated)
    check_laws(separated, change)
    assert change.free[0] > 0.8


def test_rows_without_weights_are_refused() -> None:
    with pytest.raises(InputError, match="no handcrafted weights"):
        minimal_change(drawn_rows((1.0, 0.5)))


@settings(max_examples=40, deadline=None)
@given(
    betas=st.lists(st.floats(-0.5, 1.2), min_size=1, max_size=6),
    parts=st.lists(st.integers(0, 20), min_size=6, max_size=6),
    accounts=st.integers(20, 200),
    seed=st.integers(0, 1000),
)
def test_laws_on_any_book(betas: list[float], parts: list[int], accounts: int, seed: int) -> None:
    weights = np.array(parts[: len(betas)], dtype=np.float64) + 0.1 * (sum(parts[: len(betas)]) == 0)
    rows = drawn_rows(betas, accounts=accounts, dates=3, weights=(weights / weights.sum()).tolist(), seed=seed, base=-2)
    check_laws(rows, minimal_change(rows))
