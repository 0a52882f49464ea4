"""A services firm: clients and their groups, contracts, meetings, milestones, invoices, ratings, surveys, a portal.

What the states do: `relationship` fills meetings and brings decision makers to them, `delivery` keeps milestones in
time, `satisfaction` speaks in surveys and in the account manager's rating, `finance` pays invoices, `engagement` visits
the client portal and means nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from healthscore.tables.simulator.company import Company
from healthscore.tables.simulator.industries.terms import terms_of
from healthscore.tables.simulator.lives import ACTIVE, CAUSES
from healthscore.tables.simulator.occasions import HOUR, SECOND, WAKING_HOURS, arrivals, later, occasions
from healthscore.tables.simulator.population import company_names, owners
from healthscore.tables.simulator.recipe import Integers, sigmoid
from healthscore.tables.simulator.remarks import rating, remarks
from healthscore.tables.simulator.timeline import DAY, OPEN, dates, instants, labels, money

CSV = ("clients", "meetings", "surveys")
BRANCHES = ("manufacturing", "public", "energy", "retail", "banking", "health")
MEETINGS = ("call", "status_meeting", "workshop", "qbr")
STEPS = ("concept", "design", "build", "test", "handover")
PORTAL = ("login", "download", "message", "quote_request")
WEEKLY_MEETINGS = np.array([0.15, 0.25, 0.45])  # by tier
WEEKLY_MILESTONES = np.array([0.10, 0.16, 0.28])
MONTHLY_FEE_CENTS = 180_000  # per consultant
PAYMENT_TERM_DAYS = 30
COMMENTS = (
    (
        "The project was late again and nobody told us.",
        "We are disappointed with the quality of the work.",
        "Poor communication, too many changes of staff.",
        "The result was bad and expensive.",
    ),
    (
        "The work is done, some points are still open.",
        "Delivered as described in the contract.",
        "It took longer than planned, the outcome is fine.",
    ),
    (
        "Excellent team, we are very happy with the result.",
        "Great work, delivered on time.",
        "Very professional and a pleasure to work with.",
        "A good partner, we gladly recommend them.",
    ),
)


def tables(company: Company) -> dict[str, Any]:
    """Write down what the firm's systems hold."""
    milestones, surveys = _milestones_and_surveys(company)
    return {
        "clients": _clients(company),
        "contracts": _contracts(company),
        "meetings": _meetings(company),
        "milestones": milestones,
        "invoices": _invoices(company),
        "ratings": _ratings(company),
        "surveys": surveys,
        "portal": _portal(company),
    }


def _clients(company: Company) -> Any:
    """List the clients; those that are parts of a group name its head in `parent_id`."""
    population = company.population
    alone = population.parent == np.arange(population.size)
    branch = company.stream("branches").integers(0, len(BRANCHES), population.size)
    return pa.table(
        {
            "client_id": pa.array(population.ids, type=pa.string()),
            "name": company_names(population.size),
            "tier": labels(list(population.clientele.segments), population.segment),
            "industry": labels(BRANCHES, branch),
            "country": labels(list(population.clientele.places), population.country),
            "account_manager": owners(population, "AM-"),
            "parent_id": labels(population.ids, population.parent, alone),
        }
    )


def _contracts(company: Company) -> Any:
    """List the contracts, a row per term of a year; `ended` is empty while a term runs."""
    population, random = company.population, company.stream("contracts")
    terms = terms_of(company)
    account, year = terms.account, np.maximum(terms.year, 0)
    # Scope grows and shrinks at renewals, with the state of the relationship at that time.
    mood = company.state("relationship")[account, np.clip(terms.start // 7, 0, company.timeline.weeks - 1)]
    scope = np.exp(0.04 * year + np.where(terms.start >= 0, 0.10 * mood, 0.0) + random.normal(0.0, 0.05, len(account)))
    fee = (MONTHLY_FEE_CENTS / 100 * population.seats[account] * scope).astype(np.int64) * 100
    return pa.table(
        {
            "contract_id": pa.array([f"V-{population.ids[a]}" for a in account.tolist()], type=pa.string()),
            "client_id": labels(population.ids, account),
            "start": dates(terms.start),
            "ended": dates(terms.end, terms.end >= OPEN),
            "renewal": dates(terms.renewal),
            "notice_date": dates(terms.notice, terms.notice >= OPEN),
            "exit_type": labels(CAUSES, terms.cause, terms.cause < 0),
            "monthly_fee": money(fee),
        }
    )


def _meetings(company: Company) -> Any:
    """List the conversations: attended, begun by the client and joined by a decision maker where it goes well."""
    random, population = company.stream("meetings"), company.population
    state = company.state("relationship")
    rate = WEEKLY_MEETINGS[population.segment][:, None]
    ours = occasions(company, random, np.broadcast_to(rate, state.shape))
    theirs = occasions(company, random, 0.5 * rate * np.exp(0.6 * state))
    account, moment, week = (np.concatenate(pair) for pair in zip(ours, theirs, strict=True))
    inbound = np.repeat([0, 1], [len(ours[0]), len(theirs[0])])
    mood, size = state[account, week], len(account)
    kind = random.choice(len(MEETINGS), size, p=[0.45, 0.33, 0.12, 0.10])
    attended = (random.random(size) < sigmoid(0.8 + 1.2 * mood)) | (inbound == 1)
    decides = attended & (random.random(size) < sigmoid(-1.8 + 0.9 * mood + 1.2 * (kind == MEETINGS.index("qbr"))))
    contact = random.integers(1, 3 + population.seats[account] // 3, size)
    noted = later(random, moment, 30.0, 0.5)
    order = np.flatnonzero(noted < company.timeline.days * DAY)
    order = order[np.argsort(moment[order], kind="stable")]
    people = [
        f"{population.ids[a]}-P{c}" for a, c in zip(account[order].tolist(), contact[order].tolist(), strict=True)
    ]
    return pa.table(
        {
            "client_id": labels(population.ids, account[order]),
            "contact_id": pa.array(people, type=pa.string()),
            "held_at": instants(moment[order]),
            "kind": labels(MEETINGS, kind[order]),
            "direction": labels(("outbound", "inbound"), inbound[order]),
            "attended": pa.array(attended[order]),
            "decision_maker": pa.array(decides[order]),
            "logged_at": instants(noted[order]),
        }
    )


def _milestones_and_surveys(company: Company) -> tuple[Any, Any]:
    """List the milestones of projects with their due days, and the surveys after those that were delivered."""
    random, population, end = company.stream("milestones"), company.population, company.timeline.days
    rate = WEEKLY_MILESTONES[population.segment][:, None]
    account, begun, week = occasions(company, random, np.broadcast_to(rate, company.states.shape[:2]))
    size, start = len(account), begun // DAY
    planned = random.integers(14, 61, size)
    delivery = company.state("delivery")[account, week]
    delivered = start + np.maximum(2, planned * np.exp(random.normal(-0.12, 0.25, size) - 0.28 * delivery)).astype(
        np.int64
    )
    open_yet = (delivered >= end) | (company.status(account, delivered) != ACTIVE)
    step = random.integers(0, len(STEPS), size)
    recorded = later(random, begun, 12.0)
    ids = [f"M-{n:06d}" for n in range(1, size + 1)]
    milestones = pa.table(
        {
            "milestone_id": pa.array(ids, type=pa.string()),
            "client_id": labels(population.ids, account),
            "step": labels(STEPS, step),
            "started": dates(start),
            "due": dates(start + planned),
            "delivered": dates(delivered, open_yet),
            "recorded_at": instants(recorded),
        }
    ).filter(pa.array(recorded < end * DAY))
    done = np.flatnonzero(~open_yet)
    asked = delivered[done] * DAY + random.integers(9, 17, len(done)) * HOUR + 2 * DAY
    # The survey goes out two days after the delivery; those that the end of the data cuts off were not sent.
    done, asked = done[asked < end * DAY], asked[asked < end * DAY]
    return milestones, _surveys(company, random, account[done], asked, (delivered - start - planned)[done])


def _surveys(
    company: Company, random: np.random.Generator, account: Integers, asked: Integers, days_late: Integers
) -> Any:
    """List the surveys after projects: a rating of 1 to 5 and sometimes a comment, from about half of the clients."""
    answered = later(random, asked, 50.0, 0.2)
    silent = (random.random(len(account)) > 0.55) | (answered >= company.timeline.days * DAY)
    mood = company.state("satisfaction")[account, asked // (7 * DAY)]
    points = rating(random, 3.7 + 0.8 * mood - 0.03 * np.clip(days_late, 0, 20), 0.6, 1, 5)
    wordless = silent | (random.random(len(account)) > 0.5)
    return pa.table(
        {
            "client_id": labels(company.population.ids, account),
            "asked_at": instants(asked),
            "answered_at": instants(answered, silent),
            "rating": pa.array(points, mask=silent),
            "comment": remarks(random, COMMENTS, np.searchsorted([2.5, 3.5], points), wordless),
        }
    )


def _invoices(company: Company) -> Any:
    """List the bills: one in the first days of a month to every client, due after 30 days."""
    random, population = company.stream("invoices"), company.population
    issued = np.array(company.timeline.month_starts)
    account, month = np.nonzero(company.lives.status[:, issued] == ACTIVE)
    day = issued[month]
    state = company.state("finance")[account, day // 7]
    size = len(account)
    late = random.random(size) < sigmoid(-1.6 - 1.2 * state)
    term = PAYMENT_TERM_DAYS
    delay = np.where(late, term + 1 + random.exponential(15.0 * np.exp(-0.3 * state)), random.uniform(5, term, size))
    paid = day + delay.astype(np.int64)
    return pa.table(
        {
            "invoice_id": pa.array([f"R-{n:06d}" for n in range(1, size + 1)], type=pa.string()),
            "client_id": labels(population.ids, account),
            "issued": dates(day),
            "due": dates(day + term),
            "paid": dates(paid, paid >= company.timeline.days),
            "amount": money(MONTHLY_FEE_CENTS * population.seats[account]),
        }
    )


def _ratings(company: Company) -> Any:
    """List the account managers' ratings of 1 to 5, about one per client and six weeks."""
    random = company.stream("ratings")
    account, moment, week = occasions(company, random, np.full(company.states.shape[:2], 1 / 6))
    mood = 0.5 * company.state("relationship")[account, week] + 0.6 * company.state("satisfaction")[account, week]
    points = rating(random, 3.4 + 0.8 * mood, 0.7, 1, 5)
    return pa.table(
        {
            "client_id": labels(company.population.ids, account),
            "rated_at": instants(moment),
            "rating": pa.array(points),
        }
    )


def _portal(company: Company) -> Any:
    """List the visits to the client portal; three days of them were lost, a few per cent arrive late."""
    random, population = company.stream("portal"), company.population
    rate = 0.5 * np.exp(0.5 * company.state("engagement") + population.habit[:, None])
    account, moment, _ = occasions(company, random, rate, hours=WAKING_HOURS)
    arrived = arrivals(random, moment)
    kept = ~company.lost(moment // DAY) & (arrived < company.timeline.days * DAY)
    account, moment, arrived = account[kept], moment[kept], arrived[kept]
    name = random.choice(len(PORTAL), len(account), p=[0.62, 0.22, 0.12, 0.04])
    return pa.table(
        {
            "client_id": labels(population.ids, account),
            "time": instants(moment // SECOND * SECOND),
            "action": labels(PORTAL, name),
            "ingested_at": instants(arrived),
        }
    )
