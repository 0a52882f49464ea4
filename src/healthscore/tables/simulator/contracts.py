"""What accounts pay for: seats over time, subscriptions and invoices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from healthscore.tables.simulator.company import Company
from healthscore.tables.simulator.lives import ACTIVE, CAUSES, INVOLUNTARY, MERGED, PAUSE, STATUSES, Lives
from healthscore.tables.simulator.population import PLANS, PRICE_CENTS, Population
from healthscore.tables.simulator.recipe import ACTIVITY, ADOPTION, FINANCE, Integers, sigmoid
from healthscore.tables.simulator.timeline import OPEN, dates, labels, money

WEEKLY_GROWTH, WEEKLY_SHRINKAGE = 0.006, 0.0025
PAYMENT_TERM_DAYS = 14


def simulate_seats(company: Company) -> Integers:
    """Seats per account and week (accounts, weeks): well-used accounts grow, neglected ones shrink.

    Changes take effect on the Monday of a week in which the account is paying and has not given notice.
    """
    random = company.stream("seats")
    weeks = company.timeline.weeks
    free = (company.lives.status[:, np.arange(weeks) * 7] == ACTIVE) & ~company.leaving
    use = company.states[:, :, ACTIVITY] + company.states[:, :, ADOPTION]
    draw = random.random(free.shape)
    grows = free & (draw < WEEKLY_GROWTH * np.exp(0.5 * use))
    shrinks = free & (draw > 1.0 - WEEKLY_SHRINKAGE * np.exp(-0.5 * use))
    grows[:, 0] = shrinks[:, 0] = False  # what was booked before the data start is the size drawn
    step = random.uniform(0.1, 0.4, free.shape)
    seats = np.empty(free.shape, dtype=np.int64)
    current = company.population.seats.astype(np.float64)
    for week in range(weeks):
        change = np.maximum(1.0, np.round(current * step[:, week]))
        current = current + np.where(grows[:, week], change, 0.0) - np.where(shrinks[:, week], change, 0.0)
        current = np.maximum(current, 2.0)
        seats[:, week] = current
    return seats


def monthly_cents(population: Population, account: Integers, seats: Integers) -> Integers:
    """Recurring revenue per month, in cents, of accounts with that many seats."""
    price = PRICE_CENTS[population.segment[account]] * (1.0 - population.discount[account])
    return (np.round(price) * seats).astype(np.int64)


def subscriptions_table(company: Company, seats: Integers) -> Any:
    """Write down the contracts: one row per stretch of constant status and seats, ends exclusive.

    A change of seats ends a row and starts the next on the same day; only the last row of a segment carries the
    notice and the type of exit. The ends known to this table are those decided before the end of the data.
    """
    lives, population = company.lives, company.population
    segment, start = _cut_at_changes(lives, seats)
    account = lives.account[segment]
    order = np.lexsort((start, segment))
    segment, start, account = segment[order], start[order], account[order]
    last = np.append(segment[1:] != segment[:-1], True)
    end = np.where(last, lives.end[segment], np.append(start[1:], 0))
    cause = np.where(last, lives.cause[segment], -1)
    # A pause is no exit: the row that it ends is followed by one with the status "paused".
    exits = (cause >= 0) & (cause != PAUSE)
    notice = np.where(last, lives.notice[segment], OPEN)
    kind = lives.kind[segment]
    booked = seats[account, np.maximum(start // 7, 0)]
    target = company.stream("merges").integers(0, population.size, len(account))
    target = np.where(target == account, (target + 1) % population.size, target)
    return pa.table(
        {
            "account_id": labels(population.ids, account),
            "start": dates(start),
            "end": dates(end, end >= OPEN),
            "status": labels(STATUSES, kind),
            "plan": labels(PLANS, population.segment[account]),
            "seats": pa.array(booked),
            "mrr": money(np.where(kind == ACTIVE, monthly_cents(population, account, booked), 0)),
            "notice_date": dates(notice, notice >= OPEN),
            "exit_type": labels(CAUSES, cause, ~exits),
            "merged_into": labels(population.ids, target, cause != MERGED),
        }
    )


def _cut_at_changes(lives: Lives, seats: Integers) -> tuple[Integers, Integers]:
    """Positions of segments and starts of the rows into which changes of seats cut them."""
    account, week = np.nonzero(seats[:, 1:] != seats[:, :-1])
    day = (week + 1) * 7
    # Segments are sorted by account and start: the one that holds a change is the last that starts before it.
    stride = 4 * OPEN
    key = lives.account * stride + lives.start + OPEN
    holder = np.searchsorted(key, account * stride + day + OPEN, side="right") - 1
    inside = lives.start[holder] < day  # a change on the first day of a segment is what the segment starts with
    holder, day = holder[inside], day[inside]
    segment = np.concatenate([np.arange(len(lives.account)), holder])
    return segment, np.concatenate([lives.start, day])


def invoices_table(company: Company, seats: Integers) -> Any:
    """Write down the bills: one on the first of each month to paying accounts, due after 14 days.

    The finance state decides whether it is paid late, and by how much. Whoever is lost for not paying leaves the
    last two invoices unpaid. Payments after the end of the data are not in the extract.
    """
    random = company.stream("invoices")
    population, lives = company.population, company.lives
    issued = np.array(company.timeline.month_starts)
    account, month = np.nonzero(lives.status[:, issued] == ACTIVE)
    issue_day = issued[month]
    week = issue_day // 7
    state = company.states[account, week, FINANCE]
    late = random.random(len(account)) < sigmoid(-1.8 - 1.1 * state)
    delay = np.where(
        late,
        PAYMENT_TERM_DAYS + 1 + random.exponential(12.0 * np.exp(-0.3 * state)),
        random.uniform(0.0, PAYMENT_TERM_DAYS + 1, len(account)),
    ).astype(np.int64)
    paid = issue_day + delay
    defaulted = np.full(population.size, OPEN)
    failed = lives.cause == INVOLUNTARY
    defaulted[lives.account[failed]] = lives.end[failed]
    lost = defaulted[account]
    unpaid = (issue_day >= lost - 62) & (issue_day < lost) & (lost < OPEN)
    return pa.table(
        {
            "account_id": labels(population.ids, account),
            "issued": dates(issue_day),
            "due": dates(issue_day + PAYMENT_TERM_DAYS),
            "paid": dates(paid, unpaid | (paid >= company.timeline.days)),
            "amount": money(monthly_cents(population, account, seats[account, week])),
        }
    )
