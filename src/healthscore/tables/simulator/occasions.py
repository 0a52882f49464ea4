"""When things happen, and when they are written down: what the tables of every industry share."""

from __future__ import annotations

import numpy as np

from healthscore.tables.simulator.company import Company
from healthscore.tables.simulator.lives import ACTIVE
from healthscore.tables.simulator.recipe import Floats, Integers
from healthscore.tables.simulator.timeline import DAY

SECOND = 1_000_000
HOUR = 3_600 * SECOND
OFFICE_HOURS, WAKING_HOURS = (7, 19), (6, 24)
LATE_SHARE, LATE_MAX_DAYS = 0.03, 10


def occasions(
    company: Company,
    random: np.random.Generator,
    rates: Floats,
    weekdays: int = 5,
    hours: tuple[int, int] = OFFICE_HOURS,
) -> tuple[Integers, Integers, Integers]:
    """Place a Poisson number per account and week on paid days: (account, microsecond, week), by time.

    `rates` (accounts, weeks) are expected numbers; `weekdays` says how many days a week has, from Monday.
    """
    count = random.poisson(rates)
    account, week = np.nonzero(count)
    repeat = count[account, week]
    account, week = np.repeat(account, repeat), np.repeat(week, repeat)
    day = 7 * week + random.integers(0, weekdays, len(account))
    moment = day * DAY + random.integers(hours[0] * 3600, hours[1] * 3600, len(account)) * SECOND
    paid = company.status(account, day) == ACTIVE
    order = np.flatnonzero(paid)[np.argsort(moment[paid], kind="stable")]
    return account[order], moment[order], week[order]


def arrivals(random: np.random.Generator, moment: Integers) -> Integers:
    """Say when rows of tracking arrive: minutes after the moment (in microseconds), a few hours to days after it."""
    size = len(moment)
    delay = random.exponential(5 * 60e6, size)
    late = random.random(size) < LATE_SHARE
    hours = np.minimum(random.lognormal(np.log(14.0), 1.1, int(late.sum())), 24.0 * LATE_MAX_DAYS)
    delay[late] = np.maximum(hours, 1.0) * 3600e6
    return moment + 1 + delay.astype(np.int64)


def later(
    random: np.random.Generator, moment: Integers, mean_hours: float | Floats, least_hours: float = 0.1
) -> Integers:
    """Moments some time after others, by exponential delays: when notes are typed in, when people answer."""
    delay = least_hours + random.exponential(1.0, len(moment)) * mean_hours
    return moment + (delay * 3600).astype(np.int64) * SECOND
