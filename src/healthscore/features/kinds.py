"""The kinds of signals behind one seam: whatever the rows are, a signal has a state at every as-of date.

A kind is read once per source, for all signals of that source together. What was read hands out chunks of accounts, and
a chunk hands out the state at an as-of date, on which the families of that kind compute.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa

from healthscore.features.attributerows import read_attributes
from healthscore.features.eventrows import read_events
from healthscore.features.intervalrows import read_intervals
from healthscore.features.levelrows import read_levels
from healthscore.features.signals import SignalPlan
from healthscore.features.states import SignalRows
from healthscore.tables import Tables

KINDS: dict[str, Callable[[Tables, Sequence[SignalPlan], Sequence[int], pa.Array], Sequence[SignalRows]]] = {
    "events": read_events,
    "intervals": read_intervals,
    "levels": read_levels,
    "accounts": read_attributes,
}
"""Contract of a source -> reads the signals of one such source: `(tables, plans, as-of days, account ids)`."""


def read_signals(
    tables: Tables, plans: Sequence[SignalPlan], as_ofs: Sequence[int], accounts: pa.Array
) -> list[SignalRows]:
    """Read the rows of every signal, source by source.

    Parameters
    ----------
    tables
        The bound sources.
    plans
        The signals; those of one source share its pass.
    as_ofs
        As-of days, rising.
    accounts
        Ids whose rows are kept; an account's code is its position here.
    """
    found: dict[str, SignalRows] = {}
    for source in dict.fromkeys(plan.source for plan in plans):
        mine = [plan for plan in plans if plan.source == source]
        rows = KINDS[mine[0].kind](tables, mine, as_ofs, accounts)
        found |= {plan.name: of_plan for plan, of_plan in zip(mine, rows, strict=True)}
    return [found[plan.name] for plan in plans]
