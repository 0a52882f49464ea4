"""Figures of the reports as plain plotly specifications; colours are names that the page's style sheet fills in.

Nothing is computed here: every point comes from the result. Texts are escaped: plotly reads
a little HTML in them.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from healthscore.pipelines.happenings import words_in
from healthscore.pipelines.views import tone

Spec = dict[str, Any]
Result = Mapping[str, Any]
DASHES = ("dot", "dash", "longdash", "dashdot", "longdashdot")
CURVES_DRAWN = 4
"""Curves of so many models are drawn; more would be a tangle, and every model is in the tables."""
RIVALS = ("scorecard", "recency", "logistic", "tenure")
"""Whose curves are drawn first: those that a reader would otherwise have used."""


def text(value: object) -> str:
    """A text that plotly shows as it is."""
    return html.escape(str(value), quote=False)


def capture(result: Result, chosen: str, titles: Mapping[str, str]) -> Spec | None:
    """Those that it happened to, found against accounts looked at, worst-scored first."""
    words = words_in(result)
    curves = (result.get("curves") or {}).get("capture") or {}
    if not curves.get(chosen):
        return None
    data = [*_ribbon(curves[chosen]), _diagonal("no information")]
    data += _lines(curves, chosen, titles)
    return {
        "data": data,
        "layout": _axes(
            f"accounts looked at, {'likeliest' if words['by_probability'] else 'worst-scored'} first",
            f"{words['those']} found",
            xaxis=_PERCENT,
            yaxis=_PERCENT,
        ),
    }


def roc(result: Result, chosen: str, titles: Mapping[str, str]) -> Spec | None:
    """Receiver operating characteristic of the chosen model and its rivals."""
    curves = (result.get("curves") or {}).get("roc") or {}
    if not curves.get(chosen):
        return None
    data = [_diagonal("chance"), *_lines(curves, chosen, titles)]
    those = words_in(result)["those"]
    layout = _axes("share of the others, flagged", f"share of {those}, flagged", xaxis=_PERCENT, yaxis=_PERCENT)
    return {"data": data, "layout": layout}


def calibration(result: Result) -> Spec | None:
    """Predicted against observed rates, with the intervals of what was observed."""
    bins = (result.get("curves") or {}).get("calibration")
    if not bins:
        return None
    top = max(max(one["predicted"], one["observed"].get("high") or one["observed"]["estimate"]) for one in bins)
    line = {"x": [0, top], "y": [0, top], "mode": "lines", "name": "predicted = observed", "hoverinfo": "skip"}
    points = {
        "x": [one["predicted"] for one in bins],
        "y": [one["observed"]["estimate"] for one in bins],
        "error_y": errors([one["observed"] for one in bins]),
        "customdata": [one["n"] for one in bins],
        "mode": "markers",
        "name": "observed",
        "marker": {"size": 9, "color": "--accent"},
        "hovertemplate": "predicted %{x:.1%}<br>observed %{y:.1%}<br>%{customdata:,} scores<extra></extra>",
    }
    return {
        "data": [{**line, "line": {"dash": "dot", "width": 1.5, "color": "--muted"}}, points],
        "layout": _axes("predicted probability", "observed share", xaxis=_FREE_PERCENT, yaxis=_FREE_PERCENT),
    }


def bands(result: Result) -> Spec | None:
    """Share of each band to which it happened, with intervals, beside the average."""
    rows = result.get("bands")
    if not rows:
        return None
    did, tones = words_in(result)["did"], [f"--{tone(place, len(rows))}" for place in range(len(rows))]
    labels = [f"{text(row['name'])}<br>{row['low']:g} to {row['high']:g}" for row in rows]
    bars = _rates(rows, labels, did, {"color": tones, "opacity": 0.85})
    layout = _axes("band, with its scores", f"share that {did}", xaxis={"type": "category"}, yaxis=_FREE_PERCENT)
    return {"data": [bars, *_average(result, labels)], "layout": {**layout, "bargap": 0.4}}


def deciles(result: Result) -> Spec | None:
    """Churn per tenth of the scores, worst first, with intervals."""
    rows = result.get("deciles")
    if not rows:
        return None
    did = words_in(result)["did"]
    labels = [f"{row['low']:g} to {row['high']:g}" for row in rows]
    bars = _rates(rows, labels, did, {"color": "--accent"})
    layout = _axes("score, lowest tenth first", f"share that {did}", xaxis={"type": "category"}, yaxis=_FREE_PERCENT)
    return {"data": [bars, *_average(result, labels)], "layout": {**layout, "bargap": 0.25}}


def origins(result: Result, chosen: str, titles: Mapping[str, str], rivals: Sequence[str]) -> Spec | None:
    """AUC at every backtest date."""
    rows = result.get("origins") or []
    if len(rows) < 2:
        return None
    data = []
    for place, model in enumerate([chosen, *rivals]):
        values = [(row["models"].get(model) or {}).get("auc") for row in rows]
        if any(value is not None for value in values):
            data.append(
                {
                    "x": [text(row["as_of"]) for row in rows],
                    "y": values,
                    "mode": "lines+markers",
                    "name": text(titles.get(model, model)),
                    "line": _stroke(place),
                    "hovertemplate": "%{x}: %{y:.3f}<extra></extra>",
                }
            )
    chance = {
        "x": [text(row["as_of"]) for row in rows],  # all of them: a category axis orders its words as they first come
        "y": [0.5] * len(rows),
        "mode": "lines",
        "name": "chance",
        "hoverinfo": "skip",
        "line": {"dash": "dot", "width": 1.5, "color": "--muted"},
    }
    layout = _axes("date of the score", "AUC", xaxis={"type": "category"}, yaxis={"tickformat": ".2f"})
    return {"data": [chance, *data], "layout": layout}


_PERCENT = {"tickformat": ".0%", "range": [0, 1.01], "dtick": 0.25}
_FREE_PERCENT = {"tickformat": ".0%", "rangemode": "tozero"}


def _rates(rows: Sequence[Result], labels: Sequence[str], did: str, marker: Spec) -> Spec:
    """Bars of shares, each with its interval and the counts behind it."""
    return {
        "type": "bar",
        "x": labels,
        "y": [row["rate"]["estimate"] for row in rows],
        "error_y": errors([row["rate"] for row in rows]),
        "customdata": [[row["n"], row["events"]] for row in rows],
        "marker": marker,
        "name": text(did),
        "hovertemplate": f"score %{{x}}<br>%{{y:.1%}} {text(did)}: "
        "%{customdata[1]:,} of %{customdata[0]:,}<extra></extra>",
    }


def _average(result: Result, labels: Sequence[str]) -> list[Spec]:
    """The rate of all as a line, where it is known."""
    rate = ((result.get("pooled") or {}).get("rate") or {}).get("estimate")
    if rate is None:
        return []
    return [
        {
            "x": labels,
            "y": [rate] * len(labels),
            "mode": "lines",
            "name": "average",
            "line": {"dash": "dot", "width": 1.5, "color": "--muted"},
            "hovertemplate": "average %{y:.1%}<extra></extra>",
        }
    ]


def _axes(x: str, y: str, *, xaxis: Spec, yaxis: Spec) -> Spec:
    return {"xaxis": {"title": {"text": x}, **xaxis}, "yaxis": {"title": {"text": y}, **yaxis}}


def _diagonal(name: str) -> Spec:
    return {
        "x": [0, 1],
        "y": [0, 1],
        "mode": "lines",
        "name": name,
        "hoverinfo": "skip",
        "line": {"dash": "dot", "width": 1.5, "color": "--muted"},
    }


def _lines(curves: Mapping[str, Sequence[Sequence[float]]], chosen: str, titles: Mapping[str, str]) -> list[Spec]:
    """The rivals' curves, thin, and the chosen one's on top of them."""
    ordered = [*(model for model in RIVALS if model in curves), *(model for model in curves if model not in RIVALS)]
    others = [model for model in ordered if model != chosen and curves[model]][: CURVES_DRAWN - 1]
    lines = []
    for place, model in enumerate([chosen, *others]):
        lines.append(
            {
                "x": [point[0] for point in curves[model]],
                "y": [point[1] for point in curves[model]],
                "mode": "lines",
                "name": text(titles.get(model, model)),
                "line": _stroke(place),
                "hovertemplate": "%{x:.0%} → %{y:.0%}<extra></extra>",
            }
        )
    return lines[::-1]


def _stroke(place: int) -> Spec:
    """The chosen model's line is thick and solid, the others' are told apart by dashes, not by colour alone."""
    if place == 0:
        return {"color": "--accent", "width": 3}
    return {"color": f"--line-{min(place, 3)}", "width": 1.6, "dash": DASHES[(place - 1) % len(DASHES)]}


def _ribbon(points: Sequence[Sequence[float | None]]) -> list[Spec]:
    """The interval around a curve, where it has one."""
    inside = [point for point in points if len(point) > 3 and point[2] is not None and point[3] is not None]
    if not inside:
        return []
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    x = [point[0] for point in inside]
    return [
        {**edge, "x": x, "y": [point[3] for point in inside], "showlegend": False},
        {
            **edge,
            "x": x,
            "y": [point[2] for point in inside],
            "fill": "tonexty",
            "fillcolor": "--accent-soft",
            "name": "95 % interval",
        },
    ]


def errors(figures: Sequence[Mapping[str, float | None]]) -> Spec:
    """Intervals as plotly draws them, around each estimate."""

    def distance(figure: Mapping[str, float | None], end: str) -> float:
        bound, middle = figure.get(end), figure.get("estimate")
        return 0.0 if bound is None or middle is None else abs(bound - middle)

    return {
        "type": "data",
        "symmetric": False,
        "array": [distance(figure, "high") for figure in figures],
        "arrayminus": [distance(figure, "low") for figure in figures],
        "color": "--ink",
        "thickness": 1.4,
        "width": 4,
    }
