"""T31 and T33: weights that are right are left alone, weights that are wrong are changed, and never more than asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from healthscore.evaluation.metrics import auc
from healthscore.models.design import Vector
from healthscore.models.weights.judgement import judge_weights
from healthscore.models.weights.minimal import minimal_change
from healthscore.models.weights.snapping import STEP, snap
from validity.lines import Line, mean_line, share_line
from validity.suite import DECISION, SIMULATION, Outcome, Suite
from validity.worlds import EQUAL, PLANTED, SUBSCORE_WORLDS, UNEQUAL, SubscoreWorld

WEAK = SubscoreWorld(replace(SUBSCORE_WORLDS["unequal"].recipe, name="weak", strength=1.75))
"""The unequal world with half the signal: the best weights reach an AUC of 0.72."""
RIGHT = (
    (SUBSCORE_WORLDS["additive"], PLANTED, 570),
    (SUBSCORE_WORLDS["additive"], PLANTED, 1_700),
    (SUBSCORE_WORLDS["additive"], PLANTED, 5_700),
    (WEAK, UNEQUAL, 1_450),
)
"""World, weights in force, simulated accounts: about 100, 300, 1,000 and 300 leave."""
WRONG = ((SUBSCORE_WORLDS["unequal"], 1_600), (SUBSCORE_WORLDS["unequal"], 6_150), (WEAK, 1_250), (WEAK, 5_000))
"""World and simulated accounts: about 130 and 500 leave in the later, untouched half of the history."""
ASKED_ACCOUNTS = 4_000
"""Companies larger than this have the 500 later exits at which a real difference has to be found."""
GRID_ACCOUNTS = 600
JUDGES = (*SIMULATION, *DECISION, "evaluation/metrics.py", "validity:suites/changes.py")


def measure_decision(world: SubscoreWorld, weights: Mapping[str, float], accounts: int, number: int) -> Outcome:
    """Judge a scorecard on half of a history and on the other half: the decision, and the weights recommended."""
    rows = world.draw(accounts, number, weights)
    said = judge_weights(rows)
    recommended = {one.name: one.recommended for one in said.components}
    return {
        "auc": auc(rows.y, -(rows.s @ np.array([weights[name] for name in rows.components]))),
        "exiting": said.exiting,
        "later exiting": said.later.exiting,
        "decision": said.decision,
        "why": said.why,
        "recommended": recommended,
    }


def right_lines(said: Sequence[Outcome]) -> list[Line]:
    """Count the needless changes."""
    changed = [one["decision"] == "change" for one in said]
    where = f"AUC {_mean(said, 'auc'):.2f}, {_mean(said, 'exiting'):,.0f} exits"
    return [share_line("T31", f"the weights in force are right, a change is recommended ({where})", changed, high=0.09)]


def wrong_lines(asked: bool, said: Sequence[Outcome]) -> list[Line]:
    """Count the changes found where the weights are equal and the truth is not, and how much nearer they come."""
    where = f"AUC {_mean(said, 'auc'):.2f}, {_mean(said, 'later exiting'):,.0f} later exits"
    changed = [one["decision"] == "change" for one in said]
    shows = f"equal weights in force, the truth differs by 0.6 in all: a change is recommended ({where})"
    lines = [share_line("T31", shows, changed, low=0.95 if asked else 0.0)]
    left = [
        sum(abs(one["recommended"][name] - weight) for name, weight in UNEQUAL.items())
        for one in said
        if one["decision"] == "change"
    ]
    if left:
        lines.append(mean_line("T31", f"what is left of the 0.6 after such a change ({where})", left, unit=""))
    return lines


def _mean(said: Sequence[Outcome], which: str) -> float:
    return float(np.mean([one[which] for one in said]))


def starting_weights(number: int) -> list[Vector]:
    """Weights in force of many kinds: random ones in steps of 5 points, odd ones, equal ones; each sums to 1."""
    random = np.random.default_rng([number, 33])
    steps = random.multinomial(20, random.dirichlet(np.ones(len(PLANTED)))) / 20.0
    odd = random.dirichlet(np.ones(len(PLANTED)))
    return [steps, odd, np.full(len(PLANTED), 1.0 / len(PLANTED))]


def measure_grid(number: int) -> Outcome:
    """Look for the smallest change from several weights in force, and check what it must always be."""
    rows = SUBSCORE_WORLDS["additive"].draw(GRID_ACCOUNTS, number, PLANTED)
    checks = []
    for start in starting_weights(number):
        change = minimal_change(replace(rows, weights=start))
        farthest = float(np.abs(change.free - start).sum())
        snapped = snap(start, change.weights, farthest=farthest)
        steps = (snapped - start) / STEP
        checks.append(
            {
                "farther": max(float(np.abs(one - start).sum()) for one in (change.weights, snapped)) - farthest,
                "off grid": float(np.abs(steps - np.round(steps)).max()),
                "off sum": abs(float(snapped.sum()) - 1.0),
                "lowest": float(snapped.min()),
            }
        )
    return {"checks": checks}


def grid_lines(said: Sequence[Outcome]) -> list[Line]:
    """Count the violations: none are allowed."""
    checks = [check for one in said for check in one["checks"]]
    laws = {
        "the change is farther from the weights in force than the free refit": [c["farther"] > 1e-9 for c in checks],
        "a change is no multiple of 5 points": [check["off grid"] > 1e-9 for check in checks],
        "weights do not sum to 100, or one is negative": [
            check["off sum"] > 1e-12 or check["lowest"] < 0.0 for check in checks
        ],
    }
    return [share_line("T33", law, broken, high=0.0) for law, broken in laws.items()]


SUITES = (
    *(
        Suite(
            f"T31 right {world.recipe.name} {accounts}",
            partial(measure_decision, world, weights, accounts),
            right_lines,
            JUDGES,
        )
        for world, weights, accounts in RIGHT
    ),
    *(
        Suite(
            f"T31 wrong {world.recipe.name} {accounts}",
            partial(measure_decision, world, EQUAL, accounts),
            partial(wrong_lines, accounts > ASKED_ACCOUNTS),
            JUDGES,
        )
        for world, accounts in WRONG
    ),
    Suite("T33", measure_grid, grid_lines, JUDGES),
)
