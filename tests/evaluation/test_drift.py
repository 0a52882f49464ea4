"""Drift: what moved is found, what did not is left alone, and the size says how much."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ks_2samp

from healthscore.errors import InputError
from healthscore.evaluation.drift import moves


def two_dates(n: int, seed: int, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values, whether later, and accounts: most are seen at both dates and resemble themselves."""
    random = np.random.default_rng(seed)
    account = np.r_[np.arange(n), np.arange(n // 5, n + n // 5)]
    later = np.arange(2 * n) >= n
    x = 0.8 * random.normal(size=n + n // 5)[account] + 0.6 * random.normal(size=2 * n)
    return x + shift * later, later, account


def test_a_literal_table() -> None:
    """Of four accounts, three had at most 1 before and one after: a share moved from 0.75 to 0.25."""
    x = np.array([0.0, 1.0, 1.0, 5.0, 0.0, 5.0, 6.0, 7.0])
    later, account = np.repeat([False, True], 4), np.tile(np.arange(4), 2)
    (move,) = moves([x], later, account, seed=1)
    assert move.size == pytest.approx(0.5)
    assert (move.before, move.after) == (1.0, 5.5)
    assert (move.missing_before, move.missing_after) == (0.0, 0.0)


def test_the_size_is_the_kolmogorov_smirnov_distance_on_its_cuts() -> None:
    x, later, account = two_dates(800, 1, shift=0.4)
    (move,) = moves([x], later, account, seed=1)
    assert move.size is not None
    full = ks_2samp(x[~later], x[later]).statistic
    assert full - 0.05 <= move.size <= full + 1e-12


def test_what_goes_missing_has_moved() -> None:
    x, later, account = two_dates(400, 2)
    gone = np.where(later & (np.arange(800) % 5 == 0), np.nan, x)
    same, move = moves([x, gone], later, account, seed=1)
    assert move.size == pytest.approx(0.2, abs=0.05)
    assert move.missing_after == pytest.approx(0.2)
    assert move.chance is not None
    assert move.chance < 0.001
    assert same.chance is not None
    assert same.chance > 0.05


def test_what_never_varies_has_no_chance() -> None:
    _, later, account = two_dates(50, 3)
    constant, empty = moves([np.ones(100), np.full(100, np.nan)], later, account, seed=1)
    assert (constant.size, constant.chance) == (0.0, None)
    assert (empty.before, empty.after, empty.missing_after, empty.chance) == (None, None, 1.0, None)


def test_one_date_says_nothing() -> None:
    (move,) = moves([np.arange(5.0)], np.zeros(5, bool), np.arange(5), seed=1)
    assert (move.size, move.chance, move.after) == (None, None, None)


def test_false_alarms_are_as_rare_as_promised() -> None:
    chances = [
        moves([x], later, a, draws=2000, seed=1)[0].chance for x, later, a in (two_dates(200, s) for s in range(200))
    ]
    alarms = sum(chance is not None and chance <= 0.05 for chance in chances)
    assert alarms <= 18  # of 200 at 5 %: the 99 % limit


def test_a_move_is_found_better_where_accounts_are_their_own_comparison() -> None:
    """The same values from other accounts at the later date say less: clustering is in the null."""
    x, later, account = two_dates(400, 4, shift=0.12)
    (own,), (others,) = (moves([x], later, ids, seed=1) for ids in (account, np.arange(len(x))))
    assert own.size == others.size
    assert own.chance is not None
    assert others.chance is not None
    assert own.chance < others.chance


def test_the_order_of_rows_does_not_matter() -> None:
    x, later, account = two_dates(100, 5, shift=0.3)
    order = np.random.default_rng(0).permutation(len(x))
    (one,), (other,) = moves([x], later, account, seed=1), moves([x[order]], later[order], account[order], seed=1)
    assert one.size == other.size
    assert one.chance == pytest.approx(other.chance, abs=1e-3)


def test_columns_of_other_lengths_are_refused() -> None:
    with pytest.raises(InputError, match="3 account ids for 4 rows"):
        moves([np.zeros(4)], np.zeros(4, bool), np.zeros(3), seed=1)
