"""A retail bank: customers, products, transactions, balances, log-ins, complaints, advice, ratings.

What the states do: `activity` pays with the account, `balances` keeps money in it, `service` keeps complaints away and
has them answered soon, `satisfaction` speaks in ratings, `advice` brings people to meetings; `digital` opens the
app and means nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from healthscore.tables.simulator.company import Company
from healthscore.tables.simulator.lives import ACTIVE, CAUSES, NOT_ENDED
from healthscore.tables.simulator.occasions import HOUR, SECOND, WAKING_HOURS, arrivals, later, occasions
from healthscore.tables.simulator.population import owners
from healthscore.tables.simulator.recipe import sigmoid
from healthscore.tables.simulator.remarks import rating, remarks
from healthscore.tables.simulator.timeline import DAY, OPEN, dates, instants, labels, money

CSV = ("customers", "advice", "complaints", "complaint_history", "ratings")
PRODUCTS = ("current account", "savings", "card", "depot", "loan", "mortgage")
SHARES = (1.0, 0.7, 0.5, 0.25, 0.2, 0.15)
MONTHLY_CENTS = np.array([450, 300, 250, 900, 1_800, 5_500])
CATEGORIES = ("salary", "groceries", "rent", "travel", "shopping", "cash", "transfer")
WEEKLY_TRANSACTIONS, WEEKLY_LOGINS = 2.2, 1.0
BALANCE_CENTS = np.array([180_000.0, 2_500_000.0, 24_000_000.0])  # by segment
TOPICS = ("fees", "card blocked", "app failure", "waiting time", "wrong booking")
STATUSES = ("received", "in review", "answered", "reopened", "closed")
CHANNELS = ("branch", "video", "telephone")
COMMENTS = (
    (
        "Terrible, I had to call four times and nobody helped.",
        "Very slow and complicated, I am annoyed.",
        "Bad service, the fees are a joke.",
    ),
    ("It worked in the end.", "Took a while, but it was solved.", "Average, nothing special."),
    ("Great help, friendly and quick.", "Excellent advice, thank you.", "Very easy, I am happy with the bank."),
)


def tables(company: Company) -> dict[str, Any]:
    """Write down what the bank's systems hold."""
    complaints, history = _complaints(company)
    return {
        "customers": _customers(company),
        "products": _products(company),
        "transactions": _transactions(company),
        "balances": _balances(company),
        "logins": _logins(company),
        "complaints": complaints,
        "complaint_history": history,
        "advice": _advice(company),
        "ratings": _ratings(company),
    }


def _customers(company: Company) -> Any:
    """List the customers."""
    population = company.population
    return pa.table(
        {
            "customer_id": pa.array(population.ids, type=pa.string()),
            "segment": labels(list(population.clientele.segments), population.segment),
            "branch": labels(list(population.clientele.places), population.country),
            "adviser": owners(population, "ADV-"),
        }
    )


def _products(company: Company) -> Any:
    """List the products: a current account as long as somebody is a customer, others opened and closed beside it."""
    random, lives, days = company.stream("products"), company.lives, company.timeline.days
    size = len(lives.account)
    first = [lives.account, np.zeros(size, np.int64), lives.start, lives.end, lives.notice, lives.cause]
    parts = [np.stack(first)]
    for kind in range(1, len(PRODUCTS)):
        start = lives.start + random.exponential(500.0, size).astype(np.int64)
        closed = start + random.integers(150, 1_200, size)
        alone = (random.random(size) < 0.3) & (closed < np.minimum(lives.end, days))
        end = np.where(alone, closed, lives.end)
        notice, cause = np.where(alone, OPEN, lives.notice), np.where(alone, NOT_ENDED, lives.cause)
        # Whoever has given notice opens nothing more.
        wanted = (random.random(size) < SHARES[kind]) & (start < np.minimum(lives.decided, days))
        parts.append(np.stack([lives.account, np.full(size, kind), start, end, notice, cause])[:, wanted])
    rows = np.concatenate(parts, axis=1)
    account, kinds, start, end, notice, cause = rows[:, np.lexsort((rows[2], rows[1], rows[0]))]
    return pa.table(
        {
            "product_id": pa.array([f"P-{n:06d}" for n in range(1, len(account) + 1)], type=pa.string()),
            "customer_id": labels(company.population.ids, account),
            "product": labels(PRODUCTS, kinds),
            "opened": dates(start),
            "closed": dates(end, end >= OPEN),
            "closing_ordered": dates(notice, notice >= OPEN),
            "closing_reason": labels(CAUSES, cause, cause < 0),
            "monthly_income": money(MONTHLY_CENTS[kinds]),
        }
    )


def _transactions(company: Company) -> Any:
    """List the payments; a few per cent are booked hours or days later."""
    random, population = company.stream("transactions"), company.population
    pace = 0.45 * company.state("activity") + 1.5 * population.habit[:, None] - 0.8 * company.leaving
    account, moment, week = occasions(
        company, random, WEEKLY_TRANSACTIONS * np.exp(pace), weekdays=7, hours=WAKING_HOURS
    )
    size = len(account)
    cents = random.lognormal(np.log(3_500.0) + 0.1 * company.state("activity")[account, week], 1.0)
    category = random.choice(len(CATEGORIES), size, p=[0.05, 0.3, 0.05, 0.08, 0.27, 0.1, 0.15])
    booked = arrivals(random, moment)
    return pa.table(
        {
            "customer_id": labels(population.ids, account),
            "time": instants(moment),
            "category": labels(CATEGORIES, category),
            "amount": money(np.maximum(1, cents).astype(np.int64)),
            "booked_at": instants(booked),
        }
    ).filter(pa.array(booked < company.timeline.days * DAY))


def _balances(company: Company) -> Any:
    """List the balances at the ends of months, over all products; the report is made two days later."""
    random, population = company.stream("balances"), company.population
    closing = np.array(company.timeline.month_starts[1:]) - 1
    account, month = np.nonzero(company.lives.status[:, closing] == ACTIVE)
    day = closing[month]
    state = company.state("balances")[account, day // 7] - 1.5 * company.leaving[account, day // 7]
    typical = np.log(BALANCE_CENTS[population.segment]) + 4.0 * population.taste
    cents = np.exp(typical[account] + 0.5 * state + random.normal(0.0, 0.15, len(account)))
    known = (day + 3) * DAY
    return pa.table(
        {
            "customer_id": labels(population.ids, account),
            "month_end": dates(day),
            "balance": money(np.round(cents).astype(np.int64)),
            "reported_at": instants(known),
        }
    ).filter(pa.array(known < company.timeline.days * DAY))


def _logins(company: Company) -> Any:
    """List the log-ins to the app; three days of them were lost, a few per cent arrive late."""
    random, population = company.stream("logins"), company.population
    rate = WEEKLY_LOGINS * np.exp(0.5 * company.state("digital") + population.taste[:, None])
    account, moment, _ = occasions(company, random, rate, weekdays=7, hours=WAKING_HOURS)
    arrived = arrivals(random, moment)
    kept = ~company.lost(moment // DAY) & (arrived < company.timeline.days * DAY)
    return pa.table(
        {
            "customer_id": labels(population.ids, account),
            "time": instants(moment),
            "device": labels(("telephone", "browser"), (random.random(len(account)) < 0.3).astype(np.int64)),
            "ingested_at": instants(arrived),
        }
    ).filter(pa.array(kept))


def _complaints(company: Company) -> tuple[Any, Any]:
    """List the complaints, open as long as nothing has been resolved, and the history of their status."""
    random, end = company.stream("complaints"), company.timeline.days * DAY
    state = company.state("service")
    account, opened, week = occasions(company, random, 0.04 * np.exp(-0.9 * state))
    size, mood = len(account), state[account, week]
    days = random.lognormal(np.log(9.0) - 0.5 * mood, 0.6, size)
    resolved = opened + np.maximum(1, days * 24).astype(np.int64) * HOUR
    reopened = random.random(size) < sigmoid(-1.6 - 0.8 * mood)
    ids = pa.array([f"X-{n:06d}" for n in range(1, size + 1)], type=pa.string())
    topic = random.integers(0, len(TOPICS), size)
    complaints = pa.table(
        {
            "complaint_id": ids,
            "customer_id": labels(company.population.ids, account),
            "topic": labels(TOPICS, topic),
            "opened_at": instants(opened),
            "resolved_at": instants(resolved, resolved >= end),
        }
    )
    steps = [opened, opened + 8 * HOUR, opened + (resolved - opened) // 2 // SECOND * SECOND]
    steps += [np.where(reopened, opened + (resolved - opened) * 3 // 4 // SECOND * SECOND, end), resolved]
    moment = np.stack(steps, axis=1).ravel()
    row, status = np.repeat(np.arange(size), len(steps)), np.tile(np.arange(len(steps)), size)
    kept = np.flatnonzero(moment < end)
    kept = kept[np.argsort(moment[kept], kind="stable")]
    history = pa.table(
        {
            "complaint_id": ids.take(pa.array(row[kept])),
            "customer_id": labels(company.population.ids, account[row[kept]]),
            "status": labels(STATUSES, status[kept]),
            "since": instants(moment[kept]),
        }
    )
    return complaints, history


def _advice(company: Company) -> Any:
    """List the meetings with advisers, and whether the customer came."""
    random = company.stream("advice")
    state = company.state("advice")
    account, moment, week = occasions(company, random, 0.08 * np.exp(0.7 * state))
    came = random.random(len(account)) < sigmoid(0.9 + 0.9 * state[account, week])
    noted = later(random, moment, 20.0, 0.5)
    return pa.table(
        {
            "customer_id": labels(company.population.ids, account),
            "held_at": instants(moment),
            "channel": labels(CHANNELS, random.choice(len(CHANNELS), len(account), p=[0.5, 0.2, 0.3])),
            "attended": pa.array(came),
            "noted_at": instants(noted),
        }
    ).filter(pa.array(noted < company.timeline.days * DAY))


def _ratings(company: Company) -> Any:
    """List the answers to "how easy was it?" (1 to 7) after a service, asked of some and answered by half of them."""
    random, end = company.stream("ratings"), company.timeline.days * DAY
    account, asked, week = occasions(company, random, np.full(company.states.shape[:2], 0.12))
    answered = later(random, asked, 20.0)
    silent = (random.random(len(account)) > 0.5) | (answered >= end)
    points = rating(random, 5.0 + 1.1 * company.state("satisfaction")[account, week], 0.9, 1, 7)
    wordless = silent | (random.random(len(account)) > 0.5)
    return pa.table(
        {
            "customer_id": labels(company.population.ids, account),
            "asked_at": instants(asked),
            "answered_at": instants(answered, silent),
            "ease": pa.array(points, mask=silent),
            "comment": remarks(random, COMMENTS, np.searchsorted([3.5, 5.5], points), wordless),
        }
    )
