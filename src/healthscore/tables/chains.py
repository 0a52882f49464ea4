"""Chains: links from one account to the next, followed to their end. Codes are positions in an array of ids."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]


def cycles(accounts: int, source: Codes, target: Codes) -> list[Codes]:
    """Groups of accounts from which links lead back to themselves, each rising; none where every chain ends.

    Parameters
    ----------
    accounts
        How many codes there are.
    source, target
        Shape (links,): codes that a link leads from, and to.
    """
    if not len(source):
        return []
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(source), np.int8), (source, target)), shape=(accounts, accounts)).tocsr()
    _, group = connected_components(graph, directed=True, connection="strong")
    circular = np.bincount(group)[group] > 1
    circular[source[source == target]] = True
    members = np.flatnonzero(circular)
    order = members[np.argsort(group[members], kind="stable")]
    return [
        np.asarray(part, np.int64) for part in np.split(order, np.flatnonzero(np.diff(group[order])) + 1) if len(part)
    ]


def ends(following: Codes) -> Codes:
    """Last account of every account's chain: `following` leads from each to the next, -1 ends. There are no cycles."""
    last = np.where(following >= 0, following, np.arange(len(following)))
    while True:  # the distance that is covered doubles with every turn
        further = last[last]
        if np.array_equal(further, last):
            return last
        last = further


def first_above(following: Codes, wanted: NDArray[np.bool_]) -> Codes:
    """First wanted account on every account's chain, the account itself included; -1 where there is none."""
    found = ends(np.where(wanted, -1, following))
    return np.where(wanted[found], found, -1)
