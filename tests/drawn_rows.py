"""Rows to judge weights on, drawn with known coefficients: points of accounts at several dates, and who left."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from healthscore.models.design import expit
from healthscore.models.weights.rows import WeightRows

HORIZON = 60
POINTS = 15.0
"""Standard deviation of the points of a component."""


def drawn_rows(
    betas: Sequence[float],
    *,
    accounts: int = 400,
    dates: int = 8,
    weights: Sequence[float] | None = None,
    base: float = -3.0,
    seed: int = 1,
) -> WeightRows:
    """Draw points that are half the account's own and half the date's; `betas` are log-odds of staying per deviation.

    `weights` are shares; every date has a level of its own.
    """
    rng = np.random.default_rng(seed)
    n, size = accounts * dates, len(betas)
    own = np.tile(rng.normal(size=(accounts, size)), (dates, 1))
    states = np.sqrt(0.5) * own + np.sqrt(0.5) * rng.normal(size=(n, size))
    number = np.repeat(np.arange(dates), accounts)
    z = base + 0.3 * rng.normal(size=dates)[number] - states @ np.array(betas)
    return WeightRows(
        components=tuple("abcdefghijkl"[:size]),
        s=50.0 + POINTS * states,
        y=(rng.random(n) < expit(z)).astype(np.int8),
        day=30 * number.astype(np.int64),
        known=30 * number.astype(np.int64) + HORIZON,
        cluster=np.tile(np.arange(accounts), dates).astype(np.int64),
        weights=None if weights is None else np.array(weights, dtype=np.float64),
    )
