"""Shares by spread: how much of the movement of a score comes from each component. A description, no evidence."""

from __future__ import annotations

import numpy as np

from healthscore.models.design import Matrix, Vector


def spread_shares(contributions: Matrix) -> Vector | None:
    """Share of each component in the summed standard deviations, `sd_c / sum sd`; shape (C,).

    On SHAP contributions `phi` (n, C) these are the SHAP shares; on `w_c s_c` of a scorecard its effective weights: a
    component that never moves has no weight, whatever the card says. None where nothing moves, or without rows.
    """
    if not len(contributions):
        return None
    spread = contributions.std(axis=0)
    total = float(spread.sum())
    return np.asarray(spread / total, dtype=np.float64) if total > 0.0 else None
