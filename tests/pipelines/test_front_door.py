"""From files to the verdict on weights: three simulated companies, and what is said beside it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from healthscore.pipelines.validate import Validation, validate
from weighed_exports import Export, export

WINDOW: dict[str, Any] = {"gap": 7, "horizon": 60, "maturity": 14, "resamples": 100}
SKEWED = {
    "activity": 10.0,
    "adoption": 15.0,
    "satisfaction": 15.0,
    "support": 20.0,
    "finance": 20.0,
    "relationship": 20.0,
}
EQUAL = {
    "activity": 20.0,
    "adoption": 20.0,
    "satisfaction": 20.0,
    "support": 20.0,
    "finance": 10.0,
    "relationship": 10.0,
}


def judged(found: Export, **settings: Any) -> Validation:
    return validate(found.scores, found.exits, found.weights, **{**WINDOW, **settings})


@pytest.fixture(scope="module")
def true_weights() -> Export:
    return export("additive", 1000, seed=3)


@pytest.fixture(scope="module")
def kept(true_weights: Export) -> dict[str, Any]:
    return judged(true_weights).result


def test_true_weights_are_kept(true_weights: Export, kept: dict[str, Any]) -> None:
    assert kept["decision"] == "keep"
    assert kept["verdict_sentences"][0].startswith("Keep your weights: ")
    assert kept["weighting"]["score"] == "weighted sum"
    for name, one in kept["components"].items():
        assert one["handcrafted"] == one["recommended"] == pytest.approx(true_weights.truth[name], abs=0.5)
        assert one["validated"]["low"] - 5 < true_weights.truth[name] < one["validated"]["high"] + 5
        assert one["effective"] == pytest.approx(one["handcrafted"], abs=3)
    assert kept["components"]["activity"]["verdict"] == "supported"
    assert kept["components"]["finance"]["verdict"] == "not shown"
    assert sum(one["shap_share"] for one in kept["components"].values()) == pytest.approx(100)
    assert kept["components"]["activity"]["alone"]["leads"] == "yes"


def test_skewed_weights_are_changed_and_the_sentence_says_so() -> None:
    found = export("additive", 3000, seed=3, weights=SKEWED)
    result = judged(found, out=None, capacity=200).result
    assert result["decision"] == "change"
    assert result["exiting_accounts"] > 500
    said = result["verdict_sentences"][0]
    assert said.startswith("Change your weights: activity 10 to ")
    new = {name: one["recommended"] for name, one in result["components"].items()}
    assert sum(new.values()) == pytest.approx(100)
    old_distance = sum(abs(SKEWED[name] - found.truth[name]) for name in SKEWED)
    assert sum(abs(new[name] - found.truth[name]) for name in SKEWED) < old_distance / 2
    more = result["gain"]["churners"]["difference"]
    assert 0 < more["low"] < more["estimate"]
    assert (result["gain"]["churners"]["capacity"], result["capacity"]["accounts"]) == (200, 200)
    assert result["gain"]["churners"]["share"] == result["capacity"]["share"] != 0.1
    assert "the 200 worst-scored accounts held" in " ".join(result["verdict_sentences"])
    assert result["gain"]["log_loss"]["bound"] > 0


def test_without_any_information_there_is_no_evidence() -> None:
    result = judged(export("null", 1000, seed=3, weights=EQUAL)).result
    assert (result["decision"], result["why"]) == ("no evidence", "no skill")
    assert result["verdict_sentences"][0].startswith("No evidence: ")
    for one in result["components"].values():
        assert one["recommended"] is None
        assert one["validated"] == {"estimate": None, "low": None, "high": None}
        assert one["verdict"] == "not shown"


def test_small_books_get_no_weights_and_the_score_is_validated() -> None:
    result = judged(export("additive", 150, seed=3)).result
    assert (result["decision"], result["why"]) == ("no evidence", "too few exits")
    assert result["verdict_sentences"] == [
        f"No evidence: {result['exiting_accounts']} accounts left, and weights are judged from 50 such accounts on."
    ]
    assert result["headline"]["verdict"] == "separates"
    assert all(one["shap_share"] is None for one in result["components"].values())


def test_few_exits_come_with_a_warning() -> None:
    result = judged(export("additive", 300, seed=3)).result
    assert 50 <= result["exiting_accounts"] < 200
    assert any(text.startswith("Few exits for weights: ") and "points wide" in text for text in result["warnings"])


def test_a_component_alone_is_judged_where_it_is_not_blank() -> None:
    found = export("additive", 300, seed=3)
    asked = np.arange(len(found.scores)) % 8 == 0
    blank = found.scores.assign(finance=found.scores["finance"].where(asked))
    alone = [
        validate(rows, found.exits, found.weights, **WINDOW, data_end=date(2026, 1, 1)).result["components"]["finance"]
        for rows in (blank, blank[asked])
    ]
    assert alone[0]["alone"]["auc"]["estimate"] is not None
    assert alone[0]["alone"]["auc"]["estimate"] == pytest.approx(alone[1]["alone"]["auc"]["estimate"])


def test_files_frames_and_a_given_score_agree(true_weights: Export, kept: dict[str, Any], tmp_path: Path) -> None:
    paths = true_weights.write(tmp_path)
    from_files = validate(*paths, **WINDOW, out=tmp_path / "out", title="scores")
    assert from_files.directory is not None
    text = (from_files.directory / "result.json").read_text(encoding="utf-8")
    assert json.loads(text, parse_constant=lambda word: pytest.fail(word)) == from_files.result
    assert {**from_files.result, "title": "", "identity": ""} == {
        **kept,
        "title": "",
        "identity": "",
        "weighting": {**kept["weighting"], "source": "weights.csv"},
    }
    html = (from_files.directory / "report.html").read_text(encoding="utf-8")
    assert "Weights against history" in html
    names = from_files.weights["component"].tolist()
    assert names == list(kept["components"])
    parts = true_weights.scores[names].to_numpy() @ (true_weights.weights["weight"].to_numpy() / 100)
    scored = true_weights.scores.assign(score=np.round(parts, 1))
    given = validate(scored, true_weights.exits, true_weights.weights, **WINDOW).result
    assert given["weighting"]["score"] == "given"
    assert given["weighting"]["differing"]["rows"] == 0
    assert given["components"] == kept["components"]


def test_a_score_that_is_something_else_is_noticed(true_weights: Export) -> None:
    scores = true_weights.scores.copy()
    weights = true_weights.weights["weight"].to_numpy() / 100
    scores["score"] = np.round(scores[true_weights.weights["component"]].to_numpy() @ weights, 1)
    scores.loc[scores["activity"] < 30, "score"] -= 20
    scores["score"] = scores["score"].clip(lower=0)
    result = validate(scores, true_weights.exits, true_weights.weights, **WINDOW).result
    differing = result["weighting"]["differing"]
    assert differing["share"] == pytest.approx((scores["activity"] < 30).mean(), abs=0.03)
    assert (differing["largest"], differing["lower"]) == (pytest.approx(20, abs=0.1), True)
    (said,) = [text for text in result["warnings"] if "not the weighted sum" in text]
    assert "It is lower wherever it differs, as hard rules make it." in said


def test_blanks_and_still_components_are_told(true_weights: Export) -> None:
    scores = true_weights.scores.copy()
    scores.loc[scores.index % 4 == 0, "support"] = np.nan
    scores["finance"] = 50.0
    result = validate(scores, true_weights.exits, true_weights.weights, **WINDOW).result
    assert result["weighting"]["blank"]["support"] == pytest.approx(0.25, abs=0.01)
    notes = " ".join(result["warnings"]).replace("\u202f", " ")
    assert "Blank: support on 25.0 % of the rows, where the other components count." in notes
    assert "finance: always the same points, so nothing can be said of the weight" in notes
    assert result["components"]["finance"]["validated"]["estimate"] is None
    assert result["decision"] == "keep"


def test_weights_that_came_from_history_are_tested_on_later_dates_only(true_weights: Export, tmp_path: Path) -> None:
    parts = zip(true_weights.weights["component"], true_weights.weights["weight"], strict=True)
    text = 'name = "ours"\nmissing = "neutral"\n'
    text += "".join(f"[components.{name}]\nweight = {weight}\n" for name, weight in parts)
    text += '[provenance]\nrun = "ours"\nidentity = "0"\nreplaces = "older"\norigins = 3\nevents = 90\n'
    text += "first = 2024-01-01\nlast = 2024-10-01\n"
    scores = true_weights.scores.copy()
    scores.loc[scores.index % 10 == 0, "support"] = np.nan
    for data_end, day, why in (
        ("2024-12-15", "2025-01-01", "nothing to change"),
        ("2025-06-01", None, "no later dates"),
    ):
        (tmp_path / "card.toml").write_text(f"{text}data_end = {data_end}\n", encoding="utf-8")
        result = validate(scores, true_weights.exits, tmp_path / "card.toml", **WINDOW).result
        assert (result["split"]["day"], result["why"]) == (day, why)
    (said,) = [text for text in result["warnings"] if text.startswith("Blank")]
    assert said.endswith("of the rows, filled as the scorecard says.")


def test_risk_instead_of_health_turns_the_components_too(true_weights: Export, kept: dict[str, Any]) -> None:
    names = true_weights.weights["component"].tolist()
    turned = true_weights.scores.assign(**{name: 100 - true_weights.scores[name] for name in names})
    result = validate(turned, true_weights.exits, true_weights.weights, **WINDOW, higher_is_riskier=True).result
    assert result["decision"] == kept["decision"]
    for name in names:
        assert result["components"][name]["validated"]["estimate"] == pytest.approx(
            kept["components"][name]["validated"]["estimate"], abs=1e-6
        )


def test_without_weights_a_note_says_how_to_have_them_judged(true_weights: Export) -> None:
    scores = true_weights.scores.assign(score=true_weights.scores["activity"])
    result = validate(scores, true_weights.exits, **WINDOW).result
    assert "decision" not in result
    (said,) = [text for text in result["warnings"] if "third file" in text]
    assert "'activity', 'adoption'" in said


def test_a_correlated_twin_is_reported_jointly(true_weights: Export) -> None:
    random = np.random.default_rng(4)
    scores = true_weights.scores.copy()
    scores["log-ins"] = (scores["activity"] + random.normal(0, 5, len(scores))).clip(0, 100).round(1)
    weights = pd.DataFrame({"component": ["activity", "log-ins", "adoption"], "weight": [30, 30, 40]})
    result = validate(scores, true_weights.exits, weights, **WINDOW).result
    (group,) = result["joint"]
    assert group["components"] == ["activity", "log-ins"]
    assert group["correlation"]["low"] > 0.8
    assert any("Activity and log-ins move together" in text for text in result["verdict_sentences"])
