"""Nothing predicts: the same company, in which accounts leave by lot."""

from __future__ import annotations

from healthscore.tables.simulator.recipe import COMPONENTS, Recipe

RECIPE = Recipe(
    name="null",
    title="a company in which no signal has anything to do with who leaves",
    weights=dict.fromkeys(COMPONENTS, 0.0),
    strength=0.0,
    # Where risk is unequal the riskiest leave first and fewer are left to leave; here the nominal rate is the real one.
    annual_rates={"voluntary": 0.18, "involuntary": 0.02, "merged": 0.01, "paused": 0.02},
)
