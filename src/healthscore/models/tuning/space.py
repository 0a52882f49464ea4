"""The search space: what about the trees is tuned, and between which ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from healthscore.models.treesettings import BoosterSettings, step

DIGITS = 3
"""Settings are tried, and written, with so many significant digits: what a person reads is what was measured."""


class Range(NamedTuple):
    """Between which ends a setting is tried; on a logarithmic scale."""

    low: float
    high: float
    whole: bool


SPACE: dict[str, Range] = {
    "learning_rate": Range(0.01, 0.2, whole=False),
    "leaves": Range(2, 24, whole=True),
    "minimum_rows_in_leaf": Range(5, 200, whole=True),
    "minimum_information_in_leaf": Range(0.5, 100.0, whole=False),
    "l2": Range(0.5, 300.0, whole=False),
}
"""Keys of a run's `[model.trees]`. The number of trees is not searched: every trial measures all that are tried anyway
(25 to 300), since they are the first ones of the same growth. Nor are the bins, which all trials share."""


class Suggester(Protocol):
    """What asks for one value of each setting: a trial of a study."""

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int:
        """Give a whole number."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """Give a number."""


def suggested(trial: Suggester) -> dict[str, float]:
    """The search space as a function: one value of every setting, by name, as the trial suggests it."""
    found: dict[str, float] = {}
    for name, ends in SPACE.items():
        if ends.whole:
            found[name] = trial.suggest_int(name, int(ends.low), int(ends.high), log=True)
        else:
            found[name] = trial.suggest_float(name, ends.low, ends.high, log=True)
    return found


def settings_with(values: Mapping[str, float], untuned: BoosterSettings) -> BoosterSettings:
    """The untuned settings with suggested values, rounded as they are written."""
    return untuned.but(rounded(values))


def rounded(values: Mapping[str, float]) -> dict[str, float]:
    """Suggested values with the digits that count; whole numbers as they are."""
    return {name: int(value) if SPACE[name].whole else float(f"{value:.{DIGITS}g}") for name, value in values.items()}


def place_of(untuned: BoosterSettings, exits: int) -> dict[str, float]:
    """Where in the space the untuned settings lie for so many exits: its nearest point, for whoever searches around it.

    What they are elsewhere (they follow the number of exits) is measured as it is, not at this place.
    """
    values = {
        "learning_rate": untuned.learning_rate,
        "leaves": step(untuned.leaves, exits),
        "minimum_rows_in_leaf": float(untuned.minimum_rows_in_leaf),
        "minimum_information_in_leaf": step(untuned.minimum_information_in_leaf, exits),
        "l2": step(untuned.l2, exits),
    }
    inside = {name: min(max(values[name], ends.low), ends.high) for name, ends in SPACE.items()}
    return {name: int(value) if SPACE[name].whole else float(value) for name, value in inside.items()}
