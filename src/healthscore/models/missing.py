"""Values that are missing where training never missed one: LightGBM would read them as 0."""

from __future__ import annotations

import numpy as np

from healthscore.models.design import Matrix, Vector


def medians_observed(X: Matrix) -> Vector:
    """Median of every column without missing values, NaN for the others."""
    complete = ~np.isnan(X).any(axis=0)
    observed = np.full(X.shape[1], np.nan)
    observed[complete] = np.median(X[:, complete], axis=0)
    return observed


def filled(X: Matrix, observed: Vector) -> Matrix:
    """Replace missing values in columns that were always there in training."""
    always = ~np.isnan(observed)
    if not always.any():
        return X
    unexpected = np.isnan(X)
    unexpected &= always
    return np.where(unexpected, observed, X) if unexpected.any() else X
