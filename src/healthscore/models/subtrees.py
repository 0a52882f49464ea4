"""The questions that a tree asks, and what follows from their answers.

A tree with more questions than `QUESTIONS` is cut into subtrees. A row is in one of these if it meets the conditions on
the way to it, and for SHAP values it only matters on which *features* it meets them all (Yu et al. 2022, Wettenstein et
al. 2025): one question for each feature on the way, and one for each split inside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from healthscore.models.design import Integers, Vector
from healthscore.models.treetext import Tree

QUESTIONS = 8
"""Of one table: its 256 entries per feature stay in the processor's nearest cache, and the answers fit one byte."""
LEFT, RIGHT = 0, 1
Question = tuple[int, ...]
"""Answers that must all be yes: `2 s` is "the row goes left at split s", `2 s + 1` "it goes right"."""


@dataclass(frozen=True, eq=False)
class Nodes:
    """The splits of one tree, shape (m,) each, and its leaves, shape (m + 1,). Child `-(i + 1)` is leaf i.

    `missing_left` says of each split whether a row without the value goes left.
    """

    column: Integers
    threshold: Vector
    missing_left: NDArray[np.bool_]
    children: Integers
    rows: Vector
    leaf_value: Vector
    leaf_rows: Vector

    @cached_property
    def paths(self) -> list[list[tuple[int, int]]]:
        """The (split, side) on the way to each leaf, from the root down; side 0 is left."""
        found: list[list[tuple[int, int]]] = [[] for _ in self.leaf_value]
        left_over: list[tuple[int, list[tuple[int, int]]]] = [(0, [])]
        while left_over:
            node, path = left_over.pop()
            if node < 0:
                found[-node - 1] = path
            else:
                left_over += [(int(self.children[side, node]), [*path, (node, side)]) for side in (0, 1)]
        return found

    def known_side(self, split: int) -> int:
        """The side of a split where missing values do not go: one comparison says who goes there, NaN or not."""
        return int(self.missing_left[split])

    def shares(self, leaf: int) -> dict[int, float]:
        """By feature on the way to a leaf, the share of training rows that took this way at the splits on it."""
        found: dict[int, float] = {}
        for split, side in self.paths[leaf]:
            child, column = int(self.children[side, split]), int(self.column[split])
            below = self.rows[child] if child >= 0 else self.leaf_rows[-child - 1]
            found[column] = found.get(column, 1.0) * float(below / self.rows[split])
        return found


def nodes_of(tree: Tree) -> Nodes | None:
    """Read a tree's lines; None where zero means missing, which this package never trains."""
    lines = dict(line.split("=", 1) for line in tree.body.splitlines())

    def numbers(key: str) -> Vector:
        return np.array(lines[key].split(), dtype=np.float64)

    decision, threshold = numbers("decision_type").astype(np.int64), numbers("threshold")
    if ((decision & 12) == 4).any():
        return None
    # Where training saw no missing value (bit 8 is not set), LightGBM reads one as 0.
    missing_left = np.where(decision & 8, (decision & 2) > 0, threshold >= 0)
    children = np.stack([numbers("left_child"), numbers("right_child")]).astype(np.int64)
    columns = numbers("split_feature").astype(np.int64)
    rows, leaf_value, leaf_rows = numbers("internal_count"), numbers("leaf_value"), numbers("leaf_count")
    return Nodes(columns, threshold, missing_left, children, rows, leaf_value, leaf_rows)


@dataclass(frozen=True, eq=False)
class Subtree:
    """Leaves below one node, `depth` splits from the root, and the questions that decide what they say of a row."""

    nodes: Nodes
    depth: int
    leaves: tuple[int, ...]

    @cached_property
    def above(self) -> tuple[int, ...]:
        """Features that are split on above the node, rising: a question each, whether all conditions on it are met."""
        return tuple(sorted({int(self.nodes.column[split]) for split, _ in self._way}))

    @cached_property
    def inside(self) -> tuple[int, ...]:
        """Splits below: a question each, whether the row goes where a missing value does not."""
        return tuple(sorted({split for leaf in self.leaves for split, _ in self.nodes.paths[leaf][self.depth :]}))

    @property
    def _way(self) -> list[tuple[int, int]]:
        return self.nodes.paths[self.leaves[0]][: self.depth]

    @property
    def asked(self) -> int:
        """Number of questions."""
        return len(self.above) + len(self.inside)

    @property
    def columns(self) -> tuple[int, ...]:
        """Features that decide, rising."""
        return tuple(sorted({*self.above, *(int(self.nodes.column[split]) for split in self.inside)}))

    def questions(self) -> tuple[Question, ...]:
        """What is asked, features above first."""
        on_the_way = [
            tuple(2 * split + side for split, side in self._way if self.nodes.column[split] == column)
            for column in self.above
        ]
        return (*on_the_way, *((2 * split + self.nodes.known_side(split),) for split in self.inside))

    def halves(self) -> Iterator[Subtree]:
        """The subtrees below either side of the node."""
        for side in (0, 1):
            leaves = (leaf for leaf in self.leaves if self.nodes.paths[leaf][self.depth][1] == side)
            yield Subtree(self.nodes, self.depth + 1, tuple(leaves))

    def met(self, leaf: int) -> dict[int, NDArray[np.bool_]]:
        """By feature, whether a row with these answers meets the leaf's conditions on it, shape (2 ** asked,)."""
        answers = np.arange(2**self.asked)
        yes = [(answers >> place & 1).astype(bool) for place in reversed(range(self.asked))]
        found = dict(zip(self.above, yes, strict=False))
        for split, side in self.nodes.paths[leaf][self.depth :]:
            column = int(self.nodes.column[split])
            known = yes[len(self.above) + self.inside.index(split)]
            found[column] = found.get(column, True) & (known if side == self.nodes.known_side(split) else ~known)
        return found


def cut(nodes: Nodes) -> Iterator[Subtree]:
    """Cut a tree into subtrees of few questions each."""
    left_over = [Subtree(nodes, 0, tuple(range(len(nodes.leaf_value))))]
    while left_over:
        subtree = left_over.pop()
        if subtree.asked <= QUESTIONS or len(subtree.leaves) == 1:
            yield subtree
        else:
            left_over += subtree.halves()
