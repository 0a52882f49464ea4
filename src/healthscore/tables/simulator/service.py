"""What customers say and ask: support tickets and surveys."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from healthscore.tables.simulator.company import Company
from healthscore.tables.simulator.lives import ACTIVE
from healthscore.tables.simulator.occasions import SECOND, occasions
from healthscore.tables.simulator.recipe import SATISFACTION, SUPPORT, Flags, Floats, Integers, sigmoid
from healthscore.tables.simulator.timeline import DAY, instants, labels
from healthscore.tables.simulator.usage import Users

SEVERITIES = ("low", "normal", "high", "critical")
TOPICS = ("how_to", "bug", "performance", "billing", "integration", "access")
SURVEY_CYCLE_DAYS = 91
COMMENTS = (
    (
        "Very disappointed, too many bugs.",
        "Support is slow and the tool is frustrating.",
        "We are thinking of leaving.",
    ),
    ("It is okay, some things are confusing.", "Does what we need, nothing special.", "Average so far."),
    ("Great product, we love it.", "Excellent support and very helpful team.", "Works well, happy to recommend it."),
)


def tickets_table(company: Company) -> Any:
    """Write down the tickets: many, severe and slow ones where the support state is low.

    Whatever lies after the end of the data has not happened yet: open tickets have no `closed_at`. The rating
    (`csat`, 1 to 5) follows satisfaction, and only some customers give one, at `rated_at`.
    """
    random = company.stream("tickets")
    end = company.timeline.days * DAY
    account, opened, week = occasions(company, random, _ticket_rates(company))
    support = company.states[account, week, SUPPORT]
    mood = company.states[account, week, SATISFACTION]
    size = len(account)
    severity = np.searchsorted([-0.4, 1.0, 2.0], random.normal(0.0, 1.0, size) - 0.6 * support)
    hours = random.lognormal(np.log(30.0) - 0.5 * support - 0.2 * (severity - 1), 1.0)
    closed = opened + (hours * 3600).astype(np.int64) * SECOND
    escalates = random.random(size) < sigmoid(-3.2 - 0.8 * support + 0.6 * severity)
    escalated = opened + (random.uniform(0.2, 0.9, size) * hours * 3600).astype(np.int64) * SECOND
    reopens = random.random(size) < sigmoid(-2.8 - 0.7 * support)
    reopened = opened + (0.8 * hours * 3600).astype(np.int64) * SECOND
    rated = closed + (random.exponential(20.0, size) * 3600 + 60).astype(np.int64) * SECOND
    silent = (random.random(size) > 0.45) | (rated >= end)
    csat = np.clip(np.round(3.8 + 0.8 * mood + random.normal(0.0, 0.7, size)), 1, 5).astype(np.int64)
    return pa.table(
        {
            "account_id": labels(company.population.ids, account),
            "ticket_id": pa.array([f"T-{n:07d}" for n in range(1, size + 1)], type=pa.string()),
            "opened_at": instants(opened),
            "closed_at": instants(closed, closed >= end),
            "severity": labels(SEVERITIES, severity.astype(np.int64)),
            "topic": labels(TOPICS, random.choice(len(TOPICS), size, p=[0.3, 0.25, 0.1, 0.1, 0.15, 0.1])),
            "escalated_at": instants(escalated, ~escalates | (escalated >= end)),
            "reopened_at": instants(reopened, ~reopens | (reopened >= end)),
            "csat": pa.array(csat, mask=silent),
            "rated_at": instants(rated, silent),
        }
    )


def _ticket_rates(company: Company) -> Floats:
    """Say how many tickets to expect per account and week: (accounts, weeks)."""
    size = np.log(company.population.seats / 8.0)[:, None]
    return 0.12 * np.exp(0.35 * size - 0.6 * company.states[:, :, SUPPORT])


def surveys_table(company: Company, users: Users) -> Any:
    """Write down the NPS surveys: every quarter, to some users of each paying account; about half answer.

    `answered_at`, `nps` and `comment` are empty without an answer. No survey is sent after a notice.
    """
    random = company.stream("surveys")
    end = company.timeline.days * DAY
    phase = random.integers(0, SURVEY_CYCLE_DAYS, company.population.size)
    day = phase[:, None] + SURVEY_CYCLE_DAYS * np.arange(company.timeline.days // SURVEY_CYCLE_DAYS + 1)[None, :]
    account, turn = np.nonzero(_askable(company, day))
    day_asked = day[account, turn]
    week = day_asked // 7
    present = users.per_week[account, week]
    people = np.minimum(present, 2 + present // 10)
    account, day_asked, week = (np.repeat(column, people) for column in (account, day_asked, week))
    shift = np.arange(len(account)) - np.repeat(np.cumsum(people) - people, people)
    start = np.repeat(random.integers(0, 1_000_000, len(people)), people)
    user = users.first[account] + (start + shift) % np.repeat(present, people)
    size = len(account)
    asked = day_asked * DAY + random.integers(8 * 3600, 17 * 3600, size) * SECOND
    answered = asked + (random.exponential(40.0, size) * 3600 + 30).astype(np.int64) * SECOND
    silent = (random.random(size) > 0.5) | (answered >= end)
    mood = company.states[account, week, SATISFACTION]
    nps = np.clip(np.round(7.3 + 1.7 * mood + random.normal(0.0, 1.5, size)), 0, 10).astype(np.int64)
    tone = np.searchsorted([6.5, 8.5], nps)
    remark = tone * 3 + random.integers(0, 3, size)
    wordless = silent | (random.random(size) > 0.4)
    names = [users.name(number) for number in range(len(users.account))]
    return pa.table(
        {
            "account_id": labels(company.population.ids, account),
            "user_id": labels(names, user),
            "asked_at": instants(asked),
            "answered_at": instants(answered, silent),
            "nps": pa.array(nps, mask=silent),
            "comment": labels([text for texts in COMMENTS for text in texts], remark, wordless),
            "purpose": labels(("periodic",), np.zeros(size, dtype=np.int64)),
        }
    )


def _askable(company: Company, day: Integers) -> Flags:
    """Tell whether an account is paying, without notice, on each of its survey days: (accounts, turns)."""
    rows = np.arange(len(day))[:, None]
    week = np.minimum(day // 7, company.timeline.weeks - 1)
    askable: Flags = (company.status(rows, day) == ACTIVE) & ~company.leaving[rows, week]
    return askable
