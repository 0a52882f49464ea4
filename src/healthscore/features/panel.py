"""The panel: every feature of every (account, as-of date), one chunk of accounts at a time, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from healthscore.config import Run
from healthscore.features.account import AccountState, account_features
from healthscore.features.attributerows import refuse_current_state
from healthscore.features.combinations import combinations
from healthscore.features.dictionary import Feature
from healthscore.features.history import Values
from healthscore.features.kinds import read_signals
from healthscore.features.planning import features_of, plan_signals
from healthscore.features.signals import SignalPlan
from healthscore.features.states import Chunk
from healthscore.tables import Tables
from healthscore.tables.subscriptions import Subscriptions, load_subscriptions, source_of_subscriptions

CHUNK_VALUES = 1_000_000
"""Values that one array of a chunk (segments, or rows, x accounts) may hold: 8 MB, however many accounts there are."""
PANEL_VALUES = 16_000_000
"""Values that the panel of a chunk (features x as-of dates x accounts) may hold: 128 MB, however many dates."""
SMALLEST_CHUNK = 256
"""Accounts that a chunk holds at least, however wide the signals are."""
Progress = Callable[[float], None]


@dataclass(frozen=True)
class Panel:
    """Features of (account, as-of day) rows, sorted by as-of day, then account.

    Attributes
    ----------
    accounts
        Ids; a row's `account` is a position in them.
    account, day
        Shape (rows,): account code, as-of day.
    X
        float64, shape (rows, features): NaN where a value is not known.
    features
        What the columns mean, in their order.
    beside
        float64, shape (rows, k): what a cluster computed of the features where they were; None without one.
    """

    accounts: pa.Array
    account: NDArray[np.int32]
    day: NDArray[np.int32]
    X: NDArray[np.float64]
    features: tuple[Feature, ...]
    beside: NDArray[np.float64] | None = None

    @classmethod
    def gathered(
        cls,
        chunks: Iterable[Panel],
        rows: NDArray[np.bool_],
        accounts: pa.Array,
        as_ofs: Sequence[int],
        features: tuple[Feature, ...],
    ) -> Panel:
        """One panel of the chunks of a plan, of which no two are held at once.

        `rows`, of shape (as-of days, accounts), says which rows the chunks hold among them.
        """
        index, account = np.nonzero(rows)
        place = np.cumsum(rows).reshape(rows.shape) - 1
        X, beside = np.empty((len(index), len(features))), None
        for chunk in chunks:
            mine = place[np.searchsorted(as_ofs, chunk.day), chunk.account]
            X[mine] = chunk.X
            if chunk.beside is not None:
                beside = np.empty((len(index), chunk.beside.shape[1])) if beside is None else beside
                beside[mine] = chunk.beside
        return cls(accounts, account.astype(np.int32), np.asarray(as_ofs, np.int32)[index], X, features, beside)

    def table(self) -> pa.Table:
        """The panel as Arrow: account_id, as_of, then a column per feature."""
        columns = {
            "account_id": self.accounts.take(pa.array(self.account)),
            "as_of": pa.array(self.day).cast(pa.date32()),
        }
        columns |= {feature.name: pa.array(self.X[:, i], from_pandas=True) for i, feature in enumerate(self.features)}
        return pa.table(columns)


@dataclass(frozen=True)
class Measured:
    """The features of a run whose signals are measured, before any row is read.

    Attributes
    ----------
    plans, of_signal
        The signals, and the features of each.
    of_account
        Features of the account itself.
    single, combined
        All of these, and those that are made of them.
    """

    plans: tuple[SignalPlan, ...]
    of_signal: tuple[tuple[Feature, ...], ...]
    of_account: tuple[Feature, ...]
    single: tuple[Feature, ...]
    combined: tuple[Feature, ...]

    @classmethod
    def of(cls, run: Run, tables: Tables) -> Measured:
        """By the run's signals and the columns of their sources."""
        plans = tuple(plan_signals(run, tables))
        of_signal = tuple(tuple(features_of(plan)) for plan in plans)
        successions = run.source_of("successions")
        splits = successions is not None and "kind" in tables.bound_columns(successions)
        of_account = tuple(account_features(run, splits=splits))
        single = (*(feature for features in of_signal for feature in features), *of_account)
        return cls(plans, of_signal, of_account, single, combinations(run, single))

    @property
    def features(self) -> tuple[Feature, ...]:
        """All of them, in the order of the panel's columns."""
        return (*self.single, *self.combined)


class PanelPlan:
    """What it takes to compute a run's panel for a set of accounts and as-of days.

    Parameters
    ----------
    run, tables
        The run and its bound sources.
    accounts
        Ids, without repetition.
    as_ofs
        As-of days, rising.
    data_end
        First day that the data do not cover: from it on, today's state of an account may stand for its state then.

    Attributes
    ----------
    features
        Dictionary entries, in the order of the panel's columns.
    """

    def __init__(
        self, run: Run, tables: Tables, accounts: pa.Array, as_ofs: Sequence[int], data_end: int | None = None
    ) -> None:
        refuse_current_state(run, tables, as_ofs, data_end)
        self.run = run
        self.accounts = accounts
        self.as_ofs = tuple(as_ofs)
        self.measured = Measured.of(run, tables)
        self.features = self.measured.features
        self._founded = tables.successions.founded_on(accounts)
        self._signals = read_signals(tables, self.measured.plans, self.as_ofs, accounts)
        source = source_of_subscriptions(run)
        self._subscriptions: Subscriptions | None = (
            None if source is None else load_subscriptions(tables, source, accounts)
        )

    def build(self, rows: NDArray[np.bool_], progress: Progress | None = None) -> Panel:
        """The whole panel of the chosen rows: `rows` has shape (as-of days, accounts)."""
        return Panel.gathered(self.chunks(rows, progress), rows, self.accounts, self.as_ofs, self.features)

    def chunks(self, rows: NDArray[np.bool_], progress: Progress | None = None) -> Iterator[Panel]:
        """The panel of the chosen rows, a chunk of accounts at a time."""
        widest = max((signal.width for signal in self._signals), default=1)
        columns = max(len(self.as_ofs) * len(self.features), 1)
        size = max(SMALLEST_CHUNK, min(CHUNK_VALUES // widest, PANEL_VALUES // columns))
        for low in range(0, max(len(self.accounts), 1), size):
            high = min(low + size, len(self.accounts))
            yield self._chunk(rows[:, low:high], low, high)
            if progress is not None:
                progress(high / max(len(self.accounts), 1))

    def seen(self) -> NDArray[np.bool_]:
        """Which accounts had anything measured, or a subscription, known before each day: (as-of days, accounts)."""
        rows = np.zeros((len(self.as_ofs), len(self.accounts)), bool)
        for index, t in enumerate(self.as_ofs):
            if self._subscriptions is not None:
                rows[index] = ~np.isnan(self._subscriptions.first_start(t))
            for signal in self._signals:
                rows[index, signal.seen(index, t)] = True
        return rows

    def _chunk(self, rows: NDArray[np.bool_], low: int, high: int) -> Panel:
        chunks = [signal.chunk(low, high) for signal in self._signals]
        subscriptions = None if self._subscriptions is None else self._subscriptions.between(low, high)
        index, account = np.nonzero(rows)
        # Feature by feature, as it is computed and written: a column lies in one piece.
        X = np.empty((len(index), len(self.features)), order="F")
        stops = np.searchsorted(index, np.arange(len(self.as_ofs) + 1))
        for i, t in enumerate(self.as_ofs):
            inside = slice(stops[i], stops[i + 1])
            chosen: NDArray[np.intp] | slice = slice(None) if rows[i].all() else account[inside]
            for column, values in enumerate(self._features_at(chunks, subscriptions, i, t, self._founded[low:high])):
                X[inside, column] = values[chosen]
        days = np.asarray(self.as_ofs, np.int32)[index]
        return Panel(self.accounts, (account + low).astype(np.int32), days, X, self.features)

    def _features_at(
        self,
        chunks: Sequence[Chunk],
        subscriptions: Subscriptions | None,
        index: int,
        t: int,
        founded: NDArray[np.int32],
    ) -> list[Values]:
        unknown = np.full(len(founded), np.nan)
        seats = None if subscriptions is None else subscriptions.at(subscriptions.seats, t)
        since = unknown if subscriptions is None else subscriptions.first_start(t)
        renewal = unknown if subscriptions is None else subscriptions.next_renewal(t)
        values, first = [], unknown
        measured = self.measured
        for chunk, features in zip(chunks, measured.of_signal, strict=True):
            signal = chunk.at(index, t, seats)
            values += [feature.compute(signal) for feature in features]
            if measured.of_account:
                first = np.fmin(first, signal.first_day())
        state = AccountState(t, np.where(np.isnan(since), first, since), renewal, founded)
        values += [feature.compute(state) for feature in measured.of_account]
        columns = dict(zip((feature.name for feature in measured.single), values, strict=True))
        return values + [feature.compute(columns) for feature in measured.combined]
