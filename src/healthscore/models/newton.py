"""One solver for every logistic fit here: ridge-penalised, with bounds on the coefficients, by projected Newton steps.

Bounds carry the declared directions (a signal of health may not raise the odds of churn) and `kappa >= 0`. Newton, and
not a quasi-Newton method, because the strictly convex problem then ends at its optimum to about 1e-12. Sums over rows
are taken by one thread, so that refitting gives the same coefficients to the last bit, however many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from healthscore.models.design import Flags, Labels, Matrix, Vector
from healthscore.models.summing import in_one_order

Block = tuple[Matrix, Labels] | tuple[Matrix, Labels, Vector]
"""Rows, their outcomes, and how much each counts (once, where nothing is said)."""


def fit_bounded_logistic(
    blocks: Callable[[], Iterable[Block]],
    start: Vector,
    *,
    penalty: Vector,
    centre: Vector,
    lower: Vector,
    upper: Vector,
    iterations: int = 100,
) -> Vector:
    r"""Minimise `sum_i w_i log(1 + exp(-s_i x_i b)) + 1/2 sum_j penalty_j (b_j - centre_j)^2`, `lower <= b <= upper`.

    Parameters
    ----------
    blocks
        Called once per pass; yields (rows, k) matrices with their outcomes, and their weights where they have any, so
        that a large book is never held twice.
    start, penalty, centre, lower, upper
        Shape (k,). An unpenalised coefficient has penalty 0 and must be determined by the rows (an intercept).
    iterations
        Newton steps at most; ten are usual.

    Returns
    -------
    The coefficients, shape (k,).

    Notes
    -----
    Bertsekas (1982), "Projected Newton methods for optimization problems with simple constraints", SIAM J. Control
    Optim. 20: coefficients held at a bound that the gradient pushes against leave the Newton system of that step.
    """
    with in_one_order():
        return _minimum(blocks, np.clip(start, lower, upper), penalty, centre, lower, upper, iterations)


def _minimum(
    blocks: Callable[[], Iterable[Block]],
    b: Vector,
    penalty: Vector,
    centre: Vector,
    lower: Vector,
    upper: Vector,
    iterations: int,
) -> Vector:
    value, gradient, hessian = _objective(blocks, b, penalty, centre)
    for _ in range(iterations):
        free = ~(((b <= lower) & (gradient > 0)) | ((b >= upper) & (gradient < 0)))
        step = _newton_step(gradient, hessian, free)
        expected = float(gradient @ step)
        if -expected <= 1e-13 * (1.0 + abs(value)):
            break
        moved = _line_search(blocks, b, step, (value, expected), penalty, centre, lower, upper)
        if moved is None:
            break
        b, value, gradient, hessian = moved
    return b


def _newton_step(gradient: Vector, hessian: Matrix, free: Flags) -> Vector:
    step = np.zeros_like(gradient)
    if free.any():
        system = hessian[np.ix_(free, free)]
        # A whisker of ridge keeps the system solvable when an unpenalised column has lost all its weight.
        system = system + 1e-12 * max(float(np.trace(system)), 1e-12) * np.eye(len(system))
        step[free] = -np.linalg.solve(system, gradient[free])
    return step


def _line_search(
    blocks: Callable[[], Iterable[Block]],
    b: Vector,
    step: Vector,
    before: tuple[float, float],
    penalty: Vector,
    centre: Vector,
    lower: Vector,
    upper: Vector,
) -> tuple[Vector, float, Vector, Matrix] | None:
    """Halve the projected step until the objective falls enough; None when it cannot fall any more."""
    value, expected = before
    length = 1.0
    for _ in range(40):
        candidate = np.clip(b + length * step, lower, upper)
        result = _objective(blocks, candidate, penalty, centre)
        if result[0] <= value + 1e-4 * length * expected:
            return (candidate, *result)
        length /= 2
    return None


def _objective(
    blocks: Callable[[], Iterable[Block]], b: Vector, penalty: Vector, centre: Vector
) -> tuple[float, Vector, Matrix]:
    """Value, gradient and Hessian of the penalised loss at `b`, in one pass over the blocks."""
    offset = b - centre
    value = 0.5 * float(penalty @ (offset * offset))
    gradient = penalty * offset
    hessian = np.diag(penalty.astype(np.float64))
    for X, y, *weights in blocks():
        w = weights[0] if weights else 1.0
        z = X @ b
        small = np.exp(-np.abs(z))
        p = np.where(z >= 0, 1.0, small) / (1.0 + small)
        value += float(np.sum(w * (np.log1p(small) + np.maximum(z, 0.0) - y * z)))
        gradient = gradient + X.T @ (w * (p - y))
        hessian = hessian + X.T @ (X * (w * p * (1.0 - p))[:, None])
    return value, gradient, hessian
