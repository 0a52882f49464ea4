"""A chain of shops: loyalty cards, receipts, coupons, returns, complaints, ratings at the till.

What the states do: `visits` brings people into the shops now; the pace of their purchases also follows, some weeks
later, from all states by the planted weights. `variety` spreads purchases over departments, `satisfaction` presses the
faces at the exit and keeps goods from being brought back, `service` keeps complaints away; `promotions` uses coupons
and means nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from healthscore.tables.simulator.company import Company
from healthscore.tables.simulator.occasions import arrivals, occasions
from healthscore.tables.simulator.recipe import Floats, Integers, sigmoid
from healthscore.tables.simulator.remarks import rating
from healthscore.tables.simulator.timeline import DAY, dates, instants, labels, money

CSV = ("cards", "returns", "complaints", "ratings")
DEPARTMENTS = ("food", "bakery", "drinks", "household", "cosmetics", "clothing", "toys", "stationery")
TOPICS = ("checkout queue", "spoiled goods", "wrong price", "unfriendly staff", "out of stock")
SHOP_HOURS = (8, 20)
WEEKLY_VISITS = 1.2
FOLLOWING = 1.0
"""How strongly the pace of purchases follows the health of a customer some weeks before, per standard deviation."""


def tables(company: Company) -> dict[str, Any]:
    """Write down what the chain's systems hold."""
    account, moment, week = occasions(company, company.stream("receipts"), _pace(company), weekdays=6, hours=SHOP_HOURS)
    # The card readers were down for three days: what was bought then is on nobody's card.
    seen = ~company.lost(moment // DAY)
    account, moment, week = account[seen], moment[seen], week[seen]
    return {
        "cards": _cards(company),
        "receipts": _receipts(company, account, moment, week),
        "coupons": _coupons(company, account, moment, week),
        "returns": _returns(company, account, moment, week),
        "complaints": _complaints(company),
        "ratings": _ratings(company, account, moment, week),
    }


def _pace(company: Company) -> Floats:
    """Expected receipts per card and week: habit, a season, the present, and the health of some weeks ago."""
    recipe, weeks = company.recipe, company.timeline.weeks
    before = company.latents[:, :weeks]
    health = -recipe.log_odds(before) / np.sqrt(np.square(recipe.betas).sum())
    in_year = 7.0 * np.arange(weeks) / 365.25
    christmas = 0.25 * np.exp(-0.5 * np.square((np.mod(in_year, 1.0) - 0.95) / 0.03))
    pace = 1.5 * company.population.habit[:, None] + 0.15 * company.state("visits") + FOLLOWING * health
    rate: Floats = WEEKLY_VISITS * np.exp(pace - 0.5 * FOLLOWING**2 + christmas)
    return rate


def _cards(company: Company) -> Any:
    """List the loyalty cards and the shop that gave them out."""
    population = company.population
    return pa.table(
        {
            "card_id": pa.array(population.ids, type=pa.string()),
            "age_group": labels(list(population.clientele.segments), population.segment),
            "home_shop": labels(list(population.clientele.places), population.country),
            "issued": dates(population.started),
        }
    )


def _receipts(company: Company, account: Integers, moment: Integers, week: Integers) -> Any:
    """List the receipts: shop, the department that most was spent in, and the value of the basket in euro."""
    random, size = company.stream("baskets"), len(account)
    variety = company.state("variety")[account, week]
    department = np.minimum(random.geometric(sigmoid(-0.4 - 0.9 * variety)) - 1, len(DEPARTMENTS) - 1)
    # Everybody has an order of preference of departments: a turn of the list.
    turn = company.stream("preferences").integers(0, len(DEPARTMENTS), company.population.size)[account]
    items = 1 + random.poisson(np.exp(1.6 + 0.15 * variety))
    cents = np.round(items * random.lognormal(np.log(380.0), 0.4, size)).astype(np.int64)
    shops = list(company.population.clientele.places)
    elsewhere = random.random(size) < 0.15
    shop = np.where(elsewhere, random.integers(0, len(shops), size), company.population.country[account])
    loaded = arrivals(random, moment)
    return pa.table(
        {
            "receipt_id": pa.array([f"R-{n:07d}" for n in range(1, size + 1)], type=pa.string()),
            "card_id": labels(company.population.ids, account),
            "bought_at": instants(moment),
            "shop": labels(shops, shop),
            "department": labels(DEPARTMENTS, (department + turn) % len(DEPARTMENTS)),
            "items": pa.array(items),
            "amount": money(cents),
            "loaded_at": instants(loaded),
        }
    ).filter(pa.array(loaded < company.timeline.days * DAY))


def _coupons(company: Company, account: Integers, moment: Integers, week: Integers) -> Any:
    """List the coupons that were used, and what they took off."""
    random = company.stream("coupons")
    state = company.state("promotions")[account, week]
    used = np.flatnonzero(random.random(len(account)) < sigmoid(-1.4 + 0.8 * state))
    return pa.table(
        {
            "card_id": labels(company.population.ids, account[used]),
            "used_at": instants(moment[used]),
            "kind": labels(("percent", "bonus points", "free article"), random.integers(0, 3, len(used))),
            "saved": money(random.integers(50, 600, len(used))),
        }
    )


def _returns(company: Company, account: Integers, moment: Integers, week: Integers) -> Any:
    """List what was brought back."""
    random = company.stream("returns")
    mood = company.state("satisfaction")[account, week]
    back = np.flatnonzero(random.random(len(account)) < sigmoid(-3.0 - 0.8 * mood))
    returned = moment[back] + random.integers(1, 14, len(back)) * DAY
    kept = np.flatnonzero(returned < company.timeline.days * DAY)
    kept = kept[np.argsort(returned[kept], kind="stable")]
    return pa.table(
        {
            "card_id": labels(company.population.ids, account[back[kept]]),
            "returned_at": instants(returned[kept]),
            "department": labels(DEPARTMENTS, random.integers(0, len(DEPARTMENTS), len(kept))),
            "amount": money(random.integers(200, 4_000, len(kept))),
        }
    )


def _complaints(company: Company) -> Any:
    """List the complaints: many where the service is bad, and then often again about the same."""
    random = company.stream("complaints")
    state = company.state("service")
    account, moment, week = occasions(company, random, 0.05 * np.exp(-0.9 * state), weekdays=6, hours=SHOP_HOURS)
    usual = company.stream("usual complaint").integers(0, len(TOPICS), company.population.size)[account]
    again = random.random(len(account)) < sigmoid(-0.6 * state[account, week])
    topic = np.where(again, usual, random.integers(0, len(TOPICS), len(account)))
    return pa.table(
        {
            "card_id": labels(company.population.ids, account),
            "made_at": instants(moment),
            "topic": labels(TOPICS, topic),
        }
    )


def _ratings(company: Company, account: Integers, moment: Integers, week: Integers) -> Any:
    """List the faces that were pressed in the app after a purchase: 1 (angry) to 5 (delighted)."""
    random = company.stream("ratings")
    chosen = np.flatnonzero(random.random(len(account)) < 0.25)
    mood = company.state("satisfaction")[account[chosen], week[chosen]]
    return pa.table(
        {
            "card_id": labels(company.population.ids, account[chosen]),
            "rated_at": instants(moment[chosen]),
            "rating": pa.array(rating(random, 3.7 + 0.8 * mood, 0.8, 1, 5)),
        }
    )
