"""Is a component a leading indicator by itself? Each one's order of the accounts, without the others."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from healthscore.evaluation.clustered import Resamples, resample
from healthscore.evaluation.multiple import holm
from healthscore.models.design import Flags
from healthscore.models.weights.rows import WeightRows


def alone_figures(rows: WeightRows, known: Flags, *, resamples: int = 1000, seed: int) -> dict[str, dict[str, Any]]:
    """AUC of every component alone with its interval by account, and whether it leads: "yes", "not shown", "opposite".

    AUC: how often an account to which it happened had fewer points than one to which it did not, all dates together.
    A component leads, either way, where its AUC differs from 0.5 together with those of the others (Holm).

    Parameters
    ----------
    known
        Where something of a component was known, shape (n, C). Each is judged on these rows alone: what the others or a
        policy filled in would speak for them, not for the component.
    """
    said: dict[str, Resamples] = {}
    for places, chosen in _known_together(known):
        risk = {rows.components[place]: -rows.s[chosen, place] for place in places}
        judged = resample(rows.y[chosen], risk, rows.cluster[chosen], ["auc"], resamples=resamples, seed=seed)
        said |= dict.fromkeys(risk, judged)
    chances = {name: chance for name in rows.components if (chance := _chance(said[name], name)) is not None}
    differs = holm(chances)
    return {name: _one(said[name], name, differs.get(name, False)) for name in rows.components}


def _known_together(known: Flags) -> Iterator[tuple[list[int], Flags]]:
    """Components that are known on the same rows, and those rows: they are judged on the same resamples."""
    alike: dict[bytes, list[int]] = {}
    for place, rows in enumerate(known.T):
        alike.setdefault(np.packbits(rows).tobytes(), []).append(place)
    return ((places, known[:, places[0]]) for places in alike.values())


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
