"""Churners found by a list of the worst-scored: literal books of ten accounts a date."""

from __future__ import annotations

import numpy as np
import pytest

from healthscore.evaluation.announced import churners_found


def test_an_exit_seen_at_two_dates_counts_half_where_one_of_them_found_it() -> None:
    day = np.repeat([1, 2], 10)
    account = np.tile(np.arange(10), 2)
    y = np.where(account == 3, 1, 0)
    risk = np.tile(np.arange(10.0), 2)
    risk[3] = 99.0  # at the first date the churner is the worst of ten, at the second it is not
    found = churners_found(y, risk, day, np.where(y == 1, 0, -1), account)
    assert found.n == pytest.approx(1.0)
    assert found.events == pytest.approx(0.5)


def test_equal_scores_share_the_place_that_is_left() -> None:
    y = np.zeros(10, int)
    y[[0, 1]] = 1
    found = churners_found(y, np.ones(10), np.zeros(10), np.array([0, 1] + [-1] * 8), np.arange(10))
    assert found.n == pytest.approx(2.0)
    assert found.events == pytest.approx(0.2)  # a tenth of each


def test_a_wider_list_finds_more_and_row_order_changes_nothing() -> None:
    rng = np.random.default_rng(1)
    y = (rng.random(200) < 0.2).astype(int)
    risk = rng.random(200) + 0.5 * y
    exits = np.where(y == 1, np.cumsum(y) - 1, -1)
    day, account = np.repeat([1, 2], 100), np.tile(np.arange(100), 2)
    tenth = churners_found(y, risk, day, exits, account)
    fifth = churners_found(y, risk, day, exits, account, share=0.2)
    assert fifth.events > tenth.events
    order = rng.permutation(200)
    again = churners_found(y[order], risk[order], day[order], exits[order], account[order])
    assert again.events == pytest.approx(tenth.events, abs=1e-12)
    assert again.rate.low == pytest.approx(tenth.rate.low, abs=1e-12)


def test_without_exits_there_is_nothing_to_find() -> None:
    found = churners_found(np.zeros(5, int), np.arange(5.0), np.zeros(5), np.full(5, -1), np.arange(5))
    assert found.n == 0
    assert found.rate.estimate is None
