"""The course of every account at once: what `course` tells of one, for whoever needs all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from numpy.typing import NDArray

from healthscore.models.health import tenths
from healthscore.pipelines.auditing.material import POINTS, SCORED, TOTALS
from healthscore.pipelines.book.course import READ
from healthscore.pipelines.publication.history import SCORES, Scored
from healthscore.pipelines.trend.changes import IN_WORDS, LIMIT, MODEL
from healthscore.pipelines.trend.scorers import made_by

if TYPE_CHECKING:
    from healthscore.pipelines.book.opening import Book

Tenths = NDArray[np.float64]


class _Before:
    """The last score of each account before a date, in tenths: score, points by column, and what made it."""

    def __init__(self, accounts: int) -> None:
        self.health: Tenths = np.full(accounts, np.nan)
        self.points: dict[str, Tenths] = {}
        self.scorers: list[str] = []
        self.scorer: NDArray[np.intp] = np.full(accounts, -1)

    def code(self, scorer: str) -> int:
        """Number of a scorer."""
        if scorer not in self.scorers:
            self.scorers.append(scorer)
        return self.scorers.index(scorer)

    def follow(self, scored: NDArray[np.bool_], health: Tenths, points: dict[str, Tenths], scorer: int) -> None:
        """Take over the scores of a date."""
        self.health[scored], self.scorer[scored] = health[scored], scorer
        for name, values in points.items():
            self.points.setdefault(name, np.full(len(health), np.nan))[scored] = values[scored]


def courses(book: Book) -> list[pd.DataFrame]:
    """What `course` tells of every account of the table, one frame per date, oldest first; rows as in the table.

    Columns status (missing where the account was not in the book), health with its interval, band, grade, rank,
    change, moved.
    """
    accounts = pd.Index(book.table["account_id"])
    before = _Before(len(accounts))
    found = [_at(scored, accounts, before) for scored in book.history]
    said = book.table["change_reason"].fillna("").to_numpy(object)
    newest = found[-1]
    newest["moved"] = np.where(newest["status"].notna() & (said != ""), said, newest["moved"])
    return found


def _at(scored: Scored, accounts: pd.Index[str], before: _Before) -> pd.DataFrame:
    """The accounts at a date; `before` is moved on to it."""
    columns = [name for name in pq.read_schema(scored.directory / SCORES).names if name.startswith(POINTS)]
    table = scored.scores([*READ, *columns]).set_index("account_id").reindex(accounts).reset_index(drop=True)
    is_scored = (table["status"] == SCORED).to_numpy(bool)
    health = _tenths(table["health"])
    points = {name: _tenths(table[name]) for name in columns}
    scorer = before.code(made_by(scored))
    change = np.where(is_scored, health - before.health, np.nan)
    moved = _moved(change, before.scorer == scorer, points, before)
    before.follow(is_scored, health, points, scorer)
    kept = ["status", "health", "health_low", "health_high", "band", "grade", "rank"]
    return table[kept].assign(change=change / 10.0, moved=moved)


def _moved(change: Tenths, same: NDArray[np.bool_], points: dict[str, Tenths], before: _Before) -> list[str]:
    """What moved each score most in the direction in which it went, as `course` words it."""
    names = {name: name.removeprefix(POINTS) for name in points if name not in TOTALS} | {TOTALS[1]: IN_WORDS[LIMIT]}
    own = np.column_stack([points[name] - before.points.get(name, np.nan) for name in names])
    strongest = np.argmax(np.nan_to_num(own * np.sign(change)[:, None], nan=-np.inf), axis=1)
    words, by = list(names.values()), own[np.arange(len(own)), strongest] / 10.0
    return [
        (
            ""
            if not moved or moved != moved
            else f"{words[first]} {points:+.1f}"
            if one
            else f"{IN_WORDS[MODEL]} {moved / 10:+.1f}"
        )
        for moved, one, first, points in zip(change.tolist(), same, strongest, by.tolist(), strict=True)
    ]


def _tenths(values: pd.Series[float]) -> Tenths:
    """Displayed points in whole tenths; missing ones stay missing."""
    known = values.to_numpy(np.float64, na_value=np.nan)
    found = np.full(len(known), np.nan)
    there = ~np.isnan(known)
    found[there] = tenths(known[there])
    return found
