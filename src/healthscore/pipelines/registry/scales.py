"""The score scale of a version: frozen as the champion's, or anchored anew with a way from old scores to new ones."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from healthscore.models.bundle import MODEL as BUNDLE_FILE
from healthscore.models.bundle import load, save
from healthscore.models.health import Bands, ScoreScale, displayed
from healthscore.pipelines import durable

CROSSWALK_STEP = 5
ANCHORED = ("anchor_score", "points_to_halve_odds")
"""What a run says of its scale; the probability that the anchor stands at is learned."""


def bundles_in(directory: Path) -> list[Path]:
    """The bundles of a training run or of a version, by name."""
    return sorted(path.parent for path in directory.glob(f"*/{BUNDLE_FILE}"))


def own_scales(directory: Path) -> dict[str, ScoreScale]:
    """Score scale of every bundle in a directory, by the bundle's name."""
    return {path.name: load(path, threads=1).scale for path in bundles_in(directory)}


def place(source: Path, target: Path, scales: Mapping[str, ScoreScale]) -> None:
    """Copy a training run or a version into a new directory, its bundles on the scales given.

    A bundle that is on its scale already keeps its bytes; in another only the scale differs. What lies at `target` is
    what a process that was stopped had not registered.
    """
    with (
        durable.partial_folder(durable.folder(target.parent), target.name) as partial,
        durable.refusals(target, lambda: durable.size_of(source)),
    ):
        durable.copy_tree(source, partial)
        for path in bundles_in(partial):
            bundle = load(path, threads=1)
            scale = scales.get(path.name, bundle.scale)
            if bundle.scale != scale:
                shutil.rmtree(path)
                save(replace(bundle, scale=scale), path)
        durable.sync_tree(partial)
        shutil.rmtree(target, ignore_errors=True)
        partial.replace(target)
        durable.sync(target.parent)


def crosswalk(old: ScoreScale, new: ScoreScale) -> list[dict[str, float]]:
    """At every five points of the old scale: the probability that it meant, and that probability's new score."""
    scores = np.arange(0, 100 + CROSSWALK_STEP, CROSSWALK_STEP, dtype=np.float64)
    probabilities = old.probability_of(scores)
    rows = zip(scores.tolist(), probabilities.tolist(), displayed(new.score_of(probabilities)).tolist(), strict=True)
    return [{"old": before, "probability": p, "new": after} for before, p, after in rows]


def band_counts(bands: Bands, scale: ScoreScale, held: NDArray[np.float64]) -> dict[str, int]:
    """How many accounts each band holds; `held` are the log-odds that scores are made of, shape (n,)."""
    index = bands.index(scale.score(held))
    return {name: int((index == i).sum()) for i, name in enumerate(bands.names)}


def asks_otherwise(own: ScoreScale, frozen: ScoreScale) -> str | None:
    """What the run of a version had asked of its scale that the frozen one does not have."""
    asked = [f"{key} {getattr(own, key):g}" for key in ANCHORED if getattr(own, key) != getattr(frozen, key)]
    if not asked:
        return None
    return f"its run asks for {' and '.join(asked)}, and the champion's scale stays: --re-anchor would take the run's"
