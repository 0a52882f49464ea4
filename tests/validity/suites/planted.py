"""T28, T30 and T32: are planted weights found, held by their intervals, and told jointly where they move together?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from healthscore.models.weights.validated import validate_weights
from healthscore.tables.simulator import WORLDS
from validity.lines import Line, each_line, mean_line, share_line
from validity.suite import EVIDENCE, SIMULATION, Outcome, Suite
from validity.worlds import PAIR, SUBSCORE_WORLDS

ACCOUNTS = {300: 1_700, 500: 2_850, 1_000: 5_700}
"""Simulated software customers by the number that leave in the history, about."""
COVERED = {
    "additive": (300, 500, 1_000),
    **dict.fromkeys(
        ("learned-shapes", "interactions", "interventions", "drift", "involuntary", "reactivation"), (500,)
    ),
}
INDUSTRIES = {"b2b_services": 1_650, "ecommerce": 1_700, "finance": 2_650, "insurance": 1_750, "retail": 3_800}
"""Simulated customers of the other kinds of companies, so that about 500 leave."""
PAIR_ACCOUNTS = 3_400
"""Where two components move together, risk is more unequal and fewer leave: as many exits as with 500."""
JUDGES = (*SIMULATION, *EVIDENCE, "validity:suites/planted.py")


def measure_weights(world: str, accounts: int, number: int) -> Outcome:
    """Validate the known sub-scores of a company: the share of each component with its interval, and the verdict."""
    rows = SUBSCORE_WORLDS[world].draw(accounts, number)
    said = validate_weights(rows)
    return {
        "exiting": rows.exiting,
        "components": {one.name: one.weight.as_dict() | {"verdict": one.verdict} for one in said.components},
        "joint": [list(group.components) for group in said.joint],
    }


def covered(one: Outcome, name: str, truth: float) -> bool:
    """Whether the interval of a component holds the weight."""
    low, high = (one["components"][name][bound] for bound in ("low", "high"))
    return low is not None and low <= truth <= high


def coverage_lines(world: str, said: Sequence[Outcome]) -> list[Line]:
    """Count how often each component's interval held its large-sample weight, and all together."""
    truth = WORLDS[world].large_sample or {}
    exits = f"({world}, {np.mean([one['exiting'] for one in said]):,.0f} exits)"
    by_component = {name: [covered(one, name, weight) for one in said] for name, weight in truth.items()}
    return [
        each_line("T28", f"interval of each component holds its weight {exits}", by_component, low=0.90, high=0.99),
        share_line(
            "T28",
            f"all components pooled {exits}",
            [held for component in by_component.values() for held in component],
            low=0.93,
            high=0.97,
        ),
    ]


def measure_pair(number: int) -> Outcome:
    """Widths of the intervals of two components that correlate, over those of two that do not; what is told jointly."""
    apart = measure_weights("additive", ACCOUNTS[500], number)
    together = measure_weights("correlated", PAIR_ACCOUNTS, number)
    names = [SUBSCORE_WORLDS["correlated"].components[position] for position in PAIR]

    def width(one: Outcome, name: str) -> float:
        return float(one["components"][name]["high"] - one["components"][name]["low"])

    return {
        "exiting": together["exiting"],
        "wider": [width(together, name) / width(apart, name) for name in names],
        "jointly": names in together["joint"],
        "jointly apart": bool(apart["joint"]),
    }


def pair_lines(said: Sequence[Outcome]) -> list[Line]:
    """Average how much wider the pair's intervals are, and count how often it is reported as one."""
    exits = f"{np.mean([one['exiting'] for one in said]):,.0f} exits"
    names = [SUBSCORE_WORLDS["correlated"].components[position] for position in PAIR]
    return [
        *(
            mean_line(
                "T30",
                f"interval of `{name}`, which correlates 0.8 with the other of a pair, against the same uncorrelated "
                f"({exits})",
                [one["wider"][position] for one in said],
                low=1.5,
                unit=" times",
            )
            for position, name in enumerate(names)
        ),
        share_line("T30", f"the pair is reported jointly ({exits})", [one["jointly"] for one in said], low=0.95),
        share_line("T30", "uncorrelated components reported jointly", [one["jointly apart"] for one in said], high=0.0),
    ]


def measure_turned(number: int) -> Outcome:
    """Verdicts on a scorecard with one sub-score upside down."""
    return measure_weights("upside-down", ACCOUNTS[300], number)


def turned_lines(said: Sequence[Outcome]) -> list[Line]:
    """Count how often the sub-score that is upside down was called so, and any other."""
    exits = f"{np.mean([one['exiting'] for one in said]):,.0f} exits"

    def wrong(one: Outcome) -> set[str]:
        return {name for name, each in one["components"].items() if each["verdict"] == "wrong direction"}

    return [
        share_line(
            "T32",
            f"a sub-score that is upside down (15 of 100 points) is flagged ({exits})",
            ["satisfaction" in wrong(one) for one in said],
            low=0.95,
        ),
        share_line(
            "T32",
            f"another component is flagged ({exits})",
            [bool(wrong(one) - {"satisfaction"}) for one in said],
            high=0.09,
        ),
    ]


def _coverage(world: str, exits: int, accounts: int) -> Suite:
    return Suite(
        f"T28 {world} {exits}", partial(measure_weights, world, accounts), partial(coverage_lines, world), JUDGES
    )


SUITES = (
    *(_coverage(world, exits, ACCOUNTS[exits]) for world, sizes in COVERED.items() for exits in sizes),
    *(_coverage(world, 500, accounts) for world, accounts in INDUSTRIES.items()),
    Suite("T30", measure_pair, pair_lines, JUDGES),
    Suite("T32", measure_turned, turned_lines, JUDGES),
)
