"""Churn of businesses with contracts: the account is given up in [t + gap, t + gap + horizon).

Worked example, as of 1 March 2024 with gap 7, horizon 60 and grace 14, so the window is [8 March, 7 May) and the label
is known from 21 May on. Notice on 10 March: exited, on that day. Notice on 5 March: exit in the gap. Notice on
20 February: not at risk, already leaving. The contract ended on 1 April and a new one began on 12 April: stayed. It
ended on 1 April as "merged", and only voluntary exits count: censored.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from healthscore.config import Run
from healthscore.outcomes.contracts import labels, load_contracts, need_contract
from healthscore.outcomes.snapshots import Snapshot, Snapshots, final_day, window_of
from healthscore.tables import Tables


def churn(run: Run, tables: Tables, accounts: pa.Array, as_ofs: Sequence[int], data_end: int) -> Snapshots:
    """Exit of the spell in force at t, by a type that counts, in [t + gap, t + gap + horizon).

    The risk set uses what was known at t only; the label uses everything up to the data end. Exits of other types
    within the window are censored, exits before t + gap are counted apart.

    Raises
    ------
    ConfigurationError
        The source holds no subscriptions.
    """
    need_contract(
        run,
        "subscriptions",
        'name a source with contract = "subscriptions"; for a business without contracts, kind = "inactivity"',
    )
    outcome = run.need_outcome()
    contracts = load_contracts(run, tables, outcome.source, accounts)

    def look(_: int, t: int) -> Snapshot:
        left, counted = contracts.exits(t)
        label = labels(left, counted, *window_of(outcome, t))
        return Snapshot(contracts.status(t), label, left, final_day(outcome, t), contracts.value(t))

    return Snapshots.collect(accounts, as_ofs, data_end, look)
