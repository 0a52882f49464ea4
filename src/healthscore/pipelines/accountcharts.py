"""Figures of one account: the sum that makes its score, step by step, and its scores over time."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from healthscore.pipelines.charts import Spec, text
from healthscore.pipelines.wording import number

Result = Mapping[str, Any]
NAME_WIDTH = 22
"""Letters of a step's name beside the figure before it goes on in another line."""
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
    room = [min(0.0, min(ends) - 8.0 if min(ends) < 0 else 0.0), max(100.0, max(ends) + 8.0)]
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
    return {
        "data": [*_interval(scored), *(_edge(name, low, days) for name, low in edges), line, *_turns(scored)],
        "layout": {
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


def _turns(rows: Sequence[Result]) -> list[Spec]:
    """Marks at the scores that moved most, up or down, each with what moved it."""
    moved = sorted((row for row in rows if row.get("moved")), key=lambda row: -abs(float(row["change"])))
    turns = sorted((row for row in moved[:TURNS] if abs(row["change"]) >= TURN), key=lambda row: str(row["as_of"]))
    if not turns:
        return []
    return [
        {
            "x": [str(row["as_of"]) for row in turns],
            "y": [row["health"] for row in turns],
            "mode": "markers+text",
            "name": "moved most by",
            "text": [text(row["moved"].replace("_", " ")) for row in turns],
            "textposition": ["top center" if row["change"] > 0 else "bottom center" for row in turns],
            "cliponaxis": False,
            "marker": {
                "size": 13,
                "symbol": ["triangle-up" if row["change"] > 0 else "triangle-down" for row in turns],
                "color": ["--good" if row["change"] > 0 else "--risk" for row in turns],
            },
            "hoverinfo": "skip",
        }
    ]


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
