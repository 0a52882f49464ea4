"""Which model scores: the blend, unless another candidate was better out of time by more than chance explains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from healthscore.models import BASELINES, MODELS
from healthscore.models.candidates import Candidates
from healthscore.models.design import Vector

DEFAULT = "blend"


@dataclass(frozen=True)
class Choice:
    """The chosen model, and why, in words."""

    name: str
    why: str


def choose(candidates: Candidates, clusters: NDArray[np.int64], wanted: str = "auto") -> Choice:
    """Choose by log-loss on the inner out-of-time predictions, which no figure of a report is computed on.

    A candidate replaces the blend if its loss is lower by more than one account-clustered standard error of the paired
    difference.

    Parameters
    ----------
    candidates
        Of `fit_candidates`, with the losses of their inner predictions.
    clusters
        Account of each row that the candidates were fitted on, shape (n,).
    wanted
        A model's name settles it; ``"auto"`` compares.
    """
    if wanted != "auto":
        return Choice(wanted, f"the run asks for {MODELS[wanted].title.lower()}")
    if len(candidates.inner_rows) == 0:
        return Choice(DEFAULT, "the history is too short to compare models inside it, so the blend is used")
    owner = clusters[candidates.inner_rows]
    gains = {
        name: paired_gain(candidates.inner_loss[DEFAULT], loss, owner)
        for name, loss in candidates.inner_loss.items()
        if name not in (DEFAULT, *BASELINES)
    }
    better = {name: gain for name, (gain, error) in gains.items() if gain > error}
    rows = len(candidates.inner_rows)
    if not better:
        return Choice(
            DEFAULT, f"no candidate beat the blend by more than one standard error on {rows:,} earlier outcomes"
        )
    best = max(better, key=lambda name: better[name])
    gain, error = gains[best]
    title = MODELS[best].title.lower()
    return Choice(
        best,
        f"{title} beat the blend by {gain:.4f} of log-loss (standard error {error:.4f}) on {rows:,} earlier outcomes",
    )


def paired_gain(loss: Vector, other: Vector, clusters: NDArray[np.int64]) -> tuple[float, float]:
    """Mean loss less the other's, and its standard error by cluster (sandwich): both in log-loss."""
    difference = loss - other
    gain = float(difference.mean())
    sums = np.bincount(np.unique(clusters, return_inverse=True)[1], weights=difference - gain)
    clustered = len(sums)
    error = float(np.sqrt((sums @ sums) * clustered / max(clustered - 1, 1)) / len(difference))
    return gain, error
