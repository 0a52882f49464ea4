"""Ratios of two sums, with an interval that knows several rows may belong to one account."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from healthscore.errors import InputError
from healthscore.evaluation.proportions import NOT_COMPUTABLE, Estimate
from healthscore.evaluation.rows import cluster_codes, group_sums


def ratio(numerator: ArrayLike, denominator: ArrayLike, clusters: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Estimate `R = sum a / sum b`, as revenue now over revenue before, with a linearised interval by cluster.

    `v = C / (C - 1) sum_c (sum_(i in c) a_i - R b_i)^2 / (sum b)^2` over the C clusters, and Student's quantile with
    C - 1 degrees of freedom (Cochran, Sampling Techniques, 3rd ed., 1977, section 6.4). None where the denominators
    add up to nothing; no bounds with a single cluster, which says nothing of the others.
    """
    a, b = np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    codes, count = cluster_codes(clusters)
    if not a.shape == b.shape == codes.shape:
        raise InputError(f"ratio: {a.size} numerators, {b.size} denominators, {codes.size} accounts", "pass one each")
    total = float(b.sum())
    if not total > 0:
        return NOT_COMPUTABLE
    estimate = float(a.sum()) / total
    if count < 2:
        return Estimate(estimate, None, None)
    deviation = group_sums(codes, a - estimate * b)
    error = float(np.sqrt(count / (count - 1) * float(deviation @ deviation))) / total
    half = float(stdtrit(count - 1, 0.5 + level / 2.0)) * error
    return Estimate(estimate, estimate - half, estimate + half)
