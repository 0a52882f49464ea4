"""What other accounts would have chosen: complexity and kappas anew, by predictions of the past that exist already.

A book chooses the number of trees, the ridge and the kappas by what its parts predicted out of time, and another book
of the same kind would choose otherwise. The predictions of every level that was tried are kept (`Tried`); counted as
often as their account is drawn, they choose again, and nothing needs to be fitted for it.

Worked example. 100 trees lost 0.2012 per row out of time, 50 trees 0.2013. Among 20 draws of accounts, 50 trees come
out better in some eight: so often a refit has 50 trees. Were it 0.2012 against 0.2113, none would.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from healthscore.models.calibration import CalibrationSettings, fit_slopes, loss_with_intercepts
from healthscore.models.candidates import Tried
from healthscore.models.design import Flags, Integers, Labels, Vector


@dataclass(frozen=True, eq=False)
class Redrawn:
    """What one draw of accounts chooses: the level of each part, and its kappa, shape (M,)."""

    levels: tuple[float, ...]
    kappas: Vector


@dataclass(frozen=True, eq=False)
class InnerEvidence:
    """What the parts of a model predicted of the inner out-of-time rows, and what the book chose by it.

    Parameters
    ----------
    tried
        Of each part, in the model's order.
    y, origin
        Outcomes of the inner rows, and the number of each one's origin, shape (k,); empty for a short history.
    kappas
        Those of the book, shape (M,).
    settings
        How kappas are fitted.
    """

    tried: Sequence[Tried]
    y: Labels
    origin: Integers
    kappas: Vector
    settings: CalibrationSettings

    def redrawn(self, weight: Vector) -> Redrawn:
        """Choose as the book did, each inner row counted `weight` times, shape (k,).

        Origins at which none of those drawn left, or all did, tell nothing. Where no origin is left, or there was none,
        the choice is the book's.
        """
        rows = self._telling(weight)
        if not rows.any():
            return Redrawn(tuple(each.level for each in self.tried), self.kappas)
        y, w = self.y[rows], weight[rows]
        origin = np.unique(self.origin[rows], return_inverse=True)[1]
        levels = []
        for each in self.tried:
            losses = [loss_with_intercepts(z, y, origin, w) for z in each.logits[rows].T]
            levels.append(each.levels[int(np.argmin(losses))])
        F = np.column_stack([each.at(level)[rows] for each, level in zip(self.tried, levels, strict=True)])
        return Redrawn(tuple(levels), fit_slopes(F, y, origin, self.settings, w).kappas)

    def _telling(self, weight: Vector) -> Flags:
        """Rows that were drawn, at origins where some of those drawn left and some stayed."""
        exits = np.bincount(self.origin, weights=weight * self.y)
        stayers = np.bincount(self.origin, weights=weight * (1 - self.y))
        both: Flags = (exits > 0) & (stayers > 0)
        return (weight > 0) & both[self.origin]
