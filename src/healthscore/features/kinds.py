"""The kinds of signals behind one seam: whatever the rows are, a signal has a state at every as-of date.

A kind is read once per source, for all signals of that source together. What was read hands out chunks of accounts, and
a chunk hands out the state at an as-of date, on which the families of that kind compute.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from healthscore.features.eventrows import read_events
from healthscore.features.history import Values
from healthscore.features.signals import SignalPlan
from healthscore.tables import Tables


class State(Protocol):
    """What can be known of a signal at one as-of day, for the accounts of a chunk."""

    def first_day(self) -> Values:
        """Day of the account's first row; NaN where there is none."""


class Chunk(Protocol):
    """A signal's rows of a range of accounts."""

    def at(self, index: int, t: int, seats: Values | None) -> State:
        """The state at as-of day `t`, the `index`-th of the grid; the dates are asked for in rising order."""


class SignalRows(Protocol):
    """What was read of one signal, for all accounts and every as-of date of the grid."""

    @property
    def width(self) -> int:
        """Values per account in the largest array of a chunk: the wider, the fewer accounts to a chunk."""

    def seen(self, index: int, t: int) -> NDArray[np.int32]:
        """Codes of the accounts with a row known before as-of day `t`, the `index`-th of the grid."""

    def chunk(self, low: int, high: int) -> Chunk:
        """The rows of the accounts [low, high)."""


KINDS: dict[str, Callable[[Tables, Sequence[SignalPlan], Sequence[int], pa.Array], Sequence[SignalRows]]] = {
    "events": read_events,
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
