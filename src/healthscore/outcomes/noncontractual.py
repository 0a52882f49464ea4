"""Inactivity, the churn of businesses without contracts: no qualifying event in [t + gap, t + gap + horizon).

Worked example, as of 1 March 2024 with gap 0 and horizon 90, so the window is [1 March, 30 May). A customer who bought
in February and next on 29 May stayed; one who bought next on 30 May, or not at all, exited, on the first day of the
window. One who never bought before 1 March, or not within `eligible_within_days`, is not eligible. One who was merged
into another account on 10 March without buying again is censored.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from healthscore.config import Run
from healthscore.outcomes.ceased import Ceased
from healthscore.outcomes.contracts import need_contract
from healthscore.outcomes.occurrences import occurrences
from healthscore.outcomes.snapshots import Label, Snapshot, Snapshots, Status, final_day, window_of
from healthscore.tables import Tables


def inactivity(run: Run, tables: Tables, accounts: pa.Array, as_ofs: Sequence[int], data_end: int) -> Snapshots:
    """No qualifying event in [t + gap, t + gap + horizon).

    At risk are the accounts with a qualifying event in the `eligible_within_days` before t (ever, where none is given)
    that was known at t. One query reduces the events to cells per account and segment.

    Raises
    ------
    ConfigurationError
        The source holds no events.
    """
    need_contract(run, "events", 'name a source with contract = "events"')
    outcome = run.need_outcome()
    within = outcome.eligible_within_days
    ceased = Ceased.of(tables, accounts)
    offsets = (0, *window_of(outcome, 0), *(() if within is None else (-within,)))
    events = occurrences(tables, outcome.source, outcome.where, accounts, as_ofs, offsets)

    def look(_: int, t: int) -> Snapshot:
        known = events.counted(None if within is None else t - within, t, known_at=t) > 0
        begin, end = window_of(outcome, t)
        came = events.counted(begin, end) > 0
        return Snapshot(
            status=ceased.status(np.where(known, np.int8(Status.AT_RISK), np.int8(Status.INELIGIBLE)), t),
            label=ceased.label(np.where(came, np.int8(Label.STAYED), np.int8(Label.EXITED)), end),
            exit_day=np.full(len(accounts), begin),
            known_from=final_day(outcome, t),
            value=np.full(len(accounts), np.nan),
        )

    return Snapshots.collect(accounts, as_ofs, data_end, look)
