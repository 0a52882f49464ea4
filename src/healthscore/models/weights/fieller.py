"""Fieller's interval for the share of one coefficient, or of several together, in the sum of all."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import stdtrit

from healthscore.evaluation.proportions import NOT_COMPUTABLE, Estimate
from healthscore.models.design import Matrix, Vector


def share_interval(
    beta: Vector, covariance: Matrix, which: int | Sequence[int], level: float = 0.95, freedom: float = math.inf
) -> Estimate:
    r"""Estimate `W = sum_(c in which) beta_c / sum beta` with its interval.

    The interval holds every share `w` that the data do not contradict: with the numerator `b`, the sum `S` and
    Student's quantile `z` for `freedom` degrees of freedom, `(b - w S)^2 <= z^2 var(b - w S)`. Unlike an interval from
    the delta method it is right where `S` itself is uncertain. Where `S` is not told from 0 at this level, any share is
    compatible: the bounds are None. Where the coefficients sum to 0 there is no share either.

    Notes
    -----
    Fieller (1954), "Some problems in interval estimation", J. R. Stat. Soc. B 16. The set is the solution of
    `w^2 (S^2 - z^2 V_SS) - 2 w (b S - z^2 V_bS) + (b^2 - z^2 V_bb) <= 0`, an interval if and only if
    `S^2 > z^2 V_SS`.
    """
    chosen = np.zeros(len(beta))
    chosen[which if isinstance(which, int) else list(which)] = 1.0
    part, total = float(chosen @ beta), float(beta.sum())
    if total == 0.0:
        return NOT_COMPUTABLE
    squared = float(stdtrit(freedom, 0.5 + level / 2.0)) ** 2
    square = total**2 - squared * float(covariance.sum())
    if square <= 0.0:
        return Estimate(part / total, None, None)
    middle = part * total - squared * float((chosen @ covariance).sum())
    constant = part**2 - squared * float(chosen @ covariance @ chosen)
    half = np.sqrt(max(0.0, middle**2 - square * constant))
    return Estimate(part / total, float((middle - half) / square), float((middle + half) / square))
