"""The folds that settings are compared on: inner origins of the past or, where it is too short for any, accounts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from healthscore.errors import InsufficientDataError
from healthscore.models.design import Integers, Labels
from healthscore.models.walkforward import InnerOrigin, InnerSettings, inner_origins, rarer

ACCOUNT_FOLDS = 5
SAMPLE_SHARE = 0.25
"""Share of the accounts in a sample."""


class SampleSize(NamedTuple):
    """Training rows of a sample, and those of the rarer outcome among them."""

    rows: int
    events: int


LEAST_SAMPLE = SampleSize(50_000, 2_000)
"""With fewer rows a sample saves little time; with fewer exits it does not rank settings as all rows do."""


def tuning_folds(
    day: Integers, known: Integers, y: Labels, cluster: Integers, settings: InnerSettings, *, events: int, seed: int
) -> list[InnerOrigin]:
    """Folds of the past: its inner origins, purged, the earliest first.

    A history shorter than the wait for an outcome cannot be replayed at any date in it. Its accounts are then left out
    in turn, with all their rows: new to the model, though not later than it.

    Parameters
    ----------
    day, known, y, cluster
        As-of day, day from which the outcome was known, outcome and account (or person) of each row, shape (n,).
    events
        Least number of those that it happened to, and of the others, over all test rows.

    Raises
    ------
    InsufficientDataError
        There are fewer.
    """
    folds = inner_origins(day, known, y, settings) or _by_account(y, cluster, settings, seed)
    found = min((sum(int((y[fold.test] == outcome).sum()) for fold in folds) for outcome in (0, 1)), default=0)
    if found < events:
        raise InsufficientDataError(
            f"the past that settings may be compared on has {found} outcomes of the rarer kind to compare by, and "
            f"tuning needs {events}: differences between settings would be chance",
            "keep the defaults, which are made for few exits, until the history is longer",
        )
    return folds


def sample_of(fold: InnerOrigin, y: Labels, cluster: Integers, *, least: SampleSize, seed: int) -> InnerOrigin | None:
    """The fold with a quarter of the accounts to learn from, drawn at random, with all their rows; and all to predict.

    None where that is too little.
    """
    accounts, code = np.unique(cluster[fold.train], return_inverse=True)
    drawn = np.random.default_rng(seed).random(len(accounts)) < SAMPLE_SHARE
    train = fold.train[drawn[code]]
    enough = len(train) >= least.rows and rarer(y[train]) >= least.events
    return InnerOrigin(fold.day, train, fold.test) if enough else None


def of_dates(folds: list[InnerOrigin]) -> bool:
    """Whether the folds are origins in time."""
    return all(fold.day >= 0 for fold in folds)


def _by_account(y: Labels, cluster: Integers, settings: InnerSettings, seed: int) -> list[InnerOrigin]:
    """Accounts at random in as many parts as the budget of rows allows, two at least; their day is -1."""
    parts = int(np.clip(1 + settings.row_budget // max(len(y), 1), 2, ACCOUNT_FOLDS))
    accounts, code = np.unique(cluster, return_inverse=True)
    part = np.random.default_rng(seed).permutation(np.arange(len(accounts)) % parts)[code]
    folds = [InnerOrigin(-1, np.flatnonzero(part != number), np.flatnonzero(part == number)) for number in range(parts)]
    return [
        fold
        for fold in folds
        if rarer(y[fold.train]) >= settings.minimum_training_events
        and rarer(y[fold.test]) >= settings.minimum_test_events
    ]
