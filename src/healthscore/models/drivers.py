"""Why a score is what it is, in points that add up: base + components + cap = score.

`base = A - B z_R` is the score of the reference account, `P_c = -B phi_c` the points of a component (or group of
components), `phi_c = f_c(x) - mean_R f_c`, and `capped = S - S*` what the ends of the scale cut off.

Worked example. Base 53.24, activity -8.26, support +1.31, capped 0: score 46.29. Shown: score 46.3, base 53.2; the
remaining -6.9 is divided over -8.26 and +1.31, whose tenths rounded down are -8.3 and +1.3, together -7.0; the missing
tenth goes to the largest remainder, activity: -8.2 and +1.3. So 53.2 - 8.2 + 1.3 = 46.3, whole tenths all the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from healthscore.errors import BundleError
from healthscore.models.churnmodel import ChurnModel, Reference
from healthscore.models.design import Design, Integers, Matrix, Vector
from healthscore.models.health import ScoreScale, tenths

_CHUNK_ROWS = 131_072


@dataclass(frozen=True, eq=False)
class Drivers:
    """Points of n accounts over G component groups, exact and as displayed.

    Parameters
    ----------
    score
        `S`, shape (n,), not rounded: `base + points.sum(axis=1) + capped`.
    base, points, capped
        One number; shape (n, G); shape (n,).
    score_tenths, base_tenths, points_tenths, capped_tenths
        What is shown, in whole tenths of a point; they add up as integers. The base is shown alike for every account.
    """

    groups: tuple[str, ...]
    score: Vector
    base: float
    points: Matrix
    capped: Vector
    score_tenths: Integers
    base_tenths: int
    points_tenths: Integers
    capped_tenths: Integers

    @staticmethod
    def joined(parts: Sequence[Drivers]) -> Drivers:
        """Return the drivers of the accounts of all parts, one after the other; one part at least, all of one model."""
        first = parts[0]
        if len(parts) == 1:
            return first
        score, points, capped, score_tenths, points_tenths, capped_tenths = (
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("score", "points", "capped", "score_tenths", "points_tenths", "capped_tenths")
        )
        shown = (score_tenths, first.base_tenths, points_tenths, capped_tenths)
        return Drivers(first.groups, score, first.base, points, capped, *shown)


def component_drivers(model: ChurnModel, scale: ScoreScale, components: Matrix) -> Drivers:
    """Turn `ChurnModel.component_logit` (n, G) into points, context held: it has none.

    Raises
    ------
    BundleError
        The model has no reference population.
    """
    reference = _reference(model)
    components = model.held(components)
    z = model.logit_from_components(components)
    score = scale.score(z)
    base = float(scale.unclipped(model.intercept + float(reference.component_mean.sum())))
    points = -scale.slope * (components - reference.component_mean)
    capped = score - scale.unclipped(z)
    score_tenths, base_tenths = tenths(score), int(tenths(base))
    rows = apportion(np.column_stack([points, capped]), score_tenths - base_tenths)
    return Drivers(
        model.design.groups, score, base, points, capped, score_tenths, base_tenths, rows[:, :-1], rows[:, -1]
    )


def feature_points(model: ChurnModel, scale: ScoreScale, features: Matrix) -> Matrix:
    """Turn `ChurnModel.feature_logit` (n, p) into points; within a group they sum to the group's. Context has none.

    Raises
    ------
    BundleError
        The model has no reference population.
    """
    merits = np.where(model.design.is_context, 0.0, features - _reference(model).feature_mean)
    return np.asarray(-scale.slope * merits, dtype=np.float64)


def feature_tenths(design: Design, points: Matrix, group_tenths: Integers) -> Integers:
    """Return feature points as displayed, in whole tenths: within a group they add up to the group's displayed points.

    Parameters
    ----------
    design
        Says which features belong to which group.
    points
        Of `feature_points`, shape (n, p).
    group_tenths
        `Drivers.points_tenths` of the same accounts, shape (n, G).
    """
    shown = np.zeros(points.shape, dtype=np.int64)
    for group in range(len(design.groups)):
        columns = np.flatnonzero(design.group_of == group)
        shown[:, columns] = apportion(points[:, columns], group_tenths[:, group])
    return shown


def _reference(model: ChurnModel) -> Reference:
    if model.reference is None:
        raise BundleError("the model has no reference population", "freeze one: ChurnModel.frozen")
    return model.reference


def apportion(values: Matrix, target: Integers) -> Integers:
    """Round every row of points to whole tenths that add up to its target (largest remainder).

    Parameters
    ----------
    values
        Points, shape (n, k), whose rows sum to about the target.
    target
        Whole tenths, shape (n,).

    Returns
    -------
    Whole tenths, shape (n, k), with `sum(axis=1) == target` exactly. Every one is its value rounded down or up, as
    long as the target is within one tenth of the sum.

    Notes
    -----
    With the base rounded first, the tenths left to give away still never exceed the entries with a remainder: for any
    b and r, `round(b + r) - round(b)` lies between `floor(r)` and `ceil(r)`. So an entry of 0 is shown as 0.
    """
    chunks = [
        _apportion(values[start : start + _CHUNK_ROWS], target[start : start + _CHUNK_ROWS])
        for start in range(0, len(values), _CHUNK_ROWS)
    ]
    return np.vstack(chunks) if chunks else np.zeros(values.shape, dtype=np.int64)


def _apportion(values: Matrix, target: Integers) -> Integers:
    scaled = values * 10.0
    floors = np.floor(scaled)
    left = target - floors.sum(axis=1).astype(np.int64)
    # Rank by remainder, largest first; stable, so that equal remainders go to the earlier component.
    order = np.argsort(floors - scaled, axis=1, kind="stable")
    position = np.empty_like(order)
    np.put_along_axis(position, order, np.arange(values.shape[1])[None, :], axis=1)
    whole, extra = np.divmod(left, values.shape[1])
    return np.asarray(floors.astype(np.int64) + whole[:, None] + (position < extra[:, None]), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class TopDrivers:
    """The strongest drivers of each account: column indices, strongest first, -1 where there are no more; (n, k)."""

    up: Integers
    down: Integers


def top_drivers(points: Matrix, k: int, *, shown: Integers | None = None) -> TopDrivers:
    """Pick the k columns that raise each account's score most, and the k that lower it most.

    Parameters
    ----------
    points
        Of components (n, G) or features (n, p).
    k
        How many at most, each way.
    shown
        The displayed tenths of the same entries: what is shown as 0.0 is no driver. By default, rounded `points`.
    """
    shown = tenths(points) if shown is None else shown
    k = min(k, points.shape[1])
    up = np.where(shown > 0, points, -np.inf)
    down = np.where(shown < 0, -points, -np.inf)
    return TopDrivers(_largest(up, k), _largest(down, k))


def _largest(values: Matrix, k: int) -> Integers:
    order = np.argsort(-values, axis=1, kind="stable")[:, :k]
    present = np.isfinite(np.take_along_axis(values, order, axis=1))
    return np.where(present, order, -1).astype(np.int64)
