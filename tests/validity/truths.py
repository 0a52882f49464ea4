"""Figures of a sample so large that they count as the truth: `truths.json`.

`python -m validity.truths` draws them anew (two minutes). Weights of known sub-scores are kept by the simulator itself,
`Recipe.large_sample`; here is what only these suites need.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from healthscore.evaluation.metrics import auc
from healthscore.evaluation.targeting import lift
from healthscore.tables.simulator import WORLDS, Recipe
from healthscore.tables.simulator.recipe import Floats
from healthscore.tables.simulator.truth import fitted_weights, large_sample
from healthscore.tables.simulator.worlds.learned_shapes import shaped
from validity.worlds import PLANTED, POINTS_ON_AVERAGE, POINTS_PER_DEVIATION, unchanged

PATH = Path(__file__).with_name("truths.json")
ACCOUNTS = 400_000
RED = 40.0
"""Scores below this are the band whose rate is estimated: about a tenth of the rows."""
TOP = 0.10
RANKED_WORLDS = ("additive", "drift")
LEARNED_WORLDS = {"additive": unchanged, "learned-shapes": shaped}
"""Worlds whose weights are learned from features, and what bends their states into what counts."""


def planted_score(states: Floats) -> Floats:
    """The scorecard with the planted weights, in points; (n, C) -> (n,)."""
    weights = np.array(list(PLANTED.values()))
    score: Floats = POINTS_ON_AVERAGE + POINTS_PER_DEVIATION * (states @ weights)
    return score


def ranking_truth(recipe: Recipe, accounts: int, seed: int = 0) -> dict[str, float]:
    """AUC of the planted scorecard, churn rate of its red band, and lift of its worst tenth."""
    _, _, state, left = large_sample(recipe, accounts, seed=seed)
    score = planted_score(state)
    figures = {"auc": auc(left, -score), "red": float(left[score < RED].mean()), "lift": lift(left, -score, share=TOP)}
    return {name: round(float(figure), 5) for name, figure in figures.items() if figure is not None}


def learned_truth(recipe: Recipe, accounts: int, seed: int = 0) -> dict[str, float]:
    """Weights per standard deviation of what each component contributes, which is the unit of learned sub-scores."""
    _, day, state, left = large_sample(recipe, accounts, seed=seed)
    bent = LEARNED_WORLDS[recipe.name](state)
    return {
        name: round(weight, 4)
        for name, weight in fitted_weights(recipe.components, bent / bent.std(axis=0), left, day).items()
    }


def drawn(accounts: int = ACCOUNTS) -> dict[str, Any]:
    """All figures, from a sample of that size."""
    return {
        "accounts": accounts,
        "ranking": {name: ranking_truth(WORLDS[name], accounts) for name in RANKED_WORLDS},
        "learned": {name: learned_truth(WORLDS[name], accounts) for name in LEARNED_WORLDS},
    }


def stored() -> dict[str, Any]:
    """The figures as they are kept."""
    content: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
    return content


if __name__ == "__main__":
    PATH.write_text(json.dumps(drawn(), indent=2) + "\n", encoding="utf-8")
