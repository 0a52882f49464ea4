"""Whom the customer success team acts upon, and what that changes."""

from __future__ import annotations

import numpy as np

from healthscore.tables.simulator.population import Population
from healthscore.tables.simulator.recipe import Flags, Floats, Integers, Recipe, stream
from healthscore.tables.simulator.timeline import Timeline

ACTIONS = ("outreach_call", "training", "executive_contact", "discount")
EFFECT_WEEKS = 8
INTERVENTION_RATE = 0.012


def simulate_interventions(
    recipe: Recipe, population: Population, latents: Floats, timeline: Timeline, seed: int
) -> tuple[Integers, Flags, Floats]:
    """Decide who would be treated when: rows of (account, day, action), account held out, relief per week.

    The team acts more often where the risk that it half sees is high. Relief (accounts, weeks) is what treatment
    takes off the log-odds in the weeks after it.
    """
    random = stream(seed, "interventions")
    risk = recipe.log_odds(latents[:, -timeline.weeks :])
    spread = float(risk.std()) or 1.0
    seen = risk / spread + random.normal(0.0, 1.0, risk.shape)
    due = random.random(risk.shape) < INTERVENTION_RATE * np.exp(0.7 * seen - 0.5)
    held_out = random.random(population.size) < recipe.holdout_share
    account, week = np.nonzero(due)
    rows = np.stack([account, 7 * week + random.integers(0, 5, len(week)), random.integers(0, len(ACTIONS), len(week))])
    treated = np.zeros(risk.shape)
    for later in range(1, EFFECT_WEEKS + 1):
        treated[:, later:] = np.maximum(treated[:, later:], due[:, :-later])
    return rows, held_out, recipe.treatment_effect * treated * ~held_out[:, None]
