"""What comes out of fitting every candidate: the models, and what they said of the past out of time."""

from __future__ import annotations

from dataclasses import dataclass, field

from healthscore.models.churnmodel import ChurnModel
from healthscore.models.design import Integers, Vector


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
    """

    models: dict[str, ChurnModel]
    inner_rows: Integers
    inner_loss: dict[str, Vector]
    inner_logit: dict[str, Vector] = field(default_factory=dict)
