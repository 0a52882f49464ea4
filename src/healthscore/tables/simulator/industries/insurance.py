"""An insurer: customers, policies, claims, premiums, contacts, surveys.

What the states do: `satisfaction` speaks in surveys, `contact` brings people to agents and agents to people, `payments`
pays premiums, `claims` settles claims in time; `digital` opens the portal and means nothing. A claim that was not
settled by the promised day outweighs the rest for half a year.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from healthscore.tables.simulator.company import Company
from healthscore.tables.simulator.experiences import simulate_claims
from healthscore.tables.simulator.industries.terms import Terms, anniversaries, cut, terms_of
from healthscore.tables.simulator.lives import ACTIVE, CAUSES, NOT_ENDED
from healthscore.tables.simulator.occasions import HOUR, WAKING_HOURS, arrivals, later, occasions
from healthscore.tables.simulator.population import owners
from healthscore.tables.simulator.recipe import Floats, Integers, sigmoid
from healthscore.tables.simulator.remarks import rating, remarks
from healthscore.tables.simulator.timeline import DAY, OPEN, anniversary, dates, instants, labels, money

CSV = ("customers", "claims", "surveys")
LINES = ("motor", "household", "liability", "legal")
YEARLY_CENTS = np.array([62_000, 18_000, 9_500, 24_000])
CONTACTS = ("telephone", "branch", "agent_visit", "letter")
PORTAL = ("login", "documents", "report_claim", "change_address")
PAYMENT_TERM_DAYS = 14
COMMENTS = (
    (
        "The claim took forever, very disappointed.",
        "Nobody answered my calls, terrible service.",
        "Bad experience, they refused to pay at first.",
    ),
    ("It was settled in the end.", "Nothing special, the premium is average.", "The process took some time."),
    ("Excellent, paid within days.", "Very helpful agent, I am happy.", "Great service, quick and friendly."),
)


def tables(company: Company) -> dict[str, Any]:
    """Write down what the insurer's systems hold."""
    claims, surveys = _claims_and_surveys(company)
    return {
        "customers": _customers(company),
        "policies": _policies(company),
        "claims": claims,
        "premiums": _premiums(company),
        "contacts": _contacts(company),
        "portal": _portal(company),
        "surveys": surveys,
    }


def _customers(company: Company) -> Any:
    """List the customers."""
    population = company.population
    return pa.table(
        {
            "customer_id": pa.array(population.ids, type=pa.string()),
            "household": labels(list(population.clientele.segments), population.segment),
            "region": labels(list(population.clientele.places), population.country),
            "agent": owners(population, "AG-"),
        }
    )


def _policies(company: Company) -> Any:
    """List the policies, a row per term of a year: one as long as somebody is a customer, others beside it.

    The others have terms of their own.
    """
    random, lives, days = company.stream("policies"), company.lives, company.timeline.days
    size = len(lives.account)
    parts = [_rows(terms_of(company), 0)]
    for line in range(1, len(LINES)):
        start = lives.start + random.exponential(700.0, size).astype(np.int64)
        years = random.geometric(0.12, size)
        lapses = np.full(size, OPEN)
        for year in range(1, 6):
            lapses = np.where(years == year, anniversary(start, year), lapses)
        # Whoever has given notice takes out nothing more.
        wanted = (random.random(size) < 0.35) & (start < np.minimum(lives.decided, days))
        alone = lapses < np.minimum(lives.decided, days)
        # With a notice, they end at their next renewal, or with the customer if that comes first.
        due = anniversaries(start, np.where(lives.notice < OPEN, (lives.notice - start) // 365 + 1, 0))
        with_customer = np.where(lives.notice < OPEN, np.minimum(due, lives.end), lives.end)
        end, cause = np.where(alone, lapses, with_customer), np.where(alone, NOT_ENDED, lives.cause)
        notice = np.where(alone, OPEN, lives.notice)
        terms = cut(lives.account[wanted], start[wanted], end[wanted], notice[wanted], cause[wanted], days)
        parts.append(_rows(terms, line))
    rows = np.concatenate(parts, axis=1)
    account, kind, year, begin, renewal, end, notice, cause = rows[:, np.lexsort((rows[3], rows[1], rows[0]))]
    premium = YEARLY_CENTS[kind] * (1.0 + 0.03 * year) * np.exp(2.0 * company.population.taste[account]) / 12
    ids = [
        f"{LINES[k][:2].upper()}-{company.population.ids[a]}"
        for k, a in zip(kind.tolist(), account.tolist(), strict=True)
    ]
    return pa.table(
        {
            "policy_id": pa.array(ids, type=pa.string()),
            "customer_id": labels(company.population.ids, account),
            "line": labels(LINES, kind),
            "start": dates(begin),
            "ended": dates(end, end >= OPEN),
            "renewal": dates(renewal),
            "cancelled_on": dates(notice, notice >= OPEN),
            "exit_type": labels(CAUSES, cause, cause < 0),
            "monthly_premium": money(np.round(premium).astype(np.int64)),
        }
    )


def _rows(terms: Terms, line: int) -> Integers:
    """Stack terms: account, line, year, start, renewal, end, notice, cause."""
    kind = np.full(len(terms.account), line)
    columns = [terms.account, kind, terms.year, terms.start, terms.renewal, terms.end, terms.notice, terms.cause]
    return np.stack(columns)


def _claims_and_surveys(company: Company) -> tuple[Any, Any]:
    """List the claims of customers with the day promised for the settlement, and the surveys after them and yearly."""
    drawn, days = simulate_claims(company.recipe, company.latents, company.seed), company.timeline.days
    mine = company.status(drawn.account, drawn.reported) == ACTIVE
    account, reported, promised, settled = (
        column[mine] for column in (drawn.account, drawn.reported, drawn.promised, drawn.settled)
    )
    random, size = company.stream("claims table"), len(account)
    order = np.argsort(reported, kind="stable")
    moment = reported * DAY + random.integers(7, 22, size) * HOUR
    entered = later(random, moment[order], 8.0)
    claims = pa.table(
        {
            "claim_id": pa.array([f"S-{n:06d}" for n in range(1, size + 1)], type=pa.string()),
            "customer_id": labels(company.population.ids, account[order]),
            "line": labels(LINES, random.choice(len(LINES), size, p=[0.5, 0.3, 0.15, 0.05])),
            "reported": dates(reported[order]),
            "promised": dates(promised[order]),
            "settled": dates(settled[order], settled[order] >= days),
            "amount": money(drawn.cents[mine][order]),
            "entered_at": instants(entered),
        }
    ).filter(pa.array(entered < days * DAY))
    over = np.flatnonzero(settled + 3 < days)
    asked_late = (settled - promised)[over]
    yearly = occasions(company, random, np.full(company.states.shape[:2], 1 / 13))
    who = np.concatenate([account[over], yearly[0]])
    asked = np.concatenate([(settled[over] + 3) * DAY + 10 * HOUR, yearly[1]])
    mood = np.concatenate([np.where(asked_late > 0, -1.6, 0.5), np.zeros(len(yearly[0]))])
    purpose = np.repeat([0, 1], [len(over), len(yearly[0])])
    order = np.argsort(asked, kind="stable")
    return claims, _surveys(company, who[order], asked[order], mood[order], purpose[order])


def _surveys(company: Company, account: Integers, asked: Integers, mood: Floats, purpose: Integers) -> Any:
    """List the questions "would you recommend us?" (0 to 10): after claims, and now and then of everybody."""
    random, end = company.stream("surveys"), company.timeline.days * DAY
    there = company.status(account, asked // DAY) == ACTIVE
    account, asked, mood, purpose = account[there], asked[there], mood[there], purpose[there]
    answered = later(random, asked, 60.0, 0.2)
    silent = (random.random(len(account)) > 0.5) | (answered >= end)
    state = company.state("satisfaction")[account, asked // (7 * DAY)]
    points = rating(random, 7.2 + 1.7 * state + mood, 1.3, 0, 10)
    wordless = silent | (random.random(len(account)) > 0.5)
    return pa.table(
        {
            "customer_id": labels(company.population.ids, account),
            "asked_at": instants(asked),
            "answered_at": instants(answered, silent),
            "nps": pa.array(points, mask=silent),
            "comment": remarks(random, COMMENTS, np.searchsorted([6.5, 8.5], points), wordless),
            "purpose": labels(("claim", "periodic"), purpose),
        }
    )


def _premiums(company: Company) -> Any:
    """List the premium bills: one per quarter and customer, spread over its months, due after 14 days."""
    random, population = company.stream("premiums"), company.population
    months = np.array(company.timeline.month_starts)
    turn = np.arange(len(months))[None, :] % 3 == np.arange(population.size)[:, None] % 3
    account, month = np.nonzero((company.lives.status[:, months] == ACTIVE) & turn)
    day, size = months[month], len(account)
    state = company.state("payments")[account, day // 7]
    late = random.random(size) < sigmoid(-1.5 - 1.2 * state)
    term = PAYMENT_TERM_DAYS
    delay = np.where(late, term + 1 + random.exponential(20.0 * np.exp(-0.3 * state)), random.uniform(1, term, size))
    paid = day + delay.astype(np.int64)
    cents = np.round(20_000 * np.exp(2.0 * population.taste[account])).astype(np.int64)
    return pa.table(
        {
            "customer_id": labels(population.ids, account),
            "billed": dates(day),
            "due": dates(day + term),
            "paid": dates(paid, paid >= company.timeline.days),
            "amount": money(cents),
        }
    )


def _contacts(company: Company) -> Any:
    """List the contacts: with an agent, by telephone, by letter; more of them where the customer is known."""
    random = company.stream("contacts")
    state = company.state("contact")
    account, moment, week = occasions(company, random, 0.18 * np.exp(0.7 * state))
    mood, size = state[account, week], len(account)
    kind = random.choice(len(CONTACTS), size, p=[0.45, 0.15, 0.2, 0.2])
    inbound = random.random(size) < sigmoid(-0.2 + 0.6 * mood)
    reached = inbound | (random.random(size) < sigmoid(0.2 + 0.8 * mood))
    noted = later(random, moment, 24.0, 0.5)
    return pa.table(
        {
            "customer_id": labels(company.population.ids, account),
            "time": instants(moment),
            "kind": labels(CONTACTS, kind),
            "direction": labels(("outbound", "inbound"), inbound.astype(np.int64)),
            "reached": pa.array(reached),
            "noted_at": instants(noted),
        }
    ).filter(pa.array(noted < company.timeline.days * DAY))


def _portal(company: Company) -> Any:
    """List the visits to the portal; three days of them were lost, a few per cent arrive late."""
    random, population = company.stream("portal"), company.population
    rate = 0.25 * np.exp(0.5 * company.state("digital") + population.taste[:, None])
    account, moment, _ = occasions(company, random, rate, weekdays=7, hours=WAKING_HOURS)
    arrived = arrivals(random, moment)
    kept = ~company.lost(moment // DAY) & (arrived < company.timeline.days * DAY)
    return pa.table(
        {
            "customer_id": labels(population.ids, account),
            "time": instants(moment),
            "action": labels(PORTAL, random.choice(len(PORTAL), len(account), p=[0.6, 0.25, 0.05, 0.1])),
            "ingested_at": instants(arrived),
        }
    ).filter(pa.array(kept))
