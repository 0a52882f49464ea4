"""Is a component a leading indicator by itself? Each one's order of the accounts, without the others."""

from __future__ import annotations

import math
from typing import Any

from healthscore.evaluation.clustered import Resamples, resample
from healthscore.evaluation.multiple import holm
from healthscore.models.weights.rows import WeightRows


def alone_figures(rows: WeightRows, *, resamples: int = 1000, seed: int) -> dict[str, dict[str, Any]]:
    """AUC of every component alone with its interval by account, and whether it leads: "yes", "not shown", "opposite".

    AUC: how often an account to which it happened had fewer points than one to which it did not, all dates together.
    A component leads, either way, where its AUC differs from 0.5 together with those of the others (Holm).
    """
    risk = {name: -rows.s[:, place] for place, name in enumerate(rows.components)}
    said = resample(rows.y, risk, rows.cluster, ["auc"], resamples=resamples, seed=seed)
    chances = {name: chance for name in risk if (chance := _chance(said, name)) is not None}
    differs = holm(chances)
    return {name: _one(said, name, differs.get(name, False)) for name in risk}


def _one(said: Resamples, name: str, differs: bool) -> dict[str, Any]:
    auc = said.interval(name, "auc")
    direction = "yes" if auc.estimate is not None and auc.estimate > 0.5 else "opposite"
    return {"auc": auc.as_dict(), "leads": direction if differs else "not shown"}


def _chance(said: Resamples, name: str) -> float | None:
    """Two-sided chance of an AUC so far from 0.5, from its clustered standard error."""
    estimate, error = said.estimates[name]["auc"], said.standard_error(name, "auc")
    if estimate is None or not error:
        return None
    return math.erfc(abs(estimate - 0.5) / error / math.sqrt(2.0))
