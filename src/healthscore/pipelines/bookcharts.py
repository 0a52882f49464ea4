"""Figures of the book: bands and scores over time, promised against actual, peers, and other weights on history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from healthscore.pipelines import accountcharts, charts, weightcharts
from healthscore.pipelines.book.accounts import NO_SCORE
from healthscore.pipelines.charts import Spec, text
from healthscore.pipelines.wording import MONTHS, count, number, percent

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

Result = Mapping[str, Any]
Measure = Literal["accounts", "revenue"]
MEASURES: dict[Measure, str] = {"accounts": "accounts", "revenue": "revenue per month"}
PATTERNS = ("/", "", ".", "x", "-", "+")
"""Of bands, from the least healthy: they are told apart without colours, too."""
AROUND = 5.0
"""Points that the axis of mean scores shows around them."""


def bands_over_time(table: pd.DataFrame, tones: Mapping[str, str], measure: Measure = "accounts") -> Spec | None:
    """What each band held at every date, stacked, the least healthy at the bottom; None without a date.

    Parameters
    ----------
    table
        As `book.bands_over_time` gives it.
    tones
        Band -> `risk`, `caution` or `good`, the least healthy first. What is no band has no score and stands on top;
        it has no revenue.
    """
    days = sorted(set(table["as_of"]))
    names = [name for name in (*tones, NO_SCORE) if (table["band"] == name).any()]
    if not days or not names:
        return None
    bars = []
    for place, name in enumerate(names):
        if name == NO_SCORE and measure == "revenue":
            continue
        rows = table[table["band"] == name]
        held = dict(zip(rows["as_of"], rows[measure].tolist(), strict=True))
        shares = dict(zip(rows["as_of"], rows["share"].tolist(), strict=True))
        pattern = PATTERNS[place % len(PATTERNS)] if name in tones else "|"
        bars.append(
            {
                "type": "bar",
                "x": [_two_lines(day) for day in days],
                "y": [held.get(day, 0) for day in days],
                "name": text(name),
                "customdata": [_share(shares.get(day)) if measure == "accounts" else "" for day in days],
                "marker": {
                    "color": f"--{tones[name]}" if name in tones else "--muted",
                    "opacity": 0.85,
                    "pattern": {"shape": pattern, "size": 8, "solidity": 0.2, "fillmode": "overlay", "fgopacity": 0.45},
                },
                "hovertemplate": f"%{{x}}: %{{y:,.0f}} {MEASURES[measure]}, {text(name)}%{{customdata}}<extra></extra>",
            }
        )
    return {
        "data": bars,
        "layout": {
            "barmode": "stack",
            "bargap": 0.3,
            "xaxis": {"title": {"text": "date of the scores"}, "type": "category", "nticks": 12},
            "yaxis": {"title": {"text": MEASURES[measure]}, "rangemode": "tozero", "tickformat": ",~s"},
        },
    }


def _two_lines(day: date) -> str:
    """A date as it stands under a bar."""
    return f"{day.day} {MONTHS[day.month - 1][:3]}<br>{day.year}"


def _share(share: float | None) -> str:
    """A share of a date's scored accounts, as an addition; of what has no score there is none (not a number)."""
    return "" if share is None or share != share else f" ({percent(share)} of those with a score)"


def scores_over_time(table: pd.DataFrame) -> Spec | None:
    """The mean score at every date; None where no date has a score. The table is that of `book.scores_over_time`."""
    rows = table[table["mean_health"].notna()]
    if rows.empty:
        return None
    line = {
        "x": [str(day) for day in rows["as_of"]],
        "y": rows["mean_health"].tolist(),
        "customdata": [count(n) for n in rows["accounts"]],
        "mode": "lines+markers",
        "name": "mean score",
        "line": {"color": "--accent", "width": 3},
        "marker": {"size": 7},
        "hovertemplate": "%{x|%-d %B %Y}: %{y:.1f}, the mean of %{customdata} accounts<extra></extra>",
    }
    return {
        "data": [line],
        "layout": {
            "xaxis": {"title": {"text": "date of the scores"}, "type": "date"},
            "yaxis": {"title": {"text": "mean score, in points"}, "range": _around(rows["mean_health"])},
        },
    }


def _around(scores: pd.Series[float]) -> list[float]:
    """Ends of the axis of scores that hardly move: some points around them, and never the mere noise of one."""
    return [max(0.0, float(scores.min()) - AROUND), min(100.0, float(scores.max()) + AROUND)]


def promised(rows: Sequence[Result], words: Result) -> Spec | None:
    """Per band, the share of accounts that it happened to, with 95 % intervals, and what had been promised of them.

    Parameters
    ----------
    rows
        As `book.promises` tells them: name, low, high, n, events, rate, promised.
    words
        What the outcome is called (`happenings.words_of`).
    """
    spec = charts.bands({"bands": rows, "outcome": {"words": words}})
    said = [row for row in rows if row["promised"] is not None]
    if spec is None or not said:
        return spec
    labels = dict(zip((row["name"] for row in rows), spec["data"][0]["x"], strict=True))
    spec["data"].append(
        {
            "x": [labels[row["name"]] for row in said],
            "y": [row["promised"] for row in said],
            "mode": "markers",
            "name": "promised",
            "marker": {"symbol": "diamond-open", "size": 13, "color": "--ink", "line": {"width": 2.5}},
            "hovertemplate": "promised %{y:.1%}<extra></extra>",
        }
    )
    return spec


def peers(told: Result) -> Spec | None:
    """Points of an account by component, beside the middle half of its peers; None without them (`book.peers`)."""
    rows = [row for row in told["rows"] if row["name"] != "score"][::-1]  # the score's scale is another
    if not rows:
        return None
    places = list(range(len(rows)))
    names = [row["name"].replace("_", " ") for row in rows]
    middle = {
        "x": [x for row in rows for x in (row["low"], row["high"], None)],
        "y": [y for place in places for y in (place, place, None)],
        "mode": "lines",
        "name": "middle half of the peers",
        "line": {"width": 11, "color": "--muted"},
        "opacity": 0.35,
        "hoverinfo": "skip",
    }
    median = {
        "x": [row["middle"] for row in rows],
        "y": places,
        "customdata": [
            [text(name), number(row["low"]), number(row["high"])] for name, row in zip(names, rows, strict=True)
        ],
        "mode": "markers",
        "name": "their median",
        "marker": {"symbol": "line-ns-open", "size": 13, "color": "--muted", "line": {"width": 2.5}},
        "hovertemplate": "%{customdata[0]}: half of the peers from %{customdata[1]} to %{customdata[2]}, "
        "median %{x:.1f}<extra></extra>",
    }
    own = {
        "x": [row["points"] for row in rows],
        "y": places,
        "customdata": [[text(name), number(row["below"], 0)] for name, row in zip(names, rows, strict=True)],
        "mode": "markers",
        "name": "this account",
        "marker": {"size": 12, "color": "--accent"},
        "hovertemplate": "%{customdata[0]}: %{x:.1f} points, more than %{customdata[1]} % of the peers<extra></extra>",
    }
    return {"data": [middle, median, own], "layout": accountcharts.by_component("points", names)}


def course(rows: pd.DataFrame, bands: Sequence[tuple[str, float, float]]) -> Spec | None:
    """The scores of an account over time, with what moved them; of `book.course` and the ranges of the bands."""
    plain = rows.astype(object).where(rows.notna(), None)
    told = [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]
    return accountcharts.history(told, {name: {"low": low} for name, low, _ in bands})


def weights(told: Result) -> Spec | None:
    """The weights of a scorecard now, by history, and recommended; of `book.weights_beside`."""
    columns = {"label": "label", "handcrafted": "now", "validated": "validated", "recommended": "recommended"}
    components = {row["name"]: {name: row[own] for name, own in columns.items()} for row in told["rows"]}
    spec = weightcharts.weights(
        {"verdict_sentences": told["sentences"], "decision": told["decision"], "components": components}
    )
    if spec is not None:
        spec["layout"]["height"] = weightcharts.height(told["rows"])
    return spec


def what_if_rates(before: Result, after: Result, words: Result) -> Spec:
    """Share of each band to which it happened, with 95 % intervals, by the weights in force and by others.

    Parameters
    ----------
    before, after
        As `WhatIf.figures` tells them.
    words
        What the outcome is called (`happenings.words_of`).
    """
    did = words["did"]
    bars = [
        {
            **_beside(one, place),
            "y": [band["rate"]["estimate"] for band in one["bands"]],
            "error_y": charts.errors([band["rate"] for band in one["bands"]]),
            "customdata": [[band["events"], band["n"]] for band in one["bands"]],
            "hovertemplate": f"%{{x}}: %{{y:.1%}} {text(did)}: %{{customdata[0]:,}} of %{{customdata[1]:,}}"
            "<extra></extra>",
        }
        for place, one in enumerate((before, after))
    ]
    return {"data": bars, "layout": _grouped(f"share that {did}", ".0%")}


def what_if_accounts(before: Result, after: Result) -> Spec:
    """How many accounts each band has at the newest date, by the weights in force and by others."""
    bars = [
        {
            **_beside(one, place),
            "y": [band["latest"] for band in one["bands"]],
            "hovertemplate": "%{x}: %{y:,} accounts<extra></extra>",
        }
        for place, one in enumerate((before, after))
    ]
    return {"data": bars, "layout": _grouped("accounts", ",~s")}


def _beside(one: Result, place: int) -> Spec:
    """A bar per band, of the weights in force or of others: light with stripes, or full."""
    striped = {"shape": "/", "size": 8, "solidity": 0.2, "fillmode": "overlay", "fgopacity": 0.45}
    marker = (
        {"color": "--accent", "opacity": 0.9} if place else {"color": "--muted", "opacity": 0.8, "pattern": striped}
    )
    return {
        "type": "bar",
        "x": [text(band["name"]) for band in one["bands"]],
        "name": "these weights" if place else "weights in force",
        "marker": marker,
    }


def _grouped(title: str, tickformat: str) -> Spec:
    return {
        "barmode": "group",
        "bargap": 0.35,
        "xaxis": {"title": {"text": "band"}, "type": "category"},
        "yaxis": {"title": {"text": title}, "tickformat": tickformat, "rangemode": "tozero"},
    }
