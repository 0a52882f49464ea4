"""The course of one account: its score at every date that was scored, and what moved it from one to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from healthscore.models.health import tenths
from healthscore.pipelines.auditing.material import POINTS, SCORED, TOTALS
from healthscore.pipelines.book.reading import OneAccount
from healthscore.pipelines.publication.history import SCORES, Scored
from healthscore.pipelines.trend.changes import IN_WORDS, LIMIT, MODEL
from healthscore.pipelines.trend.scorers import made_by

if TYPE_CHECKING:
    from healthscore.pipelines.book.opening import Book

READ = ("account_id", "as_of", "status", "health", "health_low", "health_high", "band", "grade", "rank", "model")
COLUMNS = (*READ[1:], "change", "moved", "same_scorer")


def course(book: Book, account: str) -> pd.DataFrame:
    """One row per date at which the account was in the book, oldest first; none where it never was.

    Returns
    -------
    as_of, status, health with its interval, band, grade, rank and model as published; `change` in points since its
    previous score; `moved`, what moved the score most in that direction, with its points; `same_scorer`, whether one
    scorer made both (missing before there is a previous score); `points_<component>`, missing where a date's scorer
    had none such.

    Notes
    -----
    Here a component moved a score by the difference of its displayed points. What was seen, and data that went missing
    told apart from behaviour, is what `signals.moved` computes for one of the dates. The publication has done so for
    the newest, whose words are taken from there.
    """
    rows = [one for scored in book.history for one in [_row(scored, account)] if one is not None]
    found: list[dict[str, Any]] = []
    before: tuple[pd.Series[Any], str] | None = None
    for scored, row in rows:
        told = {"change": np.nan, "moved": "", "same_scorer": None}
        if row["status"] == SCORED:
            by = made_by(scored)
            if before is not None:
                told = _since(before[0], row, before[1] == by)
            before = row, by
        found.append({str(name): row[name] for name in row.index} | told)
    if not found:
        return pd.DataFrame(columns=list(COLUMNS))
    found[-1] |= _published(book, account, found[-1])
    table = pd.DataFrame(found)
    points = [name for name in table if str(name).startswith(POINTS)]
    types = {"same_scorer": "boolean", "rank": "Int64"} | dict.fromkeys(("change", "health", *points), "float64")
    return table[[*COLUMNS, *points]].astype(types)


def _published(book: Book, account: str, newest: dict[str, Any]) -> dict[str, Any]:
    """What the publication says that moved the newest score, in the words that all else says it in."""
    mine = book.table[(book.table["account_id"] == account) & (newest["as_of"] == book.now.as_of)]
    said = "" if mine.empty else mine["change_reason"].fillna("").iloc[0]
    return {"moved": said} if said else {}


def _row(scored: Scored, account: str) -> tuple[Scored, pd.Series[Any]] | None:
    """The account's row at a date with its points; None where it was not in the book."""
    points = [name for name in pq.read_schema(scored.directory / SCORES).names if name.startswith(POINTS)]
    rows = OneAccount.of(scored, account).scores([*READ, *points])
    return None if rows.empty else (scored, rows.iloc[0])


def _since(before: pd.Series[Any], now: pd.Series[Any], same: bool) -> dict[str, Any]:
    """By how much the score changed between two rows, and what moved it most."""
    change = int(tenths(now["health"]) - tenths(before["health"]))
    moved = {IN_WORDS[MODEL]: change}
    if same:  # then the base is the same, and components and the limit add up to the change
        names = {str(n): str(n).removeprefix(POINTS) for n in now.index if str(n).startswith(POINTS)}
        names = {column: name for column, name in names.items() if column not in TOTALS} | {TOTALS[1]: IN_WORDS[LIMIT]}
        moved = {name: int(tenths(now[column]) - tenths(before[column])) for column, name in names.items()}
    strongest = max(moved, key=lambda name: moved[name] * np.sign(change))
    said = f"{strongest} {moved[strongest] / 10:+.1f}" if change else ""
    return {"change": change / 10, "moved": said, "same_scorer": same}
