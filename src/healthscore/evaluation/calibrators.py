"""What other calibrations would have made of the probabilities: beta, isotonic, Venn-Abers. Diagnostics, never scores.

Each is learned from predictions and outcomes of the past, and maps later predictions. None of them is used to score: an
affine map on the log-odds keeps drivers additive and the ranking free of ties, which a staircase does not (method,
section 5).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from healthscore.evaluation.rows import SMALLEST_PROBABILITY, Floats, group_sums, scored_rows

Calibrator = Callable[[Floats], Floats]
"""Maps probabilities (n,) to probabilities (n,)."""

STEEPEST = 1e3
"""Bound of the exponents of beta calibration, for calibration rows that a threshold separates."""


def fit_beta(p: ArrayLike, y: ArrayLike) -> Calibrator:
    """Beta calibration: `logit q = a ln p - b ln(1 - p) + c`, `a, b >= 0`, by maximum likelihood.

    `a = b = 1, c = 0` changes nothing, `a = b` is Platt's line on the log-odds. Kull, Silva Filho and Flach, AISTATS
    2017.

    Parameters
    ----------
    p, y
        Predictions of the past, and what happened (0 and 1); shape (n,). Both outcomes must occur.
    """
    from scipy.optimize import minimize

    rows = scored_rows(y, p)
    design = _beta_columns(rows.p)

    def loss(theta: Floats) -> tuple[float, Floats]:
        z = design @ theta
        return float((np.logaddexp(0.0, z) - rows.y * z).mean()), design.T @ (expit(z) - rows.y) / len(z)

    found = minimize(
        loss,
        np.array([1.0, 1.0, 0.0]),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0.0, STEEPEST), (0.0, STEEPEST), (None, None)],
        options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 1000},
    )
    theta = np.asarray(found.x, dtype=np.float64)
    return lambda later: np.asarray(expit(_beta_columns(later) @ theta), dtype=np.float64)


def _beta_columns(p: Floats) -> Floats:
    kept = np.clip(p, SMALLEST_PROBABILITY, 1.0 - SMALLEST_PROBABILITY)
    return np.column_stack([np.log(kept), -np.log1p(-kept), np.ones_like(kept)])


def fit_isotonic(p: ArrayLike, y: ArrayLike) -> Calibrator:
    """Isotonic regression: the rising staircase closest to the outcomes, with straight lines between its treads.

    A tread where nothing (or everything) happened would promise the impossible, and one exit there would cost an
    infinite log-loss: the map is kept half an account away from 0 and 1, `1 / (2 n)`. Arguments as in `fit_beta`.
    """
    from scipy.optimize import isotonic_regression

    rows = scored_rows(y, p)
    steps = _steps(rows.p, rows.y)
    treads = isotonic_regression(steps.happened / steps.rows, weights=steps.rows).x
    least = 0.5 / len(rows.y)
    treads = np.clip(treads, least, 1.0 - least)
    return lambda later: np.asarray(np.interp(later, steps.score, treads), dtype=np.float64)


def fit_venn_abers(p: ArrayLike, y: ArrayLike) -> Calibrator:
    """Venn-Abers as one probability, `p1 / (1 - p0 + p1)` of `venn_abers`; arguments as in `fit_beta`."""

    def calibrate(later: Floats) -> Floats:
        low, high = venn_abers(p, y, later)
        return high / (1.0 - low + high)

    return calibrate


def venn_abers(p: ArrayLike, y: ArrayLike, later: ArrayLike) -> tuple[Floats, Floats]:
    """Bound each later probability by isotonic regressions that also hold the new row, as 0 and as 1.

    One of the two is calibrated whatever the world is, as long as past and later rows are exchangeable; how far they
    are apart says how little the past tells about such a row. Inductive Venn-Abers, by the algorithms of Vovk, Petej
    and Fedorova, NeurIPS 2015: O(n log n) for all rows together.

    Parameters
    ----------
    p, y
        Predictions of the past, and what happened; shape (n,).
    later
        Predictions to bound, shape (m,).

    Returns
    -------
    (p0, p1), each of shape (m,), with p0 <= p1.
    """
    rows = scored_rows(y, p)
    steps = _steps(rows.p, rows.y)
    asked = np.asarray(later, dtype=np.float64)
    # As 1: among the equals of the next higher score. As 0: of the next lower, which is the same seen from behind.
    high = np.append(_with_one_more(steps.rows, steps.happened), 1.0)
    low = np.append(1.0 - _with_one_more(steps.rows[::-1], (steps.rows - steps.happened)[::-1]), 0.0)[::-1]
    return (
        low[np.searchsorted(steps.score, asked, side="right")],
        high[np.searchsorted(steps.score, asked, side="left")],
    )


class _Steps(NamedTuple):
    """Distinct scores, rising, with their rows and how often it happened; shape (k,) each."""

    score: Floats
    rows: Floats
    happened: Floats


def _steps(p: Floats, y: Floats) -> _Steps:
    score, place = np.unique(p, return_inverse=True)
    return _Steps(score, group_sums(place, np.ones_like(p)), group_sums(place, y))


def _with_one_more(rows: Floats, happened: Floats) -> Floats:
    """Isotonic regression at every step, each time with one more row there to which it happened; shape (k,).

    Isotonic regression is the slope of the greatest convex minorant of the cumulative sums. The extra row shifts the
    points from its step on by (1, 1), so its slope is that of the line which touches the minorants of both sides.
    Going from left to right, one step at a time changes sides, and each corner is left once.
    """
    across = [-1.0, 0.0, *np.cumsum(rows).tolist()]
    up = [-1.0, 0.0, *np.cumsum(happened).tolist()]
    corners = [0]
    for point in range(1, len(across)):
        _drop_dents(corners, point, across, up)
        corners.append(point)
    corners.reverse()
    values = np.empty(len(rows))
    for step in range(len(rows)):
        top, following = corners[-1], corners[-2]
        values[step] = (up[following] - up[top]) / (across[following] - across[top])
        # The step changes sides: its points are now behind the extra row, and no longer shifted by it.
        point = step + 1
        across[point] = across[point - 1] + across[point + 1] - across[point]
        up[point] = up[point - 1] + up[point + 1] - up[point]
        if _turn(top, following, point, across, up) >= 0.0:
            continue
        corners.pop()
        _drop_dents(corners, point, across, up, backwards=True)
        corners.append(point)
    return values


def _drop_dents(corners: list[int], point: int, across: list[float], up: list[float], backwards: bool = False) -> None:
    """Leave out the corners that a line to the new point passes below."""
    sign = -1.0 if backwards else 1.0
    while len(corners) > 1 and sign * _turn(corners[-2], corners[-1], point, across, up) <= 0.0:
        corners.pop()


def _turn(a: int, b: int, c: int, across: list[float], up: list[float]) -> float:
    """Above 0 where c lies to the left of the line from a to b (above it, if b is right of a)."""
    return (across[b] - across[a]) * (up[c] - up[a]) - (up[b] - up[a]) * (across[c] - across[a])


CALIBRATORS: Mapping[str, Callable[[ArrayLike, ArrayLike], Calibrator]] = {
    "beta": fit_beta,
    "isotonic": fit_isotonic,
    "venn_abers": fit_venn_abers,
}
"""The calibrations that a backtest compares with its own."""
