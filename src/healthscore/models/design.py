"""The columns of a model's matrix: what they are called, which component each belongs to, and which way it may push.

Every model in this package is *component-additive* over the groups of a design, `logit p = b + sum_c f_c(x_c)`, where
`x_c` are the columns of group `c`. A group is a component, or several components that the user joined by name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from healthscore.errors import BundleError, ConfigurationError, InputError, InsufficientDataError

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int8]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Design:
    """Names, components and directions of the columns of a feature matrix, in the order of the columns.

    Parameters
    ----------
    names
        One per column, distinct. Scoring goes through these names; see `aligned`.
    components
        The component of each column.
    monotone
        Direction of each column on the *log-odds of churn*: +1 may only raise them, -1 may only lower them, 0 free.
    joint
        Components that may interact. Each tuple becomes one group, reported as one.
    context
        Columns that are circumstances and no merit of the account (the time to its renewal). They make up groups of
        their own and interact with nothing in any model, so that the score can leave them out: `ChurnModel.held`.

    Raises
    ------
    ConfigurationError
        Lengths differ, a name occurs twice, a direction is not -1, 0 or +1, a joint group names an unknown component
        or shares one with another group, a group mixes context with other columns.
    """

    names: tuple[str, ...]
    components: tuple[str, ...]
    monotone: tuple[int, ...]
    joint: tuple[tuple[str, ...], ...] = ()
    context: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.names:
            raise ConfigurationError("the model has no features", "declare at least one signal in the run")
        if not len(self.names) == len(self.components) == len(self.monotone):
            raise ConfigurationError(
                f"{len(self.names)} feature names, {len(self.components)} components and {len(self.monotone)} "
                "directions",
                "give one component and one direction per feature",
            )
        twice = sorted(name for name, count in Counter(self.names).items() if count > 1)
        if twice:
            raise ConfigurationError(f"feature names occur twice: {', '.join(twice[:3])}", "rename one of each")
        if any(direction not in (-1, 0, 1) for direction in self.monotone):
            raise ConfigurationError("a direction is not -1, 0 or +1", "use -1, 0 or +1")
        self._check_joint()
        self._check_context()

    def _check_joint(self) -> None:
        joined = [component for group in self.joint for component in group]
        unknown = sorted(set(joined) - set(self.components))
        if unknown:
            raise ConfigurationError(
                f"joint groups name components without features: {', '.join(unknown)}",
                f"the components are {', '.join(sorted(set(self.components)))}",
            )
        if len(set(joined)) < len(joined):
            raise ConfigurationError("a component occurs twice in the joint groups", "merge those groups into one")

    def _check_context(self) -> None:
        unknown = [name for name in self.context if name not in self.names]
        if unknown:
            raise ConfigurationError(f"context names no column: {', '.join(unknown)}", "name columns of the model")
        mixed = self.indicator[self.is_context].any(axis=0) & self.indicator[~self.is_context].any(axis=0)
        if mixed.any():
            group = self.groups[int(np.flatnonzero(mixed)[0])]
            raise ConfigurationError(
                f"the component {group!r} mixes {', '.join(self.context)}, which the score leaves out, with other "
                "features",
                f"name the component of the other features otherwise, and leave {group!r} out of joint groups",
            )

    @cached_property
    def is_context(self) -> Flags:
        """Which columns are context, shape (p,)."""
        return np.isin(np.array(self.names), np.array(self.context, dtype=str))

    @cached_property
    def context_groups(self) -> Flags:
        """Which groups are made of context, shape (G,)."""
        return np.asarray(self.indicator[self.is_context].any(axis=0), dtype=np.bool_)

    @cached_property
    def _group_of_component(self) -> dict[str, str]:
        joined = {component: " + ".join(group) for group in self.joint for component in group}
        return {component: joined.get(component, component) for component in self.components}

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """Names of the component groups, in the order in which their first column appears."""
        return tuple(dict.fromkeys(self._group_of_component[component] for component in self.components))

    @cached_property
    def group_of(self) -> Integers:
        """Index into `groups` of every column, shape (p,)."""
        index = {group: position for position, group in enumerate(self.groups)}
        return np.array([index[self._group_of_component[component]] for component in self.components], dtype=np.int64)

    @cached_property
    def indicator(self) -> Matrix:
        """Column-to-group membership, shape (p, G): `feature_values @ indicator` sums features by group."""
        return np.eye(len(self.groups), dtype=np.float64)[self.group_of]

    def aligned(self, X: npt.ArrayLike, names: Sequence[str]) -> Matrix:
        """Return the matrix as float64, refused unless its columns are exactly this design's, in this order.

        Prediction goes by position inside LightGBM: reordered columns would give wrong numbers without a word.

        Raises
        ------
        BundleError
            A name is missing, unexpected or out of place, or the width differs from the names.
        InputError
            A value is infinite.
        """
        given = tuple(names)
        if given != self.names:
            raise BundleError(
                _difference(self.names, given), "select the model's own columns, in its order: Design.names"
            )
        return checked_matrix(X, self.names)

    def to_json(self) -> dict[str, Any]:
        """Return the design as plain JSON values."""
        return {
            "names": list(self.names),
            "components": list(self.components),
            "monotone": list(self.monotone),
            "joint": [list(group) for group in self.joint],
            "context": list(self.context),
        }


def _difference(expected: tuple[str, ...], given: tuple[str, ...]) -> str:
    missing = [name for name in expected if name not in set(given)]
    extra = [name for name in given if name not in set(expected)]
    if missing:
        return f"{len(missing)} of the model's {len(expected)} features are missing, first: {', '.join(missing[:3])}"
    if extra:
        return f"{len(extra)} columns that the model does not know, first: {', '.join(extra[:3])}"
    if len(given) != len(expected):
        return f"{len(given)} columns where the model has {len(expected)}: a name occurs twice"
    position = next(i for i, (one, other) in enumerate(zip(expected, given, strict=True)) if one != other)
    return f"the columns are in another order: column {position} is {given[position]!r}, not {expected[position]!r}"


def checked_matrix(X: npt.ArrayLike, names: Sequence[str]) -> Matrix:
    """Return a C-contiguous float64 matrix (n, p) whose values are finite or NaN (missing).

    Raises
    ------
    InputError
        A value is infinite: the first such column is named with the count of rows.
    BundleError
        The width is not that of the names.
    """
    matrix = np.ascontiguousarray(X, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[1] != len(names):
        raise BundleError(f"a matrix of shape {matrix.shape} for {len(names)} features", "pass (rows, features)")
    # A sum is infinite or NaN wherever a value is: the exact, slower test runs only then.
    with np.errstate(invalid="ignore", over="ignore"):
        total = matrix.sum()
    if not np.isfinite(total):
        infinite = np.isinf(matrix)
        if infinite.any():
            column = int(np.flatnonzero(infinite.any(axis=0))[0])
            count = int(infinite[:, column].sum())
            raise InputError(
                f"feature {names[column]!r} is infinite in {count} of {len(matrix)} rows",
                "a ratio with denominator 0 is missing (NaN), not infinite",
            )
    return matrix


def checked_labels(y: npt.ArrayLike, rows: int) -> Labels:
    """Return the outcome as int8 zeros and ones, both present.

    Raises
    ------
    InputError
        Another value than 0 or 1 (a missing outcome is unknown, never 0), or another number of rows.
    InsufficientDataError
        Only one class.
    """
    values = np.asarray(y)
    if values.shape != (rows,):
        raise InputError(f"{values.shape} outcomes for {rows} rows", "pass one outcome per row")
    wrong = int(np.count_nonzero((values != 0) & (values != 1)))
    if wrong:
        raise InputError(f"{wrong} of {rows} outcomes are neither 0 nor 1", "leave rows with an unknown outcome out")
    events = int(np.count_nonzero(values == 1))
    if events in (0, rows):
        raise InsufficientDataError(
            f"{events} exits among {rows} training rows: a model needs accounts that left and accounts that stayed",
            "train on a longer history, a longer horizon or more as-of dates",
        )
    return values.astype(np.int8)


def logit(probability: npt.ArrayLike) -> Vector:
    """Log-odds of a probability in (0, 1): `ln(p / (1 - p))`."""
    p = np.asarray(probability, dtype=np.float64)
    return np.asarray(np.log(p) - np.log1p(-p), dtype=np.float64)


def expit(z: npt.ArrayLike) -> Vector:
    """Probability of log-odds, `1 / (1 + exp(-z))`, without overflow at either end."""
    values = np.asarray(z, dtype=np.float64)
    small = np.exp(-np.abs(values))
    return np.asarray(np.where(values >= 0, 1.0, small) / (1.0 + small), dtype=np.float64)
