"""Run all stages of a world, in order."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

from healthscore.errors import ConfigurationError
from healthscore.tables.simulator import contacts, contracts, service, truth, usage
from healthscore.tables.simulator.company import simulate_company
from healthscore.tables.simulator.population import accounts_table
from healthscore.tables.simulator.recipe import Recipe
from healthscore.tables.simulator.timeline import Timeline
from healthscore.tables.simulator.worlds import WORLDS


@dataclass(frozen=True)
class World:
    """A simulated company.

    Parameters
    ----------
    name, seed, months
        What was asked for.
    tables
        The raw tables by name, Arrow tables as a company's systems would export them.
    truth
        What was planted; the content of `truth.json`.
    truth_tables
        `truth_subscores` and `exits`: known to no company.
    """

    name: str
    seed: int
    months: int
    tables: dict[str, Any]
    truth: dict[str, Any]
    truth_tables: dict[str, Any]


def recipe_named(world: str) -> Recipe:
    """Look a world up.

    Raises
    ------
    ConfigurationError
        There is no world of that name; the nearest name is proposed.
    """
    if world not in WORLDS:
        nearest = difflib.get_close_matches(world, WORLDS, n=1)
        hint = f'did you mean "{nearest[0]}"? ' if nearest else ""
        raise ConfigurationError(f'there is no world "{world}"', f"{hint}worlds: {', '.join(WORLDS)}")
    return WORLDS[world]


def simulate(world: str | Recipe, accounts: int, seed: int, months: int = 18) -> World:
    """Simulate a company for `months` calendar months from 2024-01-01.

    The same arguments give the same rows. Another number of accounts or months gives another company, not a longer
    or larger one.

    Raises
    ------
    ConfigurationError
        Unknown world; fewer than 10 accounts; months outside 4 to 60; a negative seed.
    """
    recipe = recipe_named(world) if isinstance(world, str) else world
    if accounts < 10 or not 4 <= months <= 60 or seed < 0:
        raise ConfigurationError(
            f"cannot simulate accounts = {accounts}, months = {months}, seed = {seed}",
            "ask for at least 10 accounts, 4 to 60 months and a seed of 0 or more",
        )
    company = simulate_company(recipe, accounts, Timeline(months), seed)
    seats = contracts.simulate_seats(company)
    users = usage.simulate_users(company, seats)
    events = usage.simulate_events(company, users)
    tables = {
        "accounts": accounts_table(company.population),
        "users": usage.users_table(company, users),
        "events": usage.events_table(company, users, events),
        "subscriptions": contracts.subscriptions_table(company, seats),
        "tickets": service.tickets_table(company),
        "surveys": service.surveys_table(company, users),
        "invoices": contracts.invoices_table(company, seats),
        "touchpoints": contacts.touchpoints_table(company),
        "interventions": contacts.interventions_table(company),
    }
    described = truth.describe(company)
    described["rows"] = {name: table.num_rows for name, table in tables.items()}
    hidden = {"truth_subscores": truth.subscores_table(company), "exits": truth.exits_table(company)}
    return World(recipe.name, seed, months, tables, described, hidden)
