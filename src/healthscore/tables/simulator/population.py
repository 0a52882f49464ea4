"""Who the customers are: size, country, owner, and when they signed up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from healthscore.tables.simulator.clientele import Clientele
from healthscore.tables.simulator.recipe import Flags, Floats, Integers, stream
from healthscore.tables.simulator.timeline import Timeline, dates, labels

PRICE_CENTS = np.array([2_900, 4_500, 6_500])  # per seat and month
PLANS = ("starter", "team", "business")
UTC_OFFSET_HOURS = np.array([-6, 1, 0, 1, 5, -3, 10])  # of the places of the software company's customers
TRIAL_DAYS = 14

FIRST_WORDS = ("Alder", "Bright", "Cobalt", "Delta", "Ember", "Fjord", "Granite", "Harbour", "Indigo", "Juniper")
SECOND_WORDS = ("Analytics", "Foods", "Freight", "Health", "Labs", "Logistics", "Media", "Partners", "Retail", "Works")


@dataclass(frozen=True)
class Population:
    """Per-account constants, arrays of length n; days are day numbers of the timeline (negative: before it).

    `segment` and `country` are codes; `parent` is the position of the account that an account is a part of, its own
    where it stands alone; `trial` is 0 or 14 days; `converts` is False for trials that never paid;
    `fill` is the share of seats that are given to users; `habit` and `taste` are lasting differences in how much
    and how broadly an account uses the product, which say nothing about its health.
    """

    clientele: Clientele
    ids: list[str]
    segment: Integers
    country: Integers
    parent: Integers
    owner: Integers
    started: Integers
    trial: Integers
    converts: Flags
    seats: Integers
    fill: Floats
    discount: Floats
    habit: Floats
    taste: Floats

    @property
    def size(self) -> int:
        """Number of accounts."""
        return len(self.ids)


def account_id(number: int, prefix: str) -> str:
    """Name an account. One in fifty came from an older system, whose ids are digits with leading zeros."""
    return f"{number:07d}" if number % 50 == 0 else f"{prefix}{number:06d}"


def simulate_population(clientele: Clientele, accounts: int, timeline: Timeline, seed: int) -> Population:
    """Draw the accounts: some are customers when the data start, the others sign up later."""
    random = stream(seed, "population")
    segment = random.choice(len(clientele.segments), accounts, p=list(clientele.segments.values()))
    before = random.random(accounts) < clientele.share_at_start
    age = 20 + np.minimum(random.exponential(500.0, accounts), 2000.0).astype(np.int64)
    joins = random.integers(0, max(1, int(0.85 * timeline.days)), accounts)
    on_trial = (random.random(accounts) < clientele.trial_share) & (segment < len(clientele.segments) - 1)
    # Whoever signed up before the data start and did not convert is not in the data.
    converts = ~on_trial | before | (random.random(accounts) < 0.85)
    size = np.array(clientele.sizes)[segment] * np.exp(random.normal(0.0, 0.45, accounts))
    parent = _parents(clientele, segment, seed)
    return Population(
        clientele=clientele,
        ids=[account_id(number, clientele.prefix) for number in range(1, accounts + 1)],
        segment=segment.astype(np.int64),
        country=random.choice(len(clientele.places), accounts, p=list(clientele.places.values())).astype(np.int64),
        parent=parent,
        owner=random.integers(0, max(3, accounts // 60), accounts),
        started=np.where(before, -age, joins)[parent],
        trial=np.where(on_trial, TRIAL_DAYS, 0),
        converts=converts,
        seats=np.maximum(2, np.round(size)).astype(np.int64),
        fill=random.uniform(0.75, 1.0, accounts),
        discount=random.choice([0.0, 0.1, 0.2], accounts, p=[0.7, 0.2, 0.1]),
        habit=random.normal(0.0, 0.2, accounts),
        taste=random.normal(0.0, 0.2, accounts),
    )


def _parents(clientele: Clientele, segment: Integers, seed: int) -> Integers:
    """Make some accounts parts of one of the others: position of the parent, the own position where there is none."""
    random = stream(seed, "groups")
    position = np.arange(len(segment))
    part = (random.random(len(segment)) < clientele.group_share) & (segment < len(clientele.segments) - 1)
    heads = position[~part]
    return np.where(part, heads[random.integers(0, len(heads), len(segment))], position)


def company_names(size: int) -> Any:
    """Names for so many companies."""
    names = [
        f"{FIRST_WORDS[n % 10]} {SECOND_WORDS[(n // 10) % 10]}" + (f" {n // 100 + 1}" if n >= 100 else "")
        for n in range(size)
    ]
    return pa.array(names, type=pa.string())


def owners(population: Population, prefix: str) -> Any:
    """Name who looks after each account."""
    return labels([f"{prefix}{n + 1:02d}" for n in range(int(population.owner.max()) + 1)], population.owner)


def accounts_table(population: Population) -> Any:
    """Write down the accounts: account_id, name, segment, country, owner, started."""
    return pa.table(
        {
            "account_id": pa.array(population.ids, type=pa.string()),
            "name": company_names(population.size),
            "segment": labels(list(population.clientele.segments), population.segment),
            "country": labels(list(population.clientele.places), population.country),
            "owner": owners(population, "CSM-"),
            "started": dates(population.started),
        }
    )
