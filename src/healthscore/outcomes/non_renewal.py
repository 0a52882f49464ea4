"""Non-renewal: the next renewal that is known at t, with t + gap <= renewal < t + gap + horizon, is lost.

The row of the subscription in force says when its term is up (`renewal`); of several active rows the next one counts.
An `end` will not do: a cancellation is written there too, so that an end in the future may not have been known at t.
The renewal is lost when the account does not go on past it: the end of its spell lies at the renewal or before. A new
contract that begins within the grace period joins the spell, so a late renewal is a renewal.

Worked example, as of 1 January 2024 with gap 30, horizon 365 and grace 60, for a term that is up on 1 July 2024:

- the next contract begins on 1 July, or as late as 30 August: stayed; on 31 August: exited;
- notice on 15 May, end on 1 July: exited, on 15 May (the decision; with `date = "effective"` on 1 July);
- the account closes for good on 1 April, in mid-term: exited, on 1 April: it will not be there to renew;
- notice on 20 January: exit in the gap;
- the life ends on 1 July by a type that does not count: censored;
- the contract runs on to 1 August and then ends: stayed, because it went past its renewal;
- as of 10 June, or 1 June 2023, the renewal lies outside [t + 30, t + 395): not eligible.

The window of each account ends with its own renewal, so each label is known from a day of its own: the day after the
renewal, and the maturity, in the example 31 August (a contract of 30 August still joins).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from healthscore.config import Outcome, Run
from healthscore.errors import ConfigurationError
from healthscore.outcomes.contracts import Contracts, labels, load_contracts, need_contract
from healthscore.outcomes.snapshots import Label, Snapshot, Snapshots, Status, final_day, window_of
from healthscore.tables import Tables


def non_renewal(run: Run, tables: Tables, accounts: pa.Array, as_ofs: Sequence[int], data_end: int) -> Snapshots:
    """The account at risk does not go on past its next renewal; see the module for the exact rule.

    Raises
    ------
    ConfigurationError
        The source holds no subscriptions, or does not say when their terms are up.
    """
    need_contract(run, "subscriptions", 'name a source with contract = "subscriptions" that fills `renewal`')
    outcome = run.need_outcome()
    if "renewal" not in tables.bound_columns(outcome.source):
        raise ConfigurationError(
            f"outcome.source: non_renewal needs the renewal of each term, and {outcome.source!r} does not fill it",
            f"[sources.{outcome.source}] columns.renewal = the column with the day on which the term is up, as it was "
            'known when the term began; without one, kind = "churn"',
        )
    contracts = load_contracts(run, tables, outcome.source, accounts)
    return renewals(contracts, outcome, accounts, as_ofs, data_end)


def renewals(
    contracts: Contracts, outcome: Outcome, accounts: pa.Array, as_ofs: Sequence[int], data_end: int
) -> Snapshots:
    """Snapshots of the accounts' next renewals."""

    def look(_: int, t: int) -> Snapshot:
        begin, end = window_of(outcome, t)
        renewal = contracts.subscriptions.next_renewal(t)
        due = (renewal >= begin) & (renewal < end)
        day = np.where(due, renewal, 0).astype(np.int64)
        status = contracts.status(t)
        status[~due & (status == Status.AT_RISK)] = Status.INELIGIBLE
        left, counted = contracts.exits(t)
        lost = contracts.ends(t) <= day
        # A life that went past its renewal was not lost by it, unless it had been given up before the window.
        label = np.where(lost | (left < begin), labels(left, counted, begin, day + 1), np.int8(Label.STAYED))
        known_from = np.where(due, day + 1 + outcome.maturity, final_day(outcome, t))
        return Snapshot(status, label, left, known_from, contracts.value(t))

    return Snapshots.collect(accounts, as_ofs, data_end, look)
