"""Subscriptions as arrays, with what was in force at an as-of day."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from healthscore.tables import Tables

OPEN = np.iinfo(np.int32).max
"""Stands for an end, or a notice, that there is none of."""


@dataclass(frozen=True)
class Subscriptions:
    """Rows sorted by account, start, known day and end; days since 1970-01-01, `OPEN` where empty.

    `end` is the first day no longer covered. `known` is the day on which the start became known; an end or a notice is
    known on its own day.
    """

    accounts: int
    account: NDArray[np.int32]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    notice: NDArray[np.int32]
    known: NDArray[np.int32]
    exit_type: NDArray[np.object_]
    status: NDArray[np.object_]
    seats: NDArray[np.float64]
    value: NDArray[np.float64]

    def between(self, low: int, high: int) -> Subscriptions:
        """The rows of the accounts [low, high), whose codes then begin at 0."""
        rows = slice(*np.searchsorted(self.account, [low, high]))
        columns = {field.name: getattr(self, field.name)[rows] for field in fields(self) if field.name != "accounts"}
        columns["account"] = columns["account"] - np.int32(low)
        return Subscriptions(accounts=high - low, **columns)

    def in_force(self, t: int) -> NDArray[np.int64]:
        """Row in force at as-of day `t` per account, the one that started last where there are several; -1 for none.

        A subscription whose end is `t` itself is in force: its end is still the future.
        """
        row = np.full(self.accounts, -1, np.int64)
        standing = np.flatnonzero((self.start < t) & (self.known < t) & (self.end >= t))
        row[self.account[standing]] = standing  # rising starts: the last one stays
        return row

    def first_start(self, t: int) -> NDArray[np.float64]:
        """First day of the first subscription known before `t`, per account; NaN where there is none."""
        first = np.full(self.accounts, np.nan)
        seen = np.flatnonzero((self.start < t) & (self.known < t))[::-1]
        first[self.account[seen]] = self.start[seen]
        return first

    def at(self, column: NDArray[np.float64], t: int) -> NDArray[np.float64]:
        """A number of the row in force at `t` per account; NaN where none is in force."""
        row = self.in_force(t)
        return np.where(row >= 0, column[row], np.nan) if len(column) else np.full(self.accounts, np.nan)


def load_subscriptions(tables: Tables, source: str, accounts: pa.Array) -> Subscriptions:
    """Read a source of subscriptions for the given accounts; a code is the position of the account's id in them."""
    bound = tables.bound_columns(source)
    wanted = ["account_id", "start", "known_day", *(c for c in _OPTIONAL if c in bound)]
    columns = ", ".join(f'"{name}"' for name in wanted)
    # All columns, so that rows that begin on one day have an order of their own, whatever the order in the files.
    found = tables.engine.query(f"SELECT {columns} FROM {tables.relation(source)} ORDER BY ALL")
    code = pc.fill_null(pc.index_in(found["account_id"], value_set=accounts), -1).to_numpy()
    start = found["start"].to_numpy()
    order = np.lexsort((start, code))
    order = order[np.searchsorted(code[order], 0) :]

    def days(name: str) -> NDArray[np.int32]:
        if name not in bound:
            return np.full(len(order), OPEN, np.int32)
        values: NDArray[np.int32] = pc.fill_null(found[name], int(OPEN)).to_numpy()[order].astype(np.int32)
        return values

    def number(name: str) -> NDArray[np.float64]:
        if name not in bound:
            return np.full(len(order), np.nan)
        values = pc.cast(found[name], pa.float64()).to_numpy()[order] / 10.0 ** tables.scale(source, name)
        return np.asarray(values, np.float64)

    def text(name: str, default: str) -> NDArray[np.object_]:
        if name not in bound:
            return np.full(len(order), default, object)
        values: NDArray[np.object_] = pc.fill_null(found[name], default).to_numpy(zero_copy_only=False)[order]
        return values

    return Subscriptions(
        accounts=len(accounts),
        account=code[order].astype(np.int32),
        start=start[order].astype(np.int32),
        end=days("end"),
        notice=days("notice"),
        known=found["known_day"].to_numpy()[order].astype(np.int32),
        exit_type=text("exit_type", ""),
        status=text("status", "active"),
        seats=number("seats"),
        value=number("value"),
    )


_OPTIONAL = ("end", "notice", "exit_type", "status", "seats", "value")
