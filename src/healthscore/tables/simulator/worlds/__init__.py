"""The worlds by name: six kinds of companies, and what else can be planted in a software company.

`saas`, the demonstration, is the additive world.
"""

from __future__ import annotations

from dataclasses import replace

from healthscore.tables.simulator.recipe import Recipe
from healthscore.tables.simulator.worlds import (
    additive,
    b2b_services,
    drift,
    ecommerce,
    finance,
    insurance,
    interactions,
    interventions,
    involuntary,
    leak_traps,
    learned_shapes,
    null,
    reactivation,
    retail,
)

WORLDS: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        replace(additive.RECIPE, name="saas"),
        b2b_services.RECIPE,
        ecommerce.RECIPE,
        finance.RECIPE,
        insurance.RECIPE,
        retail.RECIPE,
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
