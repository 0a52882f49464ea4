"""The smallest change of the weights that the learning rows ask for.

With handcrafted weights `w0` that sum to 1, the weights `theta >= 0` of the refit minimise the log-loss of
`logit P = a_day - s theta`. Many weights do about as well. Of those whose loss lies within one account-clustered
standard error of the paired difference from the optimum, the ones closest to `w0` are wanted: the smallest `rho` with
`||theta - (sum theta) w0||_1 <= rho sum theta`. Intercepts and scale (`sum theta`) are refitted for both.

For each `rho` the problem is convex: with `theta = t w0 + up - down`, `t, up, down >= 0`, `sum up = sum down`,
`sum (up + down) <= rho t` and `theta >= 0` it has linear constraints. SciPy's SLSQP solves it on the loss from which
the day intercepts are profiled out; `rho` is found by bisection.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from healthscore.errors import InputError
from healthscore.models.design import Flags, Integers, Labels, Matrix, Vector, expit
from healthscore.models.weights.fit import clustered_mean, day_intercepts, profiled_losses, within_days
from healthscore.models.weights.rows import WeightRows

RESOLUTION = 1e-4
"""`rho` is bisected to this width: a hundredth of a point of weight."""
STEEPEST = 1e3
"""Bound of each coefficient, per standard deviation of the sub-scores: only rows that a line separates reach it."""


@dataclass(frozen=True, eq=False)
class MinimalChange:
    """Weights as shares of 1, shape (C,).

    Parameters
    ----------
    free
        Of the refit that may choose any weights >= 0.
    weights
        The closest to the handcrafted ones that do as well as the refit, within one standard error.
    distance
        `||weights - w0||_1`: 0.2 means that 10 of 100 points of weight move from some components to others.
    """

    free: Vector
    weights: Vector
    distance: float


def minimal_change(learning: WeightRows) -> MinimalChange:
    """Find the weights closest to the handcrafted ones whose loss on the learning rows cannot be told from the best.

    A component that moves on no day keeps its weight: nothing can be learned about it. Where no component protects, or
    only one account is known, the handcrafted weights stand for all of them.

    Raises
    ------
    InputError
        The rows carry no handcrafted weights.
    """
    if learning.weights is None:
        raise InputError("there are no handcrafted weights to change", "give the weights of the components")
    w0 = learning.weights
    problem = _Problem.of(learning)
    share = float(w0[problem.moving].sum())
    unchanged = MinimalChange(w0, w0, 0.0)
    if share <= 0.0 or not len(problem.y):
        return unchanged
    found = _closest(problem, w0[problem.moving] / share)
    if found is None:
        return unchanged
    free, weights = (_put(w0, problem.moving, share * part) for part in found)
    return MinimalChange(free, weights, float(np.abs(weights - w0).sum()))


def free_refit(learning: WeightRows) -> Vector:
    """Fit `theta >= 0`, shape (C,), in log-odds per unit of the sub-scores; 0 for components that never move."""
    problem = _Problem.of(learning)
    theta = np.zeros(len(learning.components))
    if len(problem.y):
        theta[problem.moving] = _refit(problem) / problem.unit
    return theta


def moves(rows: WeightRows) -> Flags:
    """Tell which components differ between accounts on some day on which not all fared alike, shape (C,)."""
    return _varying(within_days(_telling(rows)), rows.s)


@dataclass(frozen=True, eq=False)
class _Problem:
    """Rows of the days that tell something, and the moving sub-scores, in pooled standard deviations around their day.

    One unit for all components: weights are per point, and a unit of its own for each would change what is close.
    """

    X: Matrix
    y: Labels
    day: Integers
    cluster: Integers
    moving: Flags
    unit: float

    @staticmethod
    def of(rows: WeightRows) -> _Problem:
        telling = _telling(rows)
        centred = within_days(telling)
        moving = _varying(centred, telling.s)
        unit = float(np.sqrt(np.mean(centred[:, moving] ** 2))) if moving.any() else 1.0
        return _Problem(centred[:, moving] / unit, telling.y, telling.day, telling.cluster, moving, unit)

    def losses(self, theta: Vector) -> Vector:
        """Loss of each row with the best intercepts, shape (n,)."""
        return profiled_losses(self.y, self.day, -(self.X @ theta))

    def loss(self, theta: Vector) -> tuple[float, Vector, Matrix]:
        """Mean loss, its gradient and its Hessian, with the intercepts profiled out."""
        z = -(self.X @ theta)
        z = z + day_intercepts(self.y, self.day, z)
        p = expit(z)
        curvature = p * (1.0 - p)
        number = np.unique(self.day, return_inverse=True)[1]
        centred = self.X - _means(self.X, number, curvature)
        gradient = self.X.T @ (self.y - p) / len(z)
        hessian = centred.T @ (centred * curvature[:, None]) / len(z)
        return float(np.mean(np.logaddexp(0.0, z) - self.y * z)), gradient, hessian


def _telling(rows: WeightRows) -> WeightRows:
    """Only days on which somebody left and somebody stayed."""
    number = np.unique(rows.day, return_inverse=True)[1]
    rate = np.bincount(number, weights=rows.y) / np.bincount(number)
    return rows.where(((rate > 0) & (rate < 1))[number])


def _means(X: Matrix, number: Integers, weight: Vector) -> Matrix:
    """Each column's weighted mean over the row's own group, shape (n, C)."""
    total = np.bincount(number, weights=weight)
    means = [np.bincount(number, weights=weight * column) / total for column in X.T]
    return np.column_stack(means)[number]


def _varying(centred: Matrix, s: Matrix) -> Flags:
    if not len(centred):
        return np.zeros(centred.shape[1], dtype=np.bool_)
    return np.asarray(np.abs(centred).max(axis=0) > 1e-9 * np.abs(s).max(axis=0), dtype=np.bool_)


def _closest(problem: _Problem, w0: Vector) -> tuple[Vector, Vector] | None:
    """The refit and the closest weights as good as it, both summing to 1; None where there is nothing to go by."""
    optimum = _refit(problem)
    if optimum.sum() <= 1e-9:
        return None
    best = problem.losses(optimum)
    free = optimum / optimum.sum()
    low, high = 0.0, float(np.abs(free - w0).sum())
    start = np.concatenate([[optimum.sum()], np.zeros(2 * len(w0))])
    start, weights = _within(problem, w0, 0.0, start)
    if _as_good(problem, weights, best):
        return free, w0
    closest = free
    while high - low > RESOLUTION:
        middle = (low + high) / 2
        candidate, theta = _within(problem, w0, middle, start)
        if _as_good(problem, theta, best):
            high, closest = middle, theta / theta.sum()
        else:
            low, start = middle, candidate
    return free, closest


def _as_good(problem: _Problem, theta: Vector, best: Vector) -> bool:
    said = clustered_mean(problem.losses(theta) - best, problem.cluster)
    return said is None or said[0] <= said[1]


def _refit(problem: _Problem) -> Vector:
    """The best `theta >= 0`, shape (C,)."""
    C = problem.X.shape[1]
    return _minimised(problem, np.eye(C), np.full(C, 1.0 / C), [])


def _within(problem: _Problem, w0: Vector, rho: float, start: Vector) -> tuple[Vector, Vector]:
    """The best (t, up, down) at a distance of at most `rho`, shape (2C + 1,), and the theta that it stands for."""
    C = len(w0)
    theta_of = np.hstack([w0[:, None], np.eye(C), -np.eye(C)])
    balance = np.concatenate([[0.0], np.ones(C), -np.ones(C)])
    budget = np.concatenate([[rho], -np.ones(2 * C)])
    constraints = [
        {"type": "eq", "fun": lambda x: balance @ x, "jac": lambda _: balance},
        {"type": "ineq", "fun": lambda x: budget @ x, "jac": lambda _: budget},
        {"type": "ineq", "fun": lambda x: theta_of @ x, "jac": lambda _: theta_of},
    ]
    x = _minimised(problem, theta_of, start, constraints)
    return x, np.maximum(theta_of @ x, 0.0)


def _minimised(problem: _Problem, theta_of: Matrix, start: Vector, constraints: list[Any]) -> Vector:
    """Minimise the loss at `theta_of @ x` over `x >= 0` under linear constraints, which `start` fulfils.

    Newton's method: each step minimises the quadratic model of the loss under the constraints (SLSQP, which sees no
    rows), and is halved until the loss itself falls. Some five passes over the rows, ending at the optimum to 1e-12.
    """
    x = start
    value, gradient, hessian = problem.loss(theta_of @ x)
    for _ in range(50):
        step = _quadratic(theta_of.T @ gradient, theta_of.T @ hessian @ theta_of, x, constraints) - x
        expected = float(gradient @ (theta_of @ step))
        if -expected <= 1e-13:
            break
        length = 1.0
        following = problem.loss(theta_of @ (x + step))
        while following[0] > value + 1e-4 * length * expected and length > 1e-8:
            length /= 2
            following = problem.loss(theta_of @ (x + length * step))
        x = x + length * step
        value, gradient, hessian = following
    return x


def _quadratic(gradient: Vector, hessian: Matrix, x0: Vector, constraints: list[Any]) -> Vector:
    """Minimise `gradient (x - x0) + 1/2 (x - x0)' hessian (x - x0)` over `0 <= x <= STEEPEST` under the constraints."""
    from scipy.optimize import minimize

    def model(x: Vector) -> tuple[float, Vector]:
        slope = hessian @ (x - x0)
        return float((gradient + 0.5 * slope) @ (x - x0)), gradient + slope

    found = minimize(
        model,
        x0,
        jac=True,
        method="SLSQP",
        bounds=[(0.0, STEEPEST)] * len(x0),
        constraints=constraints,
        options={"ftol": 1e-15, "maxiter": 300},
    )
    return np.asarray(found.x, dtype=np.float64)


def _put(w0: Vector, moving: Flags, part: Vector) -> Vector:
    """The handcrafted weights with those of the moving components replaced."""
    weights = w0.astype(np.float64)
    weights[moving] = part
    return weights
