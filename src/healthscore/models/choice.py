"""Which model scores: the blend, unless another candidate was better out of time by more than chance explains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from healthscore.evaluation.proportions import Estimate
from healthscore.models import BASELINES, MODELS
from healthscore.models.candidates import Candidates
from healthscore.models.design import Vector

DEFAULT = "blend"


@dataclass(frozen=True)
class Comparison:
    """A candidate against the blend on the rows that chose: log-loss saved, above 0 where the candidate is better.

    `gain` has a 95 % interval by account; `standard_error`, by account too, is what the choice goes by.
    """

    name: str
    gain: Estimate
    standard_error: float

    @property
    def better(self) -> bool:
        """Whether the gain is more than one standard error: then the candidate may replace the blend."""
        return (self.gain.estimate or 0.0) > self.standard_error


@dataclass(frozen=True)
class Choice:
    """The chosen model, and why, in words.

    `compared` are all candidates but the blend, by their gain on so many `rows` of the past; none for a short history.
    """

    name: str
    why: str
    rows: int = 0
    compared: tuple[Comparison, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Give the choice as plain values for JSON."""
        candidates = [
            {
                "name": one.name,
                "title": MODELS[one.name].title,
                "gain": one.gain.as_dict(),
                "standard_error": one.standard_error,
                "better": one.better,
            }
            for one in self.compared
        ]
        return {"title": MODELS[self.name].title, "why": self.why, "rows": self.rows, "candidates": candidates}


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
    rows = len(candidates.inner_rows)
    compared = _compared(candidates, clusters[candidates.inner_rows]) if rows else ()
    if wanted != "auto":
        return Choice(wanted, f"the run asks for {MODELS[wanted].title.lower()}", rows, compared)
    if not rows:
        return Choice(DEFAULT, "the history is too short to compare models inside it, so the blend is used")
    # The comparisons begin with the largest gain.
    best = next((one for one in compared if one.better), None)
    if best is None:
        why = f"no candidate beat the blend by more than one standard error on {rows:,} earlier outcomes"
        return Choice(DEFAULT, why, rows, compared)
    title = MODELS[best.name].title.lower()
    why = (
        f"{title} beat the blend by {best.gain.estimate:.4f} of log-loss (standard error {best.standard_error:.4f}) "
        f"on {rows:,} earlier outcomes"
    )
    return Choice(best.name, why, rows, compared)


def _compared(candidates: Candidates, owner: NDArray[np.int64]) -> tuple[Comparison, ...]:
    """Every candidate but the blend and the baselines against the blend, the largest gain first."""
    default = candidates.inner_loss[DEFAULT]
    critical = float(stdtrit(max(len(np.unique(owner)) - 1, 1), 0.975))
    found = []
    for name, loss in candidates.inner_loss.items():
        if name not in (DEFAULT, *BASELINES):
            gain, error = paired_gain(default, loss, owner)
            found.append(Comparison(name, Estimate(gain, gain - critical * error, gain + critical * error), error))
    return tuple(sorted(found, key=lambda one: -(one.gain.estimate or 0.0)))


def paired_gain(loss: Vector, other: Vector, clusters: NDArray[np.int64]) -> tuple[float, float]:
    """Mean loss less the other's, and its standard error by cluster (sandwich): both in log-loss."""
    difference = loss - other
    gain = float(difference.mean())
    sums = np.bincount(np.unique(clusters, return_inverse=True)[1], weights=difference - gain)
    clustered = len(sums)
    error = float(np.sqrt((sums @ sums) * clustered / max(clustered - 1, 1)) / len(difference))
    return gain, error
