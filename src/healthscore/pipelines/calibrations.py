"""Other calibrations of the chosen model, learned at every origin from what was known by then."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from healthscore.evaluation.calibrators import CALIBRATORS, Calibrator
from healthscore.models.candidates import Candidates
from healthscore.models.design import expit
from healthscore.models.walkforward import rarer

Floats = NDArray[np.float64]
TELLING_OUTCOMES = 30
"""Exits (and stayers) out of time, below which no staircase is learned."""
DECIMALS = 3
"""Log-odds are told apart to so many decimals: a staircase needs no finer steps, and a large book has fewer of them."""


def learn_calibrations(candidates: Candidates, name: str, y: NDArray[np.int8]) -> dict[str, Calibrator]:
    """Learn every calibration from a model's inner out-of-time predictions; none where these hold too few exits.

    Parameters
    ----------
    candidates, name
        Of one origin, and the model.
    y
        Outcomes of the rows that they were fitted on, shape (n,).
    """
    outcome = y[candidates.inner_rows]
    if rarer(outcome) < TELLING_OUTCOMES:
        return {}
    p = expit(np.round(candidates.inner_logit[name], DECIMALS))
    return {calibration: fit(p, outcome) for calibration, fit in CALIBRATORS.items()}


def recalibrated(learned: Mapping[str, Calibrator], p: Floats) -> dict[str, Floats]:
    """Probabilities (n,) by every calibration; NaN where it could not be learned."""
    return {name: learned[name](p) if name in learned else np.full(len(p), np.nan) for name in CALIBRATORS}
