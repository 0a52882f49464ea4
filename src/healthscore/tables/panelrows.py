"""Rows of a ready-made panel as arrays, for the accounts and dates of a run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from healthscore.asof import date_of
from healthscore.config import PANEL
from healthscore.errors import ConfigurationError
from healthscore.tables import Tables
from healthscore.tables.quoting import quote_identifier

CODES = "panel codes"


def panel_days(tables: Tables) -> tuple[int, ...]:
    """As-of days that the panel holds, rising."""
    found = tables.engine.query(f"SELECT DISTINCT as_of FROM {tables.relation(PANEL)} ORDER BY as_of")
    return tuple(found["as_of"].to_pylist())


class PanelRows:
    """The panel of a run, read a range of accounts at a time; what a read costs does not grow with the panel.

    Parameters
    ----------
    tables
        The bound sources.
    accounts
        Ids, without repetition; an account's code is its position here. Rows of other accounts are left out.
    as_ofs
        As-of days, rising; rows of other days are left out.

    Raises
    ------
    ConfigurationError
        The panel has no row at one of the days.
    """

    def __init__(self, tables: Tables, accounts: pa.Array, as_ofs: Sequence[int]) -> None:
        _need_days(as_ofs, panel_days(tables))
        self._tables, self._accounts = tables, len(accounts)
        self._as_ofs = np.asarray(as_ofs, np.int64)
        codes = {"account_id": accounts, "code": np.arange(len(accounts), dtype=np.int32)}
        tables.engine.register(CODES, pa.table(codes))

    def read(
        self, columns: Sequence[str], low: int = 0, high: int | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """The rows of the accounts [low, high), in no order that means anything.

        Returns
        -------
        Shape (rows,): index of the as-of day; shape (rows,): account code, less `low`; shape (rows, columns): numbers,
        NaN where empty.
        """
        wanted = "".join(f", p.{quote_identifier(column)}" for column in columns)
        inside = f"c.code >= {low} AND c.code < {self._accounts if high is None else high}"
        days = ", ".join(map(str, self._as_ofs))
        found = self._tables.engine.query(
            f"SELECT p.as_of, c.code{wanted} FROM {self._tables.relation(PANEL)} AS p "
            f"JOIN {quote_identifier(CODES)} AS c ON p.account_id = c.account_id WHERE {inside} AND p.as_of IN ({days})"
        )
        values = np.empty((found.num_rows, len(columns)))
        for i, column in enumerate(columns):
            values[:, i] = found.column(2 + i).cast(pa.float64()).to_numpy()
            values[:, i] /= 10 ** self._tables.scale(PANEL, column)
        index = np.searchsorted(self._as_ofs, found["as_of"].to_numpy())
        return index, found["code"].to_numpy().astype(np.int64) - low, values

    def present(self) -> NDArray[np.bool_]:
        """Which accounts the panel has a row for, shape (as-of days, accounts)."""
        index, account, _ = self.read(())
        rows = np.zeros((len(self._as_ofs), self._accounts), bool)
        rows[index, account] = True
        return rows

    def column(self, name: str) -> NDArray[np.float64]:
        """A number, shape (as-of days, accounts); NaN where there is none, throughout where the panel has none."""
        values = np.full((len(self._as_ofs), self._accounts), np.nan)
        if name in self._tables.bound_columns(PANEL):
            index, account, found = self.read((name,))
            values[index, account] = found[:, 0]
        return values


def _need_days(asked: Sequence[int], there: Sequence[int]) -> None:
    """Refuse days that the panel has no row at."""
    lacking = sorted(set(asked) - set(there))
    if lacking:
        more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
        nearest = sorted(sorted(there, key=lambda day: abs(day - lacking[0]))[:3])
        raise ConfigurationError(
            f"the panel has no row as of {date_of(lacking[0])}{more}; it holds {len(there)} dates from "
            f"{date_of(there[0])} to {date_of(there[-1])}",
            f"ask for dates that it holds, such as {', '.join(str(date_of(day)) for day in nearest)}, "
            "or leave [as_of] out to take all of them",
        )
