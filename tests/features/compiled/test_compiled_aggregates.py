"""Aggregates of groups, on a literal table."""

from __future__ import annotations

import numpy as np
import pytest

from healthscore.features.compiled.groups import Chosen, Groups, SumTooLargeError
from healthscore.features.compiled.kernel import library

pytestmark = pytest.mark.skipif(library() is None, reason="the compiled scan was not built: there is no C compiler")

GROUP = np.array([0, 1, -1, 0, 1, 0], np.int32)
MASK = np.array([3, 1, 3, 2, 3, 3], np.int64)
DAY = np.array([0, 61, 5, 1, 2, 0], np.int32)
VALUE = np.array([10, -4, 99, 7, 1, 5], np.int64)
FLAG = np.array([1, 0, 1, 1, 1, 0], bool)


@pytest.mark.parametrize(
    ("wanted", "counts", "flags", "days", "sums"),
    [
        (0, [3, 2], [2, 1], [0b11, 1 << 61 | 0b100], [22, -3]),
        (1, [2, 2], [1, 1], [0b01, 1 << 61 | 0b100], [15, -3]),
        (3, [2, 1], [1, 1], [0b01, 0b100], [15, 1]),
    ],
)
def test_the_chosen_rows_are_counted_joined_and_summed(
    wanted: int, counts: list[int], flags: list[int], days: list[int], sums: list[int]
) -> None:
    chosen = Chosen(GROUP, MASK, wanted)
    for how, values, expected in (("or_bits", DAY, days), ("add_values", VALUE, sums)):
        into = np.zeros(2, np.int64)
        chosen.aggregate(how, values, into)
        assert into.tolist() == expected, how
    for how, flagged, expected in (("count_rows", None, counts), ("count_flags", FLAG, flags)):
        counted = np.zeros(2, np.int32)
        chosen.aggregate(how, flagged, counted)
        assert counted.tolist() == expected, how


def test_without_masks_every_row_with_a_group_is_chosen() -> None:
    assert Chosen(GROUP).count == 5
    assert Chosen(np.abs(GROUP)).count == 6


def test_every_wanted_bit_of_the_masks_is_counted() -> None:
    groups = Groups()
    group = groups.encode(GROUP, np.zeros(len(GROUP), np.int32))
    groups.count_bits(group, MASK, {0: "first", 1: "second"})
    groups.count_bits(group, MASK, {1: "again"})
    assert {name: groups.column(name).to_pylist() for name in groups.names} == {
        "first": [2, 2],
        "second": [3, 1],
        "again": [3, 1],
    }


@pytest.mark.parametrize("sign", [1, -1])
def test_a_sum_that_does_not_fit_is_told(sign: int) -> None:
    largest = np.full(2, sign * (2**63 - 1), np.int64)
    chosen = Chosen(np.zeros(2, np.int32))
    with pytest.raises(SumTooLargeError):
        chosen.aggregate("add_values", largest, np.zeros(1, np.int64))


def test_arrays_grow_with_their_groups() -> None:
    groups = Groups()
    first = groups.encode(np.zeros(3, np.int32), np.arange(3, dtype=np.int32))
    Chosen(first).aggregate("count_rows", None, groups.counts("count"))
    Chosen(first).aggregate("or_bits", np.array([0, 1, 1], np.int32), groups.words("only of the first batch"))
    many = np.arange(40_000, dtype=np.int32)
    Chosen(groups.encode(np.zeros_like(many), many)).aggregate("count_rows", None, groups.counts("count"))
    found = groups.column("count").to_numpy()
    assert found[:4].tolist() == [2, 2, 2, 1]
    assert found.sum() == 40_003
    assert groups.column("only of the first batch").to_pylist() == [1, 2, 2] + [0] * 39_997
    assert groups.column("of no batch").to_pylist() == [0] * 40_000
