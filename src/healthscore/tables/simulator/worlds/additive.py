"""Planted additive weights: what `saas`, the demonstration, is made of."""

from __future__ import annotations

from healthscore.tables.simulator.recipe import PLANTED_WEIGHTS, Recipe

RECIPE = Recipe(
    name="additive",
    title="a B2B SaaS company in which five components drive churn with known weights, and finance does not",
    weights=PLANTED_WEIGHTS,
    large_sample={
        "activity": 0.3980,
        "adoption": 0.2509,
        "satisfaction": 0.1476,
        "support": 0.1012,
        "finance": 0.0004,
        "relationship": 0.1019,
    },
)
