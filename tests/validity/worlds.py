"""Simulated companies as rows to judge weights on: true sub-scores at monthly dates, and what became of the accounts.

Sub-scores are in points, 15 to a standard deviation of the state around 50, and never clipped: clipping would bend them
and so change what the right weights are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from healthscore.models.weights.rows import WeightRows
from healthscore.tables.simulator import WORLDS, Recipe
from healthscore.tables.simulator.company import simulate_company
from healthscore.tables.simulator.recipe import PLANTED_WEIGHTS, SATISFACTION, Floats
from healthscore.tables.simulator.timeline import Timeline
from healthscore.tables.simulator.truth import LEFT, UNKNOWN, monthly_snapshots

POINTS_PER_DEVIATION, POINTS_ON_AVERAGE = 15.0, 50.0
FIRST_SEED = 1_000
"""The stored large-sample truths were drawn with the first seeds, the package's own tests use others below this."""

PAIR = (0, 1)
"""Positions of the two components that move together in the correlated world: activity and adoption."""
CORRELATION = 0.814
"""Of their states in the whole population. Who is unwell in both has left, so that among the accounts at risk, which
are all that anybody sees, they correlate 0.80."""


def unchanged(states: Floats) -> Floats:
    """Sub-scores that are the states themselves."""
    return states


def correlated(states: Floats) -> Floats:
    """Mix the second of the pair with the first, so that they correlate and each keeps its spread; same shape."""
    mixed = states.copy()
    first, second = states[..., PAIR[0]], states[..., PAIR[1]]
    mixed[..., PAIR[1]] = CORRELATION * first + np.sqrt(1.0 - CORRELATION**2) * second
    return mixed


def correlated_risk(latents: Floats, recipe: Recipe) -> Floats:
    """Linear risk of the mixed states."""
    return -(correlated(latents) @ recipe.betas)


def turned(component: int) -> Callable[[Floats], Floats]:
    """Make a sub-score that somebody wrote the wrong way round: high where the account is unwell."""

    def turn(states: Floats) -> Floats:
        signs = np.ones(states.shape[-1])
        signs[component] = -1.0
        return states * signs

    return turn


@dataclass(frozen=True)
class SubscoreWorld:
    """A world, and what a perfect observer sees of it.

    Parameters
    ----------
    recipe
        How states lead to exits.
    seen
        (rows, components) states -> sub-scores, in standard deviations.
    """

    recipe: Recipe
    seen: Callable[[Floats], Floats] = unchanged

    @property
    def components(self) -> tuple[str, ...]:
        """Names of the sub-scores."""
        return self.recipe.components

    def draw(self, accounts: int, number: int, weights: Mapping[str, float] | None = None) -> WeightRows:
        """Simulate a company and give its rows with a known outcome.

        `number` is that of the seed, from 0. `weights` are those in force, by component; none where None.
        """
        company = simulate_company(self.recipe, accounts, Timeline(self.recipe.months), FIRST_SEED + number)
        account, day, state, outcome = monthly_snapshots(company)
        known = outcome != UNKNOWN
        recipe = self.recipe
        return WeightRows(
            components=recipe.components,
            s=POINTS_ON_AVERAGE + POINTS_PER_DEVIATION * self.seen(state[known]),
            y=(outcome[known] == LEFT).astype(np.int8),
            day=day[known],
            known=day[known] + recipe.gap_days + recipe.horizon_days + recipe.grace_days,
            cluster=account[known],
            weights=None if weights is None else np.array([weights[name] for name in recipe.components]),
        )


UNEQUAL = {"activity": 0.40, "adoption": 0.30, "satisfaction": 0.15, "support": 0.10, "relationship": 0.05}
"""Five weights that differ from equal ones by 0.6 in all (the sum of absolute differences)."""

_ADDITIVE = WORLDS["additive"]
SUBSCORE_WORLDS: dict[str, SubscoreWorld] = {name: SubscoreWorld(recipe) for name, recipe in WORLDS.items()} | {
    "correlated": SubscoreWorld(replace(_ADDITIVE, name="correlated", risk=correlated_risk), correlated),
    "upside-down": SubscoreWorld(_ADDITIVE, turned(SATISFACTION)),
    "unequal": SubscoreWorld(replace(_ADDITIVE, name="unequal", weights=UNEQUAL)),
}
"""All worlds of the simulator, with known sub-scores, and three that only these suites need."""

EQUAL = dict.fromkeys(UNEQUAL, 1.0 / len(UNEQUAL))
PLANTED = PLANTED_WEIGHTS
