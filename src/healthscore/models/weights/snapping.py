"""Weights that a person can read and approve: whole steps of 5 points.

What is snapped are the *changes* from the handcrafted weights, so that weights nobody asks to change stay as they are
written: 33/33/34 stays 33/33/34, and 33.33 may become 38.33, never 40.

Worked example. 40/20/20/20 and the wish 46.2/13.1/20.7/20: changes of +1.24, -1.38, +0.14 and 0 steps. One step goes
from the second to the first component: 45/15/20/20. A second one would lead away from the wish.
"""

from __future__ import annotations

import numpy as np

from healthscore.models.design import Vector
from healthscore.models.drivers import apportion

STEP = 0.05
"""Five of a hundred points of weight."""
_ROUNDING = 1e-9


def snap(w0: Vector, wished: Vector, *, farthest: float | None = None) -> Vector:
    """Change the handcrafted weights towards the wished ones, in whole steps of 5 points.

    Parameters
    ----------
    w0, wished
        Shares >= 0 that sum to 1, shape (C,).
    farthest
        How far (sum of absolute changes) the result may be from `w0`, whatever the wish: the distance of the free
        refit. By default, the distance of the wish.

    Returns
    -------
    Shares that sum to 1 like `w0`, none below 0. Each differs from `w0` by a whole number of steps, and only in the
    direction of the wish; a component without a change keeps its weight bit for bit.

    Notes
    -----
    A step given to one component is taken from another, so the sum stays. Each time the pair is chosen whose step
    brings the weights closest to the wish in squares, until no pair brings them closer. Equal gains go to the earlier
    component. A component with less than 5 points has no step to give.
    """
    wish = (wished - w0) / STEP
    limit = float(np.abs(wished - w0).sum()) if farthest is None else farthest
    able = np.floor(w0 / STEP + _ROUNDING)
    steps = np.zeros(len(w0))
    for _ in range(int(limit / (2 * STEP) + _ROUNDING)):
        # Squared distance to the wish that one more step takes away; nothing moves against its wish.
        gain_up = np.where(wish > 0, 2 * (wish - steps) - 1, -np.inf)
        gain_down = np.where((wish < 0) & (able + steps >= 1), 2 * (steps - wish) - 1, -np.inf)
        taker, giver = _first_largest(gain_up), _first_largest(gain_down)
        if not gain_up[taker] + gain_down[giver] > _ROUNDING:
            break
        steps[taker] += 1
        steps[giver] -= 1
    # Rounded, so that 0.2 - 0.05 is 0.15 and not 0.15000000000000002.
    return np.where(steps == 0, w0, np.maximum(np.round(w0 + STEP * steps, 15), 0.0))


def on_grid(shares: Vector) -> Vector:
    """Round shares that sum to 1 to multiples of 5 points that sum to 100 (largest remainder), shape (C,)."""
    # `apportion` gives whole tenths: twenty steps of 5 points are two units.
    steps = apportion(shares[None, :] / STEP / 10.0, np.array([round(1 / STEP)], dtype=np.int64))[0]
    return np.asarray(steps / round(1 / STEP), dtype=np.float64)


def _first_largest(gains: Vector) -> int:
    """Position of the largest gain; of equal ones (but for rounding) the first."""
    return int(np.flatnonzero(gains >= gains.max() - _ROUNDING)[0])
