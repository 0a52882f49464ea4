"""Chains: links from one account to the next, followed to their end. Codes are positions in an array of ids."""

from __future__ import annotations

from collections.abc import Sequence

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


def least_above(following: Codes, values: Codes) -> Codes:
    """Least value on every account's chain, its own included. There are no cycles."""
    step = np.where(following >= 0, following, np.arange(len(following)))
    while True:  # as in `ends`
        values = np.minimum(values, values[step])
        further = step[step]
        if np.array_equal(further, step):
            return values
        step = further


def reach(start: Codes, links: Sequence[tuple[Codes, Codes]]) -> tuple[Codes, Codes, Codes]:
    """Every account that the given ones lead to, and from which day on.

    Parameters
    ----------
    start
        Codes to begin with.
    links
        Kinds of links, each as (code that each account leads to or -1, day from which that holds).

    Returns
    -------
    Origin, account reached, and day: that of the last link of a path, on the path on which it is the earliest.
    """
    accounts = max((len(following) for following, _ in links), default=1)
    key, day = start * accounts + start, np.full(len(start), np.iinfo(np.int32).min, np.int64)
    reached, since = key, day
    while len(key):
        keys, days = [], []
        for following, begin in links:
            origin, at = np.divmod(key, accounts)
            on = following[at] >= 0
            keys.append(origin[on] * accounts + following[at[on]])
            days.append(np.maximum(day[on], begin[at[on]]))
        key, day = _earliest(np.concatenate(keys), np.concatenate(days))
        place = np.minimum(np.searchsorted(reached, key), len(reached) - 1)
        sooner = (reached[place] != key) | (day < since[place])
        key, day = key[sooner], day[sooner]
        reached, since = _earliest(np.append(reached, key), np.append(since, day))
    origin, at = np.divmod(reached, accounts)
    return origin, at, since


def _earliest(key: Codes, day: Codes) -> tuple[Codes, Codes]:
    """Each key once, with its earliest day."""
    order = np.lexsort((day, key))
    unique, first = np.unique(key[order], return_index=True)
    return unique, day[order][first]
