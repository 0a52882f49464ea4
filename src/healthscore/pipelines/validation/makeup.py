"""What the score of an export is made of: the weights that were said, others, components turned round, or more."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from healthscore.errors import InputError
from healthscore.models.design import Matrix, Vector
from healthscore.pipelines.validation.components import AGREEING, Components
from healthscore.pipelines.validation.weighting import FULL, Weighting
from healthscore.pipelines.wording import listed, number, percent

EXPLAINED = 0.9
"""Share of the rows on which weights must give the score, to be those that it was made with."""
ENOUGH = 100
"""Rows from which weights can be found in scores, all components of them known."""
ROUNDS, TRIMMED = 5, 0.85
"""Rows that a hard rule moved say nothing of the weights: the worst fitting are left out, and the rest fitted again."""
CLEAR = 2.0
"""Per cent below which a weight that was found has no sign yet, and by which weights may miss a sum of 100."""
OPPOSED = -0.3
"""Correlation of score and weighted sum below which they cannot mean the same direction."""


def score_made_of(score: Vector, parts: Components) -> dict[str, Any]:
    """On how many rows a given score is not the weighted sum of its components, and why, where that can be told.

    Returns
    -------
    `rows` and `share` that differ by more than rounding, the `largest` difference, whether the score is `lower`
    wherever it differs, whether that is so in rows with a blank component only (`blank_only`), and the `weights` in
    per cent by which it was made instead, None where none give it.
    """
    both = ~np.isnan(parts.weighted)
    apart = score[both] - parts.weighted[both]
    differing = np.abs(apart) > AGREEING
    blank = np.asarray(np.isnan(parts.points[both]).any(axis=1))
    found = _weights_found(score, parts)
    stated = FULL * parts.weighting.weights
    other = found is not None and bool((np.abs(found - stated) > CLEAR).any())
    return {
        "rows": int(differing.sum()),
        "share": float(differing.mean()) if differing.size else None,
        "largest": float(np.abs(apart).max(initial=0.0)),
        "lower": bool((apart[differing] < 0).all()),
        "blank_only": bool(differing.any() and blank[differing].all() and not blank.all()),
        "weights": dict(zip(parts.weighting.names, found.tolist(), strict=True))
        if found is not None and other
        else None,
    }


def require_one_direction(score: Vector, parts: Components) -> None:
    """Refuse components that fall where the score rises: their weights would be judged upside down.

    Raises
    ------
    InputError
        Naming the components, and how to say that fewer is healthier.
    """
    found = _weights_found(score, parts)
    turned = [] if found is None else np.flatnonzero(found < -CLEAR).tolist()
    if found is None and _opposed(score, parts.weighted):
        turned = list(range(len(parts.columns)))
    if not turned:
        return
    weighting = parts.weighting
    labels = [weighting.names[place] for place in turned]
    raise InputError(
        f"the score falls where {listed([repr(label) for label in labels])} of {weighting.source} "
        f"rise{'s' if len(turned) == 1 else ''}: fewer is healthier there, or the scale was said the wrong way round",
        _turn(weighting, turned),
    )


def makeup_notes(weighting: dict[str, Any], labels: dict[str, str]) -> list[str]:
    """What a reader should know of a score that is not the weighted sum of its components."""
    said = weighting["differing"]
    if said is None or not said["rows"]:
        return []
    where, source = percent(said["share"]), weighting["source"]
    if said["weights"]:
        made = listed([f"{labels[name]} {number(weight, 0)}" for name, weight in said["weights"].items()])
        return [f"The score is not made with the weights of {source} but with {made}. Those of {source} are judged."]
    if said["blank_only"]:
        return [
            f"Where a component is blank the score was made in another way than here (on {where} of the rows, up to "
            f"{number(said['largest'])} points apart). Everywhere else it is the weighted sum of its components."
        ]
    lower = " It is lower wherever it differs, as hard rules make it." if said["lower"] else ""
    return [
        f"On {where} of the rows the score is not the weighted sum of its components (up to "
        f"{number(said['largest'])} points apart), so {source} is not all that makes it.{lower} The weights are "
        "judged on the components."
    ]


def _weights_found(score: Vector, parts: Components) -> Vector | None:
    """Weights in per cent that give the score, negative for a component turned round; None where none do."""
    known = ~np.isnan(parts.points).any(axis=1)
    points, given = parts.points[known], score[known]
    if parts.weighting.card.variant or len(points) < ENOUGH:
        return None
    made = _fitted(points, given)
    if made is None:
        return None
    weights, level = made
    fits = np.abs(level + points @ weights - given) <= AGREEING
    size = FULL * float(np.abs(weights).sum())
    return FULL * weights if fits.mean() >= EXPLAINED and abs(size - FULL) <= CLEAR else None


def _fitted(points: Matrix, given: Vector) -> tuple[Vector, float] | None:
    """Least squares on the rows that fit best; None where components move together exactly, or not at all."""
    kept: NDArray[np.intp] = np.arange(len(points))
    weights, level = np.zeros(points.shape[1]), 0.0
    for _ in range(ROUNDS):
        centred = points[kept] - points[kept].mean(axis=0)
        if np.linalg.matrix_rank(centred) < centred.shape[1]:
            return None
        weights = np.linalg.lstsq(centred, given[kept] - given[kept].mean(), rcond=None)[0]
        level = float(given[kept].mean() - points[kept].mean(axis=0) @ weights)
        apart = np.abs(level + points @ weights - given)
        kept = np.argsort(apart, kind="stable")[: max(int(TRIMMED * len(points)), points.shape[1] + 1)]
    return weights, level


def _opposed(score: Vector, weighted: Vector) -> bool:
    both = ~np.isnan(weighted)
    if both.sum() < ENOUGH or not np.ptp(score[both]) or not np.ptp(weighted[both]):
        return False
    return bool(np.corrcoef(score[both], weighted[both])[0, 1] < OPPOSED)


def _turn(weighting: Weighting, turned: list[int]) -> str:
    if weighting.card.path is not None:
        return "turn the numbers of these columns round, so that more is healthier"
    scales = [weighting.scales[place] for place in turned]
    written = ["100-0" if one is None else f"{one.best:g}-{one.worst:g}" for one in scales]
    rows = listed([f"{weighting.names[place]} {text}" for place, text in zip(turned, written, strict=True)])
    return f"say so in a column `scale` of {weighting.source}: {rows}"
