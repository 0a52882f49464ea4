"""What the customer success team writes down: conversations and interventions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from healthscore.tables.simulator.company import Company
from healthscore.tables.simulator.interventions import ACTIONS
from healthscore.tables.simulator.lives import ACTIVE
from healthscore.tables.simulator.occasions import SECOND
from healthscore.tables.simulator.recipe import RELATIONSHIP, sigmoid
from healthscore.tables.simulator.timeline import DAY, dates, instants, labels

KINDS = ("call", "email", "meeting", "qbr")
DIRECTIONS = ("outbound", "inbound")
WEEKLY_CONTACTS = np.array([0.12, 0.30, 0.70])  # by segment


def interventions_table(company: Company) -> Any:
    """Write down the interventions that fell on paying accounts; `arm` tells the held-out from the treated."""
    account, day, action = company.actions
    paying = company.status(account, day) == ACTIVE
    account, day, action = account[paying], day[paying], action[paying]
    order = np.argsort(day, kind="stable")
    return pa.table(
        {
            "account_id": labels(company.population.ids, account[order]),
            "date": dates(day[order]),
            "kind": labels(ACTIONS, action[order]),
            "arm": labels(("treated", "held_out"), company.held_out[account[order]].astype(np.int64)),
        }
    )


def touchpoints_table(company: Company) -> Any:
    """Write down the conversations: attended and started by the customer where the relationship is good.

    `attended` means answered for an e-mail. `executive` tells whether a decision maker took part. People write
    their notes late: `logged_at` is up to some days after `time`.
    """
    random = company.stream("touchpoints")
    state = company.states[:, :, RELATIONSHIP]
    rate = WEEKLY_CONTACTS[company.population.segment][:, None]
    outbound = random.poisson(np.broadcast_to(rate, state.shape))
    inbound = random.poisson(0.4 * rate * np.exp(0.6 * state))
    account, week = np.nonzero(outbound + inbound)
    both = np.stack([outbound[account, week], inbound[account, week]])
    direction = np.repeat(np.tile([0, 1], len(account)), both.T.ravel())
    account, week = (np.repeat(column, both.sum(axis=0)) for column in (account, week))
    day = 7 * week + random.integers(0, 5, len(account))
    paid = company.status(account, day) == ACTIVE
    account, week, day, direction = account[paid], week[paid], day[paid], direction[paid]
    size = len(account)
    mood = state[account, week]
    kind = random.choice(len(KINDS), size, p=[0.25, 0.45, 0.2, 0.1])
    attended = (random.random(size) < sigmoid(0.7 + 1.1 * mood)) | (direction == 1)
    executive = attended & (random.random(size) < sigmoid(-2.0 + 0.8 * mood + 1.0 * (kind == KINDS.index("qbr"))))
    moment = day * DAY + random.integers(8 * 3600, 18 * 3600, size) * SECOND
    logged = moment + (random.exponential(20.0, size) * 3600 + 1800).astype(np.int64) * SECOND
    order = np.argsort(moment, kind="stable")
    order = order[logged[order] < company.timeline.days * DAY]
    return pa.table(
        {
            "account_id": labels(company.population.ids, account[order]),
            "time": instants(moment[order]),
            "kind": labels(KINDS, kind[order]),
            "direction": labels(DIRECTIONS, direction[order]),
            "attended": pa.array(attended[order]),
            "executive": pa.array(executive[order]),
            "logged_at": instants(logged[order]),
        }
    )
