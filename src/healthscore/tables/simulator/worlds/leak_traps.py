"""Leak traps: the additive company with twelve tables that tell the past what happened later; and its honest twin."""

from __future__ import annotations

from dataclasses import replace

from healthscore.tables.simulator.recipe import Recipe
from healthscore.tables.simulator.worlds import additive

NAMES = (
    "future_rows",
    "exit_survey",
    "current_status",
    "cancel_notice",
    "backfilled_rows",
    "same_day",
    "label_in_feature",
    "deleted_history",
    "final_invoice",
    "overwritten_value",
    "lookup_current",
    "identifier",
)
"""All of `leaks.LEAKS`, which cannot be asked here: it needs the company, and the company its recipe."""

RECIPE: Recipe = replace(
    additive.RECIPE, name="leak-traps", title="twelve ways in which tables know the future", leaks=NAMES
)
TWIN: Recipe = replace(RECIPE, name="leak-twins", title="the same twelve tables, recorded honestly", honest=True)
