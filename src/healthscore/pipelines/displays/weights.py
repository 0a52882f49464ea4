"""Weights against history: displays of `recalibrate` and `validate`."""

from __future__ import annotations

from typing import Any

from healthscore.display import Display, Mark, Table
from healthscore.pipelines.displays.shared import Result, answer, meanings
from healthscore.pipelines.happenings import words_in
from healthscore.pipelines.recalibration.page import gain_rows, gain_title, recalibration_view
from healthscore.pipelines.validation.page import validation_view
from healthscore.pipelines.wording import count, figure

COLUMNS = {
    "now": "weight now",
    "recommended": "recommended",
    "confirmed": "confirmed by history (95 %)",
    "verdict": "verdict",
    "moves": "moves",
    "learned": "learned",
}
"""Keys of a row of weights -> what a reader sees above them, in the order of the report."""


def validation_display(result: Result) -> Display:
    """The answer about weights where some were judged, else about the score; what the bands and segments meant."""
    view = validation_view(result)
    did = words_in(result)["did"]
    segments = [
        (one["segment"], count(one["n"]), figure(one["rate"], "percent"), figure(one["auc"], digits=2))
        for one in result["segments"] or []
    ]
    tables = (
        *_weights(view["weights"]),
        meanings(result, result["bands"]),
        Table("Segments", ("segment", "scores", f"share that {did}", "AUC"), segments),
    )
    return answer(view, tables, result["warnings"])


def recalibration_display(result: Result) -> Display:
    """The answer, weights now, learned, confirmed and recommended, and what a change would have found."""
    gain = [(row["title"], row["old"], row["new"], row["difference"]) for row in gain_rows(result)]
    tables = (
        *_weights(recalibration_view(result)["weights"]),
        Table(f"{gain_title(result)} on later dates", ("", "now", "new", "difference"), gain),
    )
    return answer(recalibration_view(result), tables, result["warnings"])


def _weights(view: dict[str, Any] | None) -> tuple[Table, ...]:
    """The table of weights, and one for each variant."""
    if view is None:
        return ()
    own = [_table(f"Weights of {one['name']} in %", one) for one in view["variants"]]
    return (_table("Weights in %", view), *own)


def _table(caption: str, view: dict[str, Any]) -> Table:
    judged = {"confirmed", "verdict"} if view["judged"] else set()
    shown = [key for key in COLUMNS if key in view["shown"] | judged]
    rows = [
        (row["name"], *(Mark(row[key], row["tone"]) if key == "verdict" else row[key] for key in shown))
        for row in view["rows"]
    ]
    return Table(caption, ("component", *(COLUMNS[key] for key in shown)), rows)
