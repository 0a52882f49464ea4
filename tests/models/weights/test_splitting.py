"""Where a history is divided, on literal rows."""

from __future__ import annotations

import numpy as np
import pytest

from healthscore.models.weights.rows import WeightRows
from healthscore.models.weights.splitting import NO_ROWS, RowCount, counted, split_day, split_rows

ROWS = [
    # (day, known, account, left): six dates thirty days apart, outcomes final sixty days later
    (0, 60, 1, 1), (0, 60, 2, 0), (0, 60, 3, 0),
    (30, 90, 2, 1), (30, 90, 3, 0),
    (60, 120, 2, 1), (60, 120, 3, 0), (60, 120, 4, 0),
    (90, 150, 3, 1), (90, 150, 4, 0),
    (120, 180, 4, 1), (120, 180, 5, 0),
    (150, 210, 4, 1), (150, 210, 5, 0),
]  # fmt: skip


def rows_of(table: list[tuple[int, int, int, int]]) -> WeightRows:
    day, known, account, left = np.array(table, dtype=np.int64).reshape(-1, 4).T
    return WeightRows(("a",), np.zeros((len(day), 1)), left.astype(np.int8), day, known, account)


def test_both_sides_have_as_many_exits_as_can_be() -> None:
    rows = rows_of(ROWS)
    # At 60: account 1 is known, 2, 3 and 4 leave later. At 90: 1 and 2 are known, 3 and 4 leave later. At 120: 1 and 2
    # (twice, but one account), and 4. At 150: 1, 2 and 3, and 4.
    assert split_day(rows) == 90
    learning, later = split_rows(rows, 90)
    assert sorted(set(learning.day.tolist())) == [0, 30]
    assert sorted(set(later.day.tolist())) == [90, 120, 150]
    assert counted(learning) == RowCount(rows=5, dates=2, events=2, exiting=2)
    assert counted(later) == RowCount(rows=6, dates=3, events=3, exiting=2)


def test_nothing_that_was_not_final_on_the_day_is_learned_from() -> None:
    learning, later = split_rows(rows_of(ROWS), 90)
    assert learning.known.max() <= 90 <= later.day.min()


@pytest.mark.parametrize(
    ("later_than", "expected"), [(None, 90), (89, 90), (90, 150), (119, 150), (149, 150), (150, None)]
)
def test_the_later_rows_may_be_told_to_start_later(later_than: int | None, expected: int | None) -> None:
    # After day 90 both 120 and 150 leave one account on the later side; 150 has three on the earlier one.
    assert split_day(rows_of(ROWS), later_than) == expected


@pytest.mark.parametrize("table", [[], ROWS[:3], [row for row in ROWS if row[3] == 0]])
def test_a_history_that_cannot_be_divided_has_no_day(table: list[tuple[int, int, int, int]]) -> None:
    assert split_day(rows_of(table)) is None


def test_no_rows_count_nothing() -> None:
    assert counted(rows_of([])) == NO_ROWS
