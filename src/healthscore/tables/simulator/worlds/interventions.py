"""The team acts on what it sees, and it helps: three quarters of the odds of leaving vanish for eight weeks."""

from __future__ import annotations

import math

from healthscore.tables.simulator.recipe import PLANTED_WEIGHTS, Recipe

RECIPE = Recipe(
    name="interventions",
    title="interventions aimed at accounts at risk that work, with a fifth of the accounts held out at random",
    weights=PLANTED_WEIGHTS,
    treatment_effect=math.log(4.0),
    holdout_share=0.2,
    large_sample={
        "activity": 0.3982,
        "adoption": 0.2515,
        "satisfaction": 0.1472,
        "support": 0.1019,
        "finance": -0.0006,
        "relationship": 0.1019,
    },
)
