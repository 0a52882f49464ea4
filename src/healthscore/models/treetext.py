"""LightGBM's model text, read and checked in Python before the native loader sees it.

The native loader trusts its input: a damaged text crashes the process. What is stored is therefore a *canonical* text:
a header that is equal to one written out here, then trees whose every line is checked (keys, lengths of arrays, range
of indices, a proper binary tree, finite values), then the end. Parameters, importances and names are left out; they
are in `model.json`, where Python reads them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from healthscore.errors import BundleError
from healthscore.models.stored import LARGEST

MAXIMUM_BYTES = 256 * 2**20
MAXIMUM_LEAVES = 1024
MAXIMUM_DEPTH = 256  # TreeSHAP keeps a path per level and recurses: a deep chain would exhaust the stack

_REMEDY = "restore the bundle from a copy, or train again"
_NUMBER = r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:e[+-]?[0-9]{1,3})?"
_WHOLE = r"-?[0-9]{1,10}"
_NUMBERS = re.compile(f"{_NUMBER}(?: {_NUMBER})*")
_WHOLES = re.compile(f"{_WHOLE}(?: {_WHOLE})*")
_LARGEST = repr(sys.float_info.max)
_TREE = re.compile(r"Tree=[0-9]+\n")

# key -> (kind of number, one value per: "tree", "node", i.e. internal node, or "leaf")
_KEYS: dict[str, tuple[type, str]] = {
    "num_leaves": (int, "tree"),
    "num_cat": (int, "tree"),
    "split_feature": (int, "node"),
    "split_gain": (float, "node"),
    "threshold": (float, "node"),
    "decision_type": (int, "node"),
    "left_child": (int, "node"),
    "right_child": (int, "node"),
    "leaf_value": (float, "leaf"),
    "leaf_weight": (float, "leaf"),
    "leaf_count": (int, "leaf"),
    "internal_value": (float, "node"),
    "internal_weight": (float, "node"),
    "internal_count": (int, "node"),
    "is_linear": (int, "tree"),
    "shrinkage": (float, "tree"),
}
# Bits: 1 categorical (never used), 2 missing goes left, 4 zero is missing, 8 NaN is missing.
_DECISIONS = (0, 2, 4, 6, 8, 10)


@dataclass(frozen=True)
class Tree:
    """One tree: the lines of its text without its number, and the columns that it splits on."""

    body: str
    columns: tuple[int, ...]


def canonical(native: str, columns: int) -> list[Tree]:
    """Take a text that LightGBM just wrote apart into its trees, checked.

    Trees without a split are left out: with the base rate as initial score they hold 0 (LightGBM adds one when it
    finds nothing to learn).
    """
    trees: list[Tree] = []
    body = native.split("\nend of trees", 1)[0]
    for chunk in _TREE.split(body)[1:]:
        lines = dict(line.split("=", 1) for line in chunk.split("\n") if "=" in line)
        if lines["num_leaves"] == "1":
            continue
        # A split of missing values from all others has the threshold "inf": every finite number is below this one too.
        lines["threshold"] = lines["threshold"].replace("inf", _LARGEST)
        kept = "".join(f"{key}={lines[key]}\n" for key in _KEYS)
        trees.append(_checked(kept, columns, f"tree {len(trees)} just fitted"))
    return trees


def render(trees: Sequence[Tree], columns: int) -> str:
    """Write the canonical text of trees over so many columns."""
    chunks = [f"Tree={number}\n{tree.body}\n\n" for number, tree in enumerate(trees)]
    sizes = " ".join(str(len(chunk)) for chunk in chunks)
    return _header(columns, sizes) + "".join(chunks) + "end of trees\n"


def _header(columns: int, sizes: str) -> str:
    names = " ".join(f"f{column}" for column in range(columns))
    infos = " ".join(["none"] * columns)
    return (
        "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\n"
        f"max_feature_idx={columns - 1}\nobjective=binary sigmoid:1\nfeature_names={names}\n"
        f"feature_infos={infos}\ntree_sizes={sizes}\n\n"
    )


def parse(text: str, columns: int, source: str) -> list[Tree]:
    """Check a stored text to the last character and return its trees.

    Parameters
    ----------
    text
        The whole file.
    columns
        Width of the model's matrix, from its design.
    source
        Name of the file, for the message.

    Raises
    ------
    BundleError
        Anything that `render` could not have written, with the file and the tree.
    """
    if len(text) > MAXIMUM_BYTES or not text.isascii():
        raise BundleError(f"{source}: too large, or not plain text", _REMEDY)
    start, separator, rest = text.partition("\ntree_sizes=")
    sizes_line, end_of_line, rest = rest.partition("\n\n")
    if not separator or not end_of_line or f"{start}\ntree_sizes=\n\n" != _header(columns, ""):
        raise BundleError(f"{source}: the header is not that of a model over {columns} features", _REMEDY)
    if sizes_line and not _WHOLES.fullmatch(sizes_line):
        raise BundleError(f"{source}: tree_sizes holds something that is not a whole number", _REMEDY)
    sizes = [int(size) for size in sizes_line.split()]
    if any(size <= 0 for size in sizes) or sum(sizes) + len("end of trees\n") != len(rest):
        raise BundleError(f"{source}: the sizes of the trees do not add up to the file", _REMEDY)
    if rest[sum(sizes) :] != "end of trees\n":
        raise BundleError(f"{source}: the end is missing", _REMEDY)
    trees = []
    position = 0
    for number, size in enumerate(sizes):
        chunk = rest[position : position + size]
        position += size
        opening = f"Tree={number}\n"
        if not chunk.startswith(opening) or not chunk.endswith("\n\n\n"):
            raise BundleError(f"{source}: tree {number} does not start or end where tree_sizes says", _REMEDY)
        trees.append(_checked(chunk[len(opening) : -2], columns, f"{source}: tree {number}"))
    return trees


def _checked(body: str, columns: int, where: str) -> Tree:
    """Check one tree's lines; see `_KEYS` for what must be there, in that order."""
    lines = body.split("\n")
    if lines.pop() != "" or [line.partition("=")[0] for line in lines] != list(_KEYS):
        raise BundleError(f"{where}: lines are missing, unknown or out of order", _REMEDY)
    values: dict[str, list[float]] = {}
    for line in lines:
        key, _, content = line.partition("=")
        kind, _ = _KEYS[key]
        if not (_WHOLES if kind is int else _NUMBERS).fullmatch(content):
            raise BundleError(f"{where}: {key} holds something that is not a number", _REMEDY)
        values[key] = [kind(value) for value in content.split(" ")]
    fault = _fault(values, columns)
    if fault:
        raise BundleError(f"{where}: {fault}", _REMEDY)
    return Tree(body, tuple(sorted({int(column) for column in values["split_feature"]})))


def _fault(values: dict[str, list[float]], columns: int) -> str | None:
    """Name what is wrong with a tree's numbers, or return None."""
    leaves = int(values["num_leaves"][0])
    if not 2 <= leaves <= MAXIMUM_LEAVES:
        return f"{leaves} leaves where 2 to {MAXIMUM_LEAVES} are possible"
    expected = {"tree": 1, "node": leaves - 1, "leaf": leaves}
    for key, (_, per) in _KEYS.items():
        if len(values[key]) != expected[per]:
            return f"{key} holds {len(values[key])} values, not {expected[per]}"
        if not np.isfinite(values[key]).all():
            return f"{key} holds a number that is not finite"
    if values["num_cat"] != [0] or values["is_linear"] != [0]:
        return "categorical splits or linear leaves, which this package never writes"
    if not all(0 <= column < columns for column in values["split_feature"]):
        return f"a split on a column outside 0 to {columns - 1}"
    if not all(decision in _DECISIONS for decision in values["decision_type"]):
        return "an unknown kind of split"
    if max(map(abs, values["leaf_value"])) > LARGEST:
        return f"a leaf's value beyond {LARGEST:g}, which no tree learns"
    if min(values["leaf_count"]) <= 0 or max(values["internal_count"]) > 2**31 - 1:
        return "an impossible number of rows in a leaf"
    return _shape_fault([int(v) for v in values["left_child"]], [int(v) for v in values["right_child"]], values)


def _shape_fault(left: list[int], right: list[int], values: dict[str, list[float]]) -> str | None:
    """Check that the children form one binary tree, shallow enough, whose row counts add up.

    LightGBM numbers a node after its parent, and leaf `i` as `-(i + 1)`. So a text is a tree exactly when every node
    but the root and every leaf is named once, each node by one with a smaller number.
    """
    nodes = len(left)
    if sorted(left + right) != [*range(-nodes - 1, 0), *range(1, nodes)]:
        return "children that are not one tree: a node or leaf is missing, repeated or out of range"
    depth = [1] * nodes
    for node, children in enumerate(zip(left, right, strict=True)):
        below = 0
        for child in children:
            if 0 <= child <= node:
                return "children that form a cycle"
            if child > 0:
                depth[child] = depth[node] + 1
            below += int(values["internal_count"][child] if child > 0 else values["leaf_count"][-child - 1])
        if below != values["internal_count"][node]:
            return "row counts that do not add up"
    if max(depth) > MAXIMUM_DEPTH:
        return f"a tree deeper than {MAXIMUM_DEPTH}"
    return None
