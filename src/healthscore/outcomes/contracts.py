"""Accounts by their contracts: who is active, leaving, paused or on trial at a date, and when and how each life ended.

Shared by every outcome of businesses with subscriptions. An account with several of them at a time (a base contract and
add-ons) is active as long as one is, and leaves with the last. Worked example: a base contract with notice of 10 March
to 1 May, and an add-on without notice that ends on 20 April. On 1 April the account is at risk, because of the add-on;
on 25 April it is leaving; its life was given up on 20 April, when the last of its contracts was, and ended on 1 May.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from healthscore.config import Run
from healthscore.errors import ConfigurationError
from healthscore.outcomes.snapshots import Label, Status
from healthscore.outcomes.spells import Spells, spells
from healthscore.tables import Tables
from healthscore.tables.subscriptions import ACTIVE, OPEN, Subscriptions, load_subscriptions

STATUS_OF = {ACTIVE: Status.AT_RISK, "trial": Status.TRIAL, "paused": Status.PAUSED, "incomplete": Status.TRIAL}


@dataclass(frozen=True)
class Contracts:
    """Subscriptions, the lives that they make up, and which of those end by an exit that counts.

    Attributes
    ----------
    row_status
        int8, shape (rows,): what each row alone says of its account, a `Status`.
    counts
        Shape (spells,): whether the spell's exit is of a type that counts.
    """

    subscriptions: Subscriptions
    lives: Spells
    row_status: NDArray[np.int8]
    counts: NDArray[np.bool_]

    def status(self, t: int) -> NDArray[np.int8]:
        """Where each account stands at as-of day `t`, by what was known then: see `standing`."""
        return standing(self.subscriptions, self.row_status, t)

    def exits(self, t: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Day on which each account's life at `t` was given up, `OPEN` for never, and whether that exit counts."""
        spell, living = self._spell(t)
        left, counted = np.full(len(spell), int(OPEN)), np.zeros(len(spell), bool)
        left[living], counted[living] = self.lives.exit_day[spell[living]], self.counts[spell[living]]
        return left, counted

    def ends(self, t: int) -> NDArray[np.int64]:
        """First day after the life that each account leads at `t`, `OPEN` for never."""
        spell, living = self._spell(t)
        end = np.full(len(spell), int(OPEN))
        end[living] = self.lives.end[spell[living]]
        return end

    def value(self, t: int) -> NDArray[np.float64]:
        """Recurring revenue per month in force at `t`; NaN where not known."""
        return self.subscriptions.at(self.subscriptions.value, t)

    def customer_for(self, t: int, days: int) -> NDArray[np.bool_]:
        """Which accounts began, as far as known at as-of day `t`, at least so many days before it."""
        began: NDArray[np.bool_] = t - self.subscriptions.first_start(t) >= days
        return began

    def _spell(self, t: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Spell of each account at `t` (rows in force overlap, so they are of one), and whether it has one."""
        row = self.subscriptions.in_force(t)
        living = row >= 0
        spell = np.full(len(row), -1, np.int64)
        spell[living] = self.lives.of_row[row[living]]
        return spell, living


def load_contracts(run: Run, tables: Tables, source: str, accounts: pa.Array) -> Contracts:
    """Read the subscriptions of a source and join them to lives, by the run's grace, date and types of exit."""
    outcome = run.need_outcome()
    subscriptions = load_subscriptions(tables, source, accounts)
    lives = spells(subscriptions, outcome.grace_days, outcome.date)
    typed = "exit_type" in tables.bound_columns(source)
    return Contracts(subscriptions, lives, row_status(subscriptions), _counting(lives, outcome.types, typed))


def row_status(held: Subscriptions) -> NDArray[np.int8]:
    """What each row alone says of its account, a `Status`; int8, shape (rows,)."""
    return np.array([STATUS_OF.get(str(status), Status.PAUSED) for status in held.status], np.int8)


def standing(held: Subscriptions, row_status: NDArray[np.int8], t: int) -> NDArray[np.int8]:
    """Where each account stands at as-of day `t`, by what was known then; int8, shape (accounts,).

    At risk with an active contract without notice, leaving where all active ones have notice; without an active one
    what the contract that began last says.
    """
    started = ~np.isnan(held.first_start(t))
    status = np.where(started, np.int8(Status.ENDED), np.int8(Status.NOT_STARTED))
    row = held.in_force(t)
    status[row >= 0] = row_status[row[row >= 0]]
    rows = held.standing(t)
    active = rows[held.active[rows]]
    status[held.account[active]] = Status.LEAVING
    status[held.account[active[held.notice_known[active] >= t]]] = Status.AT_RISK
    return status


def need_contract(run: Run, contract: str, remedy: str) -> None:
    """Refuse an outcome whose source holds something else than it needs."""
    outcome = run.need_outcome()
    held = run.sources[outcome.source].contract
    if held != contract:
        raise ConfigurationError(
            f"outcome.source: {outcome.kind} needs {contract}, and {outcome.source!r} holds {held}", remedy
        )


def labels(
    left: NDArray[np.int64], counted: NDArray[np.bool_], begin: int, end: int | NDArray[np.int64]
) -> NDArray[np.int8]:
    """What became of accounts given up on the day `left`, within [begin, end): exits that do not count are censored."""
    return np.select(
        [left < begin, (left < end) & counted, left < end],
        [np.int8(Label.EXIT_IN_GAP), np.int8(Label.EXITED), np.int8(Label.CENSORED)],
        np.int8(Label.STAYED),
    )


def _counting(lives: Spells, types: Sequence[str], typed: bool) -> NDArray[np.bool_]:
    """Which spells end by an exit that counts: every exit where the source has no types, and any without a type."""
    if not typed:
        return np.ones(len(lives.exit_type), bool)
    return np.isin(np.char.lower(lives.exit_type.astype(str)), [*map(str.lower, types), ""])
