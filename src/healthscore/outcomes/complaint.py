"""Complaint: a row of a source of events (those that meet `where`) in [t + gap, t + gap + horizon).

At risk are the accounts that are active at t by `active_source`: by default the run's subscriptions (active, without a
known notice, no trial and no pause), or a source of events with a row in the last `eligible_within_days`. A complaint
that was withdrawn is none (a source with `corrections` says so); one that was already there before t changes nothing.

Worked example, as of 1 March 2024 with gap 7 and horizon 60, so the window is [8 March, 7 May). Complaints of 20 March
and 2 April: exited (it happened), on 20 March. One of 5 March alone, in the gap: stayed. The account left on 5 March:
exit in the gap. It left on 1 April without a word, by a type that counts: stayed, it did not complain; by a type that
does not count (merged): censored, unless it complained before.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from healthscore.config import Run
from healthscore.outcomes.activity import activity
from healthscore.outcomes.contracts import need_contract
from healthscore.outcomes.occurrences import NEVER, occurrences
from healthscore.outcomes.snapshots import Label, Snapshot, Snapshots, final_day, window_of
from healthscore.tables import Tables


def complaint(run: Run, tables: Tables, accounts: pa.Array, as_ofs: Sequence[int], data_end: int) -> Snapshots:
    """The account complains within the window; see the module for the exact rule.

    Raises
    ------
    ConfigurationError
        The source holds no events, or nothing says who is active.
    """
    need_contract(
        run, "events", 'name a source with contract = "events" whose rows are complaints (narrowed by `where`)'
    )
    outcome = run.need_outcome()
    active = activity(run, tables, accounts, as_ofs)
    rows = occurrences(tables, outcome.source, outcome.where, accounts, as_ofs, (0, *window_of(outcome, 0)))

    def look(_: int, t: int) -> Snapshot:
        begin, end = window_of(outcome, t)
        day = rows.first_day(begin, end)
        left, counted = active.exits(t)
        label = np.select(
            [left < begin, day < NEVER, (left < end) & ~counted],
            [np.int8(Label.EXIT_IN_GAP), np.int8(Label.EXITED), np.int8(Label.CENSORED)],
            np.int8(Label.STAYED),
        )
        exit_day = np.where(day < NEVER, day, -1)
        return Snapshot(active.status(t), label, exit_day, final_day(outcome, t), active.value(t))

    return Snapshots.collect(accounts, as_ofs, data_end, look)
