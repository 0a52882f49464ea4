"""A longer look at what was missed: of some ninety coverages held against 180-198 of 200, luck alone may miss one.

Each suite here repeats one that missed its threshold, with seeds that it has not seen, and enough of them to tell 95 %
from less. The miss stays in the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from healthscore.tables.simulator import WORLDS
from validity.lines import Line, share_line
from validity.suite import Outcome, Suite
from validity.suites.planted import ACCOUNTS, JUDGES, covered, measure_weights

FURTHER = 1_000
FIRST_NUMBER = 5_000


def measure_again(world: str, number: int) -> Outcome:
    """Validate the known sub-scores of a company that no other suite has seen."""
    return measure_weights(world, ACCOUNTS[500], FIRST_NUMBER + number)


def again_lines(world: str, component: str, said: Sequence[Outcome]) -> list[Line]:
    """Count how often the interval held the large-sample weight."""
    truth = (WORLDS[world].large_sample or {})[component]
    held = [covered(one, component, truth) for one in said]
    return [share_line("T28", f"`{component}` ({world}), {FURTHER:,} further seeds", held)]


SUITES = (
    Suite(
        "T28 drift 500 again",
        partial(measure_again, "drift"),
        partial(again_lines, "drift", "adoption"),
        (*JUDGES, "validity:suites/again.py"),
        seeds=FURTHER,
    ),
)
