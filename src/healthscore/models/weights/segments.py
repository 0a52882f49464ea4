"""Weights by segment: does a segment really differ, and how far to go from the weights of the whole book to its own.

Two things vary between segments: how strongly the score as a whole moves the odds (its scale), and how the weights
divide it (its direction). Weights are direction, so the scale is left free wherever segments are compared.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt

from healthscore.evaluation.multiple import holm
from healthscore.evaluation.proportions import NOT_COMPUTABLE, Estimate
from healthscore.models.design import Flags, Matrix, Vector
from healthscore.models.weights.directions import same_direction
from healthscore.models.weights.fieller import share_interval
from healthscore.models.weights.fit import WeightFit, fit_weights, within_days
from healthscore.models.weights.rows import WeightRows
from healthscore.models.weights.validated import chosen_components, fit_components

ENOUGH_EXITING = 50
"""With fewer different exiting accounts a segment takes the weights of the whole book, and no test is made."""

Name = TypeVar("Name", bound=Hashable)
Differs = Literal["differs", "not shown", "too few"]


@dataclass(frozen=True, eq=False)
class SegmentWeights:
    """One segment against the whole book.

    Parameters
    ----------
    segment
        Its name.
    n, events, exiting
        Rows, rows with the outcome, and different accounts to which it happened.
    own
        Shares from the segment's rows alone with 95 % intervals, one per component; None within without a fit.
    pooled
        Partially pooled shares, shape (C,), that sum to 1. They are the whole book's where too few left, where segments
        vary no more than chance makes them, and where the segment's own score is not shown to point the right way. An
        estimate: negative where the evidence says so.
    p
        Test that its direction is that of all other rows, unadjusted (`directions.same_direction`).
    differs
        After Holm's adjustment over the segments.
    """

    segment: str
    n: int
    events: int
    exiting: int
    own: tuple[Estimate, ...]
    pooled: Vector
    p: float | None
    differs: Differs


def segment_weights(rows: WeightRows, level: float = 0.05) -> list[SegmentWeights]:
    """Weigh every segment, in the order of their names. Rows without a segment (None) count for the whole book only.

    Empty where there are no segments, or the whole book has no weights itself.
    """
    columns, whole = fit_components(rows)
    used = chosen_components(rows, columns)
    if rows.segment is None or whole is None or whole.beta.sum() <= 0.0:
        return []
    members = _members(rows.segment)
    tested = {name: one for name, one in members.items() if rows.where(one).exiting >= ENOUGH_EXITING}
    fits = {name: fit_weights(used.where(one)) for name, one in tested.items()}
    unit = np.sqrt((within_days(used) ** 2).mean(axis=0))
    chances = {name: _chance(fits[name], used.where(~one), unit) for name, one in tested.items()}
    shown = _shown(chances, _halves(list(members.values())), level)
    pooled = _pooled(whole, fits, used.where(~np.logical_or.reduce([*tested.values()])), unit) if tested else {}
    size = len(rows.components)
    return [
        SegmentWeights(
            segment=name,
            n=int(one.sum()),
            events=int(rows.y[one].sum()),
            exiting=rows.where(one).exiting,
            own=_own(fits.get(name), columns, size),
            pooled=_shares(pooled.get(name, whole.beta), columns, size),
            p=chances.get(name),
            differs="too few" if name not in tested else "differs" if name in shown else "not shown",
        )
        for name, one in members.items()
    ]


def partially_pooled(whole: Vector, fits: Mapping[Name, tuple[Vector, Matrix]]) -> dict[Name, Vector]:
    r"""Shrink the coefficients of segments towards the direction of the whole book, by empirical Bayes.

    Segment k has coefficients `lambda_k (whole + delta_k)`, `delta_k ~ N(0, tau^2 I)`, observed with the covariance
    `V_k`. The scale `lambda_k` is that of least squares; `tau^2` is the moment estimate of Paule and Mandel (J. Res.
    Natl. Bur. Stand. 87, 1982): the one at which the deviations, each weighed by its precision, are as large as their
    `(K - 1)(C - 1)` degrees of freedom let expect, and 0 where they are smaller than that anyhow.

    Parameters
    ----------
    whole
        Coefficients of the whole book, shape (C,), in a unit in which components may be compared: per deviation.
    fits
        Coefficients and covariance by segment, in the same unit.

    Returns
    -------
    The posterior mean of `whole + delta_k` by segment, shape (C,); `whole` itself for a segment whose score points
    the other way as a whole (`lambda_k <= 0`).
    """
    from scipy.optimize import brentq

    deviations, errors = {}, {}
    for name, (beta, covariance) in fits.items():
        precise = np.linalg.solve(covariance, whole)
        scale = float(precise @ beta) / float(precise @ whole)
        if scale > 0.0:
            deviations[name], errors[name] = beta / scale - whole, covariance / scale**2
    freedom = (len(deviations) - 1) * (len(whole) - 1)
    identity = np.eye(len(whole))

    def excess(between: float) -> float:
        return freedom - sum(
            float(deviations[name] @ np.linalg.solve(errors[name] + between * identity, deviations[name]))
            for name in deviations
        )

    between = 0.0
    if freedom > 0 and excess(0.0) < 0.0:
        high = max(float(deviation @ deviation) for deviation in deviations.values()) * len(deviations)
        between = float(brentq(excess, 0.0, high))
    answer = dict.fromkeys(fits, whole)
    for name, deviation in deviations.items():
        answer[name] = whole + between * np.linalg.solve(errors[name] + between * identity, deviation)
    return answer


def _members(segment: npt.NDArray[np.object_]) -> dict[str, Flags]:
    """Which rows belong to each segment, in the order of their names."""
    names = np.array(["" if one is None else str(one) for one in segment], dtype=np.str_)
    given = np.array([one is not None for one in segment], dtype=np.bool_)
    return {str(name): given & (names == name) for name in np.unique(names[given])}


def _chance(fit: WeightFit | None, others: WeightRows, unit: Vector) -> float | None:
    """Chance of directions as different as those of a segment and of all other rows; None where either has no fit."""
    rest = None if fit is None else fit_weights(others)
    return None if fit is None or rest is None else same_direction(fit, rest, unit)


def _halves(members: Sequence[Flags]) -> bool:
    """Whether there are two segments and nothing else: either against the other is then one test, told twice."""
    return len(members) == 2 and bool((members[0] | members[1]).all())


def _shown(chances: Mapping[str, float | None], halves: bool, level: float) -> set[str]:
    """Which segments differ, by Holm's procedure."""
    tests = {name: chance for name, chance in chances.items() if chance is not None}
    if halves and len(tests) == 2:
        return set(tests) if min(tests.values()) <= level else set()
    return {name for name, holds in holm(tests, level).items() if holds}


def _pooled(
    whole: WeightFit, fits: Mapping[str, WeightFit | None], rest: WeightRows, unit: Vector
) -> dict[str | None, Vector]:
    """Partially pooled coefficients by segment; all other rows together are one more segment, under None."""
    every = [*fits.items(), (None, fit_weights(rest))]
    scaled = {
        name: (fit.beta * unit, fit.covariance * np.outer(unit, unit))
        for name, fit in every
        if fit is not None and _has_weights(fit)
    }
    return {name: beta / unit for name, beta in partially_pooled(whole.beta * unit, scaled).items()}


def _has_weights(fit: WeightFit) -> bool:
    """Whether its score as a whole is shown to point the right way: shares of a sum that may be 0 mean nothing."""
    return (
        bool(fit.beta.sum() > 0.0) and share_interval(fit.beta, fit.covariance, 0, freedom=fit.freedom).low is not None
    )


def _own(fit: WeightFit | None, columns: tuple[int, ...], size: int) -> tuple[Estimate, ...]:
    """Shares of the segment's own fit, one per component of the book."""
    own = [NOT_COMPUTABLE] * size
    for place, column in enumerate(columns):
        if fit is not None:
            own[column] = share_interval(fit.beta, fit.covariance, place, freedom=fit.freedom)
    return tuple(own)


def _shares(beta: Vector, columns: tuple[int, ...], size: int) -> Vector:
    """Coefficients of the fitted components as shares of all components, 0 for those that were not fitted."""
    shares = np.zeros(size)
    shares[list(columns)] = beta / beta.sum()
    return shares
