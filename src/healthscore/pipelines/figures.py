"""Specifications of `charts` as plotly figures, coloured for light or dark, as `report.js` draws them on a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from healthscore.pipelines.charts import Spec, text
from healthscore.pipelines.colours import Theme, colours

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif'
COLOURED = ("color", "fillcolor", "bgcolor")
HEIGHT = 400
"""Pixels, unless a specification says otherwise."""
LEGEND_LINE, LEGEND_ABREAST = 22, 3
"""Pixels of a line of the legend, and how many names it holds where a figure is 600 pixels wide."""


def figure_of(spec: Spec, title: str, theme: Theme = "light") -> Figure:
    """The figure: title and legend above it, on a ground of its own, so that it reads in any notebook."""
    from plotly.graph_objects import Figure

    palette = colours(theme)
    drawn = _coloured(spec, "", palette)
    given = dict(drawn["layout"])
    named = sum(trace.get("showlegend", True) and "name" in trace for trace in drawn["data"])
    legend = LEGEND_LINE * -(-named // LEGEND_ABREAST) if named > 1 else 0
    layout = given | {
        "template": "none",
        "title": {"text": text(title), "x": 0, "xref": "container", "xanchor": "left", "pad": {"l": 16}, "y": 0.98,
                  "yanchor": "top", "font": {"size": 16, "color": palette["--ink"]}},
        "height": given.get("height", HEIGHT) + legend,
        "font": {"family": FONT, "size": 13, "color": palette["--muted"]},
        "paper_bgcolor": palette["--surface"],
        "plot_bgcolor": palette["--surface"],
        "margin": {"l": 16, "r": 26, "t": 52 + legend, "b": 16},
        "hovermode": "closest",
        "xaxis": _axis(given.get("xaxis", {}), palette),
        "yaxis": _axis(given.get("yaxis", {}), palette),
        "showlegend": named > 1,
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom"},
        "hoverlabel": {
            "bgcolor": palette["--surface"],
            "bordercolor": palette["--line"],
            "font": {"color": palette["--ink"]},
        },
    }  # fmt: skip
    return Figure(data=drawn["data"], layout=layout)


def _axis(given: Mapping[str, Any], palette: Mapping[str, str]) -> Spec:
    line = dict.fromkeys(("gridcolor", "linecolor", "zerolinecolor", "tickcolor"), palette["--line"])
    return {**line, "automargin": True, **given}


def _coloured(value: Any, key: str, palette: Mapping[str, str]) -> Any:
    """The specification with colours for their names, where `key` says that a colour stands there."""
    if isinstance(value, Mapping):
        return {name: _coloured(one, name, palette) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_coloured(one, key, palette) for one in value]
    return palette.get(value, value) if key in COLOURED and isinstance(value, str) else value
