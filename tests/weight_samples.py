"""Judged weights as results have them, small enough to read: what sentences, tables and reports are tested on."""

from __future__ import annotations

from typing import Any

from healthscore.pipelines.happenings import words_of
from healthscore.pipelines.weighing.sentences import verdict_sentences

NOTHING: dict[str, float | None] = {"estimate": None, "low": None, "high": None}
CHURN = words_of("churn")


def interval(estimate: float, low: float | None, high: float | None) -> dict[str, float | None]:
    return {"estimate": estimate, "low": low, "high": high}


def component(label: str, now: float | None, new: float | None, **others: Any) -> dict[str, Any]:
    return {
        "label": label,
        "shap_share": 31.4,
        "effective": now,
        "validated": interval(26.0, 19.2, 33.1),
        "verdict": "supported",
        "handcrafted": now,
        "recommended": new,
        "drop_one": interval(0.0031, 0.0012, 0.005),
        "alone": {"auc": interval(0.64, 0.6, 0.68), "leads": "yes"},
        **others,
    }


def weighed_result(decision: str = "change", why: str = "later dates agree", **others: Any) -> dict[str, Any]:
    """Usage 40, tickets 30, survey 20 (the wrong way), sponsor 10 (open); tickets and usage are to change."""
    changes = decision == "change"
    components = {
        "usage": component("Usage", 40.0, 50.0 if changes else 40.0),
        "tickets": component(
            "Tickets", 30.0, 20.0 if changes else 30.0, verdict="not shown", validated=interval(8, -2, 17.4)
        ),
        "survey": component(
            "Survey",
            20.0,
            20.0,
            verdict="wrong direction",
            effective=4.0,
            validated=interval(-12, -20, -4),
            alone={"auc": interval(0.45, 0.42, 0.48), "leads": "opposite"},
        ),
        "sponsor": component("Sponsor", 10.0, 10.0, verdict="not shown", validated=interval(71, None, None)),
    }
    if decision == "no evidence":
        for one in components.values():
            one |= {"recommended": None, "validated": NOTHING, "drop_one": NOTHING, "verdict": "not shown"}
    found = {"old": interval(41.2, 33, 50), "new": interval(48.9, 40, 58), "difference": interval(7.7, 2.2, 13)}
    result: dict[str, Any] = {
        "decision": decision,
        "why": why,
        "components": components,
        "joint": [
            {
                "components": ["usage", "tickets"],
                "validated": interval(60, 48, 71),
                "verdict": "supported",
                "correlation": interval(0.84, 0.8, 0.88),
            }
        ]
        if decision != "no evidence"
        else [],
        "gain": {
            "log_loss": {**interval(0.002, 0.0004, 0.004), "bound": 0.0007},
            "churners": {"share": 0.1, "exits": 122, **found} if changes else None,
            "revenue": None,
        },
        "skill": {"handcrafted": interval(0.05, 0.02, 0.08), "refit": interval(0.06, 0.03, 0.09)},
        "split": {
            "day": "2024-07-01",
            "learning": {"rows": 3000, "dates": 6, "events": 300, "exiting": 130},
            "later": {"rows": 2900, "dates": 5, "events": 290, "exiting": 122},
        },
        "weight_segments": [],
        "exiting_accounts": 240,
    }
    result |= others
    return {**result, "verdict_sentences": verdict_sentences(result, CHURN)}
