"""Drop-one loss: what the fit loses on later rows when it has to do without a component."""

from __future__ import annotations

import numpy as np

from healthscore.evaluation.proportions import NOT_COMPUTABLE, Estimate
from healthscore.models.design import Vector
from healthscore.models.weights.fit import clustered_mean, profiled_losses
from healthscore.models.weights.gate import estimate_within, half_width, later_losses
from healthscore.models.weights.rows import WeightRows
from healthscore.models.weights.validated import chosen_components, fit_components


def drop_one(learning: WeightRows, later: WeightRows) -> list[Estimate]:
    """Mean log-loss (nats per row) lost on later rows when a component is left out and the rest is refitted.

    Both contenders are fitted on the learning rows and judged on the later ones under a level and a slope of their own
    (`later_losses`). The interval is that of the paired difference, clustered by account: it says how sure the loss
    of *these two fits* on later rows is. Positive: the component helps. Near 0 for a component that carries nothing,
    and also for one whose news another component brings as well.

    Returns
    -------
    One estimate per component; None where the rest, or the whole, cannot be fitted.
    """
    everything = tuple(range(len(learning.components)))
    whole = _later_losses(learning, later, everything)
    answer = []
    for number in everything:
        without = _later_losses(learning, later, tuple(one for one in everything if one != number))
        lost = None if whole is None or without is None else clustered_mean(without - whole, later.cluster)
        half = None if lost is None else half_width(later, lost[1], 0.975)
        answer.append(NOT_COMPUTABLE if lost is None else estimate_within(lost[0], half))
    return answer


def _later_losses(learning: WeightRows, later: WeightRows, columns: tuple[int, ...]) -> Vector | None:
    """Loss of each later row under the fit with these components; with none of use, that of the intercepts alone."""
    kept, fit = fit_components(chosen_components(learning, columns))
    if not kept:
        return profiled_losses(later.y, later.day, np.zeros(len(later.y)))
    useful = [columns[place] for place in kept]
    return None if fit is None else later_losses(later, later.s[:, useful] @ fit.beta)
