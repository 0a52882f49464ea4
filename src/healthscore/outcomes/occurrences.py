"""Events that an outcome is about, reduced to cells by one query: how many, how much, when, per account and window."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from healthscore.asof import Segments
from healthscore.tables import Tables
from healthscore.tables.segmented import segment_source, sorted_by_account

NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Occurrences:
    """Cells of rows that share an account, a segment of time, and the as-of dates that can see them.

    Attributes
    ----------
    accounts, as_ofs
        Number of accounts; as-of days, rising.
    account, segment
        Shape (cells,): codes.
    late, gone
        Index of the first as-of date that sees the cell's rows, and of the first that knows them to be withdrawn or
        replaced by a later version (`NEVER` for rows that stand).
    count, first, quantity
        Rows, their first day, and the sum of their quantities as a scaled integer.
    """

    accounts: int
    as_ofs: tuple[int, ...]
    segments: Segments
    account: NDArray[np.int32]
    segment: NDArray[np.int64]
    late: NDArray[np.int64]
    gone: NDArray[np.int64]
    count: NDArray[np.int64]
    first: NDArray[np.int64]
    quantity: NDArray[np.int64]

    def between(self, low: int | None, high: int, known_at: int | None = None) -> NDArray[np.int64]:
        """Cells of the days [low, high): as they were known at an as-of day, else as they stand at the end."""
        inside = self.segments.within(low, high)
        known = self.gone == NEVER
        if known_at is not None:
            seen = self.as_ofs.index(known_at)
            known = (self.late <= seen) & (seen < self.gone)
        return np.flatnonzero((self.segment >= inside.start) & (self.segment < inside.stop) & known)

    def counted(self, low: int | None, high: int, known_at: int | None = None) -> NDArray[np.int64]:
        """Rows per account, shape (accounts,)."""
        return self._summed(self.count, self.between(low, high, known_at))

    def measured(self, low: int | None, high: int, known_at: int | None = None) -> NDArray[np.int64]:
        """Scaled sum of the quantities per account, shape (accounts,)."""
        return self._summed(self.quantity, self.between(low, high, known_at))

    def first_day(self, low: int, high: int) -> NDArray[np.int64]:
        """First day with a row per account, `NEVER` where there is none, shape (accounts,)."""
        first = np.full(self.accounts, NEVER)
        cells = self.between(low, high)
        np.minimum.at(first, self.account[cells], self.first[cells])
        return first

    def _summed(self, values: NDArray[np.int64], cells: NDArray[np.int64]) -> NDArray[np.int64]:
        total = np.zeros(self.accounts, np.int64)  # integers: no order of rows can change a sum
        np.add.at(total, self.account[cells], values[cells])
        return total


def occurrences(
    tables: Tables,
    source: str,
    where: str | None,
    accounts: pa.Array,
    as_ofs: Sequence[int],
    offsets: Iterable[int],
    *,
    quantity: bool = False,
) -> Occurrences:
    """Reduce the rows of a source of events that meet a condition.

    Parameters
    ----------
    offsets
        Boundaries of the windows that will be asked for, in days from each as-of date.
    quantity
        Whether quantities are summed; else they are 0.
    """
    rows = segment_source(tables, source, {t + offset for t in as_ofs for offset in offsets}, as_ofs)
    condition = tables.predicate(source, where) if where else "TRUE"
    amount = "CAST(COALESCE(sum(e.quantity), 0) AS BIGINT)" if quantity else "0"
    until = "e.until_day" if "until_day" in tables.columns(source) else "CAST(NULL AS INTEGER)"
    found = tables.engine.query(
        f"SELECT account_id, segment, late, until_day, count(*) AS n, min(day) AS first, {amount} AS quantity FROM "
        f"(SELECT e.account_id, d._segment AS segment, {rows.late} AS late, {until} AS until_day, e.day, e.quantity "
        f"FROM {rows.tables} AND ({condition})) AS e GROUP BY account_id, segment, late, until_day"
    )
    account, order = sorted_by_account(found, accounts)

    def column(name: str) -> NDArray[np.int64]:
        return np.asarray(found[name].to_numpy()[order], np.int64)

    # The first date that no longer sees a row is the first after the day on which its successor was known.
    until_day = pc.fill_null(found["until_day"].cast(pa.int64()), NEVER).to_numpy()[order]
    gone = np.where(until_day == NEVER, NEVER, np.searchsorted(np.asarray(as_ofs), until_day, side="right"))
    return Occurrences(
        accounts=len(accounts),
        as_ofs=tuple(as_ofs),
        segments=rows.segments,
        account=account,
        segment=column("segment"),
        late=column("late"),
        gone=gone.astype(np.int64),
        count=column("n"),
        first=column("first"),
        quantity=column("quantity"),
    )
