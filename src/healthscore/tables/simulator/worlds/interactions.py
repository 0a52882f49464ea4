"""Signals that mean more together: silence *and* dissatisfaction lose accounts that either alone would not."""

from __future__ import annotations

import numpy as np

from healthscore.tables.simulator.recipe import ACTIVITY, PLANTED_WEIGHTS, SATISFACTION, Floats, Recipe

JOINT = 1.2
"""Coefficient of (activity below average) x (satisfaction below average) on the log-odds of leaving."""


def risk(latents: Floats, recipe: Recipe) -> Floats:
    """Add to the linear risk a product that no additive model can hold: nothing unless both are low."""
    silence = np.maximum(-latents[..., ACTIVITY], 0.0)
    anger = np.maximum(-latents[..., SATISFACTION], 0.0)
    return -(latents @ recipe.betas) + JOINT * silence * anger


RECIPE = Recipe(
    name="interactions",
    title="additive weights and a strong product of activity and satisfaction",
    weights=PLANTED_WEIGHTS,
    strength=2.0,
    annual_rates={"voluntary": 0.28, "involuntary": 0.02, "merged": 0.01, "paused": 0.02},
    risk=risk,
    large_sample={
        "activity": 0.4331,
        "adoption": 0.1324,
        "satisfaction": 0.3264,
        "support": 0.0554,
        "finance": -0.0011,
        "relationship": 0.0538,
    },
)
