"""Links followed to their end, in numbers."""

from __future__ import annotations

import numpy as np

from healthscore.tables.chains import cycles, ends, least_above, reach

NOTHING = np.iinfo(np.int32).min
FOLLOWING = np.array([1, 2, -1, 2, -1])
"""0 -> 1 -> 2 <- 3, and 4 alone."""


def test_every_chain_has_an_end() -> None:
    assert ends(FOLLOWING).tolist() == [2, 2, 2, 2, 4]


def test_the_least_value_above_counts_the_accounts_own() -> None:
    assert least_above(FOLLOWING, np.array([5, 1, 3, 2, 9])).tolist() == [1, 1, 3, 2, 9]


def test_cycles_are_groups_and_tails_are_not_part_of_them() -> None:
    source, target = np.array([0, 1, 2, 3, 4, 5, 6]), np.array([1, 0, 0, 4, 5, 3, 6])
    assert [group.tolist() for group in cycles(8, source, target)] == [[0, 1], [3, 4, 5], [6]]
    assert cycles(5, np.array([0, 1]), np.array([1, 2])) == []
    assert cycles(5, np.array([], np.int64), np.array([], np.int64)) == []


def test_what_is_reached_holds_from_the_last_link_of_the_earliest_path() -> None:
    always = np.full(5, NOTHING, np.int64)
    # 0 leads to 3 by a late link of its own, and early by what is above it; from 3 on to 4.
    late = (np.array([3, 3, -1, 4, -1]), np.array([50, 20, 0, 30, 0]))
    origin, reached, day = reach(np.array([0]), [(np.array([1, -1, -1, -1, -1]), always), late])
    assert dict(zip(reached.tolist(), day.tolist(), strict=True)) == {0: NOTHING, 1: NOTHING, 3: 20, 4: 30}
    assert set(origin.tolist()) == {0}


def test_nobody_reaches_nobody() -> None:
    assert [part.tolist() for part in reach(np.array([], np.int64), [(FOLLOWING, FOLLOWING)])] == [[], [], []]
