"""Combinations: features that mean something together, such as praise without use, or several weak warnings at once.

Worked example: of three warnings, at least two make the combination hold. With two that hold it does, whatever the
third is; with none that holds and one that is not known it does not; with one that holds and one that is not known it
could go either way, so it is missing.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import numpy as np

from healthscore.config import Combination, Condition, Run
from healthscore.errors import ConfigurationError
from healthscore.features.dictionary import Feature
from healthscore.features.history import Values

Columns = Mapping[str, Values]
"""Values of the panel's other features, by name."""


def combinations(run: Run, features: Sequence[Feature]) -> tuple[Feature, ...]:
    """The features of the run's combinations: whether each holds, and how many of its conditions do.

    Parameters
    ----------
    run
        Says what is combined.
    features
        The panel's other features; combinations are made of them.

    Raises
    ------
    ConfigurationError
        A condition names no feature, or another combination, or the name of a combination is taken.
    """
    known = {feature.name: feature for feature in features}
    made: list[Feature] = []
    for name, combination in run.combinations.items():
        if taken := {name, f"{name}_met"} & set(known):
            raise ConfigurationError(
                f"combinations.{name}: there is a feature {min(taken)!r} already", "choose another name"
            )
        for condition in combination.conditions:
            _need_feature(f"combinations.{name}", condition.feature, known, run.combinations)
        made += _of_combination(name, combination, known)
    return tuple(made)


def _need_feature(where: str, name: str, known: Mapping[str, Feature], others: Mapping[str, Combination]) -> None:
    if name in others or (name.endswith("_met") and name.removesuffix("_met") in others):
        raise ConfigurationError(
            f"{where}: {name!r} is a combination, and combinations are made of features",
            "name the conditions of both in one combination",
        )
    if name not in known:
        nearest = difflib.get_close_matches(name, known, n=3)
        hint = f"did you mean {' or '.join(map(repr, nearest))}?" if nearest else "see the dictionary of the features"
        raise ConfigurationError(f"{where}: there is no feature {name!r}", hint)


def _of_combination(name: str, combination: Combination, known: Mapping[str, Feature]) -> Iterator[Feature]:
    conditions = combination.conditions
    needed = len(conditions) if combination.at_least is None else combination.at_least
    told = [_in_words(condition, known[condition.feature]) for condition in conditions]
    all_needed = needed == len(conditions)
    holds = "; and ".join(told) if all_needed else f"at least {needed} of: {'; '.join(told)}"
    entry = partial(
        Feature,
        component=combination.component,
        family="combinations",
        signal="",
        window="",
        healthy={"healthy": 1, "risky": -1}.get(combination.direction or "", 0),
    )
    label = combination.label or name.replace("_", " ")
    yield entry(
        name=name,
        unit="0 or 1",
        zero="it does not hold",
        missing="what is not known could decide it",
        sentence=f"{label}: {{truth}} ({holds})",
        compute=partial(_holds, conditions=conditions, needed=needed),
    )
    yield entry(
        name=f"{name}_met",
        unit="conditions",
        zero="none of them holds",
        missing="one of them is not known",
        sentence=f"{{value}} of {len(conditions)} hold for {label}: {'; '.join(told)}",
        compute=partial(_met, conditions=conditions),
    )


def _in_words(condition: Condition, feature: Feature) -> str:
    if condition.at_least is not None:
        return feature.bounded("at least", condition.at_least)
    return feature.bounded("at most", float(condition.at_most or 0.0))


def _holds(columns: Columns, conditions: Sequence[Condition], needed: int) -> Values:
    """1 where at least `needed` conditions hold, 0 where they cannot, NaN where what is not known decides."""
    holding, unknown = _counted(columns, conditions)
    return np.select([holding >= needed, holding + unknown < needed], [1.0, 0.0], np.nan)


def _met(columns: Columns, conditions: Sequence[Condition]) -> Values:
    """How many conditions hold; NaN where one of them is not known."""
    holding, unknown = _counted(columns, conditions)
    return np.where(unknown > 0, np.nan, holding)


def _counted(columns: Columns, conditions: Sequence[Condition]) -> tuple[Values, Values]:
    """How many conditions hold, and of how many that is not known."""
    values = [columns[condition.feature] for condition in conditions]
    holding = np.zeros(len(values[0]))
    unknown = np.zeros(len(values[0]))
    for condition, value in zip(conditions, values, strict=True):
        low = -np.inf if condition.at_least is None else condition.at_least
        high = np.inf if condition.at_most is None else condition.at_most
        holding += (value >= low) & (value <= high)
        unknown += np.isnan(value)
    return holding, unknown
