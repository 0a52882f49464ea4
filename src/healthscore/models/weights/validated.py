"""Validated weights: what history says of each component, with an interval and a verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from healthscore.evaluation.proportions import NOT_COMPUTABLE, Estimate
from healthscore.models.weights.fieller import share_interval
from healthscore.models.weights.fit import SMALLEST_INFORMATION, WeightFit, fit_weights, within_days
from healthscore.models.weights.joint import JointGroup, joint_groups
from healthscore.models.weights.rows import WeightRows
from healthscore.models.weights.verdicts import Verdict, interval_and_chance, verdicts


@dataclass(frozen=True)
class ValidatedComponent:
    """What history says of one component; None wherever it says nothing.

    Parameters
    ----------
    weight
        Share of its coefficient in the sum of all (0 to 1 where all protect), with Fieller's 95 % interval.
    beta
        Log-odds of staying per unit of the sub-score, with its 95 % interval.
    p
        Two-sided test that `beta` is 0, unadjusted.
    verdict
        After Holm's adjustment over the components.
    """

    name: str
    weight: Estimate
    beta: Estimate
    p: float | None
    verdict: Verdict


@dataclass(frozen=True, eq=False)
class Validated:
    """All components, correlated ones also as one, and the fit behind them.

    `fit` is None where no coefficients can be estimated. Its C' coefficients belong to the components `fitted`
    (positions, ascending): those that vary and are no exact combination of others.
    """

    components: tuple[ValidatedComponent, ...]
    joint: tuple[JointGroup, ...]
    fit: WeightFit | None
    fitted: tuple[int, ...]


def validate_weights(rows: WeightRows) -> Validated:
    """Estimate the share of each component from rows later than anything that shaped the sub-scores.

    A component that never varies within a day has no estimate, and of an exact combination of components the one with
    the greatest part in it has none (a component that was never known, and was filled in from the others), nor has one
    that so few accounts ever moved that it separates those who left: all are *not shown*, and the others are estimated
    without them.
    """
    fitted, fit = fit_components(rows)
    position = {number: place for place, number in enumerate(fitted)}
    judged: list[tuple[Estimate, Estimate, float | None]] = []
    for number in range(len(rows.components)):
        if fit is None or number not in position:
            judged.append((NOT_COMPUTABLE, NOT_COMPUTABLE, None))
            continue
        place = position[number]
        beta, chance = interval_and_chance(float(fit.beta[place]), float(fit.covariance[place, place]), fit.freedom)
        judged.append((share_interval(fit.beta, fit.covariance, place, freedom=fit.freedom), beta, chance))
    said = verdicts([beta.estimate for _, beta, _ in judged], [chance for *_, chance in judged])
    components = tuple(
        ValidatedComponent(name, weight, beta, chance, verdict)
        for name, (weight, beta, chance), verdict in zip(rows.components, judged, said, strict=True)
    )
    return Validated(components, joint_groups(rows, fit, fitted), fit, fitted)


def fit_components(rows: WeightRows) -> tuple[tuple[int, ...], WeightFit | None]:
    """Fit the components that can be fitted together: their positions, ascending, and the fit.

    Where there is no finite estimate although enough accounts left, some component separates: seven open cases in the
    whole history, say, and nobody with one left. The components that move least are then left out, first each by
    itself, until there is one. The fit is None where even that gives none.
    """
    kept = fittable(rows)
    fit = fit_weights(chosen_components(rows, kept)) if kept else None
    if fit is not None or rows.exiting <= len(kept):
        return kept, fit
    spread = np.sqrt((within_days(rows) ** 2).mean(axis=0))
    left = sorted(kept, key=lambda number: float(spread[number]))
    while len(left) > 1:
        for number in left:
            others = tuple(sorted(set(left) - {number}))
            fit = fit_weights(chosen_components(rows, others))
            if fit is not None:
                return others, fit
        left = left[1:]
    return kept, None


def fittable(rows: WeightRows) -> tuple[int, ...]:
    """Positions of the components that vary within days and are no exact combination of others, ascending."""
    centred = within_days(rows)
    if not len(centred):
        return ()
    spread = np.sqrt((centred**2).mean(axis=0))
    kept = np.flatnonzero(spread > 1e-9 * np.abs(rows.s).max(axis=0))
    while len(kept) > 1:
        scaled = centred[:, kept] / spread[kept]
        values, vectors = np.linalg.eigh(scaled.T @ scaled / len(scaled))
        if values[0] >= SMALLEST_INFORMATION:
            break
        part = np.abs(vectors[:, 0]) / spread[kept]
        # Of equal parts (two identical components) the later one goes, whatever the rounding.
        kept = np.delete(kept, np.flatnonzero(part >= part.max() * (1.0 - 1e-6))[-1])
    return tuple(kept.tolist())


def chosen_components(rows: WeightRows, chosen: tuple[int, ...]) -> WeightRows:
    """Only these components, by position; the weights in force no longer apply."""
    names = tuple(rows.components[number] for number in chosen)
    return replace(rows, components=names, s=rows.s[:, list(chosen)], weights=None)
