"""T31 and T33: weights that are right are left alone, weights that are wrong are changed, and never more than asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from healthscore.models.design import Vector
from healthscore.models.weights.judgement import judge_weights
from healthscore.models.weights.minimal import minimal_change
from healthscore.models.weights.snapping import STEP, snap
from validity.lines import Line, mean_line, share_line
from validity.suite import DECISION, SIMULATION, Outcome, Suite
from validity.worlds import EQUAL, PLANTED, SUBSCORE_WORLDS, UNEQUAL

RIGHT_ACCOUNTS = {100: 570, 300: 1_700, 1_000: 5_700}
WRONG_ACCOUNTS = {130: 1_600, 500: 6_150}
"""Simulated accounts by the number that leave: in the whole history, and in its later, untouched part."""
GRID_ACCOUNTS = 600
JUDGES = (*SIMULATION, *DECISION, "validity:suites/changes.py")


def measure_decision(world: str, weights: Mapping[str, float], accounts: int, number: int) -> Outcome:
    """Judge a scorecard on half of a history and on the other half: the decision, and the weights recommended."""
    rows = SUBSCORE_WORLDS[world].draw(accounts, number, weights)
    said = judge_weights(rows)
    recommended = {one.name: one.recommended for one in said.components}
    return {
        "exiting": said.exiting,
        "later exiting": said.later.exiting,
        "decision": said.decision,
        "why": said.why,
        "recommended": recommended,
    }


def right_lines(said: Sequence[Outcome]) -> list[Line]:
    """Count the needless changes."""
    return [
        share_line(
            "T31",
            f"the weights in force are right, a change is recommended ({_exits(said, 'exiting')} exits)",
            [one["decision"] == "change" for one in said],
            high=0.09,
        )
    ]


def wrong_lines(exits: int, said: Sequence[Outcome]) -> list[Line]:
    """Count the changes found where the weights are equal and the truth is not, and how much nearer they come."""
    found = [one for one in said if one["decision"] == "change"]
    later = f"{_exits(said, 'later exiting')} later exits"
    asked = exits == max(WRONG_ACCOUNTS)
    before = sum(abs(EQUAL[name] - weight) for name, weight in UNEQUAL.items())
    after = [sum(abs(one["recommended"][name] - weight) for name, weight in UNEQUAL.items()) for one in found]
    shows = f"equal weights in force, the truth differs by 0.6 in all: a change is recommended ({later})"
    lines = [share_line("T31", shows, [one["decision"] == "change" for one in said], low=0.95 if asked else 0.0)]
    if found and asked:
        lines.append(
            mean_line("T31", f"what is left of {before:.1f} after the change ({later})", after, high=before, unit="")
        )
    return lines


def _exits(said: Sequence[Outcome], which: str) -> str:
    return f"{np.mean([one[which] for one in said]):,.0f}"


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
        Suite(f"T31 right {exits}", partial(measure_decision, "additive", PLANTED, accounts), right_lines, JUDGES)
        for exits, accounts in RIGHT_ACCOUNTS.items()
    ),
    *(
        Suite(
            f"T31 wrong {exits}",
            partial(measure_decision, "unequal", EQUAL, accounts),
            partial(wrong_lines, exits),
            JUDGES,
        )
        for exits, accounts in WRONG_ACCOUNTS.items()
    ),
    Suite("T33", measure_grid, grid_lines, JUDGES),
)
