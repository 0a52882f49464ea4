"""T10 and T11: do intervals clustered by account hold the truth, and are equally good scores left equal?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from healthscore.evaluation.clustered import Estimate, intervals, paired_difference
from healthscore.evaluation.proportions import rates
from healthscore.models.design import Vector, expit
from healthscore.models.weights.rows import WeightRows
from validity.lines import Line, share_line
from validity.suite import Outcome, Suite
from validity.truths import RED, stored
from validity.worlds import PLANTED, SUBSCORE_WORLDS

ACCOUNTS = {300: 1_700, 1_000: 5_700}
"""Simulated accounts by the number of accounts that leave, about."""
JUDGES = (
    "evaluation",
    "tables/simulator",
    "validity:worlds.py",
    "validity:truths.json",
    "validity:suites/intervals.py",
)
NOISE = 6.0
"""Points by which each of two equal scores errs about an account, for good: their spread without it is 8."""
LEVEL, STEEPNESS = -3.6, 0.09
"""Log-odds at 50 points, and what a point takes off them: one map for both of the equal scores."""
COMPARED = {"auc": "AUC", "log_loss": "log-loss", "lift_10": "lift of the worst tenth"}


def known_score(world: str, exits: int, number: int) -> tuple[WeightRows, Vector]:
    """Rows of a company in which about so many accounts leave, and the planted scorecard's score of each."""
    rows = SUBSCORE_WORLDS[world].draw(ACCOUNTS[exits], number)
    return rows, rows.s @ np.array([PLANTED[name] for name in rows.components])


def measure_coverage(world: str, exits: int, number: int) -> Outcome:
    """Estimate what is known from the large sample, with intervals clustered by account."""
    rows, score = known_score(world, exits, number)
    said = intervals(rows.y, {"card": -score}, rows.cluster, ["auc", "lift_10"], seed=number)["card"]
    red = rates(rows.y, np.where(score < RED, "red", "other"), rows.cluster)["red"].rate
    estimates = {"auc": said["auc"], "red": red, "lift": said["lift_10"]}
    return {"exiting": rows.exiting, **{name: estimate.as_dict() for name, estimate in estimates.items()}}


def coverage_lines(world: str, exits: int, said: Sequence[Outcome]) -> list[Line]:
    """Count how often the interval held the figure of the large sample."""
    truth = stored()["ranking"][world]
    titles = {"auc": "AUC", "red": "churn rate of the red band", "lift": "lift of the worst tenth"}
    return [
        share_line(
            "T10",
            f"clustered interval of the {title} holds the truth ({world}, {exits:,} exits)",
            [one[name]["low"] <= truth[name] <= one[name]["high"] for one in said],
            low=0.90,
            high=0.99,
        )
        for name, title in titles.items()
    ]


def measure_equals(exits: int, number: int) -> Outcome:
    """Compare two scores that know the same and err independently."""
    rows, score = known_score("additive", exits, number)
    random = np.random.default_rng([number, 11])
    error = random.normal(0.0, NOISE, (int(rows.cluster.max()) + 1, 2))[rows.cluster]
    one, other = (expit(LEVEL - STEEPNESS * (score + error[:, side] - 50.0)) for side in (0, 1))
    differences: dict[str, Estimate] = {
        metric: paired_difference(rows.y, one, other, rows.cluster, metric, seed=number) for metric in COMPARED
    }
    return {
        "exiting": rows.exiting,
        "different": {name: estimate.excludes(0.0) for name, estimate in differences.items()},
    }


def equals_lines(exits: int, said: Sequence[Outcome]) -> list[Line]:
    """Count how often the equal were called different."""
    return [
        share_line(
            "T11",
            f"two equally good scores called different by {title} ({exits:,} exits)",
            [one["different"][metric] for one in said],
            high=0.09,
        )
        for metric, title in COMPARED.items()
    ]


SUITES = (
    *(
        Suite(
            f"T10 {world} {exits}",
            partial(measure_coverage, world, exits),
            partial(coverage_lines, world, exits),
            JUDGES,
        )
        for world, exits in (("additive", 300), ("additive", 1_000), ("drift", 300))
    ),
    *(
        Suite(f"T11 {exits}", partial(measure_equals, exits), partial(equals_lines, exits), JUDGES)
        for exits in ACCOUNTS
    ),
)
