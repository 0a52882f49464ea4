"""The rules change: seasons in use and in leaving, and two components that trade places.

The weights in the truth are those of the start.
"""

from __future__ import annotations

import numpy as np

from healthscore.tables.simulator.recipe import ACTIVITY, ADOPTION, PLANTED_WEIGHTS, Floats, Integers, Recipe

YEAR = 365.25
QUIET = (5.0, 355.0)
"""Days of the year before and after which offices are closed (the first day with data is the first of January)."""


def usage_season(day: Integers) -> Floats:
    """Log multiplier of use: a dip in summer, half of everything around the turn of the year."""
    in_year = np.mod(day, YEAR)
    summer = 0.15 * (1.0 - np.cos(2.0 * np.pi * (day - 20) / YEAR))
    closed = (in_year < QUIET[0]) | (in_year >= QUIET[1])
    season: Floats = -summer - 0.7 * closed
    return season


def risk(latents: Floats, recipe: Recipe) -> Floats:
    """Additive risk whose activity and adoption weights are exchanged linearly over time, and a yearly season."""
    weeks = latents.shape[1]
    progress = np.linspace(0.0, 1.0, weeks)
    start = recipe.betas
    end = start.copy()
    end[[ACTIVITY, ADOPTION]] = end[[ADOPTION, ACTIVITY]]
    betas = start[None, :] + progress[:, None] * (end - start)[None, :]
    season = 0.4 * np.cos(2.0 * np.pi * (7.0 * np.arange(weeks) - 15.0) / YEAR)
    additive: Floats = -np.einsum("awc,wc->aw", latents, betas)
    seasonal: Floats = additive + season[None, :]
    return seasonal


RECIPE = Recipe(
    name="drift",
    title="seasons in use and in leaving, and activity and adoption trade places over time",
    weights=PLANTED_WEIGHTS,
    risk=risk,
    usage_season=usage_season,
    large_sample={
        "activity": 0.3243,
        "adoption": 0.3245,
        "satisfaction": 0.1477,
        "support": 0.1016,
        "finance": 0.0006,
        "relationship": 0.1014,
    },
)
