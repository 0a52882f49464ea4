"""The worlds by name. `saas`, the demonstration, is the additive world."""

from __future__ import annotations

from dataclasses import replace

from healthscore.tables.simulator.recipe import Recipe
from healthscore.tables.simulator.worlds import (
    additive,
    drift,
    interactions,
    interventions,
    involuntary,
    leak_traps,
    learned_shapes,
    null,
    reactivation,
)

WORLDS: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        replace(additive.RECIPE, name="saas"),
        additive.RECIPE,
        null.RECIPE,
        learned_shapes.RECIPE,
        interactions.RECIPE,
        interventions.RECIPE,
        drift.RECIPE,
        involuntary.RECIPE,
        reactivation.RECIPE,
        leak_traps.RECIPE,
        leak_traps.TWIN,
    )
}
