"""Lead time: the worked example to the day, a planted warning and none (T15), a plain-loop twin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from healthscore.errors import InputError
from healthscore.evaluation.leadtime import LeadTime, lead_time

WEEKS = [30, 37, 44, 51, 58, 65, 72, 79, 86, 93]
EXAMPLE = "RRYGRRRRRR"


def one_account(colours: str, days: Sequence[int] = WEEKS, exits: Sequence[int] = (100,), bridge: int = 0) -> LeadTime:
    red = [colour == "R" for colour in colours]
    return lead_time(["A"] * len(days), days, red, ["A"] * len(exits), exits, data_end=1000, within=60, bridge=bridge)


def test_worked_example() -> None:
    found = one_account(EXAMPLE)
    assert found.median_days.estimate == 42.0
    assert (found.exits, found.alarms, found.accounts) == (1, 2, 1)
    assert found.alarms_per_100_accounts == 200.0
    assert found.red_share == 0.8
    assert (found.false_alarms.n, found.false_alarms.events) == (2.0, 1.0)  # day 30 is 70 days before the exit
    assert {days: share.rate.estimate for days, share in found.recall.items()} == {30: 1.0, 60: 0.0, 90: None}


@pytest.mark.parametrize(
    ("colours", "bridge", "lead"),
    [
        ("RRYGRRRRRG", 0, 0.0),  # taken back before the exit: unannounced
        ("RRYGRRRRRG", 14, 42.0),  # the last red, day 86, is 14 days before the exit
        ("RRYGRRRRRG", 13, 0.0),
        ("RRYRRRRRRR", 0, 49.0),  # a yellow week ends the first warning ...
        ("RRYRRRRRRR", 14, 70.0),  # ... unless 14 days may lie between red and red
        ("RRYRRRRRRR", 13, 49.0),
        (EXAMPLE, 14, 42.0),
        ("GGGGGGGGGG", 0, 0.0),
        ("RRRRRRRRRR", 0, 70.0),
        ("GGGGGGGGGR", 0, 7.0),
    ],
)
def test_lead_by_hand(colours: str, bridge: int, lead: float) -> None:
    assert one_account(colours, bridge=bridge).median_days.estimate == lead


def test_a_score_of_the_exits_own_day_was_given_before_the_exit() -> None:
    assert one_account("R", days=[100]).median_days.estimate == 0.0
    assert one_account("RR", days=[93, 100]).median_days.estimate == 7.0
    assert one_account("RR", days=[93, 101]).median_days.estimate == 7.0


def test_a_warning_does_not_reach_over_an_exit() -> None:
    found = one_account("RRRR", days=[10, 20, 60, 70], exits=[30, 90])
    assert found.exits == 2
    assert found.alarms == 2
    assert found.median_days.estimate == 20.0  # leads 20 and 30, the lower of the middle two


def test_exits_without_a_score_say_nothing() -> None:
    found = lead_time(["A"], [50], [True], ["A", "B", "A"], [100, 100, 20], data_end=200)
    assert (found.exits, found.unscored_exits) == (1, 2)


def test_recall_asks_only_of_exits_scored_that_early() -> None:
    found = lead_time(["A", "A", "B"], [10, 40, 80], [True, True, True], ["A", "B"], [100, 100], data_end=200)
    assert [(days, share.n, share.events) for days, share in found.recall.items()] == [
        (30, 1.0, 1.0), (60, 1.0, 1.0), (90, 1.0, 1.0),
    ]  # fmt: skip


def test_alarms_near_the_end_of_the_data_are_not_yet_judged() -> None:
    found = lead_time(["A", "B", "C"], [10, 30, 10], [True] * 3, ["C"], [85], data_end=90, within=60)
    # A was wrong after day 70; B may still prove right on day 90, which the data do not show;
    # C left on day 85, more than 60 days later.
    assert (found.false_alarms.n, found.false_alarms.events, found.undecided_alarms) == (2.0, 2.0, 1)


@pytest.mark.parametrize("exits", [0, 1])
def test_nothing_red_and_nothing_scored(exits: int) -> None:
    quiet = lead_time(["A"], [10], [False], ["A"] * exits, [20] * exits, data_end=100)
    assert (quiet.alarms, quiet.false_alarms.rate.estimate) == (0, None)
    nothing = lead_time([], [], [], ["A"] * exits, [20] * exits, data_end=100)
    assert nothing.median_days.estimate is None
    assert nothing.alarms_per_100_accounts is None
    assert nothing.as_dict()["recall"]["60"]["rate"] == {"estimate": None, "low": None, "high": None}


def test_two_scores_on_one_day_are_refused() -> None:
    with pytest.raises(InputError, match="1 accounts have two scores on one day"):
        lead_time(["A", "A"], [10, 10], [True, False], [], [], data_end=100)
    with pytest.raises(InputError, match="2 accounts, 1 days"):
        lead_time(["A", "A"], [10], [True], [], [], data_end=100)


class World(NamedTuple):
    account: NDArray[np.int64]
    day: NDArray[np.int64]
    red: NDArray[np.bool_]
    exit_account: NDArray[np.int64]
    exit_day: NDArray[np.int64]


def world(seed: int, warned: bool) -> World:
    """300 accounts scored weekly for two years, 120 leave; red one week in twenty, and for good 60 days ahead."""
    chance = np.random.default_rng(seed)
    account = np.repeat(np.arange(300), 104)
    day = np.tile(np.arange(104) * 7, 300)
    leavers = chance.choice(300, 120, replace=False)
    exit_day = chance.integers(200, 728, 120)
    leaves = np.full(300, 10_000)
    leaves[leavers] = exit_day
    red = chance.random(account.size) < 0.05
    if warned:
        red |= day >= leaves[account] - 60
    kept = day <= leaves[account]
    order = chance.permutation(int(kept.sum()))
    return World(account[kept][order], day[kept][order], red[kept][order], leavers, exit_day)


@pytest.mark.parametrize("seed", range(3))
def test_planted_warning_60_days_ahead_is_found(seed: int) -> None:
    found = lead_time(*world(seed, warned=True), data_end=728)
    assert found.median_days.estimate is not None
    assert 45 <= found.median_days.estimate <= 60
    assert found.median_days.low is not None
    assert found.median_days.low >= 45
    assert (found.recall[30].rate.estimate or 0.0) == 1.0
    assert (found.recall[90].rate.estimate or 0.0) < 0.05


@pytest.mark.parametrize("seed", range(3))
def test_no_warning_has_no_lead(seed: int) -> None:
    found = lead_time(*world(seed, warned=False), data_end=728)
    assert found.median_days.estimate == 0.0
    assert (found.recall[30].rate.estimate or 0.0) < 0.02
    assert (found.false_alarms.rate.estimate or 0.0) > 0.7


@pytest.mark.parametrize("bridge", [0, 14])
@pytest.mark.parametrize("warned", [True, False])
def test_a_plain_loop_agrees(warned: bool, bridge: int) -> None:
    book = world(7, warned)
    found = lead_time(*book, data_end=728, within=90, bridge=bridge)
    exits = dict(zip(book.exit_account.tolist(), book.exit_day.tolist(), strict=True))
    leads, alarms, false, undecided = [], 0, 0, 0
    for account in range(300):
        mine = book.account == account
        scores = sorted(zip(book.day[mine].tolist(), book.red[mine].tolist(), strict=True))
        leaves, start, last = exits.get(account), None, None
        starts = []
        for day, red in scores:
            if red and (start is None or last is None):
                start = day
                starts.append(day)
            if red:
                last = day
            else:
                later = [d for d, r in scores if r and d > day]
                comes = [later[0]] if later else []
                comes += [leaves] if leaves is not None and not later else []
                if last is None or not comes or comes[0] - last > bridge:
                    start = last = None
        if leaves is not None and scores:
            leads.append(leaves - start if start is not None else 0)
        for day in starts:
            alarms += 1
            if leaves is not None and leaves - day <= 90:
                continue
            if day + 90 < 728:
                false += 1
            else:
                undecided += 1
    assert found.alarms == alarms
    assert found.median_days.estimate == sorted(leads)[(len(leads) - 1) // 2]
    assert found.recall[30].events == sum(lead >= 30 for lead in leads)
    assert (found.false_alarms.events, found.undecided_alarms) == (false, undecided)
