"""Inner walk-forward origins: the past of a training set, replayed to learn calibration and complexity without a leak.

Worked example. Rows of the first days of January to June, whose outcome is mature 90 days later. At the inner origin of
1 June the parts may train on January, February and March (mature on 1 April, 2 May and 30 May) and predict the accounts
of 1 June. What happened to those is known to the *outer* origin, since it was given these rows at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from healthscore.models.design import Integers, Labels


@dataclass(frozen=True)
class InnerSettings:
    """Which inner origins are used."""

    maximum_origins: int = 6
    """Spread evenly over the later half of the possible ones (all of the last six, where there are at most twelve)."""
    row_budget: int = 600_000
    """Fewer inner origins, two at least, when their training rows add up to more (at 35 features, some
    three minutes of processor time)."""
    minimum_training_events: int = 20
    """Exits (and stayers) known at an inner origin for it to be used."""
    minimum_test_events: int = 3
    """Exits (and stayers) among the rows of an inner origin for it to be used."""


@dataclass(frozen=True, eq=False)
class InnerOrigin:
    """One inner origin: its day, and the rows to train on and to predict."""

    day: int
    train: Integers
    test: Integers


def inner_origins(day: Integers, known: Integers, y: Labels, settings: InnerSettings) -> list[InnerOrigin]:
    """Return the inner origins, earliest first.

    Parameters
    ----------
    day
        As-of day of every row, shape (n,).
    known
        Day at which its outcome is mature: it may train origins of that day and later.
    y
        Outcomes, shape (n,).
    settings
        How many origins, and how many exits each needs.
    """
    possible = []
    for origin in np.unique(day)[1:]:
        train = np.flatnonzero((known <= origin) & (day < origin))
        test = np.flatnonzero(day == origin)
        if rarer(y[train]) >= settings.minimum_training_events and rarer(y[test]) >= settings.minimum_test_events:
            possible.append(InnerOrigin(int(origin), train, test))
    most = settings.maximum_origins
    later = possible[-max(most, (len(possible) + 1) // 2) :]
    chosen = _spread(later, most)
    while len(chosen) > 2 and sum(len(origin.train) for origin in chosen) > settings.row_budget:
        chosen = _spread(later, len(chosen) - 1)
    return chosen


def rarer(y: Labels) -> int:
    """Count the rarer class."""
    events = int(y.sum())
    return min(events, len(y) - events)


def _spread(origins: list[InnerOrigin], most: int) -> list[InnerOrigin]:
    if len(origins) <= most:
        return origins
    picked = np.unique(np.linspace(0, len(origins) - 1, most).round().astype(np.int64)) if most > 1 else [-1]
    return [origins[int(position)] for position in picked]


def pooled(origins: list[InnerOrigin]) -> tuple[Integers, Integers]:
    """Return the inner rows of all origins, and the number of each one's origin."""
    if not origins:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    numbers = np.repeat(np.arange(len(origins)), [len(origin.test) for origin in origins])
    return np.concatenate([origin.test for origin in origins]), numbers
