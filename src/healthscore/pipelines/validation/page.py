"""The report of a validated score history: what its template shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from healthscore.pipelines import tiles, views
from healthscore.pipelines.cardviews import card_view
from healthscore.pipelines.weighing.view import weight_tiles, weight_view

Result = Mapping[str, Any]


def validation_view(result: Result) -> dict[str, Any]:
    """What `validation.html.j2` shows; `present` names its sections and whether they are there.

    Where weights were judged, the answer about them heads the page, and the score itself comes after them.
    """
    said = result["headline"]
    tone, mark = {
        "separates": ("good", "Confirmed by what happened"),
        "weakly": ("caution", "Hardly confirmed"),
        "not shown": ("caution", "Not confirmed"),
        "reversed": ("risk", "Contradicted by what happened"),
    }[said["verdict"]]
    figures = result["pooled"]["models"]["score"]
    view = views.shared(result, "score") | {
        "kind": "Validation of a scorecard" if result.get("scorecard") else "Validation of a score history",
        "asked": views.lead_words(result),
        "tone": tone,
        "mark": mark,
        "headline": said["title"],
        "sentences": said["sentences"],
        "tiles": tiles.tiles(result, "score"),
        "weights": weight_view(result),
        "card": card_view(result, "score"),
        "tenths": result.get("deciles") or [],
        "metrics": [{"name": name, "title": views.metric_title(name), "shown": one} for name, one in figures.items()],
    }
    if weights := view["weights"]:
        view |= {key: weights[key] for key in ("tone", "mark")}
        view |= {"headline": weights["sentences"][0], "sentences": weights["sentences"][1:]}
        view |= {"tiles": weight_tiles(result), "score": {"title": said["title"], "tone": tone, "mark": mark}}
        view["score"] |= {"sentences": said["sentences"], "tiles": tiles.tiles(result, "score")}
    present = {
        "weights": ("Weights", weights),
        "score": ("Score", weights),
        "bands": ("Bands", view["bands"]),
        "found": (f"{str(view['words']['those']).capitalize()} found", (result.get("curves") or {}).get("capture")),
        "tenths": ("Tenths", view["tenths"]),
        "early": ("Warning", view["lead"]),
        "rules": ("Rules", view["card"] and (view["card"]["caps"] or view["card"]["gaps"])),
        "segments": ("Segments", result.get("segments")),
        "dates": ("Dates", view["origins"]),
    }
    return view | {"present": present}
