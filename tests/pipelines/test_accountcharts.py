"""Figures of one account: a sum whose steps meet, and scores over time."""

from __future__ import annotations

from typing import Any

import pytest

from healthscore.pipelines import accountcharts
from healthscore.pipelines.accountcharts import steps_of
from report_samples import PAYLOADS


def explained(**changed: Any) -> dict[str, Any]:
    told = {
        "health": 30.4,
        "base": 71.1,
        "capped": 0.0,
        "components": {"activity": -44.1, "support": 4.2, "good_terms": -0.8},
    }
    return told | changed


CARD = {"name": {"subscore": 50.0, "weight": 100.0}}


def test_steps_lead_from_the_base_to_the_score() -> None:
    steps = steps_of(explained())
    assert [(step.name, step.begins, step.points, step.ends, step.tone) for step in steps] == [
        ("typical account", 0.0, 71.1, 71.1, "plain"),
        ("activity", 71.1, -44.1, 27.0, "risk"),
        ("good terms", 27.0, -0.8, 26.2, "risk"),
        ("support", 26.2, 4.2, 30.4, "good"),
        ("score", 0.0, 30.4, 30.4, "plain"),
    ]


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"capped": 4.4, "health": 34.8}, "end of the scale"),
        ({"capped": -9.0, "health": 21.4, "scorecard": CARD, "cap": "three cases"}, "rule: three cases"),
    ],
)
def test_what_was_cut_is_a_step_of_its_own(changed: dict[str, Any], named: str) -> None:
    steps = steps_of(explained(**changed))
    assert (steps[-2].name, steps[-2].ends) == (named, changed["health"])
    assert steps[0].name == ("all points" if "scorecard" in changed else "typical account")


def test_every_bar_of_the_waterfall_begins_where_the_last_one_ends() -> None:
    spec = accountcharts.drivers(explained())
    assert spec is not None
    links, bars = spec["data"]
    assert bars["y"] == [4, 3, 2, 1, 0]
    assert bars["base"] == [0.0, 71.1, 27.0, 26.2, 0.0]
    assert [round(begin + points, 1) for begin, points in zip(bars["base"], bars["x"], strict=True)] == [
        *(71.1, 27.0, 26.2, 30.4, 30.4),
    ]
    assert links["x"][:3] == [71.1, 71.1, None]
    assert bars["text"] == ["71.1", "−44.1", "−0.8", "+4.2", "30.4"]
    assert bars["marker"]["color"] == ["--muted", "--risk", "--risk", "--good", "--muted"]


def test_bars_below_zero_are_on_the_figure() -> None:
    spec = accountcharts.drivers(explained(components={"activity": -80.0}, capped=8.9, health=0.0))
    assert spec is not None
    low, high = spec["layout"]["xaxis"]["range"]
    assert (low < -8.9, high) == (True, 100.0)


def test_an_account_without_a_score_has_no_figure() -> None:
    assert accountcharts.drivers(explained(health=None)) is None
    rows = [{"as_of": "2025-01-01", "health": None, "health_low": None, "health_high": None, "band": None}]
    assert accountcharts.history(rows, {}) is None


def test_a_history_has_its_interval_the_edges_and_a_gap_where_there_was_no_score() -> None:
    rows: list[dict[str, Any]] = [
        {"as_of": "2025-01-01", "health": 72.0, "health_low": 60.0, "health_high": 80.0, "band": "healthy"},
        {"as_of": "2025-02-01", "health": None, "health_low": None, "health_high": None, "band": None},
        {"as_of": "2025-03-01", "health": 35.5, "health_low": 20.0, "health_high": 44.0, "band": "at risk"},
    ]
    bands = {"at risk": {"low": 0.0}, "middle": {"low": 40.0}, "healthy": {"low": 70.0}}
    spec = accountcharts.history(rows, bands)
    assert spec is not None
    high, low, middle, top, line = spec["data"]
    assert (line["y"], line["customdata"]) == (
        [72.0, None, 35.5],
        [["healthy", ""], ["not scored", ""], ["at risk", ""]],
    )
    assert (high["y"], low["y"], low["x"]) == ([80.0, 44.0], [60.0, 20.0], ["2025-01-01", "2025-03-01"])
    assert [edge["name"] for edge in (middle, top)] == ["middle from 40", "healthy from 70"]
    bare = accountcharts.history([{**row, "health_low": None, "health_high": None} for row in rows], bands)
    assert bare is not None
    assert len(bare["data"]) == 3


def test_the_scores_that_moved_most_are_marked_with_what_moved_them() -> None:
    moves = [(50.0, None, ""), (38.0, -12.0, "use -9.0"), (42.0, 4.0, "finance +4.0"), (90.0, 48.0, "good_terms +40.0")]
    rows = [
        {"as_of": f"2025-0{month}-01", "health": health, "health_low": None, "health_high": None, "band": "middle"}
        | {"change": change, "moved": moved}
        for month, (health, change, moved) in enumerate(moves, start=1)
    ]
    spec = accountcharts.history(rows, {})
    assert spec is not None
    line, marks = spec["data"]
    assert line["customdata"][1] == ["middle", "<br>−12.0 since the score before, most of all use -9.0"]
    assert marks["x"] == ["2025-02-01", "2025-04-01"]
    told = [(one["x"], one["y"], one["text"], one["xanchor"]) for one in spec["layout"]["annotations"]]
    assert told == [
        ("2025-02-01", 38.0, "use -9.0", "center"),
        ("2025-04-01", 90.0, "good terms +40.0", "right"),
    ]
    assert marks["marker"]["symbol"] == ["triangle-down", "triangle-up"]


@pytest.mark.parametrize("payload", [payload for payload in PAYLOADS if "<" in payload])
def test_hostile_names_are_escaped_for_plotly(payload: str) -> None:
    spec = accountcharts.drivers(explained(components={payload: -40.7}))
    rows = [{"as_of": "2025-01-01", "health": 1.0, "health_low": None, "health_high": None, "band": payload}]
    rows += [{**rows[0], "as_of": "2025-02-01", "health": 9.0, "change": 8.0, "moved": payload}]
    course = accountcharts.history(rows, {payload: {"low": 40.0}})
    for texts in (str(spec).replace("<br>", ""), str(course).replace("<br>", "")):
        assert "<" not in texts.replace("<extra></extra>", "")
