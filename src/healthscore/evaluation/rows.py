"""The rows a metric is computed on, checked once, and their ranking with ties kept together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from healthscore.errors import InputError

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

SMALLEST_PROBABILITY = 1e-15


@dataclass(frozen=True)
class Rows:
    """Scored rows whose outcome is known; rows of weight 0 are gone. All arrays (n,), float64."""

    y: Floats
    """1 churned, 0 stayed."""
    p: Floats
    """Churn probability, or any number that is higher for accounts more at risk."""
    weight: Floats
    """How often the row counts, > 0."""
    value: Floats | None
    """What the account is worth (revenue, any currency), >= 0."""

    @property
    def churned(self) -> float:
        """Weight of the rows that churned."""
        return float(self.weight @ self.y)

    @property
    def total(self) -> float:
        """Weight of all rows."""
        return float(self.weight.sum())

    @property
    def are_probabilities(self) -> bool:
        """Whether `p` can be read as probabilities at all: a scorecard's points rank, but are none."""
        return bool(self.p.size) and bool(self.p.min() >= 0.0) and bool(self.p.max() <= 1.0)

    def clipped(self) -> Floats:
        """Keep probabilities 1e-15 away from 0 and 1, where the logarithm ends."""
        return np.clip(self.p, SMALLEST_PROBABILITY, 1.0 - SMALLEST_PROBABILITY)

    def surprise(self) -> Floats:
        """Compute `-ln P(what happened)` of each row, in nats; shape (n,)."""
        p = self.clipped()
        return -np.where(self.y == 1.0, np.log(p), np.log1p(-p))


@dataclass(frozen=True)
class Ranking:
    """Tie groups from the highest `p` down: the weight of churners and of stayers in each. Arrays (groups,)."""

    churned: Floats
    stayed: Floats
    value: Floats
    """Value of the churners in the group (0 where no value was given)."""


def scored_rows(y: ArrayLike, p: ArrayLike, weight: ArrayLike | None = None, value: ArrayLike | None = None) -> Rows:
    """Check outcomes, predictions, weights and values, and drop the rows of weight 0.

    Raises
    ------
    InputError
        Columns differ in length, hold missing numbers, outcomes other than 0 and 1, or negative weights or values.
    """
    outcome = _column("outcome", y, None)
    scores = _column("prediction", p, outcome.size)
    weights = np.ones_like(outcome) if weight is None else _column("weight", weight, outcome.size)
    values = None if value is None else _column("value", value, outcome.size)
    if not np.isin(outcome, (0.0, 1.0)).all():
        raise InputError("evaluation: outcomes other than 0 and 1", "label every row 1 (churned) or 0 (stayed)")
    for name, column in (("weight", weights), ("value", values)):
        if column is not None and (column < 0).any():
            raise InputError(f"evaluation: {int((column < 0).sum())} negative numbers in {name}", "use 0 or more")
    kept = weights > 0
    if not kept.all():
        outcome, scores, weights = outcome[kept], scores[kept], weights[kept]
        values = None if values is None else values[kept]
    return Rows(outcome, scores, weights, values)


def group_sums(group: NDArray[np.integer[Any]], column: Floats, groups: int = 0) -> Floats:
    """Sum a column over the rows of each group 0, 1, ...; shape (at least `groups`,)."""
    return np.asarray(np.bincount(group, column, groups), dtype=np.float64)


def ranking(rows: Rows) -> Ranking:
    """Collect rows of equal `p` into groups, so that nothing below depends on the order of the rows."""
    distinct, group = np.unique(-rows.p, return_inverse=True)
    churned = rows.weight * rows.y
    value = churned * rows.value if rows.value is not None else np.zeros_like(churned)
    return Ranking(
        churned=group_sums(group, churned, distinct.size),
        stayed=group_sums(group, rows.weight - churned, distinct.size),
        value=group_sums(group, value, distinct.size),
    )


def cluster_codes(clusters: ArrayLike) -> tuple[Integers, int]:
    """Give the accounts numbers 0 ... C-1 in an order that depends on their ids only, not on the order of the rows.

    Returns
    -------
    codes (n,) and the number of accounts C. Ids may be numbers, texts, any hashable objects, or rows of a matrix.
    """
    ids = np.asarray(clusters)
    try:
        distinct, codes = np.unique(ids, return_inverse=True, axis=0 if ids.ndim > 1 else None)
        return codes.reshape(-1).astype(np.intp), len(distinct)
    except TypeError:
        # Ids of several types do not compare; their type and text do.
        number = {
            one: code for code, one in enumerate(sorted(set(ids.tolist()), key=lambda i: (str(type(i)), repr(i))))
        }
        return np.array([number[one] for one in ids.tolist()], dtype=np.intp), len(number)


def _column(name: str, values: ArrayLike, length: int | None) -> Floats:
    column = np.asarray(values, dtype=np.float64)
    if column.ndim != 1 or (length is not None and column.size != length):
        raise InputError(
            f"evaluation: {name} has the shape {column.shape}, expected one number for each of "
            f"{length if length is not None else 'the'} rows",
            "pass one-dimensional columns of the same length",
        )
    unusable = int((~np.isfinite(column)).sum())
    if unusable:
        raise InputError(
            f"evaluation: {unusable} of {column.size} rows have no usable {name}",
            "leave out the rows that could not be scored or labelled, and count them",
        )
    return column
