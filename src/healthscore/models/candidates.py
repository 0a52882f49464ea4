"""What comes out of fitting every candidate: the models, and what they said of the past out of time."""

from __future__ import annotations

from dataclasses import dataclass, field

from healthscore.models.churnmodel import ChurnModel
from healthscore.models.design import Integers, Matrix, Vector


@dataclass(frozen=True, eq=False)
class Tried:
    """What a part predicted of the inner out-of-time rows at every level of complexity that was tried.

    Parameters
    ----------
    levels
        Simplest first; only the default where there was too little to choose by.
    logits
        Log-odds of the part of each level, fitted on what was known at the row's inner origin, shape (k, levels).
    level
        The one that served best.
    """

    levels: tuple[float, ...]
    logits: Matrix
    level: float

    def at(self, level: float) -> Vector:
        """Log-odds at one level, shape (k,)."""
        return self.logits[:, self.levels.index(level)]


@dataclass(frozen=True, eq=False)
class Candidates:
    """Fitted models by name, and how each did on the inner out-of-time rows.

    Parameters
    ----------
    models
        Without a reference population: `ChurnModel.frozen` adds it to the one that will score.
    inner_rows
        Rows given to `fit_candidates` that an inner origin predicted, shape (k,); empty for a short history.
    inner_loss
        By model, log-loss of each of these rows, shape (k,); see `calibration.held_out_loss`.
    inner_logit
        By model, the log-odds that each of these rows would have been given at its inner origin, shape (k,); see
        `calibration.inner_logit`.
    tried
        By part, what it predicted of these rows at every level that was tried.
    """

    models: dict[str, ChurnModel]
    inner_rows: Integers
    inner_loss: dict[str, Vector]
    inner_logit: dict[str, Vector] = field(default_factory=dict)
    tried: dict[str, Tried] = field(default_factory=dict)
