"""The handcrafted scorecard's published scores beside the model's, on the same accounts and dates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from healthscore.evaluation.clustered import resample
from healthscore.outcomes.snapshots import Label
from healthscore.pipelines.auditing.material import SCORE, SCORED, Material
from healthscore.pipelines.cards import SCORECARD
from healthscore.pipelines.publication.history import Scored

METRICS = ("auc", "capture_10")


def scorecard_section(material: Material, name: str, history: Sequence[Scored]) -> dict[str, Any] | None:
    """Figures of both, and the model's minus the scorecard's, paired; None where they share no row with an outcome.

    Rows of the scorer in force whose outcome is known and that the scorecard scored at the same date.
    """
    health = _health(material, history)
    rows = material.judged[~np.isnan(health[material.judged])]
    y = material.book.label[rows] == Label.EXITED
    if not 0 < y.sum() < len(rows):
        return None
    found = resample(
        y,
        {SCORE: material.risk[rows], SCORECARD: 100.0 - health[rows]},
        material.book.cluster[rows],
        METRICS,
        resamples=material.run.report.resamples,
        seed=material.run.seed,
    )
    difference = {metric: found.interval(SCORE, metric, minus=SCORECARD) for metric in METRICS}
    auc = difference["auc"]
    better = None if not auc.excludes(0.0) else SCORE if (auc.estimate or 0.0) > 0 else SCORECARD
    size = {"name": name, "n": len(rows), "events": int(y.sum())}
    return {**size, "models": found.intervals(), "difference": difference, "better": better}


def _health(material: Material, history: Sequence[Scored]) -> np.ndarray:
    """The scorecard's score of each row of the material; NaN where it has none."""
    health = np.full(len(material.day), np.nan)
    by_date = {scored.as_of: scored for scored in history}
    for scored, day in zip(material.history, material.days, strict=True):
        card = by_date.get(scored.as_of)
        if card is None:
            continue
        table = card.scores(["account_id", "status", "health"])
        given = table[table["status"] == SCORED].set_index("account_id")["health"]
        inside = material.day == day
        health[inside] = given.reindex(material.ids[inside]).to_numpy(np.float64)
    return health
