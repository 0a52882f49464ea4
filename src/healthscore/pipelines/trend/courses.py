"""Courses of scores: those of today's accounts at earlier dates, as published, and as they compare with today's.

Where another model scored, or the same model on another scale, the earlier scores of an account are not compared with
its later ones as they are: the step that the model alone makes is taken out. It is what the newer scorer makes of the
features of the last date before it, less what was published then. So a model that is promoted, or anchored anew, is no
decline. Where that step cannot be known, the course begins with the newer scorer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from healthscore.asof import day_of
from healthscore.config import Trend
from healthscore.errors import HealthScoreError
from healthscore.models.health import tenths
from healthscore.pipelines.publication.history import Scored
from healthscore.pipelines.trend.bands import Steady
from healthscore.pipelines.trend.scorers import (
    card_of,
    features_of,
    lacking,
    made_by,
    matrix_of,
    measured_by,
    scored_again,
    scorer_of,
    segments_in,
)

Floats = NDArray[np.float64]
LOOK_BACK_DAYS = 200
"""How far back rules look: half a year of falling scores, and what came right before."""
DENSE_DAYS = 35
"""Within these days every date counts; before, the last of each week is enough for all rules."""
ABSENT = np.iinfo(np.int32).min
READ = ("account_id", "status", "health", "rank")


@dataclass(frozen=True, eq=False)
class Courses:
    """Scores of the n accounts that have one today, at the k dates that rules look at, oldest first, today last.

    Attributes
    ----------
    shown
        As published, in tenths, shape (k, n); `ABSENT` where there is none.
    rank
        As published, shape (k, n); 0 where there is none.
    alike
        Comparable with today's, in points, shape (k, n); NaN where there is none.
    steady
        Number of the steady band, shape (n,).
    edges
        Between the bands of each account today, shape (n, bands - 1).
    bands
        Names of the bands, the lowest first.
    said
        Where comparisons end, and why; which steps were taken out.
    """

    dates: tuple[date, ...]
    accounts: pa.Array
    shown: NDArray[np.int32]
    rank: NDArray[np.int32]
    alike: NDArray[np.float32]
    steady: NDArray[np.int64]
    edges: Floats
    bands: tuple[str, ...]
    said: tuple[str, ...]

    @property
    def days(self) -> NDArray[np.int64]:
        """The dates as days, shape (k,)."""
        return np.array([day_of(day) for day in self.dates], np.int64)


@dataclass(frozen=True, eq=False)
class _Ranges:
    """Bands of the scores of a date: names, edges, and the other edges of a scorecard's variants."""

    names: tuple[str, ...]
    edges: tuple[float, ...]
    variants: dict[str, tuple[float, ...]]

    @classmethod
    def of(cls, scored: Scored) -> _Ranges:
        result = scored.result()
        said = result["band_probability"]
        edges = tuple(float(band["low"]) for band in said.values())[1:]
        by_card = result["chosen"] == "scorecard"
        variants = card_of(scored).variant if by_card else ()
        return cls(tuple(said), edges, {one.name: one.edges for one in variants if one.edges is not None})

    def edges_of(self, table: pd.DataFrame) -> Floats:
        """Edges of each account, shape (n, bands - 1)."""
        edges = np.tile(np.array(self.edges, np.float64), (len(table), 1))
        for name, own in self.variants.items():
            edges[(table["variant"] == name).to_numpy(bool)] = own
        return edges


def courses_of(history: Sequence[Scored], rules: Trend, threads: int = 1) -> Courses:
    """Read the courses of the accounts that are scored at the newest date of the history.

    Parameters
    ----------
    history
        Scores that stand, oldest date first; at least one. Those before the last calendar year count no more.
    threads
        For the models that earlier dates are compared through.
    """
    newest = history[-1]
    history = [*(one for one in history[:-2] if one.as_of.year >= newest.as_of.year - 1), *history[-2:]]
    today = _rows(newest, _Ranges.of(newest))
    accounts = pa.array(today["account_id"])
    n, looked_at = len(accounts), dates_looked_at([scored.as_of for scored in history])
    shown, ranks, steady, ranges = [], [], Steady.unknown(n), _Ranges.of(history[0])
    for scored in history:
        before, ranges = ranges, _Ranges.of(scored)
        table = today if scored is newest else _rows(scored, ranges)
        place = _places(table["account_id"], accounts)
        table, rows = table[place >= 0], place[place >= 0]
        points = tenths(table["health"].to_numpy(np.float64))
        if before.names != ranges.names:
            steady = Steady.unknown(n)  # other bands: which of them was left is no question
        steady = steady.after(rows, points, ranges.edges_of(table), day_of(scored.as_of), rules)
        if scored.as_of in looked_at:
            shown.append(_spread(n, rows, points, ABSENT))
            ranks.append(_spread(n, rows, table["rank"].to_numpy(np.int64), 0))
    kept = [scored for scored in history if scored.as_of in looked_at]
    alike, said = _comparable(kept, np.array(shown), accounts, threads)
    return Courses(
        tuple(scored.as_of for scored in kept),
        accounts,
        np.array(shown),
        np.array(ranks),
        alike,
        steady.band,
        ranges.edges_of(today),
        ranges.names,
        tuple(said),
    )


def dates_looked_at(dates: Sequence[date]) -> frozenset[date]:
    """The dates looked at: the last before today, each of five weeks, and the last of every week for half a year."""
    last = dates[-1]
    ages = {day: (last - day).days for day in dates}
    weekly = {day.isocalendar()[:2]: day for day in dates if ages[day] <= LOOK_BACK_DAYS}
    return frozenset({*dates[-2:], *weekly.values(), *(day for day in dates if ages[day] <= DENSE_DAYS)})


def _rows(scored: Scored, ranges: _Ranges) -> pd.DataFrame:
    """The accounts that have a score at a date."""
    table = scored.scores([*READ, *(["variant"] if ranges.variants else [])])
    return table[table["status"] == "scored"].reset_index(drop=True)


def _places(ids: pd.Series[str], accounts: pa.Array) -> NDArray[np.int64]:
    """Position of each id among the accounts, -1 where it is none of them."""
    found = pc.index_in(pa.array(ids, accounts.type), value_set=accounts)
    places: NDArray[np.int64] = pc.fill_null(found, -1).to_numpy().astype(np.int64)
    return places


def _spread(n: int, rows: NDArray[np.int64], values: NDArray[np.int64], absent: int) -> NDArray[np.int32]:
    spread = np.full(n, absent, np.int32)
    spread[rows] = values
    return spread


def _comparable(
    history: Sequence[Scored], shown: NDArray[np.int32], accounts: pa.Array, threads: int
) -> tuple[NDArray[np.float32], list[str]]:
    """Scores on the scale of the newest scorer, shape (k, n), and what is to be said of it."""
    alike = np.where(shown == ABSENT, np.nan, shown / 10.0).astype(np.float32)
    said: list[str] = []
    offset = np.zeros(len(accounts), np.float32)
    for at in range(len(history) - 1, 0, -1):
        before, after = history[at - 1], history[at]
        if made_by(before) != made_by(after):
            try:
                step = _step(before, after, accounts, threads)
            except HealthScoreError as error:
                said.append(f"scores up to {before.as_of} are not compared with later ones: {error.what}")
                alike[:at] = np.nan
                break
            said.append(
                f"from {after.as_of} on, another model or scale scores: earlier scores are compared as it would have "
                f"scored {before.as_of}"
            )
            offset = offset + step  # NaN for accounts without a score before: no step is known for them
        alike[at - 1] += offset
    return alike, said


def _step(before: Scored, after: Scored, accounts: pa.Array, threads: int) -> NDArray[np.float32]:
    """Points that the scorer of `after` alone gives or takes, by the features of `before`; NaN where not known."""
    if measured_by(before) != measured_by(after):
        raise HealthScoreError(f"from {after.as_of} on, features are computed in another way")
    scorer, features = scorer_of(after, threads), features_of(before)
    if gone := lacking(scorer, features.columns):
        raise HealthScoreError(f"from {after.as_of} on, features are read that were not kept: {', '.join(gone[:3])}")
    table = before.scores(["account_id", "health", "segment"]).set_index("account_id").loc[features["account_id"]]
    again = scored_again(scorer, matrix_of(scorer, features), segments_in(table))
    step = again - table["health"].to_numpy(np.float64)
    found = np.full(len(accounts), np.nan, np.float32)
    place = _places(features["account_id"], accounts)
    found[place[place >= 0]] = step[place >= 0]
    return found
