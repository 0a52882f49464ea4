"""Expansion: revenue grows by at least `change_percent` in [t + gap, t + gap + horizon); `revenue` says what that is.

What prices add is taken off first: with an uplift of 5 % and a change of 10 %, revenue must reach 1.05 x 1.10 times
what it was. At risk are active accounts with revenue before t, after the first `first_days` of their life, in which
every account grows. An account that leaves within the window did not expand: stayed, if its exit is of a type that
counts, else censored, like one whose revenue at the end cannot be told (paused, or without a value). Growth that was
reached in the gap and kept is an exit in the gap.

Worked example, as of 1 March 2024 with gap 7, horizon 60, 10 % and no uplift, so the last day of the window is 6 May.
Revenue of 100 grows to 110 on 10 April: exited (it happened), on that day; to 109: stayed. It grows to 120 on 10 April
and falls to 105 on 1 May: stayed. It grows on 4 March: exit in the gap. The account began on 1 January: not eligible,
60 days are less than 90.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from healthscore.config import Outcome, Run
from healthscore.outcomes.revenue import Limit, revenue_of
from healthscore.outcomes.snapshots import Label, Snapshot, Snapshots, Status, final_day, window_of
from healthscore.tables import Tables


def growth_limit(outcome: Outcome) -> Limit:
    """How much revenue must grow to count: by a share, beyond what prices add."""
    return Limit((1 + outcome.price_uplift_percent / 100) * (1 + outcome.change_percent / 100), falls=False)


def expansion(run: Run, tables: Tables, accounts: pa.Array, as_ofs: Sequence[int], data_end: int) -> Snapshots:
    """Revenue grows by a share, beyond what prices add; see the module for the exact rule.

    Raises
    ------
    ConfigurationError
        The source holds no revenue.
    """
    outcome = run.need_outcome()
    limit = growth_limit(outcome)
    active, revenue = revenue_of(run, tables, accounts, as_ofs, since=outcome.first_days)

    def look(_: int, t: int) -> Snapshot:
        begin, end = window_of(outcome, t)
        status = active.status(t)
        eligible = (revenue.before(t) > 0) & active.customer_for(t, outcome.first_days)
        status[~eligible & (status == Status.AT_RISK)] = Status.INELIGIBLE
        left, counted = active.exits(t)
        after, grew, day = revenue.change(t, limit)
        unknown = ((left < end) & ~counted) | ((left >= end) & np.isnan(after))
        grew &= left >= end
        label = np.select(
            [left < begin, unknown, grew & (day < begin), grew],
            [np.int8(Label.EXIT_IN_GAP), np.int8(Label.CENSORED), np.int8(Label.EXIT_IN_GAP), np.int8(Label.EXITED)],
            np.int8(Label.STAYED),
        )
        return Snapshot(status, label, day, final_day(outcome, t), active.value(t))

    return Snapshots.collect(accounts, as_ofs, data_end, look)
