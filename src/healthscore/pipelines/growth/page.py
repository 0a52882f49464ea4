"""Growth as the report of a backtest shows it: labelled figures, nothing computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from healthscore.pipelines import tiles, views
from healthscore.pipelines.wording import figure

SHOWN = ("auc", "log_loss_skill", "lift_10", "capture_10", "observed_expected", "calibration_slope")
TONES = ("plain", "plain", "good")
"""Little growth is no alarm: only the band that somebody acts on has a colour."""


def growth_view(result: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the section on growth shows; None where the run asked for none."""
    growth = result.get("growth")
    if growth is None:
        return None
    if growth["why"] is not None:
        return {"why": growth["why"], "warnings": growth["warnings"]}
    figures = growth["pooled"]["models"][growth["chosen"]]
    ladder = views.band_rows(growth["bands"], views.widest(growth))
    return {
        "why": None,
        "asked": growth["outcome"]["sentence"],
        "sentences": growth["headline"]["sentences"],
        "warnings": growth["warnings"],
        "tiles": tiles.tiles(growth, growth["chosen"]),
        "bands": [{**band, "tone": tone} for band, tone in zip(ladder, TONES, strict=True)],
        "average": views.average(growth),
        "base": growth["pooled"]["rate"]["estimate"],
        "words": growth["outcome"]["words"],
        "figures": [
            {
                "title": views.metric_title(name),
                "meaning": views.metric_meaning(name),
                "value": figure(figures[name], *views.metric_kind(name)),
            }
            for name in SHOWN
        ],
    }
