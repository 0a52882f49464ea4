"""Subscriptions as arrays, with what was in force at an as-of day.

An account may have several at a time: a base contract and add-ons. In force at `t` are all rows with start < t, known
before t, and no end that was known before t (an end at `t` itself is still the future). Its numbers are sums over them:
of the active rows where there are any (a trial or a pause beside a paid contract adds nothing), else of the others.
Worked example, as of 2024-03-01: a base of 100 since 2023, an add-on of 20 since February and a trial of 50 since
February make 120; once base and add-on have ended, the trial alone makes 50.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from healthscore.config import Run
from healthscore.tables import Tables

OPEN = np.iinfo(np.int32).max
"""Stands for an end, a notice or a renewal that there is none of."""
ACTIVE = "active"
"""The status of a paid subscription; trial, paused and incomplete ones are in force, but not active."""


@dataclass(frozen=True)
class Subscriptions:
    """Rows sorted by account, start, known day and end; days since 1970-01-01, `OPEN` where empty.

    `end` is the first day no longer covered. `known` is the day on which the start became known, and with it the
    renewal; an end or a notice is known on its own day, or later by the source's delay: `end_known`, `notice_known`.
    `status` is in lower case.
    """

    accounts: int
    account: NDArray[np.int32]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    notice: NDArray[np.int32]
    renewal: NDArray[np.int32]
    known: NDArray[np.int32]
    end_known: NDArray[np.int32]
    notice_known: NDArray[np.int32]
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

    @cached_property
    def active(self) -> NDArray[np.bool_]:
        """Which rows are paid subscriptions."""
        paid: NDArray[np.bool_] = self.status == ACTIVE
        return paid

    def standing(self, t: int) -> NDArray[np.int64]:
        """Rows in force at as-of day `t`, by what was known then."""
        return np.flatnonzero((self.start < t) & (self.known < t) & (self.end_known >= t))

    def in_force(self, t: int) -> NDArray[np.int64]:
        """Row in force at `t` per account, the one that started last where there are several; -1 for none."""
        row = np.full(self.accounts, -1, np.int64)
        standing = self.standing(t)
        row[self.account[standing]] = standing  # rising starts: the last one stays
        return row

    def next_renewal(self, t: int) -> NDArray[np.float64]:
        """First renewal at `t` or later of the active rows in force, per account; NaN where none is known."""
        renewal = np.full(self.accounts, np.inf)
        standing = self.standing(t)
        rows = standing[self.active[standing] & (self.renewal[standing] >= t) & (self.renewal[standing] < OPEN)]
        np.minimum.at(renewal, self.account[rows], self.renewal[rows])
        return np.where(np.isfinite(renewal), renewal, np.nan)

    def first_start(self, t: int) -> NDArray[np.float64]:
        """First day of the first subscription known before `t`, per account; NaN where there is none."""
        first = np.full(self.accounts, np.nan)
        seen = np.flatnonzero((self.start < t) & (self.known < t))[::-1]
        first[self.account[seen]] = self.start[seen]
        return first

    def at(self, column: NDArray[np.float64], t: int) -> NDArray[np.float64]:
        """Sum of a number over the rows in force at `t` per account, of the active ones where there are any.

        Rows without the number add nothing; NaN where none of them has it, and where none is in force.
        """
        standing = self.standing(t)
        paying = np.zeros(self.accounts, bool)
        paying[self.account[standing[self.active[standing]]]] = True
        return self.total(column, standing[self.active[standing] | ~paying[self.account[standing]]])

    def total(self, column: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Sum of a number over the given rows per account; NaN for accounts of which none has it."""
        given = rows[~np.isnan(column[rows])]
        sums = np.bincount(self.account[given], weights=column[given], minlength=self.accounts)
        return np.where(np.bincount(self.account[given], minlength=self.accounts) > 0, sums, np.nan)


def source_of_subscriptions(run: Run) -> str | None:
    """Source that says who is a customer: the outcome's own or its `active_source`, else the run's first, or None."""
    outcome = run.outcome
    for name in () if outcome is None else (outcome.source, outcome.active_source):
        if name is not None and run.sources[name].contract == "subscriptions":
            return name
    return run.source_of("subscriptions")


def load_subscriptions(tables: Tables, source: str, accounts: pa.Array) -> Subscriptions:
    """Read a source of subscriptions for the given accounts; a code is the position of the account's id in them."""
    bound = tables.bound_columns(source)
    wanted = ["account_id", "start", "known_day", *(c for c in _OPTIONAL if c in bound)]
    wanted += [f"{name}_known_day" for name in ("end", "notice") if name in bound]
    columns = ", ".join(f'"{name}"' for name in wanted)
    # All columns, so that rows that begin on one day have an order of their own, whatever the order in the files.
    found = tables.engine.query(f"SELECT {columns} FROM {tables.relation(source)} ORDER BY ALL")
    code = pc.fill_null(pc.index_in(found["account_id"], value_set=accounts), -1).to_numpy()
    start = found["start"].to_numpy()
    order = np.lexsort((start, code))
    order = order[np.searchsorted(code[order], 0) :]

    def days(name: str) -> NDArray[np.int32]:
        if name not in found.column_names:
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
        renewal=days("renewal"),
        known=days("known_day"),
        end_known=days("end_known_day"),
        notice_known=days("notice_known_day"),
        exit_type=text("exit_type", ""),
        status=np.array([str(status).lower() for status in text("status", ACTIVE)], object),
        seats=number("seats"),
        value=number("value"),
    )


_OPTIONAL = ("end", "notice", "renewal", "exit_type", "status", "seats", "value")
