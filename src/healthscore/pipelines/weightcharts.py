"""Weights as a figure: what is in force, what history supports, and what is recommended, one line per component."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from healthscore.pipelines.charts import Spec, text

NAME_WIDTH = 18
"""Letters of a component's name beside the figure before it goes on in another line."""
LOWEST, HIGHEST = -30.0, 110.0
"""Weights in per cent between which the figure ends, whatever an interval allows."""
LINE, FRAME = 46, 130
"""Pixels of a figure for each component, and for axis and legend."""

Result = Mapping[str, Any]


def weights(result: Result) -> Spec | None:
    """Handcrafted weights as dots, validated intervals as bars, changed weights as diamonds; None without evidence."""
    if not result.get("verdict_sentences") or result["decision"] == "no evidence":
        return None
    rows = list(reversed(list((result.get("components") or {}).values())))
    low, high = _range(rows)
    return {
        "data": [*_bars(rows, low, high), *_open(rows, low, high), *_points(rows)],
        "layout": {
            "xaxis": {"title": {"text": "weight in %"}, "range": [low, high], "zeroline": True},
            "yaxis": {
                "title": {"text": ""},
                "tickmode": "array",
                "tickvals": list(range(len(rows))),
                "ticktext": [_wrapped(row["label"]) for row in rows],
                "range": [-0.6, len(rows) - 0.4],
                "showgrid": False,
                "zeroline": False,
            },
        },
    }


def height(rows: Sequence[object]) -> int:
    """Pixels of a figure with a line for each of the rows."""
    return FRAME + LINE * len(rows)


def _range(rows: Sequence[Result]) -> tuple[float, float]:
    """Ends of the axis: around everything that has a place, within limits."""
    ends = [row["validated"][end] for row in rows for end in ("low", "high") if _bounded(row)]
    seen = [0.0, *ends, *(row[key] for row in rows for key in ("handcrafted", "recommended") if row[key] is not None)]
    low, high = max(LOWEST, min(seen)), min(HIGHEST, max(seen))
    return (low - 3.0 if low < 0 else 0.0), high + max(3.0, 0.05 * (high - low))


def _bounded(row: Result) -> bool:
    return row["validated"]["low"] is not None and row["validated"]["high"] is not None


def _bars(rows: Sequence[Result], low: float, high: float) -> list[Spec]:
    """Intervals with their estimates; one that reaches beyond the axis ends at it."""
    bounded = [(place, row["label"], row["validated"]) for place, row in enumerate(rows) if _bounded(row)]
    if not bounded:
        return []
    ends = [(max(low, one["low"]), min(high, one["high"])) for _, _, one in bounded]
    bars = {
        "x": [x for left, right in ends for x in (left, right, None)],
        "y": [y for place, _, _ in bounded for y in (place, place, None)],
        "mode": "lines",
        "name": "confirmed by history, 95 % range",
        "line": {"width": 11, "color": "--accent"},
        "opacity": 0.3,
        "hoverinfo": "skip",
    }
    estimates = {
        "x": [one["estimate"] for _, _, one in bounded],
        "y": [place for place, _, _ in bounded],
        "customdata": [[text(label), one["low"], one["high"]] for _, label, one in bounded],
        "mode": "markers",
        "showlegend": False,
        "marker": {"symbol": "line-ns-open", "size": 12, "color": "--accent", "line": {"width": 2.5}},
        "hovertemplate": "%{customdata[0]}: history supports %{x:.0f} "
        "(%{customdata[1]:.0f} to %{customdata[2]:.0f})<extra></extra>",
    }
    return [bars, estimates]


def _open(rows: Sequence[Result], low: float, high: float) -> list[Spec]:
    """Intervals without ends, from one side of the figure to the other."""
    places = [place for place, row in enumerate(rows) if row["validated"]["estimate"] is not None and not _bounded(row)]
    if not places:
        return []
    return [
        {
            "x": [x for _ in places for x in (low, high, None)],
            "y": [y for place in places for y in (place, place, None)],
            "mode": "lines",
            "name": "open: any weight fits",
            "line": {"width": 1.6, "color": "--muted", "dash": "dot"},
            "hoverinfo": "skip",
        }
    ]


def _points(rows: Sequence[Result]) -> list[Spec]:
    """The weights in force, and those that are to replace them."""
    now = [(place, row["label"], row["handcrafted"]) for place, row in enumerate(rows)]
    new = [
        (place, row["label"], row["recommended"])
        for place, row in enumerate(rows)
        if row["recommended"] is not None and row["recommended"] != row["handcrafted"]
    ]
    return [
        *_markers("weight now", now, {"symbol": "circle", "size": 11, "color": "--ink"}),
        *_markers("recommended", new, {"symbol": "diamond", "size": 13, "color": "--risk"}),
    ]


def _markers(name: str, places: Sequence[tuple[int, str, float | None]], marker: Spec) -> list[Spec]:
    shown = [(place, label, weight) for place, label, weight in places if weight is not None]
    if not shown:
        return []
    return [
        {
            "x": [weight for _, _, weight in shown],
            "y": [place for place, _, _ in shown],
            "customdata": [text(label) for _, label, _ in shown],
            "mode": "markers",
            "name": name,
            "marker": marker,
            "hovertemplate": "%{customdata}: " + name + " %{x:.0f}<extra></extra>",
        }
    ]


def _wrapped(label: object) -> str:
    """A component's name in lines that leave room for the figure."""
    lines = textwrap.wrap(str(label), NAME_WIDTH, max_lines=3, placeholder=" …") or [""]
    return "<br>".join(text(line) for line in lines)
