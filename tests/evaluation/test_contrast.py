"""What leavers had in common: the share of pairs is an AUC within dates, its chance is clustered."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from healthscore.evaluation.contrast import contrasts


def rows(seed: int, effect: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """A column, outcomes, dates and accounts: 200 accounts at four dates, both resemble themselves."""
    random = np.random.default_rng(seed)
    account, date = np.tile(np.arange(200), 4), np.repeat(np.arange(4), 200)
    left = (random.random(200) < 0.15)[account] & (random.random(800) < 0.8)
    x = random.normal(size=200)[account] + 0.3 * random.normal(size=800) + effect * left
    return x, left.astype(int), date, account


def test_on_one_date_the_share_of_pairs_is_the_auc() -> None:
    x, y, date, account = rows(1, effect=0.7)
    one = date == 0
    (found,) = contrasts([np.round(x[one], 1)], y[one], date[one], account[one])
    assert found.more.estimate == pytest.approx(roc_auc_score(y[one], np.round(x[one], 1)), abs=1e-12)
    assert found.happened == np.median(np.round(x[one], 1)[y[one] == 1])
    assert (found.n, found.events) == (200, int(y[one].sum()))


def test_a_level_that_moves_with_the_date_is_no_difference() -> None:
    x, y, date, account = rows(2)
    (same,), (moved,) = contrasts([x], y, date, account), contrasts([x + 100.0 * date], y, date, account)
    assert same.more == moved.more


def test_missing_values_are_left_out() -> None:
    x, y, date, account = rows(3)
    there = np.arange(800) % 3 > 0
    (gaps,) = contrasts([np.where(there, x, np.nan)], y, date, account)
    (only,) = contrasts([x[there]], y[there], date[there], account[there])
    assert gaps == only


def test_false_alarms_are_as_rare_as_promised_though_accounts_repeat() -> None:
    found = [contrasts([x], y, d, a)[0].chance for x, y, d, a in (rows(seed) for seed in range(200))]
    assert sum(chance is not None and chance <= 0.05 for chance in found) <= 18


def test_a_difference_is_found() -> None:
    x, y, date, account = rows(5, effect=1.2)
    (found,) = contrasts([x], y, date, account)
    assert found.chance is not None
    assert found.chance < 0.001
    assert found.more.low is not None
    assert found.more.low > 0.6


@pytest.mark.parametrize("y", [np.zeros(8), np.ones(8)])
def test_without_two_groups_nothing_is_computable(y: np.ndarray) -> None:
    (found,) = contrasts([np.arange(8.0)], y, np.zeros(8), np.arange(8))
    assert (found.more.estimate, found.chance) == (None, None)


def test_a_step_that_no_leaver_took_is_no_proof() -> None:
    """One of fifty stayers has an open case, none of five leavers has: chance, whatever the spread of the leavers."""
    x, y = np.r_[1.0, np.zeros(54)], np.r_[np.zeros(50), np.ones(5)]
    (found,) = contrasts([x], y, np.zeros(55), np.arange(55))
    assert found.chance is not None
    assert found.chance > 0.2
