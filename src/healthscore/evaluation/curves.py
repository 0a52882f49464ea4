"""Curves of a ranking: what is found on the way down from the worst-scored account. Equal scores are one step."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from healthscore.evaluation.rows import ranking, scored_rows

MOST_CORNERS = 200
SHARES = 101


def roc_curve(y: ArrayLike, p: ArrayLike) -> list[list[float]]:
    """Corners of the ROC curve, at most `MOST_CORNERS`: [share of the stayers met, share of the churners met].

    `p` is higher for more risk. Empty without churners, or without stayers.
    """
    groups = ranking(scored_rows(y, p))
    if not groups.churned.sum() or not groups.stayed.sum():
        return []
    left, stayed = (np.append(0.0, np.cumsum(part)) / part.sum() for part in (groups.churned, groups.stayed))
    kept = np.unique(np.linspace(0, left.size - 1, min(MOST_CORNERS, left.size)).astype(int))
    return [[float(stayed[i]), float(left[i])] for i in kept]


def capture_curve(y: ArrayLike, p: ArrayLike) -> list[list[float]]:
    """At `SHARES` even shares of all: [share looked at, share of the churners met]; a tie is met evenly.

    Empty without churners.
    """
    groups = ranking(scored_rows(y, p))
    if not groups.churned.sum():
        return []
    found = np.append(0.0, np.cumsum(groups.churned)) / groups.churned.sum()
    looked = np.append(0.0, np.cumsum(groups.churned + groups.stayed))
    shares = np.linspace(0.0, 1.0, SHARES)
    return [
        [float(part), float(met)]
        for part, met in zip(shares, np.interp(shares, looked / looked[-1], found), strict=True)
    ]
