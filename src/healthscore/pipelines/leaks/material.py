"""What evidence is taken from: the book, one case per account, and the days on which accounts left.

A *case* is one snapshot per account, so that no account speaks twice: of an account that left, the last snapshot from
which its exit was predicted; of any other, one of those after which it stayed, chosen by its id alone. Whoever stayed
in the window and had left by the end of the data is no case: a table of today may say either of such an account.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from healthscore.config import Run, Signal
from healthscore.outcomes.snapshots import Label, Snapshots
from healthscore.outcomes.spells import spells
from healthscore.pipelines.build import Book
from healthscore.pipelines.happenings import HAPPENINGS, Happening
from healthscore.tables import Tables
from healthscore.tables.engine import Engine
from healthscore.tables.subscriptions import OPEN, Subscriptions, load_subscriptions

Days = NDArray[np.int64]
CASES = "leak cases"
EXITS = "leak exits"
ENDS = ("churn", "non_renewal")
"""Outcomes that are ends of contracts, with a day of their own."""
FEWEST = 20
"""Accounts that left, below which no comparison of leavers with others is made."""
MEASURED = ("events", "intervals", "levels")
MEASURING = ("depth", "levels", "intervals")
"""Families that read how much a row says."""


@dataclass(frozen=True)
class Cases:
    """One snapshot per account.

    Attributes
    ----------
    account
        Codes of accounts.
    day
        As-of day.
    left
        Whether the account left in the window.
    since
        Days since the account's first subscription that was known then, NaN where not known.
    """

    account: NDArray[np.int64]
    day: Days
    left: NDArray[np.bool_]
    since: NDArray[np.float64]

    @property
    def enough(self) -> bool:
        """Whether there are enough accounts of both kinds to compare them."""
        return min(int(self.left.sum()), int((~self.left).sum())) >= FEWEST

    @cached_property
    def strata(self) -> NDArray[np.int64]:
        """Fifths by how long an account had been a customer; one stratum where that is not known."""
        if np.isnan(self.since).all():
            return np.zeros(len(self.account), np.int64)
        edges = np.nanquantile(self.since, (0.2, 0.4, 0.6, 0.8))
        return np.where(np.isnan(self.since), 5, np.searchsorted(edges, self.since)).astype(np.int64)


@dataclass(frozen=True)
class Exits:
    """Exits that count: account codes, day of the decision, first day no longer covered, and first day as customer."""

    account: NDArray[np.int64]
    decided: Days
    ended: Days
    started: Days

    def __len__(self) -> int:
        return len(self.account)


@dataclass(frozen=True)
class Material:
    """A run on its tables, with what became of the accounts."""

    run: Run
    tables: Tables
    book: Book

    @property
    def accounts(self) -> pa.Array:
        """Ids by code."""
        return self.book.snapshots.accounts

    @property
    def words(self) -> Happening:
        """What the outcome is called."""
        return HAPPENINGS[self.run.need_outcome().kind]

    @property
    def few(self) -> str:
        """Why accounts cannot be compared."""
        return f"not asked, because fewer than {FEWEST} accounts {self.words.did}, or {self.words.kept}"

    @property
    def measured(self) -> list[str]:
        """Sources of dated rows that signals measure, in the run's order."""
        used = {signal.source for signal in self.run.signals.values()}
        return [name for name, s in self.run.sources.items() if name in used and s.contract in MEASURED]

    def signals_over(self, source: str) -> dict[str, Signal]:
        """Signals that read a source."""
        return {name: signal for name, signal in self.run.signals.items() if signal.source == source}

    def measures(self, source: str) -> bool:
        """Whether features read how much a row of a source says, and not only that it is there."""
        signals = self.signals_over(source)
        return any(one.signal in signals and one.family in MEASURING for one in self.book.panel.features)

    def read(self, source: str) -> str:
        """SQL of the rows that any signal reads."""
        given = [signal.where for signal in self.signals_over(source).values()]
        if None in given:
            return "TRUE"
        return f"({' OR '.join(self.tables.predicate(source, where) for where in given if where)})"

    @cached_property
    def subscriptions(self) -> Subscriptions | None:
        """Contracts of the accounts, None where the run has none."""
        source = self.run.source_of("subscriptions")
        return None if source is None else load_subscriptions(self.tables, source, self.accounts)

    @cached_property
    def cases(self) -> Cases:
        """See the module."""
        return cases_of(self.book.snapshots, self.subscriptions, self.book.data_end)

    @cached_property
    def exits(self) -> Exits | None:
        """Ends of contracts, where they are the outcome; None for others, as inactivity."""
        outcome = self.run.need_outcome()
        if outcome.kind not in ENDS or self.subscriptions is None:
            return None
        typed = "exit_type" in self.tables.bound_columns(outcome.source)
        return exits_of(self.subscriptions, outcome.grace_days, outcome.types if typed else None, self.book.data_end)

    def register_cases(self, engine: Engine | None = None) -> str:
        """Put the cases on an engine (the tables' own): number, account_id, day, left. The quoted name."""
        cases = self.cases
        table = {
            "number": np.arange(len(cases.account), dtype=np.int32),
            "account_id": self.accounts.take(pa.array(cases.account)),
            "t": cases.day.astype(np.int32),
            "left": cases.left,
        }
        (engine or self.tables.engine).register(CASES, pa.table(table))
        return f'"{CASES}"'


def cases_of(snapshots: Snapshots, subscriptions: Subscriptions | None, data_end: int) -> Cases:
    """One snapshot per account, see the module."""
    exited = snapshots.labelled & (snapshots.label == Label.EXITED)
    stayed = snapshots.labelled & (snapshots.label == Label.STAYED)
    as_ofs = np.asarray(snapshots.as_ofs, np.int64)
    left = exited.any(axis=0)
    last = len(as_ofs) - 1 - np.argmax(exited[::-1], axis=0)
    position = _chosen(stayed, snapshots.accounts)
    if subscriptions is not None:
        position[_gone(subscriptions, data_end)] = -1
    index = np.where(left, last, position)
    account = np.flatnonzero(index >= 0)
    index = index[account]
    since = np.full(len(account), np.nan)
    if subscriptions is not None:
        for i, t in enumerate(snapshots.as_ofs):
            at = index == i
            since[at] = t - subscriptions.first_start(t)[account[at]]
    return Cases(account, as_ofs[index], left[account], since)


def _gone(subscriptions: Subscriptions, data_end: int) -> NDArray[np.bool_]:
    """Accounts without a contract at the data end, but for those whose last one was completed: they stayed."""
    last = np.full(subscriptions.accounts, -1, np.int64)
    last[subscriptions.account] = np.arange(len(subscriptions.account))
    completed = np.array([str(kind).lower() == "completed" for kind in subscriptions.exit_type], bool)
    gone = (last >= 0) & ~completed[last] if len(completed) else last >= 0
    gone[subscriptions.account[subscriptions.standing(data_end)]] = False
    return gone


def _chosen(stayed: NDArray[np.bool_], accounts: pa.Array) -> NDArray[np.int64]:
    """Index of one of the dates at which each account stayed, by a checksum of its id; -1 where there is none."""
    count = stayed.sum(axis=0)
    drawn = np.array([zlib.crc32(str(name).encode()) for name in accounts.to_pylist()], np.int64)
    rank = np.where(count > 0, drawn % np.maximum(count, 1), -1)
    reached = np.cumsum(stayed, axis=0) - 1
    index = np.argmax(stayed & (reached == rank), axis=0)
    return np.where(count > 0, index, -1)


def exits_of(subscriptions: Subscriptions, grace_days: int, types: tuple[str, ...] | None, data_end: int) -> Exits:
    """Every exit of a type that counts (all where `types` is None) that was decided before the data end."""
    lives = spells(subscriptions, grace_days, "decision")
    counts = np.ones(len(lives.end), bool)
    if types is not None:
        counts = np.isin([str(kind).lower() for kind in lives.exit_type], [*map(str.lower, types), ""])
    first = np.flatnonzero(np.diff(lives.of_row, prepend=-1))
    chosen = counts & (lives.exit_day < data_end) & (lives.end < OPEN)
    return Exits(
        subscriptions.account[first][chosen].astype(np.int64),
        lives.exit_day[chosen],
        lives.end[chosen],
        subscriptions.start[first][chosen].astype(np.int64),
    )
