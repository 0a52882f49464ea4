"""Curved effects: additive over components, and linear in none of those that matter most.

Each shape has mean 0 and standard deviation 1 for a standard normal state, so that the planted weight remains the share
of the spread that a component contributes.
"""

from __future__ import annotations

import numpy as np

from healthscore.tables.simulator.recipe import (
    ACTIVITY,
    ADOPTION,
    PLANTED_WEIGHTS,
    SATISFACTION,
    Floats,
    Recipe,
)

# Means and standard deviations of the raw shapes under the standard normal, by quadrature on this grid.
_GRID = np.linspace(-8.0, 8.0, 16_001)
_DENSITY = np.exp(-0.5 * _GRID**2)
_DENSITY = _DENSITY / _DENSITY.sum()


def _floor(state: Floats) -> Floats:
    """Let nothing happen while use is normal, and much below it."""
    return -np.logaddexp(0.0, -3.0 * (state + 0.5))


def _saturating(state: Floats) -> Floats:
    """Reward having adopted; having adopted more does not matter."""
    return np.tanh(2.0 * state)


def _detractors(state: Floats) -> Floats:
    """Let only the unhappy leave."""
    return -1.0 / (1.0 + np.exp(4.0 * (state + 1.0)))


SHAPES = {ACTIVITY: _floor, ADOPTION: _saturating, SATISFACTION: _detractors}


def shaped(latents: Floats) -> Floats:
    """Bend the states, each to mean 0 and standard deviation 1: same shape in and out."""
    result = latents.copy()
    for component, shape in SHAPES.items():
        reference = shape(_GRID)
        mean = float(reference @ _DENSITY)
        spread = float(np.sqrt((reference - mean) ** 2 @ _DENSITY))
        result[..., component] = (shape(latents[..., component]) - mean) / spread
    return result


def risk(latents: Floats, recipe: Recipe) -> Floats:
    """Additive log-odds of the bent states."""
    return -(shaped(latents) @ recipe.betas)


RECIPE = Recipe(
    name="learned-shapes",
    title="additive weights on thresholds, steps and saturation instead of straight lines",
    weights=PLANTED_WEIGHTS,
    strength=2.8,
    annual_rates={"voluntary": 0.27, "involuntary": 0.02, "merged": 0.01, "paused": 0.02},
    risk=risk,
    large_sample={
        "activity": 0.5511,
        "adoption": 0.1736,
        "satisfaction": 0.1157,
        "support": 0.0801,
        "finance": -0.0011,
        "relationship": 0.0806,
    },
)
