"""Contraction: revenue falls by at least `change_percent` in [t + gap, t + gap + horizon); `revenue` says what that is.

At risk are active accounts with revenue before t. Leaving is not contraction: an account that leaves within the window,
or from which no invoice comes any more, is censored, and so is one whose revenue at the end cannot be told (paused, or
without a value). A fall that was reached in the gap and kept is an exit in the gap.

Worked example, as of 1 March 2024 with gap 7, horizon 60 and 10 %, so the last day of the window is 6 May. Revenue of
120 falls to 108 on 10 April: exited, on that day; to 109: stayed. It falls to 100 on 10 April and rises to 115 on
1 May: stayed. It falls to 100 on 4 March: exit in the gap. The account leaves on 1 May: censored, whatever was before.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from healthscore.config import Run
from healthscore.outcomes.revenue import Limit, revenue_of
from healthscore.outcomes.snapshots import Label, Snapshot, Snapshots, Status, final_day, window_of
from healthscore.tables import Tables


def contraction(run: Run, tables: Tables, accounts: pa.Array, as_ofs: Sequence[int], data_end: int) -> Snapshots:
    """Revenue falls by a share; see the module for the exact rule.

    Raises
    ------
    ConfigurationError
        The source holds no revenue.
    """
    outcome = run.need_outcome()
    limit = Limit(1 - outcome.change_percent / 100, falls=True)
    active, revenue = revenue_of(run, tables, accounts, as_ofs)

    def look(_: int, t: int) -> Snapshot:
        begin, end = window_of(outcome, t)
        status = active.status(t)
        status[~(revenue.before(t) > 0) & (status == Status.AT_RISK)] = Status.INELIGIBLE
        left = active.exits(t)[0]
        after, fell, day = revenue.change(t, limit)
        label = np.select(
            [left < begin, (left < end) | revenue.gone(t) | np.isnan(after), fell & (day < begin), fell],
            [np.int8(Label.EXIT_IN_GAP), np.int8(Label.CENSORED), np.int8(Label.EXIT_IN_GAP), np.int8(Label.EXITED)],
            np.int8(Label.STAYED),
        )
        return Snapshot(status, label, day, final_day(outcome, t), active.value(t))

    return Snapshots.collect(accounts, as_ofs, data_end, look)
