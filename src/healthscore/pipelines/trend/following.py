"""The trend of a book: per account its changes, its steady band, and the rules that its course meets, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from healthscore.config import Run, Trend
from healthscore.config.trend import RULES
from healthscore.errors import HealthScoreError
from healthscore.pipelines.publication.history import Scored
from healthscore.pipelines.trend.activity import Activity, activity_of
from healthscore.pipelines.trend.changes import COLUMNS, MODEL, Divided, Ledgers, replayed
from healthscore.pipelines.trend.courses import ABSENT, Courses, courses_of
from healthscore.pipelines.trend.rules import Found, declined, dropped, dropped_suddenly, previous_of, recovered
from healthscore.tables import Tables

MOVERS = 10
"""Accounts that fell most which the result names."""
PREVIOUS, WEEK, MONTH = "previous", "week", "month"
AGES = {WEEK: (7, 13), MONTH: (28, 55)}
"""Ages in days of the scores that a change since a week, or a month, ago is told against: the youngest such date."""
TREND_COLUMNS = (
    *("previous_as_of", "previous_health", "change", "change_reason", "previous_rank", "rank_change"),
    *("week_as_of", "change_week", "month_as_of", "change_month", "steady_band", "trend", "trend_rules"),
)


@dataclass(frozen=True, eq=False)
class Followed:
    """What the history of scores says of those of its newest date.

    Attributes
    ----------
    columns
        account_id and `TREND_COLUMNS`; one row per account that has a score.
    changes
        The ledgers since the previous score, about a week and about a month ago: see `changes.Divided.long`.
    result
        The section `trend` of the JSON object.
    """

    columns: pd.DataFrame
    changes: pd.DataFrame
    result: dict[str, Any]


def follow(run: Run, history: Sequence[Scored], tables: Tables | None = None) -> Followed:
    """Compare the newest scores of a history, oldest date first, with the earlier ones.

    `tables`, the run's, are read where features are computed in another way than at an earlier date.
    """
    courses = courses_of(history, run.trend, run.threads)
    activity = _activity(history[-1], run.trend)
    columns = _columns(courses, run.trend, activity)
    replay = None if tables is None else partial(replayed, run, tables)
    ledgers, by_date = Ledgers(history[-1], replay, run.threads), {scored.as_of: scored for scored in history}
    divided = _divided(ledgers, by_date, _compared(columns))
    columns["change_reason"] = _reasons(columns, divided)
    changes = [one.long(since) for since, one in divided]
    whole = pd.concat(changes, ignore_index=True) if changes else pd.DataFrame(columns=COLUMNS)
    return Followed(columns, whole, _result(courses, columns, activity, divided))


def trend_of(history: Sequence[Scored], rules: Trend, threads: int = 1) -> pd.DataFrame:
    """The columns of `follow` without the reasons of the changes, which take the ledger."""
    return _columns(courses_of(history, rules, threads), rules, _activity(history[-1], rules))


def reference_dates(dates: Sequence[date]) -> dict[str, date | None]:
    """The dates that changes since a week and a month ago are told against: the youngest of the ages in `AGES`."""
    found: dict[str, date | None] = {}
    for since, (youngest, oldest) in AGES.items():
        fit = [day for day in dates[:-1] if youngest <= (dates[-1] - day).days <= oldest]
        found[since] = max(fit, default=None)
    return found


def _activity(scored: Scored, rules: Trend) -> Activity:
    try:
        return activity_of(scored, rules.activity_drop)
    except HealthScoreError as error:
        return Activity(pd.Series([], dtype="str"), error.what)


def _columns(courses: Courses, rules: Trend, activity: Activity) -> pd.DataFrame:
    ids = courses.accounts.to_pandas()
    previous = previous_of(courses, published=True)
    ranks = np.where(previous >= 0, courses.rank[previous, np.arange(len(ids))], 0)
    days = np.array([*courses.dates, None], object)
    told = _told(courses, rules, activity)
    at = {since: _position(courses, day) for since, day in reference_dates(courses.dates).items()}
    frame = pd.DataFrame(
        {
            "account_id": ids,
            "previous_as_of": days[previous],
            "previous_health": _shown(courses, previous),
            "change": _change(courses, previous),
            "change_reason": "",
            "previous_rank": ranks,
            "rank_change": np.where(ranks > 0, courses.rank[-1] - ranks, 0),
            **{
                column: values
                for since in (WEEK, MONTH)
                for column, values in _since(courses, since, at[since], days).items()
            },
            "steady_band": np.array(courses.bands, object)[courses.steady],
            "trend": _joined([told[name] for name in RULES]),
            "trend_rules": _joined([np.where(told[name] != "", name, "") for name in RULES], ";"),
        }
    )
    unknown = pd.Series(ranks == 0)
    for column in ("previous_rank", "rank_change"):
        frame[column] = frame[column].astype("Int64").mask(unknown)
    texts_of = ("change_reason", "steady_band", "trend", "trend_rules")
    return frame[["account_id", *TREND_COLUMNS]].astype(dict.fromkeys(texts_of, "str"))


def _told(courses: Courses, rules: Trend, activity: Activity) -> dict[str, NDArray[np.object_]]:
    """What each rule says of each account, in words; "" where it does not hold."""
    found = {
        "drop": dropped(courses, rules.drop),
        "sudden_drop": dropped_suddenly(courses, rules.sudden_drop),
        "decline": declined(courses, rules.decline),
        "recovery": recovered(courses, rules.recovery),
    }
    less = activity.words.reindex(courses.accounts.to_pandas()).fillna("").to_numpy(object)
    return {**{name: _words(courses, name, one) for name, one in found.items()}, "activity_drop": less}


def _position(courses: Courses, day: date | None) -> NDArray[np.int64]:
    """Position of a date for each account, shape (n,); -1 where it has no score then."""
    n = len(courses.accounts)
    if day is None:
        return np.full(n, -1, np.int64)
    at = courses.dates.index(day)
    return np.where(courses.shown[at] != ABSENT, at, -1).astype(np.int64)


def _since(courses: Courses, since: str, at: NDArray[np.int64], days: NDArray[np.object_]) -> dict[str, Any]:
    return {f"{since}_as_of": days[at], f"change_{since}": _change(courses, at)}


def _shown(courses: Courses, at: NDArray[np.int64]) -> NDArray[np.float64]:
    """Published scores at a position per account; NaN for -1."""
    return np.where(at >= 0, courses.shown[at, np.arange(len(at))] / 10.0, np.nan)


def _change(courses: Courses, at: NDArray[np.int64]) -> NDArray[np.float64]:
    """Points gained or lost since then, as published: whole tenths."""
    then = courses.shown[at, np.arange(len(at))].astype(np.int64)
    return np.where(at >= 0, (courses.shown[-1] - then) / 10.0, np.nan)


def _words(courses: Courses, rule: str, found: Found) -> NDArray[np.object_]:
    """What a rule found, in words per account; "" where it does not hold."""
    said = np.full(len(found.holds), "", object)
    for row in np.flatnonzero(found.holds).tolist():
        start, points = int(found.start[row]), abs(float(found.points[row]))
        then = _band(courses, row, courses.alike[start, row])
        now = _band(courses, row, courses.alike[-1, row])
        bands = f"inside {then!r}" if then == now else f"from {then!r} to {now!r}"
        since = f"{points:.1f} points since {courses.dates[start]}, {bands}"
        in_a_row = f"in {found.scores[row]} scores in a row" if found.scores[row] else ""
        said[row] = {
            "drop": f"fell {since}",
            "sudden_drop": f"long {courses.bands[-1]!r}, then {-points:+.1f} since {courses.dates[start]}",
            "decline": f"falls {in_a_row}: {since}",
            "recovery": f"rises {in_a_row}: {since}" if in_a_row else f"recovered {since}",
        }[rule]
    return said


def _band(courses: Courses, row: int, score: float) -> str:
    return courses.bands[int((round(float(score), 1) >= courses.edges[row]).sum())]


def _joined(columns: Sequence[NDArray[Any]], by: str = "; ") -> list[str]:
    return [by.join(filter(None, texts)) for texts in zip(*columns, strict=True)]


def _compared(columns: pd.DataFrame) -> list[tuple[str, date, list[str]]]:
    """(since, date, accounts) of the ledgers that are needed: the previous score of some may be older than of most."""
    needed = []
    for since in (PREVIOUS, WEEK, MONTH):
        known = columns[columns[f"{since}_as_of"].notna()]
        days = sorted(set(known[f"{since}_as_of"]))
        needed += [(since, day, list(known.loc[known[f"{since}_as_of"] == day, "account_id"])) for day in days]
    return needed


def _divided(
    ledgers: Ledgers, by_date: Mapping[date, Scored], compared: Sequence[tuple[str, date, list[str]]]
) -> list[tuple[str, Divided]]:
    """(since, ledger): made once for each date, though the previous score may be that of a month ago."""
    accounts: dict[date, dict[str, None]] = {}
    for _, day, ids in compared:
        accounts.setdefault(day, {}).update(dict.fromkeys(ids))
    made = {day: ledgers.since(by_date[day], list(ids)) for day, ids in accounts.items()}
    return [(since, made[day].of(ids)) for since, day, ids in compared]


def _reasons(columns: pd.DataFrame, divided: Sequence[tuple[str, Divided]]) -> pd.Series[str]:
    """What moved each account's score most since its previous one."""
    said = [pd.Series(one.causes(), index=one.ids, dtype="str") for since, one in divided if since == PREVIOUS]
    if not said:
        return columns["change_reason"]
    return columns["account_id"].map(pd.concat(said)).fillna("").astype("str")


def _movers(courses: Courses, columns: pd.DataFrame, divided: Sequence[tuple[str, Divided]]) -> list[dict[str, Any]]:
    """The accounts that fell most since their previous score, another model or scale left out, the deepest first."""
    models = [one.of_kind(MODEL) for since, one in divided if since == PREVIOUS]
    by_model = pd.concat(models) if models else pd.Series(dtype="float64")
    own = columns["change"] - columns["account_id"].map(by_model).fillna(0.0)
    fell = columns.assign(own=own, health=courses.shown[-1] / 10.0)[own < 0].sort_values(["own", "account_id"])
    told = ["account_id", "previous_as_of", "previous_health", "health", "change"]
    return [
        {**{key: row[key] for key in told}, "reason": row["change_reason"], "trend_rules": row["trend_rules"]}
        for row in fell.head(MOVERS).to_dict("records")
    ]


def _result(
    courses: Courses, columns: pd.DataFrame, activity: Activity, divided: Sequence[tuple[str, Divided]]
) -> dict[str, Any]:
    rules = columns["trend_rules"].str.split(";").explode().value_counts()
    lost = dict.fromkeys(f"changes since {one.as_of} are not told apart: {one.lost}" for _, one in divided if one.lost)
    first = ["these are the first scores: there is nothing to compare them with"] if len(courses.dates) < 2 else []
    previous = columns["previous_as_of"].dropna()
    return {
        "previous": None if previous.empty else previous.max(),
        **reference_dates(courses.dates),
        "compared": len(previous),
        "gained": int((columns["change"] > 0).sum()),
        "lost": int((columns["change"] < 0).sum()),
        "rules": {name: int(rules.get(name, 0)) for name in RULES},
        "movers": _movers(courses, columns, divided),
        "said": [*first, *courses.said, *([activity.lacks] if activity.lacks else []), *lost],
    }
