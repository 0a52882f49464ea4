"""The day until which sub-scores are learned, with enough left to find weights and to test them."""

from __future__ import annotations

import numpy as np

from healthscore.models.weights.rows import WeightRows
from healthscore.pipelines.recalibration.weighed import learning_day


def monthly(exits: list[int], final_after: int = 2) -> WeightRows:
    """So many exits, each of another account, on every tenth day, and as many accounts that stayed; known later."""
    day = np.repeat(np.arange(len(exits)) * 10, [2 * number for number in exits])
    y = np.concatenate([np.r_[np.ones(number), np.zeros(number)] for number in exits]).astype(np.int8)
    return WeightRows(("use",), np.zeros((len(y), 1)), y, day, day + 10 * final_after, np.arange(len(y)))


def test_three_parts_have_about_as_many_exits_each() -> None:
    # Known by day 50: the dates 0 to 30, 16 exits. From 50 on, known by 100: 50 to 80, 16. From 100 on: 100 to 130, 16.
    assert learning_day(monthly([4] * 14)) == 50


def test_the_part_with_the_fewest_exits_has_as_many_as_can_be() -> None:
    # Everything is in the beginning: the learning part takes one date only, and leaves the others to the later ones.
    assert learning_day(monthly([30, 1, 1, 30, 1, 1, 30])) == 20


def test_a_history_that_cannot_be_divided_in_three_has_no_such_day() -> None:
    assert learning_day(monthly([5, 5, 5, 5])) is None
    assert learning_day(monthly([0, 0, 9, 0, 0, 0, 0, 0])) is None
