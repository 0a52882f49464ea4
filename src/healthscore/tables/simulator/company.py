"""The company behind the tables: its accounts, their states, and the lives these lead to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from healthscore.tables.simulator.interventions import simulate_interventions
from healthscore.tables.simulator.lives import Lives, simulate_lives
from healthscore.tables.simulator.population import Population, simulate_population
from healthscore.tables.simulator.recipe import Flags, Floats, Integers, Recipe, simulate_latents, stream
from healthscore.tables.simulator.terms import simulate_terms
from healthscore.tables.simulator.timeline import Timeline


@dataclass(frozen=True)
class Company:
    """What every table is drawn from.

    `latents` (accounts, lead_weeks + weeks, components); `actions` are rows of (account, day, action) that the team
    would take, `held_out` (accounts) tells for whom it only writes them down.
    """

    recipe: Recipe
    timeline: Timeline
    seed: int
    population: Population
    latents: Floats
    lives: Lives
    actions: Integers
    held_out: Flags

    @cached_property
    def states(self) -> Floats:
        """The latent states in the weeks with data: (accounts, weeks, components)."""
        return self.latents[:, self.recipe.lead_weeks :]

    @cached_property
    def leaving(self) -> Flags:
        """Whether an account has given notice by the Monday of a week: (accounts, weeks)."""
        return self.lives.leaving(self.timeline.weeks)

    def state(self, component: str) -> Floats:
        """One of the states in the weeks with data: (accounts, weeks)."""
        return self.states[:, :, self.recipe.components.index(component)]

    def stream(self, *stage: str) -> np.random.Generator:
        """Open the random numbers of one stage."""
        return stream(self.seed, *stage)

    def lost(self, day: Integers) -> Flags:
        """Tell which days fall into the outage of the tracking."""
        first, last = self.timeline.outage
        return (day >= first) & (day < last)

    def status(self, account: Integers, day: Integers) -> Integers:
        """Look up the status of accounts on days; 0 from the end of the data on."""
        last = self.timeline.days - 1
        return np.where(day > last, 0, self.lives.status[account, np.minimum(day, last)])


def simulate_company(recipe: Recipe, accounts: int, timeline: Timeline, seed: int) -> Company:
    """Draw accounts, states, interventions and lives: all that the truth needs, without any table."""
    population = simulate_population(recipe.clientele, accounts, timeline, seed)
    latents = simulate_latents(recipe, accounts, timeline.weeks, seed)[population.parent]
    actions, held_out, relief = simulate_interventions(recipe, population, latents, timeline, seed)
    if recipe.shocks is not None:
        relief = relief - recipe.shocks(recipe, latents, seed)
    walk = simulate_terms if recipe.yearly_terms else simulate_lives
    lives = walk(recipe, population, latents, relief, timeline, seed)
    return Company(recipe, timeline, seed, population, latents, lives, actions, held_out)
