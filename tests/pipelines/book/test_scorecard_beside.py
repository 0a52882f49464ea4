"""The scorecard beside the model, from literal results of other commands."""

from __future__ import annotations

from pathlib import Path

import report_samples
from healthscore.pipelines.book import Book, figures_beside, weights_beside
from two_publications import copied, write_result

CARD = {"title": "Seven components", "name": "seven_components"}
WEIGHT = {
    "label": "log-ins",
    "handcrafted": 20.0,
    "effective": 31.5,
    "shap_share": 44.0,
    "validated": {"estimate": 35.0, "low": 20.0, "high": 52.0},
    "verdict": "supported",
    "recommended": 30.0,
}


def test_figures_of_both(by_model: Book, tmp_path: Path) -> None:
    copy = copied(by_model, tmp_path)
    assert figures_beside(copy).why == "nothing is known of it yet: healthscore backtest"
    apart = {
        "auc": report_samples.figure(0.05, 0.04),
        "log_loss": report_samples.figure(-0.1, 0.2),
        "capture_capacity": report_samples.figure(-0.2, 0.1),
        "calibration_slope": report_samples.figure(0.3, 0.1),
    }
    more = {name: report_samples.figure(1.0, 0.1) for name in ("capture_capacity", "calibration_slope")}
    result = {
        "run": copy.run.name,
        "chosen": "blend",
        "pooled": {"n": 900, "events": 60, "models": {"blend": report_samples.metrics(0.84) | more}},
        "scorecard": CARD | {"figures": report_samples.metrics(0.79)},
        "differences": {"scorecard": apart},
    }
    write_result(copy.run.out, "backtest", result)
    told = figures_beside(copy).result
    assert told is not None
    assert {key: told[key] for key in ("model", "scorecard", "n", "events")} == {
        "model": "blend",
        "scorecard": "Seven components",
        "n": 900,
        "events": 60,
    }
    rows = {row["name"]: row for row in told["rows"]}
    assert rows["auc"]["model"] == report_samples.figure(0.84, 0.02)
    assert rows["auc"]["scorecard"] == report_samples.figure(0.79, 0.02)
    words = {name: row["better"] for name, row in rows.items() if row["difference"]}
    assert words == {"auc": "better", "log_loss": "", "capture_capacity": "worse", "calibration_slope": ""}
    assert (rows["ece"]["better"], rows["calibration_slope"]["scorecard"]) == ("", None)


def test_weights_of_the_recalibration_else_of_the_validation(by_model: Book, tmp_path: Path) -> None:
    copy = copied(by_model, tmp_path)
    assert weights_beside(copy).why == "nothing is known of it yet: healthscore recalibrate"
    result = {"run": copy.run.name, "decision": "keep", "verdict_sentences": ["Keep."], "components": {"use": WEIGHT}}
    write_result(copy.run.out, "validate", result)
    told = weights_beside(copy).result
    assert told is not None
    assert told == {
        "decision": "keep",
        "sentences": ["Keep."],
        "rows": [
            {
                "name": "use",
                "label": "log-ins",
                "now": 20.0,
                "moves": 31.5,
                "learned": 44.0,
                "validated": WEIGHT["validated"],
                "verdict": "supported",
                "recommended": 30.0,
            }
        ],
    }
    write_result(copy.run.out, "recalibrate", result | {"decision": "change"})
    changed = weights_beside(copy).result
    assert changed is not None
    assert changed["decision"] == "change"
    write_result(copy.run.out, "recalibrate", result | {"decision": "no evidence"})
    unknown = weights_beside(copy).result
    assert unknown is not None
    assert unknown["rows"][0]["learned"] is None, "what a model made of nothing would be read as an answer"
