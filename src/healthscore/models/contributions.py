"""What trees say of a row, as tables by its answers to their questions: their values, and their features' SHAP values.

A tree asks each row a few questions, and all that it says of the row follows from the answers. Read as a binary
number, they are the place in a table that is made once for each tree.

Worked example. A tree splits on `logins <= 3`, then its right side on `tickets <= 1`. Two questions, four numbers: a
row with 5 logins and 2 tickets answers no, no: 00, the first entry of each table. In that of values, it is the value of
the rightmost leaf; in those of `logins` and `tickets`, their SHAP values (path dependent: a feature that is not known
goes both ways at a split, as the training rows did; Lundberg et al. 2020), which are those of `pred_contrib`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from healthscore.models.design import Integers, Matrix, Vector
from healthscore.models.subtrees import QUESTIONS, Nodes, Question, Subtree, cut


@dataclass(frozen=True, eq=False)
class Table:
    """What the leaves below one node say, by the answers to a few questions.

    Parameters
    ----------
    questions
        The first is the highest binary digit of the entry.
    columns
        To which columns of the result they are added, shape (k,).
    entries
        Shape (k, 2 ** number of questions).
    """

    questions: tuple[Question, ...]
    columns: Integers
    entries: Matrix


@dataclass(frozen=True, eq=False)
class DeepLeaf:
    """A leaf on whose way so many features are asked for that a table would be too large: computed row by row.

    One question per feature; `columns` and `share` are those of the k features, shape (k,).
    """

    questions: tuple[Question, ...]
    columns: Integers
    value: float
    share: Vector


def value_table(nodes: Nodes, column: int) -> Table | None:
    """Return the table of a tree's value, for a column of the result; None where it asks too many questions.

    Walking rows down a tree is cheaper than looking them up in more tables than one. An entry is the value of one
    leaf, so that sums of such trees are those of LightGBM to the last bit.
    """
    whole = Subtree(nodes, 0, tuple(range(len(nodes.leaf_value))))
    if whole.asked > QUESTIONS:
        return None
    entries = np.zeros(2**whole.asked)
    for leaf in whole.leaves:
        entries[np.logical_and.reduce(list(whole.met(leaf).values()))] = nodes.leaf_value[leaf]
    return Table(whole.questions(), np.array([column]), entries[None, :])


def shapley_tables(nodes: Nodes) -> tuple[Table | DeepLeaf, ...]:
    """Return the tables of the SHAP value of every feature of a tree."""
    return tuple(_shapley_table(subtree) if subtree.asked <= QUESTIONS else _deep(subtree) for subtree in cut(nodes))


def _shapley_table(subtree: Subtree) -> Table:
    columns = subtree.columns
    entries = np.zeros((len(columns), 2**subtree.asked))
    for leaf in subtree.leaves:
        met, share = subtree.met(leaf), subtree.nodes.shares(leaf)
        places = [columns.index(column) for column in met]
        value = float(subtree.nodes.leaf_value[leaf])
        entries[places] += shapley(value, np.array([share[column] for column in met]), np.stack(list(met.values())))
    return Table(subtree.questions(), np.array(columns), entries)


def _deep(subtree: Subtree) -> DeepLeaf:
    (leaf,) = subtree.leaves
    share = subtree.nodes.shares(leaf)
    shares = np.array([share[column] for column in subtree.above])
    return DeepLeaf(subtree.questions(), np.array(subtree.above), float(subtree.nodes.leaf_value[leaf]), shares)


def shapley(value: float, share: Vector, met: NDArray[np.bool_]) -> Matrix:
    """SHAP value of each of the k features on the way to a leaf, for n rows or entries, shape (k, n).

    With `b` = whether the leaf's conditions on a feature are `met`, and `w` = the `share` of training rows that meet
    them at its splits, the leaf is worth `v(S) = value * prod_S b * prod_(not S) w` to a set of features S. Shapley's
    weight of s among k - 1 is the integral of t^s (1 - t)^(k - 1 - s) over 0 to 1, so that the sum over all S is
    `value * (b_i - w_i) * integral of prod_(j != i) (b_j t + w_j (1 - t))`: of degree k - 1, for which so many of
    Gauss's points are exact. A factor is never 0, as w is not and t lies between 0 and 1; so the product of the others
    is that of all, divided by it.
    """
    t, weights = _gauss((len(share) + 1) // 2)
    w, b = share[:, None], met.astype(np.float64)
    unmet = w * (1 - t)  # the factor of a feature whose conditions are not met; of one whose are, t more: (k, points)
    whole = np.stack([np.multiply.reduce(b * at + low[:, None]) for at, low in zip(t, unmet.T, strict=True)])
    others = np.where(met, (weights / (unmet + t)) @ whole, (weights / unmet) @ whole)
    return np.asarray(value * (b - w) * others, dtype=np.float64)


@cache
def _gauss(number: int) -> tuple[Vector, Vector]:
    """So many of Gauss's points between 0 and 1, and their weights."""
    points, weights = np.polynomial.legendre.leggauss(number)
    return (points + 1) / 2, weights / 2
