"""Revenue before and after: what contraction and expansion have in common.

Revenue is either *recurring*, the summed value of the active subscriptions in force, or *invoiced*, the summed quantity
of events. Recurring revenue at the end of the window is held against that at t; invoiced revenue in
[t + gap, t + gap + horizon) against that in the window of the same length before t. Between two contracts of one spell
(a late renewal, within the grace period) the old contract's revenue holds on.

Worked example of recurring revenue, as of 1 March 2024 with gap 7 and horizon 60, so the last day of the window is
6 May. A contract of 100 and an add-on of 20 make 120 on 1 March. The add-on ends on 10 April: 100 on 6 May, 17 % less,
reached on 10 April and kept to the end. Had it ended on 4 March, it would have been reached in the gap. Had a new one
of 30 begun on 1 May, revenue would be 130 on 6 May, and have grown by 8 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from healthscore.config import Run
from healthscore.errors import ConfigurationError
from healthscore.outcomes.activity import Activity, activity
from healthscore.outcomes.contracts import Contracts, load_contracts
from healthscore.outcomes.occurrences import Occurrences, occurrences
from healthscore.outcomes.snapshots import window_of
from healthscore.tables import Tables
from healthscore.tables.subscriptions import OPEN

Floats = NDArray[np.float64]
MICRO = 1_000_000
"""Revenue is summed in whole millionths, so that no sum depends on the order of the rows."""
TOLERANCE = 1e-9
"""A change of exactly so many per cent is reached, whatever the binary fractions of the amounts."""


@dataclass(frozen=True)
class Limit:
    """A change that counts: to `factor` times what was before, or less where it `falls`, or more where it does not."""

    factor: float
    falls: bool

    def reached(self, level: Floats, before: Floats) -> NDArray[np.bool_]:
        """Whether a level is at the limit or beyond it."""
        if self.falls:
            return np.asarray(level <= self.factor * before * (1 + TOLERANCE))
        return np.asarray(level >= self.factor * before * (1 - TOLERANCE))


class Revenue(Protocol):
    """Revenue of every account around an as-of day; arrays have shape (accounts,)."""

    def before(self, t: int) -> Floats:
        """What it was, by what was known at t; NaN where not known."""

    def change(self, t: int, limit: Limit) -> tuple[Floats, NDArray[np.bool_], NDArray[np.int64]]:
        """What it was after (NaN: cannot be told), whether that is beyond the limit, and the day since when."""

    def gone(self, t: int) -> NDArray[np.bool_]:
        """Which accounts brought nothing at all in the window, where that alone tells that they left."""


def revenue_of(
    run: Run, tables: Tables, accounts: pa.Array, as_ofs: Sequence[int], since: int = 0
) -> tuple[Activity, Revenue]:
    """Who is active, and the revenue of the outcome's source; `since` as in `activity`.

    Raises
    ------
    ConfigurationError
        The source holds neither subscriptions with a value nor events with a quantity, or `where` is given for the
        former.
    """
    outcome = run.need_outcome()
    contract, bound = run.sources[outcome.source].contract, tables.bound_columns(outcome.source)
    if contract == "subscriptions" and "value" in bound:
        if outcome.where is not None:
            raise ConfigurationError(
                f"outcome.where: {outcome.kind} of {outcome.source!r} adds up all subscriptions of an account",
                f"`where` in [sources.{outcome.source}] chooses among them; `where` in [outcome] is for events",
            )
        contracts = load_contracts(run, tables, outcome.source, accounts)
        return contracts, Recurring(contracts, outcome.gap_days + outcome.horizon_days)
    if contract == "events" and "quantity" in bound:
        length, window = outcome.horizon_days, window_of(outcome, 0)
        invoices = occurrences(
            tables, outcome.source, outcome.where, accounts, as_ofs, (-length, 0, *window), quantity=True
        )
        active = activity(run, tables, accounts, as_ofs, otherwise=outcome.source, since=since)
        return active, Invoiced(invoices, length, window)
    lacking = {"subscriptions": ", without `value`", "events": ", without `quantity`"}.get(contract, "")
    raise ConfigurationError(
        f"outcome.source: {outcome.kind} needs revenue, and {outcome.source!r} holds {contract}{lacking}",
        'name a source with contract = "subscriptions" that fills `value` (recurring revenue per month), or one with '
        'contract = "events" that fills `quantity` (invoiced amounts)',
    )


@dataclass(frozen=True)
class Invoiced:
    """Invoiced revenue: sums over windows of the same length."""

    invoices: Occurrences
    length: int
    window: tuple[int, int]

    def before(self, t: int) -> Floats:
        """What had been invoiced in the window before t, by what was known at t."""
        return self.invoices.measured(t - self.length, t, known_at=t).astype(np.float64)

    def change(self, t: int, limit: Limit) -> tuple[Floats, NDArray[np.bool_], NDArray[np.int64]]:
        """A sum has no day of its own: its change is dated to the first day of the window."""
        before = self.invoices.measured(t - self.length, t).astype(np.float64)
        after = self.invoices.measured(t + self.window[0], t + self.window[1]).astype(np.float64)
        return after, limit.reached(after, before), np.full(len(after), t + self.window[0])

    def gone(self, t: int) -> NDArray[np.bool_]:
        """Accounts without any invoice in the window."""
        return np.asarray(self.invoices.counted(t + self.window[0], t + self.window[1]) == 0)


@dataclass(frozen=True)
class Recurring:
    """Recurring revenue: a level that steps up and down as contracts begin and end."""

    contracts: Contracts
    reach: int

    def before(self, t: int) -> Floats:
        """The revenue in force at t."""
        return self.contracts.value(t)

    def change(self, t: int, limit: Limit) -> tuple[Floats, NDArray[np.bool_], NDArray[np.int64]]:
        """The level on the last day of the window; beyond the limit since the day from which it stayed there."""
        before = np.rint(np.nan_to_num(self.before(t)) * MICRO)
        account, day, level, rows = self._steps
        accounts = np.arange(len(before))
        inside = day < t + self.reach
        last = np.full(len(before), -1)
        last[account[inside]] = np.flatnonzero(inside)  # rising days: the last one stays
        told = (last >= 0) & (rows[last] > 0) if len(rows) else np.zeros(len(before), bool)
        after = np.full(len(before), np.nan)
        after[told] = level[last[told]]
        beyond = np.zeros(len(before), bool)
        beyond[told] = limit.reached(after[told], before[told])
        within = np.flatnonzero(inside & ~limit.reached(level, before[account]))
        since = np.searchsorted(account, accounts)  # beyond it from the first step on ...
        since[account[within]] = within + 1  # ... or from the step after the last one that was not
        exit_day = np.full(len(before), t)
        exit_day[beyond] = day[since[beyond]]
        return after, beyond, exit_day

    def gone(self, t: int) -> NDArray[np.bool_]:
        """Nobody: the ends of contracts tell who left."""
        del t
        return np.zeros(self.contracts.subscriptions.accounts, bool)

    @cached_property
    def _steps(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
        """Account and day of every step, sorted; revenue from that day on, in millionths, and of how many rows."""
        held = self.contracts.subscriptions
        end = _carried(self.contracts)
        paid = np.flatnonzero(held.active & ~np.isnan(held.value))
        closed = paid[end[paid] < OPEN]
        account = np.concatenate([held.account[paid], held.account[closed]]).astype(np.int64)
        day = np.concatenate([held.start[paid], end[closed]]).astype(np.int64)
        amount = np.rint(held.value * MICRO, where=~np.isnan(held.value), out=np.zeros(len(held.value))).astype(
            np.int64
        )
        change = np.concatenate([amount[paid], -amount[closed]])
        rows = np.concatenate([np.ones(len(paid), np.int64), -np.ones(len(closed), np.int64)])
        order = np.lexsort((day, account))
        account, day, change, rows = account[order], day[order], change[order], rows[order]
        final = np.flatnonzero((np.diff(account, append=-1) != 0) | (np.diff(day, append=-1) != 0))
        first = np.searchsorted(account, account[final])  # integers: what was before the account takes off exactly
        level = (np.cumsum(change)[final] - np.cumsum(change)[first] + change[first]).astype(np.float64)
        return account[final], day[final], level, np.cumsum(rows)[final] - np.cumsum(rows)[first] + rows[first]


def _carried(contracts: Contracts) -> NDArray[np.int64]:
    """Ends of the rows, put off to the next row's start where a spell was interrupted in between."""
    held, of_row = contracts.subscriptions, contracts.lives.of_row
    end = held.end.astype(np.int64)
    if len(end) < 2:
        return end
    lift = of_row * (int(OPEN) + 1)
    reached = np.maximum.accumulate(end + lift)
    start = held.start.astype(np.int64) + lift
    lapse = np.flatnonzero((np.diff(of_row) == 0) & (start[1:] > reached[:-1]))
    if len(lapse) == 0:
        return end
    # Within a spell the day on which a lapse begins is the end of the rows before it, and of no others.
    place = np.minimum(np.searchsorted(reached[lapse], end + lift), len(lapse) - 1)
    before = reached[lapse][place] == end + lift
    return np.where(before, start[lapse + 1][place] - lift, end)
