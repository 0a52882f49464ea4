"""What people do in the product: users and events.

Per account and week, each user shows up or not (activity, plus the user's own habits); whoever does produces a
number of events (activity); which features these use, and how intensely, follows from adoption. Rows arrive
minutes later, a few per cent hours to days later, and three days of tracking are lost for everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from healthscore.tables.simulator.company import Company
from healthscore.tables.simulator.lives import ACTIVE, TRIAL
from healthscore.tables.simulator.occasions import arrivals
from healthscore.tables.simulator.population import UTC_OFFSET_HOURS
from healthscore.tables.simulator.recipe import ACTIVITY, ADOPTION, Integers, sigmoid
from healthscore.tables.simulator.timeline import DAY, dates, instants, labels

FEATURES = (
    "login",
    "search",
    "report_view",
    "dashboard_view",
    "comment",
    "export",
    "share",
    "dashboard_edit",
    "alert_create",
    "invite",
    "template_create",
    "api_call",
    "automation_run",
    "integration_sync",
)
KEY_FEATURES = ("dashboard_edit", "api_call", "automation_run", "integration_sync")
"""The features that are hard to give up; their share of use rises with adoption."""

POPULARITY = np.array([6.0, 2.6, 2.6, 2.2, 1.2, 1.0, 0.8, 1.4, 0.6, 0.3, 0.4, 1.6, 1.4, 1.2])
DIFFICULTY = np.array([-9.0, -2.2, -2.0, -1.8, -0.9, -0.6, -0.3, 0.2, 0.4, 0.0, 0.6, 0.5, 0.8, 1.0])
ROLES = ("admin", "executive", "power", "member", "viewer")
WEEKDAYS = np.array([0.20, 0.21, 0.20, 0.19, 0.15, 0.02, 0.03])
STRAGGLER_DAYS, STRAGGLER_SHARE = 10, 0.15
BLOCK = 2_000
"""Accounts per block of the simulation, which bounds the memory."""


@dataclass(frozen=True)
class Users:
    """Users sorted by account: `first` (accounts + 1) are the offsets; `created` their first day."""

    account: Integers
    first: Integers
    created: Integers
    per_week: Integers

    def name(self, number: int) -> str:
        """Name the user at that position."""
        return f"U-{number + 1:07d}"


def simulate_users(company: Company, seats: Integers) -> Users:
    """Give part of the seats to people: the k-th user joins in the first week with more than k seats in use."""
    population = company.population
    per_week = np.maximum(1, np.floor(population.fill[:, None] * seats)).astype(np.int64)
    most = np.maximum.accumulate(per_week, axis=1)
    count = most[:, -1]
    first = np.concatenate([[0], np.cumsum(count)])
    account = np.repeat(np.arange(population.size), count)
    rank = np.arange(len(account)) - first[account]
    week = (most[account] <= rank[:, None]).sum(axis=1)
    created = np.where(week == 0, population.started[account], week * 7)
    return Users(account, first, created, per_week)


def users_table(company: Company, users: Users) -> Any:
    """Write down the users. The first of an account is its admin, the second its executive sponsor."""
    rank = np.arange(len(users.account)) - users.first[users.account]
    drawn = company.stream("roles").choice(len(ROLES), len(rank), p=[0.03, 0.02, 0.2, 0.5, 0.25])
    role = np.where(rank < 2, rank, drawn)
    return pa.table(
        {
            "account_id": labels(company.population.ids, users.account),
            "user_id": pa.array([users.name(number) for number in range(len(rank))], type=pa.string()),
            "role": labels(ROLES, role),
            "created": dates(users.created),
        }
    )


def simulate_events(company: Company, users: Users) -> Integers:
    """Draw the events: rows of (account, user, microsecond, feature, quantity, microsecond of arrival), by time."""
    size = company.population.size
    parts = []
    for low in range(0, size, BLOCK):
        random = company.stream("events", str(low))
        block = np.arange(low, min(low + BLOCK, size))
        user, week = _appearances(company, random, users, block)
        times = _moments(company, random, users, user, week)
        stragglers = _stragglers(company, random, users, block)
        parts.append(_describe(company, random, users, times))
        parts.append(_describe(company, random, users, stragglers, feature="api_call"))
    rows = _arrive(company.stream("arrivals"), np.concatenate(parts, axis=1), company.timeline.days)
    return rows[:, np.argsort(rows[2], kind="stable")]


def _appearances(
    company: Company, random: np.random.Generator, users: Users, block: Integers
) -> tuple[Integers, Integers]:
    """(user, week) of every event, not yet placed on a day: users who show up, repeated by what they do."""
    days = np.arange(company.timeline.weeks)[None, :] * 7 + np.arange(7)[:, None]
    alive = company.lives.status[block][:, np.minimum(days, company.timeline.days - 1)].max(axis=1) > 0
    where, week = np.nonzero(alive)
    account = block[where]
    noise = random.normal(0.0, 0.25, len(account))
    pull = 1.1 * company.states[account, week, ACTIVITY] + company.population.habit[account] + noise
    pull = pull - 1.0 * company.leaving[account, week]
    present = users.per_week[account, week]
    row = np.repeat(np.arange(len(account)), present)
    user = np.arange(len(row)) - np.repeat(np.cumsum(present) - present, present) + users.first[account[row]]
    trait = random.normal(0.0, 0.6, users.first[block[-1] + 1] - users.first[block[0]])
    shows = random.random(len(row)) < sigmoid(pull[row] + trait[user - users.first[block[0]]] - 0.3)
    row, user = row[shows], user[shows]
    count = 1 + random.poisson(1.5 * np.exp(0.35 * pull))[row]
    return np.repeat(user, count), np.repeat(week[row], count)


def _moments(company: Company, random: np.random.Generator, users: Users, user: Integers, week: Integers) -> Integers:
    """Place events on working days and hours: rows of (user, microsecond), those outside an account's life dropped."""
    account = users.account[user]
    day = 7 * week + np.searchsorted(np.cumsum(WEEKDAYS)[:-1], random.random(len(user)))
    status = company.status(account, day)
    inside = ((status == ACTIVE) | (status == TRIAL)) & (day >= users.created[user]) & ~company.lost(day)
    season = company.recipe.usage_season
    if season is not None:
        inside &= random.random(len(day)) < np.exp(season(day))
    user, day, account = user[inside], day[inside], account[inside]
    # Local working hours, kept inside the day in UTC so that nothing slips past the end of an account's life.
    hour = random.normal(13.0, 2.8, len(user)) - UTC_OFFSET_HOURS[company.population.country[account]]
    moment = (np.mod(hour, 24.0) / 24.0 * DAY).astype(np.int64)
    return np.stack([user, day * DAY + np.minimum(moment, DAY - 1)])


def _stragglers(company: Company, random: np.random.Generator, users: Users, block: Integers) -> Integers:
    """Let forgotten integrations call on for some days after an account has ended: rows of (user, microsecond)."""
    lives, days = company.lives, company.timeline.days
    ended = np.flatnonzero((lives.cause >= 0) & (lives.end < days) & np.isin(lives.account, block))
    ended = ended[random.random(len(ended)) < STRAGGLER_SHARE]
    ended = np.repeat(ended, random.integers(1, 6, len(ended)))
    moment = lives.end[ended] * DAY + random.integers(0, STRAGGLER_DAYS * DAY, len(ended))
    user = users.first[lives.account[ended]]
    kept = (moment < days * DAY) & ~company.lost(moment // DAY)
    return np.stack([user, moment])[:, kept]


def _describe(
    company: Company, random: np.random.Generator, users: Users, times: Integers, feature: str | None = None
) -> Integers:
    """Say which feature an event used and how much of it: (account, user, microsecond, feature, quantity)."""
    user, moment = times
    account = users.account[user]
    week = moment // (7 * DAY)
    adoption = company.states[account, week, ADOPTION] + company.population.taste[account]
    if feature is not None:
        used = np.full(len(user), FEATURES.index(feature))
    else:
        _, example, position = np.unique(
            account * company.timeline.weeks + week, return_index=True, return_inverse=True
        )
        broad = adoption[example]
        odds = POPULARITY * sigmoid(2.2 * (1.1 * broad[:, None] - DIFFICULTY))
        edges = np.cumsum(odds, axis=1)
        point = random.random(len(user)) * edges[position, -1]
        used = np.zeros(len(user), dtype=np.int64)
        for column in range(len(FEATURES) - 1):
            used += point >= edges[position, column]
    quantity = np.maximum(1, random.lognormal(1.2 + 0.35 * adoption, 0.8)).astype(np.int64)
    return np.stack([account, user, moment, used, quantity])


def _arrive(random: np.random.Generator, rows: Integers, days: int) -> Integers:
    """Add the moment at which each row arrived; what has not arrived by the end of the data is not in the extract."""
    arrived = arrivals(random, rows[2])
    return np.concatenate([rows, arrived[None, :]])[:, arrived < days * DAY]


def events_table(company: Company, users: Users, rows: Integers) -> Any:
    """Write down the events, in the order of their time."""
    account, user, moment, used, quantity, arrived = rows
    names = [users.name(number) for number in range(len(users.account))]
    return pa.table(
        {
            "account_id": labels(company.population.ids, account),
            "user_id": labels(names, user),
            "time": instants(moment),
            "name": labels(FEATURES, used),
            "quantity": pa.array(quantity),
            "ingested_at": instants(arrived),
        }
    )
