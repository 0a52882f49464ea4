"""Gone and back: returns within and after the grace period, pauses, and mergers."""

from __future__ import annotations

from healthscore.tables.simulator.recipe import PLANTED_WEIGHTS, Recipe

RECIPE = Recipe(
    name="reactivation",
    title="many accounts pause, return within or after the grace period, or merge into another",
    weights=PLANTED_WEIGHTS,
    annual_rates={"voluntary": 0.22, "involuntary": 0.03, "merged": 0.06, "paused": 0.10},
    notice_share=0.4,
    return_in_grace=0.25,
    return_later=0.25,
    large_sample={
        "activity": 0.4000,
        "adoption": 0.2503,
        "satisfaction": 0.1489,
        "support": 0.1003,
        "finance": -0.0008,
        "relationship": 0.1013,
    },
)
