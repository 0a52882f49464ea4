"""The last audit beside this one, figure by figure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from healthscore.errors import HealthScoreError
from healthscore.pipelines.publication.history import is_whole
from healthscore.pipelines.runs.finding import RESULT, read_object

VERB = "audit"
FIGURES = (
    ("auc", "AUC", "number", 3, ("pooled", "models", "score", "auc")),
    ("capture_10", "Captured by the worst tenth", "percent", 0, ("pooled", "models", "score", "capture_10")),
    ("level", "Observed / expected", "number", 2, ("pooled", "models", "score", "observed_expected")),
    ("slope", "Calibration slope", "number", 2, ("pooled", "models", "score", "calibration_slope")),
    ("rate", "Rate", "percent", 1, ("pooled", "rate")),
    ("never_red", "Never in the worst band before", "percent", 0, ("never_red", "rate")),
    ("recall_30", "Warned 30 days ahead", "percent", 0, ("lead_time", "recall", "30", "rate")),
    ("moved", "Features that moved", "count", 0, ("drift", "moved")),
    ("score_move", "Largest change of a share of scores", "percent", 1, ("drift", "score", "size")),
)
"""Key, title, kind, decimals, and where the figure lies in the result."""
Result = Mapping[str, Any]


def last_audit(out: Path, series: str, as_of: date) -> dict[str, Any] | None:
    """Result of the newest audit of the same scores at an earlier date; None without one."""
    found: list[tuple[str, str, dict[str, Any]]] = []
    for path in sorted((out / VERB).glob(f"*/{RESULT}")):
        if path.parent.name.startswith(".") or not is_whole(path.parent):
            continue
        try:
            result = read_object(path)
        except HealthScoreError:  # somebody else's file, or damaged: `runs verify` is there to tell
            continue
        if result.get("series") == series and str(result.get("as_of")) < as_of.isoformat():
            found.append((str(result["as_of"]), path.parent.name, result))
    return max(found, key=lambda one: one[:2])[2] if found else None


def compared(now: Result, then: Result | None) -> dict[str, Any] | None:
    """Then and now side by side; None without an earlier audit. Both results are of JSON's types."""
    if then is None:
        return None
    about = {"identity": then["identity"], "as_of": then["as_of"], "verdict": then["verdict"]["verdict"]}
    return about | {"figures": figures_of(now, then)}


def figures_of(now: Result, then: Result | None = None) -> list[dict[str, Any]]:
    """The figures that audits are compared by, how they are written, now and then; those of neither are left out."""
    rows = [
        {"key": key, "title": title, "kind": kind, "digits": digits, "then": _at(then or {}, way), "now": _at(now, way)}
        for key, title, kind, digits, way in FIGURES
    ]
    return [row for row in rows if row["then"] is not None or row["now"] is not None]


def _at(result: Result, way: tuple[str, ...]) -> dict[str, Any] | None:
    """The figure at the end of a way through the result, as an estimate; None where there is none."""
    found: Any = result
    for key in way:
        found = found.get(key) if isinstance(found, Mapping) else None
    if found is None or isinstance(found, Mapping):
        return None if found is None or found.get("estimate") is None else dict(found)
    return {"estimate": float(found), "low": None, "high": None}
