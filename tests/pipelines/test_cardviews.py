"""What a report shows of a scorecard: beside the model's bands, escaped, and nothing where there is none."""

from __future__ import annotations

from typing import Any

import pytest

from healthscore.pipelines import views
from healthscore.pipelines.cardviews import card_view
from healthscore.pipelines.report import render_backtest, render_validation
from report_samples import backtest_result, validation_result

EVIL = "<script>alert(1)</script>"


def estimate(value: float | None, width: float = 0.1) -> dict[str, float | None]:
    if value is None:
        return {"estimate": None, "low": None, "high": None}
    return {"estimate": value, "low": value - width, "high": value + width}


def band(name: str, rate: float, low: float, high: float) -> dict[str, Any]:
    return {
        **{"name": name, "colour": "red", "low": low, "high": high, "n": 100, "events": 10, "accounts": 50},
        "rate": estimate(rate),
        "probability": 0.2,
    }


def section(**changes: Any) -> dict[str, Any]:
    part = {"label": "what they use", "weight": 60.0, "missing": 0.25, "alone": {"auc": estimate(0.7), "leads": "yes"}}
    cap = {
        **{"name": "silent", "at_most": "yellow", "n": 12, "events": 3, "accounts": 10, "share": 0.02},
        **{"rate": estimate(0.3), "others": estimate(0.1), "leads": "yes"},
    }
    return {
        **{"name": "card", "title": "Ours", "purpose": None, "weights": {"use": 60.0, "calls": 40.0}, "variants": {}},
        "unscored": {"n": 4, "rate": estimate(None)},
        "components": {"use": part, "calls": {**part, "weight": 40.0, "missing": 0.0}},
        "caps": [cap],
        "capping": {"auc": estimate(0.02)},
        "figures": {"auc": estimate(0.6), "log_loss": estimate(0.4)},
        "bands": [band("low", 0.9, 0, 50), band("high", 0.1, 50, 100)],
        "bands_by": "edges",
        "lead_time": None,
        "segments": [],
        **changes,
    }


def result_with(**changes: Any) -> dict[str, Any]:
    result: dict[str, Any] = backtest_result()
    return result | {"scorecard": section(**changes)}


def test_both_ladders_have_one_scale() -> None:
    result = result_with()
    card = card_view(result, "blend")
    assert card is not None
    assert views.widest(result) == 1.0  # the scorecard's upper bound of 0.9 + 0.1
    assert [row["width"] for row in card["bands"]] == [90.0, 10.0]
    model = views.shared(result, "blend")["bands"][0]
    assert model["width"] == pytest.approx(100 * result["bands"][0]["rate"]["estimate"], abs=0.01)


def test_the_section_says_what_the_scorecard_did() -> None:
    page = render_backtest(result_with())
    for words in ('id="scorecard"', "Beside your scorecard", "“Ours”", "silent", "“yellow”", "what they use"):
        assert words in page
    assert "not shown to order accounts better or worse" in page
    assert "4 scores could not be given" in page
    assert "<code>healthscore recalibrate</code> on the same run holds the weights against history" in page


def test_without_a_scorecard_there_is_no_section() -> None:
    page = render_backtest(backtest_result() | {"scorecard": None})
    assert 'id="scorecard"' not in page
    assert "recalibrate" not in page
    assert card_view({}, "blend") is None


def test_bands_by_quartiles_show_no_edges() -> None:
    assert "by quartiles" in render_backtest(result_with(bands_by="quartiles"))


def test_names_of_users_are_escaped() -> None:
    part = section()["components"]["use"]
    evil = result_with(
        title=EVIL,
        components={EVIL: {**part, "label": EVIL}},
        caps=[{**section()["caps"][0], "name": EVIL, "at_most": EVIL}],
        bands=[band(EVIL, 0.2, 0, 100)],
        variants={EVIL: {"weights": {}, "edges": None, "n": 3}},
    )
    page = render_backtest(evil)
    assert EVIL not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_validation_shows_rules_and_gaps() -> None:
    page = render_validation(validation_result() | {"scorecard": section()})
    assert 'id="rules"' in page
    assert "Validation of a scorecard" in page
    assert "Nothing was known of a component on so many of the scores: use 25\u202f%." in page
    assert 'id="rules"' not in render_validation(validation_result())
