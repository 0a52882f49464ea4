"""What weights are judged on: sub-scores at past dates, and what became of the accounts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from healthscore.models.design import Flags, Integers, Labels, Matrix, Vector


@dataclass(frozen=True, eq=False)
class WeightRows:
    """Snapshots with their sub-scores; all arrays have one element per row, shape (n,), but for `s` and `weights`.

    Parameters
    ----------
    components
        Names of the C components.
    s
        Sub-scores, shape (n, C), higher is healthier, nothing missing, all in one unit: points of 0 to 100 of a
        scorecard, or standard deviations of learned sub-scores.
    y
        1 where it happened to the account, else 0.
    day, known
        As-of day, and the day on which the outcome was final.
    cluster
        The account, or the person behind several accounts.
    weights
        Handcrafted weights, shape (C,), that sum to 1; None where there are none.
    segment
        Segment of the account at that date; None where there are none.
    """

    components: tuple[str, ...]
    s: Matrix
    y: Labels
    day: Integers
    known: Integers
    cluster: Integers
    weights: Vector | None = None
    segment: npt.NDArray[np.object_] | None = None

    def where(self, chosen: Flags) -> WeightRows:
        """Only the chosen rows."""
        return replace(
            self,
            s=self.s[chosen],
            y=self.y[chosen],
            day=self.day[chosen],
            known=self.known[chosen],
            cluster=self.cluster[chosen],
            segment=None if self.segment is None else self.segment[chosen],
        )

    @property
    def exiting(self) -> int:
        """Different accounts (or persons) to which it happened."""
        return len(np.unique(self.cluster[self.y == 1]))
