"""Run all stages of a world, in order."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

from healthscore.errors import ConfigurationError
from healthscore.tables.simulator import truth
from healthscore.tables.simulator.company import simulate_company
from healthscore.tables.simulator.industries import INDUSTRIES
from healthscore.tables.simulator.leaks import plant, planted
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
    industry
        What kind of company it is; the name of the run that is shipped for it.
    tables
        The raw tables by name, Arrow tables as a company's systems would export them.
    csv
        Names of the tables that are exported as CSV; the others are Parquet.
    truth
        What was planted; the content of `truth.json`.
    truth_tables
        `truth_subscores` and `exits`: known to no company.
    """

    name: str
    industry: str
    seed: int
    months: int
    tables: dict[str, Any]
    csv: tuple[str, ...]
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


def simulate(world: str | Recipe, accounts: int, seed: int, months: int | None = None) -> World:
    """Simulate a company for `months` calendar months from 2024-01-01; as many as the world has where None.

    The same arguments give the same rows. Another number of accounts or months gives another company, not a longer
    or larger one.

    Raises
    ------
    ConfigurationError
        Unknown world; fewer than 10 accounts; months outside 4 to 60; a negative seed.
    """
    recipe = recipe_named(world) if isinstance(world, str) else world
    months = recipe.months if months is None else months
    if accounts < 10 or not 4 <= months <= 60 or seed < 0:
        raise ConfigurationError(
            f"cannot simulate accounts = {accounts}, months = {months}, seed = {seed}",
            "ask for at least 10 accounts, 4 to 60 months and a seed of 0 or more",
        )
    company = simulate_company(recipe, accounts, Timeline(months), seed)
    industry = INDUSTRIES[recipe.industry]
    tables = industry.tables(company)
    described = truth.describe(company) | dict(industry.facts)
    hidden = {"truth_subscores": truth.subscores_table(company), "exits": truth.exits_table(company)}
    if recipe.leaks:
        altered = plant(company, tables | hidden, recipe.leaks, honest=recipe.honest)
        hidden = {name: altered.pop(name) for name in hidden}
        tables = altered
        described["leaks"] = planted(recipe.leaks, honest=recipe.honest)
    described["rows"] = {name: table.num_rows for name, table in tables.items()}
    return World(recipe.name, recipe.industry, seed, months, tables, industry.csv, described, hidden)
