"""The scorecard beside the model, from literal results of other commands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import report_samples
from healthscore.pipelines.book import Book, figures_beside, recommended, weights_beside
from two_publications import copied, write_result

CARD = {"title": "Seven components", "name": "seven_components"}
WEIGHT = {
    "label": "log-ins",
    "effective": 31.5,
    "shap_share": 44.0,
    "validated": {"estimate": 35.0, "low": 20.0, "high": 52.0},
    "verdict": "supported",
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


def weighed(book: Book, **changed: Any) -> dict[str, Any]:
    """A result that weighs the scorecard of a book and recommends its own weights."""
    card = book.run.scorecard
    assert card is not None
    weights = card.weights_of()
    components = {name: WEIGHT | {"handcrafted": one, "recommended": one} for name, one in weights.items()}
    said = {"name": card.name, "weights": weights}
    result = {"run": book.run.name, "scorecard": said, "decision": "keep", "verdict_sentences": ["Keep."]}
    return result | {"components": components} | changed


def test_weights_of_the_recalibration_else_of_the_validation(by_card: Book, tmp_path: Path) -> None:
    copy = copied(by_card, tmp_path)
    assert weights_beside(copy).why == "nothing is known of it yet: healthscore recalibrate"
    write_result(copy.run.out, "validate", weighed(copy))
    told = weights_beside(copy).result
    assert told is not None
    assert (told["decision"], told["sentences"], len(told["rows"])) == ("keep", ["Keep."], 7)
    assert told["rows"][0] == {
        "name": "satisfaction",
        "label": "log-ins",
        "now": 20.0,
        "moves": 31.5,
        "learned": 44.0,
        "validated": WEIGHT["validated"],
        "verdict": "supported",
        "recommended": 20.0,
    }
    write_result(copy.run.out, "recalibrate", weighed(copy, decision="change"))
    changed = weights_beside(copy).result
    assert changed is not None
    assert changed["decision"] == "change"
    write_result(copy.run.out, "recalibrate", weighed(copy, decision="no evidence"))
    unknown = weights_beside(copy).result
    assert unknown is not None
    assert unknown["rows"][0]["learned"] is None, "what a model made of nothing would be read as an answer"


def test_weights_of_another_scorecard_are_not_in_force(by_card: Book, tmp_path: Path) -> None:
    copy = copied(by_card, tmp_path)
    result = weighed(copy)
    others = {
        "another card": result | {"scorecard": {"name": "another"}},
        "no card": result | {"scorecard": None},
        "other weights": result | {"components": _moved(result, "handcrafted", 1.0)},
        "other components": result | {"components": {"use": result["components"]["activity"]}},
    }
    why = "the newest recalibration is of another scorecard, or of other weights: healthscore recalibrate"
    for what, other in others.items():
        write_result(copy.run.out, "recalibrate", other)
        assert weights_beside(copy).why == why, what
    write_result(copy.run.out, "recalibrate", result | {"components": _moved(result, "handcrafted", 0.01)})
    assert weights_beside(copy).result is not None, "weights that sum to 100 but for rounding are judged as shares"
    write_result(copy.run.out, "recalibrate", others["other weights"])
    write_result(copy.run.out, "validate", result)
    assert weights_beside(copy).result is not None, "the validation is of the weights in force"
    without = replace(copy, run=copy.run.model_copy(update={"scorecard": None}))
    assert weights_beside(without).why == why
    learned = {name: one | {"handcrafted": None} for name, one in result["components"].items()}
    write_result(without.run.out, "recalibrate", result | {"scorecard": None, "components": learned})
    assert weights_beside(without).result is not None
    assert recommended(without) is None, "there is no scorecard to give them to"


def _moved(result: dict[str, Any], key: str, points: float | None) -> dict[str, Any]:
    """The components, with points moved from one to another; None: without a value."""
    parts = dict(result["components"])
    for name, way in (("satisfaction", 1.0), ("activity", -1.0)):
        parts[name] = parts[name] | {key: None if points is None else parts[name][key] + way * points}
    return parts


@pytest.mark.parametrize(("points", "first"), [(0.0, None), (None, None), (0.04, None), (5.0, 25.0)])
def test_weights_are_recommended_where_all_are_and_one_differs(
    by_card: Book, tmp_path: Path, points: float | None, first: float | None
) -> None:
    copy = copied(by_card, tmp_path)
    assert recommended(copy) is None
    result = weighed(copy)
    write_result(copy.run.out, "recalibrate", result | {"components": _moved(result, "recommended", points)})
    found = recommended(copy)
    assert (found and found["satisfaction"]) == first
    assert found is None or sum(found.values()) == pytest.approx(100.0)
