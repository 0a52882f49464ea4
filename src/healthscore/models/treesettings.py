"""How trees grow, before any data are seen: sizes that follow the number of exits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

ROWS_PER_THREAD = 100_000
"""A second thread only where there are twice as many rows: OpenMP's threads spin while they wait for each other, and on
a busy machine of two cores 33,000 rows took 70 s with two threads and 5 s with one. The result is the same."""

STEPPED = ("leaves", "minimum_information_in_leaf", "l2")
"""Settings that follow the number of exits unless a run says what they are."""


@dataclass(frozen=True)
class BoosterSettings:
    """How the trees grow. Everything that a tuner would change is here.

    Sizes follow the number of *exits* (or of those that stayed, if fewer), because they, and not the rows, limit what
    can be learned. No bagging and no column sampling: the same rows give the same trees, whatever the seed, and a
    duplicated feature changes nothing.
    """

    learning_rate: float = 0.05
    leaves: tuple[tuple[int, int], ...] = ((0, 4), (300, 6))
    """(exits, leaves per tree): the last pair whose exits are reached. More leaves, and more trees, lost out of time on
    every real book tried (30,000 rows at 45 % churn: AUC 0.780 with 8 leaves, 0.776 with 16)."""
    minimum_rows_in_leaf: int = 20
    minimum_information_in_leaf: tuple[tuple[int, float], ...] = ((0, 3), (300, 20))
    """(exits, sum of p(1-p) in a leaf): about so many expected exits, so that one early exit cannot make a leaf."""
    l2: tuple[tuple[int, float], ...] = ((0, 10), (300, 50))
    """(exits, l2), added to that sum when a leaf's value is computed: a leaf with as many expected exits moves half the
    way."""
    maximum_bins: int = 127
    trees_tried: tuple[int, ...] = (25, 50, 100, 150, 200, 300)
    trees_default: tuple[tuple[int, int], ...] = ((0, 50), (50, 100), (300, 200))
    """(exits, trees) where there are too few out-of-time exits to choose by."""
    rows_per_thread: int = ROWS_PER_THREAD
    """See `ROWS_PER_THREAD`."""

    def but(self, said: Mapping[str, float]) -> BoosterSettings:
        """The settings with the values of a run's `[model.trees]`, by name, whatever the number of exits."""
        changed: dict[str, Any] = {name: ((0, said[name]),) for name in STEPPED if name in said}
        changed |= {name: said[name] for name in ("learning_rate", "minimum_rows_in_leaf") if name in said}
        if "count" in said:
            changed |= {"trees_tried": (said["count"],), "trees_default": ((0, said["count"]),)}
        return replace(self, **changed)


def step(table: tuple[tuple[int, float], ...], events: int) -> float:
    """Value of the last pair whose number of exits is reached."""
    return [value for least, value in table if events >= least][-1]
