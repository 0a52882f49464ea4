"""Figures of one account: the sum that makes its score, step by step, and its scores over time."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from healthscore.pipelines.charts import Spec, text
from healthscore.pipelines.wording import number, plural

if TYPE_CHECKING:
    import pandas as pd

Result = Mapping[str, Any]
NAME_WIDTH = 22
"""Letters of a step's name beside the figure before it goes on in another line."""
LABEL = 20.0
"""Points of the axis that a figure beside a bar takes on a telephone."""
CIRCLE = 17
"""Pixels of the circle of a source's fullest week."""
LINE, FRAME = 40, 110
"""Pixels of a figure for each of its lines, and for axis and legend."""
TURNS, TURN = 3, 5.0
"""So many of the scores that moved most are marked in a history, and by so many points one has to have moved."""
TONES = {"good": "--good", "risk": "--risk", "plain": "--muted"}


@dataclass(frozen=True)
class Step:
    """A step of a waterfall: what it adds, from where to where, in points; a total begins at 0."""

    name: str
    component: str
    points: float
    begins: float
    total: bool = False

    @property
    def ends(self) -> float:
        """Where the next step begins, in whole tenths as everything that is shown."""
        return round(self.begins + self.points, 1)

    @property
    def tone(self) -> str:
        """Totals are plain; what adds is good."""
        return "plain" if self.total else "good" if self.points >= 0 else "risk"


def steps_of(result: Result) -> list[Step]:
    """The sum that makes the score of an explanation, in points: base, components lowest first, what was cut, score."""
    by_card = result.get("scorecard") is not None
    return sum_of(result["base"], result["components"], result["capped"], result["health"], by_card, result.get("cap"))


def sum_of(
    base: float, components: Mapping[str, float], capped: float, health: float, by_card: bool, rule: str | None
) -> list[Step]:
    """The same of its parts; `rule` is the hard rule that cut a scorecard's score, where one did."""
    steps = [Step("all points" if by_card else "typical account", "", base, 0.0, total=True)]
    for name, points in sorted(components.items(), key=lambda one: float(one[1])):
        steps.append(Step(name.replace("_", " "), name, points, steps[-1].ends))
    if capped:
        steps.append(Step(f"rule: {rule}" if rule else "end of the scale", "", capped, steps[-1].ends))
    return [*steps, Step("score", "", health, 0.0, total=True)]


def drivers(result: Result) -> Spec | None:
    """The sum that makes the score as a waterfall; None for an account without one."""
    return None if result["health"] is None else waterfall(steps_of(result))


def waterfall(steps: Sequence[Step]) -> Spec:
    """Steps as bars, the first on top, each with a line to where the next one begins."""
    places = list(range(len(steps)))[::-1]
    bars = {
        "type": "bar",
        "orientation": "h",
        "base": [step.begins for step in steps],
        "x": [step.points for step in steps],
        "y": places,
        "text": [_told(step) for step in steps],
        "textposition": "outside",
        "cliponaxis": False,
        "customdata": [[text(step.name), _told(step), number(step.ends)] for step in steps],
        "marker": {"color": [TONES[step.tone] for step in steps]},
        "showlegend": False,
        "hovertemplate": "%{customdata[0]}: %{customdata[1]} points, to %{customdata[2]}<extra></extra>",
    }
    links = {
        "x": [x for step, _ in pairwise(steps) for x in (step.ends, step.ends, None)],
        "y": [y for place, _ in pairwise(places) for y in (place, place - 1, None)],
        "mode": "lines",
        "line": {"width": 1, "color": "--muted", "dash": "dot"},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    ticks = {"tickmode": "array", "tickvals": places, "ticktext": [_wrapped(step.name) for step in steps]}
    yaxis = {"title": {"text": ""}, **ticks, "showgrid": False, "zeroline": False}
    ends = [end for step in steps for end in (step.begins, step.ends)]
    left = [step.ends - LABEL for step in steps if step.points < 0]  # where the figures beside the bars end
    room = [min([0.0, *left]), max(100.0, max(ends) + 8.0)]
    xaxis = {"title": {"text": "score, in points"}, "range": room, "zeroline": True}
    return {"data": [links, bars], "layout": {"xaxis": xaxis, "yaxis": yaxis, "bargap": 0.35}}


def history(rows: Sequence[Result], bands: Mapping[str, Result]) -> Spec | None:
    """Scores of an account over time, with their intervals and the edges of its bands; None before it was scored.

    Parameters
    ----------
    rows
        Oldest first: as_of, health (None where it had none), health_low, health_high, band; and, where it is known,
        `change` in points since the score before, and `moved`, what moved it most.
    bands
        Name of each band -> where it begins (`low`), the lowest first.
    """
    scored = [row for row in rows if row["health"] is not None]
    if not scored:
        return None
    days = [str(row["as_of"]) for row in rows]
    line = {
        "x": days,
        "y": [row["health"] for row in rows],
        "customdata": [[text(row["band"] or "not scored"), _because(row)] for row in rows],
        "mode": "lines+markers",
        "name": "score",
        "line": {"color": "--accent", "width": 3},
        "marker": {"size": 7},
        "hovertemplate": "%{x|%-d %B %Y}: %{y:.1f}, %{customdata[0]}%{customdata[1]}<extra></extra>",
    }
    edges = [(name, band["low"]) for name, band in bands.items() if band["low"] > 0]
    turns = _turns(scored)
    return {
        "data": [*_interval(scored), *(_edge(name, low, days) for name, low in edges), line, *_marks(turns)],
        "layout": {
            "annotations": _reasons(turns, days),
            "xaxis": {"title": {"text": "date of the score"}, "type": "date"},
            "yaxis": {"title": {"text": "score, in points"}, "range": [0, 102]},
        },
    }


def _because(row: Result) -> str:
    """What moved the score, as another line of what a pointer is shown."""
    if not row.get("change"):
        return ""
    moved = f", most of all {row['moved']}" if row.get("moved") else ""
    return "<br>" + text(f"{_signed(row['change'])} since the score before{moved}")


def _turns(rows: Sequence[Result]) -> list[Result]:
    """The scores that moved most, oldest first."""
    moved = sorted((row for row in rows if row.get("moved")), key=lambda row: -abs(float(row["change"])))
    return sorted((row for row in moved[:TURNS] if abs(row["change"]) >= TURN), key=lambda row: str(row["as_of"]))


def _marks(turns: Sequence[Result]) -> list[Spec]:
    """Those scores as triangles that point the way they went."""
    if not turns:
        return []
    rose = [row["change"] > 0 for row in turns]
    return [
        {
            "x": [str(row["as_of"]) for row in turns],
            "y": [row["health"] for row in turns],
            "mode": "markers",
            "name": "moved most",
            "marker": {
                "size": 13,
                "symbol": ["triangle-up" if up else "triangle-down" for up in rose],
                "color": ["--good" if up else "--risk" for up in rose],
            },
            "hoverinfo": "skip",
        }
    ]


def _reasons(turns: Sequence[Result], days: Sequence[str]) -> list[Spec]:
    """What moved them, in words beside the triangles; those at the ends of the figure stay within it."""
    anchors = {days[0]: "left", days[-1]: "right"} if len(days) > 1 else {}
    return [
        {
            "x": str(row["as_of"]),
            "y": row["health"],
            "text": text(row["moved"].replace("_", " ")),
            "showarrow": False,
            "yshift": 18 if row["change"] > 0 else -18,
            "xanchor": anchors.get(str(row["as_of"]), "center"),
            "bgcolor": "--surface",
            "opacity": 0.9,
            "font": {"color": "--ink", "size": 12},
        }
        for row in turns
    ]


def weekly(counts: pd.DataFrame) -> Spec | None:
    """Rows of an account week by week: a line of circles per source, as large as its weeks; None without any.

    The table is that of `book.weekly`. Circles of different sources cannot be compared: each is of its source's most.
    """
    sources = [str(name) for name in counts if name != "week" and counts[name].any()][::-1]
    if not sources:
        return None
    weeks = [str(week) for week in counts["week"]]
    rows = [(place, name, counts[name].tolist()) for place, name in enumerate(sources)]
    seen = [(place, name, week, n, max(of)) for place, name, of in rows for week, n in zip(weeks, of, strict=True) if n]
    names = [name.replace("_", " ") for name in sources]
    circles = {
        "x": [week for _, _, week, _, _ in seen],
        "y": [place for place, *_ in seen],
        "customdata": [[text(names[place]), plural(n, "row")] for place, _, _, n, _ in seen],
        "mode": "markers",
        "name": "rows",
        "cliponaxis": False,
        "marker": {
            "size": [round(CIRCLE * (n / most) ** 0.5, 1) for *_, n, most in seen],
            "sizemin": 3,
            "color": "--accent",
            "opacity": 0.75,
        },
        "hovertemplate": "%{customdata[0]}, week of %{x|%-d %B %Y}: %{customdata[1]}<extra></extra>",
    }
    layout: Spec = by_component("", names)
    layout["xaxis"] = {"title": {"text": "week"}, "type": "date", "range": [weeks[0], weeks[-1]], "zeroline": False}
    return {"data": [circles], "layout": layout}


def by_component(title: str, names: Sequence[str]) -> Spec:
    """A layout with a line for each of the names, the last on top."""
    return {
        "height": FRAME + LINE * len(names),
        "xaxis": {"title": {"text": title}, "zeroline": True},
        "yaxis": {
            "title": {"text": ""},
            "tickmode": "array",
            "tickvals": list(range(len(names))),
            "ticktext": [_wrapped(name) for name in names],
            "range": [-0.6, len(names) - 0.4],
            "showgrid": False,
            "zeroline": False,
        },
    }


def _interval(scored: Sequence[Result]) -> list[Spec]:
    """The 95 % intervals as a ribbon, where scores have them."""
    known = [row for row in scored if row["health_low"] is not None]
    if not known:
        return []
    days = [str(row["as_of"]) for row in known]
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    return [
        {**edge, "x": days, "y": [row["health_high"] for row in known], "showlegend": False},
        {
            **edge,
            "x": days,
            "y": [row["health_low"] for row in known],
            "fill": "tonexty",
            "fillcolor": "--accent-soft",
            "name": "95 % interval",
        },
    ]


def _edge(name: str, low: float, days: Sequence[str]) -> Spec:
    return {
        "x": [days[0], days[-1]],
        "y": [low, low],
        "mode": "lines",
        "name": text(f"{name} from {low:g}"),
        "line": {"dash": "dot", "width": 1.5, "color": "--muted"},
        "hoverinfo": "skip",
    }


def _told(step: Step) -> str:
    return number(step.points) if step.total else _signed(step.points)


def _signed(points: float) -> str:
    return number(points) if points <= 0 else f"+{number(points)}"


def _wrapped(name: str) -> str:
    return "<br>".join(text(line) for line in textwrap.wrap(name, NAME_WIDTH, max_lines=2, placeholder=" …") or [""])
