"""What the report of an audit shows: the verdict, the last audit beside it, and a table per question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from healthscore.pipelines import charts, tiles, views
from healthscore.pipelines.auditing import pagetables
from healthscore.pipelines.auditing.verdict import DISTRUST, KEEP, RECALIBRATE, RETRAIN
from healthscore.pipelines.publish import plain
from healthscore.pipelines.report import render_page, sections
from healthscore.pipelines.wording import day_text

Result = Mapping[str, Any]
View = dict[str, Any]
TONES = {KEEP: "good", RECALIBRATE: "caution", RETRAIN: "caution", DISTRUST: "risk"}
TITLES = {"score": "The score"}


def render_audit(result: Result) -> str:
    """Give the report of an audit's result as HTML."""
    result = plain(result)
    judged = bool(result["pooled"])
    figures = {
        "capture": charts.capture(result, "score", TITLES) if judged and result["curves"] else None,
        "calibration": charts.calibration(result) if judged and result["curves"] else None,
    }
    return render_page("audit.html.j2", result, audit_view(result), figures)


def audit_view(result: Result) -> View:
    """Everything that the template shows, in words."""
    verdict = result["verdict"]
    judged = verdict["judged"]
    shown = {key: value for key, value in result.items() if value is not None}  # absent sections are absent
    view = views.shared(shown, "score") | {
        "kind": "Audit of a health score",
        "asked": f"{views.lead_words(result)} Audited as of {day_text(result['as_of'])}.",
        "tone": TONES[verdict["verdict"]] if judged or verdict["verdict"] != KEEP else "caution",
        "mark": verdict["verdict"].capitalize() if judged or verdict["verdict"] != KEEP else "Not yet judged",
        "headline": verdict["headline"],
        "sentences": verdict["reasons"],
        "tiles": tiles.tiles(shown, "score"),
        "tables": [table for table in pagetables.tables_of_page(result) if table["rows"] or table["facts"]],
    }
    present = {
        "bands": ("Bands", view["bands"]),
        "found": ("Found", (result.get("curves") or {}).get("capture")),
        "early": ("Warning", view["lead"]),
        "dates": ("Dates", view["origins"]),
        "segments": ("Segments", result["segments"]),
        **{table["anchor"]: (table["word"], True) for table in view["tables"]},
    }
    named = [one for one in sections(present, {}) if one[0] != "details"]
    return view | {"sections": named}
