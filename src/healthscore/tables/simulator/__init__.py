"""Seeded companies with planted truth: raw tables in which the right answer is known.

`simulate(world, accounts, seed)` draws one of `WORLDS`; `write(...)` turns it into a workspace of files.
"""

from __future__ import annotations

from healthscore.tables.simulator.recipe import COMPONENTS, Recipe
from healthscore.tables.simulator.world import World, recipe_named, simulate
from healthscore.tables.simulator.worlds import WORLDS
from healthscore.tables.simulator.writing import write

__all__ = ["COMPONENTS", "WORLDS", "Recipe", "World", "recipe_named", "simulate", "write"]
