"""Directory: who the accounts are, today and, where their source keeps states, as it was known at a date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from healthscore.config import Run
from healthscore.tables import Tables

if TYPE_CHECKING:
    import pandas as pd

SHOWN = ("name", "segment", "owner")
"""Columns that people read, and by which results are grouped: those of the date."""
COLUMNS = (*SHOWN, "person_id")
Codes = NDArray[np.integer]


@dataclass(frozen=True)
class States:
    """States of accounts, sorted by account and by the day on which they were known.

    Attributes
    ----------
    key
        int64, rising: see `_key`.
    account
        Code of the account.
    shown
        Column -> texts, None where not given.
    """

    key: NDArray[np.int64]
    account: NDArray[np.int64]
    shown: Mapping[str, NDArray[np.object_]]

    def at(self, account: Codes, day: Codes) -> dict[str, NDArray[np.object_]]:
        """Column -> texts of the accounts, by the last state that was known before each day; None where none was."""
        place = np.searchsorted(self.key, _key(account, day)) - 1
        known = place >= 0
        known[known] = self.account[place[known]] == np.asarray(account)[known]
        found = {column: np.full(len(known), None, object) for column in self.shown}
        for column, texts in self.shown.items():
            found[column][known] = texts[place[known]]
        return found


@dataclass(frozen=True)
class Directory:
    """Accounts by their code.

    Attributes
    ----------
    today
        account_id, name, segment, owner, person_id; missing where not given.
    states
        None where the source keeps one row per account.
    """

    today: pd.DataFrame
    states: States | None = None

    def at(self, account: Codes, day: Codes | int) -> pd.DataFrame:
        """The accounts' rows, in the given order, as they were known at each as-of day."""
        about = self.today.iloc[account].reset_index(drop=True)
        if self.states is None:
            return about
        return about.assign(**self.states.at(account, np.broadcast_to(day, np.shape(account))))

    def clusters(self) -> NDArray[np.int64]:
        """The unit of clustering of each account: itself, or the declared person behind several."""
        import pandas as pd

        person = self.today["person_id"]
        itself = "account " + self.today["account_id"].astype(str)
        return pd.factorize(person.where(person.notna(), itself))[0].astype(np.int64)


def read_directory(run: Run, tables: Tables, accounts: pa.Array) -> Directory:
    """The directory of the given accounts; a code is the position of the account's id in them."""
    import pandas as pd  # slow to import, and writing a panel needs no directory

    frame = pd.DataFrame({"account_id": accounts.to_pandas()})
    source = run.source_of("accounts")
    bound = [] if source is None else [c for c in COLUMNS if c in tables.bound_columns(source)]
    states = None
    if source is not None and bound:
        given = tables.engine.query(f"SELECT account_id, {', '.join(bound)} FROM {tables.relation(source)}").to_pandas()
        frame = frame.merge(given, on="account_id", how="left", validate="one_to_one")
        states = _states(tables, source, accounts, [column for column in bound if column in SHOWN])
    return Directory(frame.reindex(columns=["account_id", *COLUMNS]), states)


def _states(tables: Tables, source: str, accounts: pa.Array, columns: list[str]) -> States | None:
    versions = tables.versions(source)
    if versions is None or not columns:
        return None
    found = tables.engine.query(f"SELECT account_id, known_day, {', '.join(columns)} FROM {versions}")
    code = pc.fill_null(pc.index_in(found["account_id"], value_set=accounts), -1).to_numpy().astype(np.int64)
    ever = int(np.iinfo(np.int32).min)
    key = _key(code, pc.fill_null(found["known_day"], ever).to_numpy())
    order = np.argsort(key, kind="stable")
    order = order[np.searchsorted(code[order], 0) :]
    shown = {column: found[column].to_numpy(zero_copy_only=False)[order].astype(object) for column in columns}
    return States(key[order], code[order], shown)


def _key(account: Codes, day: Codes) -> NDArray[np.int64]:
    """One number that rises with the account and, within it, with the day."""
    return (np.asarray(account, np.int64) << 33) + np.asarray(day, np.int64) - np.iinfo(np.int32).min
