"""The model that weights are read from: `logit P(y = 1) = a_day - sum_c beta_c s_c`, one intercept per as-of day.

Levels change with the season and with the book; weights are about order. So every as-of day has an intercept of its
own, wherever losses are compared too: `profiled_losses` fits the intercepts of whatever rows it is given.
"""

from __future__ import annotations

import numpy as np

from healthscore.evaluation.rows import cluster_codes, group_sums
from healthscore.models.calibration import level
from healthscore.models.design import Integers, Labels, Vector


def day_intercepts(y: Labels, day: Integers, z: Vector) -> Vector:
    """Fit the intercept of each as-of day for a given linear predictor: `mean expit(a_day + z) = mean y` on that day.

    Parameters
    ----------
    y, day, z
        Outcome, as-of day, and log-odds but for the intercept (`-k * (s @ w)`); shape (n,).

    Returns
    -------
    The intercept that belongs to each row, shape (n,): `-inf` on days on which nobody left, `inf` where everybody did.
    """
    intercepts = np.empty(len(y))
    for rows in _rows_by_day(day):
        rate = float(y[rows].mean())
        intercepts[rows] = level(z[rows], rate) if 0.0 < rate < 1.0 else np.copysign(np.inf, rate - 0.5)
    return intercepts


def profiled_losses(y: Labels, day: Integers, z: Vector) -> Vector:
    """Log-loss of each row, in nats, after the best intercept of its own as-of day; shape (n,).

    This is the loss in which weights are compared on later rows: pass `z = -k * (s @ w)` with the slope `k >= 0` of
    the learning rows. The intercepts minimise the loss, so to first order their own uncertainty does not enter the mean
    of these losses or of paired differences: cluster the rows by account and nothing else (`clustered_mean`). Rows of
    days on which nobody, or everybody, left have loss 0 for every contender.
    """
    intercepts = day_intercepts(y, day, z)
    known = np.isfinite(intercepts)
    losses = np.zeros(len(y))
    shifted = z[known] + intercepts[known]
    losses[known] = np.logaddexp(0.0, shifted) - y[known] * shifted
    return losses


def clustered_mean(values: Vector, cluster: Integers) -> tuple[float, float] | None:
    """Average the rows (losses, or paired differences of losses) and give the standard error by account.

    `v = G / (G - 1) sum_g (sum_(i in g) (v_i - mean))^2 / n^2` over the G accounts; the rows of one account at
    successive dates are no independent evidence. None with fewer than two accounts.
    """
    codes, clusters = cluster_codes(cluster)
    if clusters < 2:
        return None
    mean = float(values.mean())
    by_account = group_sums(codes, values - mean)
    variance = clusters / (clusters - 1) * float(by_account @ by_account) / len(values) ** 2
    return mean, float(np.sqrt(variance))


def _rows_by_day(day: Integers) -> list[Integers]:
    """Positions of the rows of each as-of day, earliest day first."""
    if not len(day):
        return []
    order = np.argsort(day, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(day[order])) + 1)
