"""Cards that fail: a third of the exits are involuntary, and finance alone announces them."""

from __future__ import annotations

from healthscore.tables.simulator.recipe import PLANTED_WEIGHTS, Recipe

RECIPE = Recipe(
    name="involuntary",
    title="many involuntary exits that only the payments announce, beside the usual voluntary ones",
    weights=PLANTED_WEIGHTS,
    annual_rates={"voluntary": 0.16, "involuntary": 0.08, "merged": 0.01, "paused": 0.02},
    involuntary_strength=1.5,
    large_sample={
        "activity": 0.3977,
        "adoption": 0.2507,
        "satisfaction": 0.1474,
        "support": 0.1015,
        "finance": 0.0020,
        "relationship": 0.1007,
    },
)
