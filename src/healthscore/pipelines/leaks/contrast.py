"""Comparisons of accounts that left with accounts that stayed, one case per account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SURE = 3.09
"""Standard errors below an estimate at which it is taken: one chance in a thousand that the truth is lower."""


@dataclass(frozen=True)
class Separation:
    """How well a value tells who left: AUC and its lower bound, 0.5 where it cannot be computed."""

    auc: float
    low: float


CHANCE = Separation(0.5, 0.0)


@dataclass(frozen=True)
class Shares:
    """How many of those who left, and of those who stayed, show something."""

    left: int
    of_left: int
    stayed: int
    of_stayed: int

    @classmethod
    def of(cls, shown: NDArray[np.bool_], left: NDArray[np.bool_]) -> Shares:
        """Count."""
        return cls(int((shown & left).sum()), int(left.sum()), int((shown & ~left).sum()), int((~left).sum()))

    @property
    def share_left(self) -> float:
        """Among those who left."""
        return self.left / max(self.of_left, 1)

    @property
    def share_stayed(self) -> float:
        """Among those who stayed."""
        return self.stayed / max(self.of_stayed, 1)

    @property
    def difference(self) -> float:
        """Share of those who left, minus that of those who stayed."""
        return self.share_left - self.share_stayed

    @property
    def odds_ratio(self) -> float:
        """With half a case added to each count, so that it is always finite."""
        odds_left = (self.left + 0.5) / (self.of_left - self.left + 0.5)
        odds_stayed = (self.stayed + 0.5) / (self.of_stayed - self.stayed + 0.5)
        return odds_left / odds_stayed

    @property
    def chance(self) -> float:
        """Probability of so large an excess among those who left, were there none (Fisher's exact test)."""
        from scipy.stats import fisher_exact

        table = np.array([[self.left, self.of_left - self.left], [self.stayed, self.of_stayed - self.stayed]])
        return float(fisher_exact(table, alternative="greater").pvalue)


def separation(
    value: NDArray[np.float64], left: NDArray[np.bool_], strata: NDArray[np.int64], *, either: bool = True
) -> Separation:
    """AUC of a number within strata, in `either` direction or only where higher means leaving, and its lower bound.

    The share of pairs (left, stayed) of one stratum in which the number is higher for the one, ties counting half, and
    the standard error of DeLong, DeLong and Clarke-Pearson (1988), stratum by stratum weighted by its pairs. Cases
    without a value are no pair's.
    """
    wins = pairs = variance = 0.0
    for stratum in np.unique(strata):
        inside = (strata == stratum) & ~np.isnan(value)
        ones, zeros = value[inside & left], value[inside & ~left]
        if len(ones) < 2 or len(zeros) < 2:
            continue
        above, below = _placements(ones, zeros), _placements(zeros, ones)
        weight = len(ones) * len(zeros)
        wins += weight * above.mean()
        pairs += weight
        variance += weight**2 * (above.var(ddof=1) / len(ones) + below.var(ddof=1) / len(zeros))
    if pairs == 0:
        return CHANCE
    auc, error = wins / pairs, float(np.sqrt(variance)) / pairs
    auc = max(auc, 1 - auc) if either else auc
    return Separation(float(auc), float(auc - SURE * error))


def categories(values: NDArray[Any], left: NDArray[np.bool_], strata: NDArray[np.int64]) -> Separation:
    """The same for names: each is ranked by its share of leavers in the other half of the cases.

    A name that occurs once, as an id does, is unknown in the other half, and tells nothing.
    """
    codes = np.unique(values, return_inverse=True)[1]
    half = np.arange(len(codes)) % 2
    score = np.empty(len(codes))
    for part in (0, 1):
        other = half != part
        base = left[other].mean()
        hits = np.bincount(codes[other], weights=left[other], minlength=codes.max() + 1)
        rows = np.bincount(codes[other], minlength=codes.max() + 1)
        score[half == part] = ((hits + base) / (rows + 1))[codes[half == part]]
    return separation(score, left, strata * 2 + half, either=False)


def _placements(these: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of the others that each value exceeds, ties counting half."""
    ordered = np.sort(others)
    less = np.searchsorted(ordered, these, side="left")
    upto = np.searchsorted(ordered, these, side="right")
    share: NDArray[np.float64] = (less + upto) / (2.0 * len(others))
    return share
