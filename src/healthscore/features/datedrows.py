"""Rows that are kept whole, as sorted arrays: intervals and levels have a state, which no sum over cells can tell.

Worked example: a ticket of 1 March that was closed on 9 March, and known to be from 10 March on, is a row with day
1 March, known 1 March, end 9 March, end known 10 March. At as-of 10 March it is visible and open; at 11 March, closed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from healthscore.asof import upto
from healthscore.config import Window
from healthscore.errors import InsufficientDataError
from healthscore.features.coverage import Covered
from healthscore.features.history import Values
from healthscore.features.signals import SignalPlan
from healthscore.features.states import State
from healthscore.tables import Tables
from healthscore.tables.segmented import sorted_by_account

OPEN = int(np.iinfo(np.int32).max)
"""Stands for a day that there is none of: no end, no deadline, no later version."""
UNTIL = f"COALESCE(until_day, {OPEN})"
"""First day on which a later version of a row was known."""


@dataclass(frozen=True)
class DatedRows:
    """The rows of one signal, sorted by account.

    Attributes
    ----------
    plan
        The signal.
    accounts
        Number of accounts; codes begin at 0.
    account, day, known, until
        int32, shape (rows,): code of the account; day on which it happened; day on which that became known; first day
        on which a later version of the row was known.
    columns
        What else was read, by name, each of shape (rows,).
    first
        Shape (as-of days,): first day of the source among the rows that each as-of date could know.
    """

    plan: SignalPlan
    accounts: int
    account: NDArray[np.int32]
    day: NDArray[np.int32]
    known: NDArray[np.int32]
    until: NDArray[np.int32]
    columns: Mapping[str, NDArray[Any]]
    first: NDArray[np.int64]

    def visible(self, t: int) -> NDArray[np.bool_]:
        """Which rows may be seen at as-of day `t`: happened and known before it, and not known better by then."""
        return upto(t, self.day, self.known) & (self.until >= t)

    def take(self, rows: slice | NDArray[np.bool_]) -> DatedRows:
        """Some of the rows."""
        columns = {name: values[rows] for name, values in self.columns.items()}
        chosen = {name: getattr(self, name)[rows] for name in ("account", "day", "known", "until")}
        return replace(self, columns=columns, **chosen)

    def between(self, low: int, high: int) -> DatedRows:
        """The rows of the accounts [low, high), whose codes then begin at 0."""
        mine = self.take(slice(*np.searchsorted(self.account, [low, high])))
        return replace(mine, accounts=high - low, account=mine.account - np.int32(low))


class Seen:
    """The rows of a signal that are visible at as-of day `t`, and their reductions to one number per account.

    Reductions take a mask over the visible rows and give float64 of shape (accounts,); they are exact (sums are sums of
    integers) and do not depend on the order of rows.
    """

    def __init__(self, rows: DatedRows, index: int, t: int) -> None:
        self.t = t
        self.accounts = rows.accounts
        self.covered = Covered(t, int(rows.first[index]), rows.plan.outages)
        self._rows = rows
        self._visible = np.flatnonzero(rows.visible(t))
        self.account = rows.account[self._visible]
        self.day = rows.day[self._visible]

    def column(self, name: str) -> NDArray[Any]:
        """A column of the visible rows."""
        return self._rows.columns[name][self._visible]

    def within(self, day: NDArray[np.int32], window: Window) -> NDArray[np.bool_]:
        """Which days lie in the window."""
        low, high = self.covered.span(window)
        inside: NDArray[np.bool_] = (day < high) if low is None else (day >= low) & (day < high)
        return inside

    def count(self, rows: NDArray[np.bool_]) -> Values:
        """How many of the rows each account has."""
        return np.bincount(self.account[rows], minlength=self.accounts).astype(np.float64)

    def total(self, rows: NDArray[np.bool_], values: NDArray[np.int64]) -> Values:
        """Sum of scaled integers."""
        sums = np.zeros(self.accounts, np.int64)
        np.add.at(sums, self.account[rows], values[rows])
        return sums.astype(np.float64)

    def largest(self, rows: NDArray[np.bool_], values: NDArray[np.int32]) -> Values:
        """Largest value; NaN for accounts without any of the rows."""
        found = np.full(self.accounts, np.iinfo(np.int32).min, np.int32)
        np.maximum.at(found, self.account[rows], values[rows])
        return np.where(found == np.iinfo(np.int32).min, np.nan, found.astype(np.float64))

    def smallest(self, rows: NDArray[np.bool_], values: NDArray[np.int32]) -> Values:
        """Smallest value; NaN for accounts without any of the rows."""
        return -self.largest(rows, -values)

    def first_day(self) -> Values:
        """Day of each account's first row; NaN where there is none."""
        return self.smallest(np.ones(len(self.day), bool), self.day)

    def known(self, values: Values, window: Window = "all") -> Values:
        """The values, or NaN throughout where less than half of the window was recorded."""
        return values if self.covered.enough(window) else np.full(self.accounts, np.nan)


@dataclass(frozen=True)
class RowSignal:
    """A signal whose rows are kept whole, before the panel: a chunk of it is the same of fewer accounts.

    Attributes
    ----------
    rows
        The signal's rows.
    state
        Makes its kind's state of what is visible at an as-of date.
    """

    rows: DatedRows
    state: Callable[[Seen], State]

    @property
    def width(self) -> int:
        """Rows per account, on average, rounded up."""
        return 1 + len(self.rows.account) // max(self.rows.accounts, 1)

    def seen(self, index: int, t: int) -> NDArray[np.int32]:
        """Codes of the accounts with a row visible at as-of day `t`; its place in the grid does not matter here."""
        return self.rows.account[self.rows.visible(t)]

    def chunk(self, low: int, high: int) -> RowSignal:
        """The rows of the accounts [low, high)."""
        return replace(self, rows=self.rows.between(low, high))

    def at(self, index: int, t: int, seats: Values | None) -> State:
        """The state at as-of day `t`, the `index`-th of the grid; seats do not matter to it."""
        return self.state(Seen(self.rows, index, t))


def read_dated_rows(
    tables: Tables,
    plans: Sequence[SignalPlan],
    as_ofs: Sequence[int],
    accounts: pa.Array,
    *,
    day: str,
    columns: Mapping[str, str],
    order: Sequence[str] = (),
) -> list[DatedRows]:
    """Read one source for its signals, in one query: their conditions are columns of it.

    Parameters
    ----------
    tables, plans, as_ofs, accounts
        As of `healthscore.features.kinds.read_signals`; the plans are those of one source.
    day
        Column of the day on which a row happened.
    columns
        Name -> SQL of what else is read.
    order
        Names of columns by which the rows of an account are ordered.

    Raises
    ------
    InsufficientDataError
        The source has no rows.
    """
    source, last = plans[0].source, as_ofs[-1]
    first = _first_days(tables, source, day, as_ofs)
    conditions = [tables.predicate(source, plan.where) if plan.where else "TRUE" for plan in plans]
    chosen = {f"chosen_{i}": f"COALESCE({conditions[i]}, FALSE)" for i, plan in enumerate(plans) if plan.where}
    read = {"day": day, "known": "known_day", "until": UNTIL, **columns, **chosen}
    found = tables.engine.query(
        f"SELECT account_id, {', '.join(f'{sql} AS {name}' for name, sql in read.items())} "
        f"FROM {tables.relation(source)} WHERE {day} < {last} AND known_day < {last} "
        f"AND ({' OR '.join(conditions)})"
    )
    account, rows = sorted_by_account(found, accounts, order)
    arrays = {name: found[name].to_numpy()[rows] for name in read}
    everything = DatedRows(
        plan=plans[0],
        accounts=len(accounts),
        account=account,
        day=arrays["day"],
        known=arrays["known"],
        until=arrays["until"],
        columns={name: arrays[name] for name in columns},
        first=first,
    )
    return [
        replace(everything.take(arrays[f"chosen_{i}"]) if plan.where else everything, plan=plan)
        for i, plan in enumerate(plans)
    ]


def _first_days(tables: Tables, source: str, day: str, as_ofs: Sequence[int]) -> NDArray[np.int64]:
    """First day of the source among the rows that each as-of date may see; the as-of day where there is none."""
    found = tables.engine.query(
        f"SELECT min({day}) AS first_day, known_day AS known, {UNTIL} AS until "
        f"FROM {tables.relation(source)} GROUP BY 2, 3"
    )
    if not found.num_rows:
        raise InsufficientDataError(
            f"{source}: no rows are left after checks and filters", "look at `healthscore check`"
        )
    first, known, until = (found[name].to_numpy() for name in ("first_day", "known", "until"))
    return np.array([first[upto(t, first, known) & (until >= t)].min(initial=t) for t in as_ofs], np.int64)
