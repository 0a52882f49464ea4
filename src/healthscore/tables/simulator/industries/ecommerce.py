"""A web shop: customers, orders, returns, sessions, e-mails, complaints, reviews.

What the states do: `purchases` raises the pace of orders and the size of baskets, `browsing` that of visits,
`satisfaction` speaks in reviews and keeps goods from being sent back, `service` keeps complaints away; `communication`
opens e-mails and means nothing. Whoever has been lost orders nothing more; a few still visit, and read.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from healthscore.tables.simulator.company import Company
from healthscore.tables.simulator.lives import ACTIVE
from healthscore.tables.simulator.occasions import HOUR, WAKING_HOURS, arrivals, later, occasions
from healthscore.tables.simulator.recipe import Integers, sigmoid
from healthscore.tables.simulator.remarks import rating, remarks
from healthscore.tables.simulator.timeline import DAY, dates, instants, labels, money

CSV = ("customers", "returns", "complaints", "reviews")
CHANNELS = ("search", "social", "friends", "marketplace")
CATEGORIES = ("clothing", "shoes", "home", "garden", "toys", "books", "electronics")
PAGES = ("home", "search", "product", "basket", "help")
REASONS = ("does not fit", "not as described", "damaged", "changed my mind")
TOPICS = ("late delivery", "damaged goods", "wrong item", "refund", "website")
WEEKLY_ORDERS, WEEKLY_SESSIONS, WEEKLY_MAILS = 0.17, 1.1, 1.0
COMMENTS = (
    (
        "Terrible quality, broke after a week.",
        "Disappointed, it looks nothing like the picture.",
        "Bad service and a very slow delivery.",
    ),
    ("It is okay for the price.", "Arrived after a week, as described.", "Average quality."),
    (
        "Great quality, I love it.",
        "Perfect, arrived quickly and fits well.",
        "Very happy, excellent value.",
    ),
)


def tables(company: Company) -> dict[str, Any]:
    """Write down what the shop's systems hold."""
    account, moment = _purchases(company)
    number = np.arange(1, len(account) + 1)
    return {
        "customers": _customers(company),
        "orders": _orders(company, account, moment, number),
        "returns": _returns(company, account, moment, number),
        "sessions": _sessions(company),
        "emails": _emails(company),
        "complaints": _complaints(company),
        "reviews": _reviews(company, account, moment, number),
    }


def _customers(company: Company) -> Any:
    """List the customers as the shop's export has them."""
    population = company.population
    channel = company.stream("channels").integers(0, len(CHANNELS), population.size)
    return pa.table(
        {
            "customer_id": pa.array(population.ids, type=pa.string()),
            "programme": labels(list(population.clientele.segments), population.segment),
            "country": labels(list(population.clientele.places), population.country),
            "channel": labels(CHANNELS, channel),
            "registered": dates(population.started),
        }
    )


def order_id(number: int) -> str:
    """Name an order."""
    return f"O-{number:07d}"


def _purchases(company: Company) -> tuple[Integers, Integers]:
    """Draw the orders: (account, microsecond), by time. Everybody's first order is that of the first day."""
    random, population = company.stream("orders"), company.population
    pace = 0.35 * company.state("purchases") + 2.5 * population.habit[:, None]
    account, moment, _ = occasions(company, random, WEEKLY_ORDERS * np.exp(pace), weekdays=7, hours=WAKING_HOURS)
    new = np.flatnonzero((population.started >= 0) & (population.started < company.timeline.days))
    first = population.started[new] * DAY + random.integers(9, 22, len(new)) * HOUR
    account, moment = np.concatenate([account, new]), np.concatenate([moment, first])
    order = np.argsort(moment, kind="stable")
    return account[order], moment[order]


def _orders(company: Company, account: Integers, moment: Integers, number: Integers) -> Any:
    """List the orders, with the value of the basket in euro and the category of its dearest article."""
    random, size = company.stream("baskets"), len(account)
    state = company.state("purchases")[account, moment // (7 * DAY)]
    items = 1 + random.poisson(np.exp(0.2 + 0.25 * state))
    cents = np.round(items * random.lognormal(np.log(2_400.0) + 0.15 * state, 0.6)).astype(np.int64)
    favourite = company.stream("favourites").integers(0, len(CATEGORIES), company.population.size)[account]
    category = np.where(random.random(size) < 0.5, favourite, random.integers(0, len(CATEGORIES), size))
    imported = later(random, moment, 3.0)
    known = imported < company.timeline.days * DAY
    return pa.table(
        {
            "order_id": pa.array([order_id(n) for n in number.tolist()], type=pa.string()),
            "customer_id": labels(company.population.ids, account),
            "ordered_at": instants(moment),
            "category": labels(CATEGORIES, category),
            "items": pa.array(items),
            "amount": money(cents),
            "imported_at": instants(imported),
        }
    ).filter(pa.array(known))


def _returns(company: Company, account: Integers, moment: Integers, number: Integers) -> Any:
    """List what was sent back: more where the goods do not please."""
    random = company.stream("returns")
    mood = company.state("satisfaction")[account, moment // (7 * DAY)]
    back = np.flatnonzero(random.random(len(account)) < sigmoid(-1.7 - 0.9 * mood))
    returned = moment[back] + random.integers(4, 22, len(back)) * DAY
    reason = random.choice(len(REASONS), len(back), p=[0.4, 0.2, 0.15, 0.25])
    kept = np.flatnonzero(returned < company.timeline.days * DAY)
    kept = kept[np.argsort(returned[kept], kind="stable")]
    return pa.table(
        {
            "order_id": pa.array([order_id(n) for n in number[back[kept]].tolist()], type=pa.string()),
            "customer_id": labels(company.population.ids, account[back[kept]]),
            "returned_at": instants(returned[kept]),
            "reason": labels(REASONS, reason[kept]),
        }
    )


def _sessions(company: Company) -> Any:
    """List the visits to the site; three days of them were lost, a few per cent arrive late."""
    random, population = company.stream("sessions"), company.population
    state = company.state("browsing")
    account, moment, week = occasions(
        company,
        random,
        WEEKLY_SESSIONS * np.exp(0.5 * state + population.taste[:, None]),
        weekdays=7,
        hours=WAKING_HOURS,
    )
    page = random.choice(len(PAGES), len(account), p=[0.3, 0.25, 0.28, 0.12, 0.05])
    views = 1 + random.poisson(np.exp(1.2 + 0.3 * state[account, week]))
    arrived = arrivals(random, moment)
    kept = ~company.lost(moment // DAY) & (arrived < company.timeline.days * DAY)
    return pa.table(
        {
            "customer_id": labels(population.ids, account),
            "started_at": instants(moment),
            "landing_page": labels(PAGES, page),
            "pages": pa.array(views),
            "ingested_at": instants(arrived),
        }
    ).filter(pa.array(kept))


def _emails(company: Company) -> Any:
    """List what was done with the weekly e-mail: opened, clicked or unsubscribed."""
    random, population = company.stream("emails"), company.population
    state = company.state("communication")
    openness = sigmoid(-1.2 + 0.9 * state + population.taste[:, None])
    account, moment, week = occasions(company, random, WEEKLY_MAILS * openness, weekdays=7, hours=WAKING_HOURS)
    clicks = random.random(len(account)) < sigmoid(-1.6 + 0.6 * state[account, week])
    leaves = ~clicks & (random.random(len(account)) < 0.004)
    received = arrivals(random, moment)
    return pa.table(
        {
            "customer_id": labels(population.ids, account),
            "time": instants(moment),
            "action": labels(("opened", "clicked", "unsubscribed"), np.where(leaves, 2, clicks.astype(np.int64))),
            "received_at": instants(received),
        }
    ).filter(pa.array(received < company.timeline.days * DAY))


def _complaints(company: Company) -> Any:
    """List the complaints: many where the service is bad, and then often again about the same."""
    random = company.stream("complaints")
    state = company.state("service")
    account, moment, week = occasions(company, random, 0.02 * np.exp(-0.9 * state), weekdays=7)
    usual = company.stream("usual complaint").integers(0, len(TOPICS), company.population.size)[account]
    again = random.random(len(account)) < sigmoid(-0.6 * state[account, week])
    topic = np.where(again, usual, random.integers(0, len(TOPICS), len(account)))
    return pa.table(
        {
            "complaint_id": pa.array([f"B-{n:06d}" for n in range(1, len(account) + 1)], type=pa.string()),
            "customer_id": labels(company.population.ids, account),
            "opened_at": instants(moment),
            "topic": labels(TOPICS, topic),
        }
    )


def _reviews(company: Company, account: Integers, moment: Integers, number: Integers) -> Any:
    """List the reviews: one to five stars for about every fifth order, and sometimes a sentence."""
    random = company.stream("reviews")
    mood = company.state("satisfaction")[account, moment // (7 * DAY)]
    written = later(random, moment + 3 * DAY, 90.0)
    reviews = (random.random(len(account)) < 0.22) & (written < company.timeline.days * DAY)
    chosen = np.flatnonzero(reviews & (company.status(account, written // DAY) == ACTIVE))
    chosen = chosen[np.argsort(written[chosen], kind="stable")]
    stars = rating(random, 3.8 + 0.9 * mood[chosen], 0.7, 1, 5)
    wordless = random.random(len(chosen)) > 0.5
    return pa.table(
        {
            "order_id": pa.array([order_id(n) for n in number[chosen].tolist()], type=pa.string()),
            "customer_id": labels(company.population.ids, account[chosen]),
            "written_at": instants(written[chosen]),
            "stars": pa.array(stars),
            "comment": remarks(random, COMMENTS, np.searchsorted([2.5, 3.5], stars), wordless),
        }
    )
