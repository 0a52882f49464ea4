"""What published probabilities promise where outcomes are not known yet, and whether they kept it where they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from healthscore.evaluation.expected import Expected, expected_figures
from healthscore.outcomes.snapshots import Label
from healthscore.pipelines.auditing.material import Material, Rows
from healthscore.pipelines.build import iso

ASSUMPTION = "an estimate: it holds if the probabilities are as well calibrated as they were, and says nothing if not"


def promised_section(material: Material) -> dict[str, Any] | None:
    """Expected exits, AUC and capture; None for a scorecard, whose scores are no probabilities.

    `open` has one entry per date whose window is not over, `kept` is the same estimate for the rows whose outcome is
    known: the figures that were measured should lie in its ranges.
    """
    if material.by_scorecard:
        return None
    label = material.book.label
    ahead = []
    for day in material.days:
        rows = np.flatnonzero((material.day == day) & (label == Label.IMMATURE))
        if len(rows):
            ahead.append({"as_of": iso(day), **_expected(material, rows).as_dict()})
    kept = _expected(material, material.judged).as_dict() if len(material.judged) else None
    return {"assumption": ASSUMPTION, "open": ahead, "kept": kept}


def _expected(material: Material, rows: Rows) -> Expected:
    return expected_figures(
        material.probability[rows], material.day[rows], material.book.cluster[rows], seed=material.run.seed
    )
