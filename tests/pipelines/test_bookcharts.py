"""Figures of the book: every point is one that the book tells, and bands are told apart without colours."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from healthscore.pipelines import bookcharts
from healthscore.pipelines.colours import Theme
from healthscore.pipelines.figures import figure_of
from healthscore.pipelines.happenings import words_of
from report_samples import PAYLOADS

APRIL, MAY = date(2025, 4, 1), date(2025, 5, 1)
TONES = {"at risk": "risk", "middle": "caution", "healthy": "good"}
WORDS = words_of("churn")


def over_time(name: str = "at risk") -> pd.DataFrame:
    rows = [
        (APRIL, name, 10, 500.0, 0.25),
        (APRIL, "healthy", 30, 2500.0, 0.75),
        (APRIL, "(no score)", 2, 0.0, None),
        (MAY, "healthy", 41, 3000.0, 1.0),
    ]
    return pd.DataFrame(rows, columns=["as_of", "band", "accounts", "revenue", "share"])


def rate(estimate: float, low: float, high: float) -> dict[str, float]:
    return {"estimate": estimate, "low": low, "high": high}


def band(name: str, **told: Any) -> dict[str, Any]:
    return {"name": name, "low": 0.0, "high": 40.0, "n": 100, "events": 20, "rate": rate(0.2, 0.125, 0.25)} | told


def test_bands_are_stacked_the_least_healthy_first_and_have_patterns_of_their_own() -> None:
    spec = bookcharts.bands_over_time(over_time(), TONES)
    assert spec is not None
    assert [(bar["name"], bar["y"]) for bar in spec["data"]] == [
        ("at risk", [10, 0]),
        ("healthy", [30, 41]),
        ("(no score)", [2, 0]),
    ]
    assert [bar["marker"]["color"] for bar in spec["data"]] == ["--risk", "--good", "--muted"]
    assert len({bar["marker"]["pattern"]["shape"] for bar in spec["data"]}) == 3
    assert spec["data"][0]["x"] == ["1 Apr<br>2025", "1 May<br>2025"]
    assert spec["data"][0]["customdata"] == [" (25.0\u202f% of those with a score)", ""]
    assert spec["data"][2]["customdata"] == ["", ""]


def test_revenue_is_of_accounts_with_a_score() -> None:
    spec = bookcharts.bands_over_time(over_time(), TONES, "revenue")
    assert spec is not None
    assert [(bar["name"], bar["y"]) for bar in spec["data"]] == [
        ("at risk", [500.0, 0]),
        ("healthy", [2500.0, 3000.0]),
    ]


def test_nothing_is_drawn_of_nothing() -> None:
    assert bookcharts.bands_over_time(over_time().head(0), TONES) is None
    means = pd.DataFrame({"as_of": [MAY], "accounts": [0], "mean_health": [float("nan")]})
    assert bookcharts.scores_over_time(means) is None
    assert bookcharts.promised([], WORDS) is None
    assert bookcharts.peers({"rows": []}) is None
    assert bookcharts.weights({"rows": [], "sentences": [], "decision": "no evidence"}) is None


def test_the_mean_score_of_dates_that_have_one() -> None:
    means = pd.DataFrame({"as_of": [APRIL, MAY], "accounts": [0, 1200], "mean_health": [None, 61.5]})
    spec = bookcharts.scores_over_time(means)
    assert spec is not None
    assert (spec["data"][0]["x"], spec["data"][0]["y"], spec["data"][0]["customdata"]) == (
        *(["2025-05-01"], [61.5], ["1,200"]),
    )


def test_what_was_promised_stands_over_the_bar_of_its_band() -> None:
    rows = [band("at risk", promised=0.22), band("middle", promised=None), band("healthy", promised=0.02)]
    spec = bookcharts.promised(rows, WORDS)
    assert spec is not None
    bars, marks = spec["data"]
    assert (marks["x"], marks["y"]) == ([bars["x"][0], bars["x"][2]], [0.22, 0.02])
    assert (bars["y"], bars["error_y"]["array"]) == ([0.2] * 3, [pytest.approx(0.05)] * 3)
    spec = bookcharts.promised([band("at risk", promised=None)], WORDS)
    assert spec is not None
    assert len(spec["data"]) == 1, "a scorecard promises nothing"


def test_peers_are_a_line_per_component_and_the_score_is_not_among_them() -> None:
    of = {"low": -2.0, "middle": 1.0, "high": 3.0}
    rows = [
        {"name": "score", "points": 50.0, **of, "below": 20.0},
        {"name": "good_terms", "points": -4.0, **of, "below": 5.0},
    ]
    spec = bookcharts.peers({"rows": rows})
    assert spec is not None
    middle, median, own = spec["data"]
    assert (middle["x"], median["x"], own["x"]) == ([-2.0, 3.0, None], [1.0], [-4.0])
    assert spec["layout"]["yaxis"]["ticktext"] == ["good terms"]


def test_other_weights_stand_beside_those_in_force() -> None:
    before, after = {"bands": [band("at risk", latest=7)]}, {"bands": [band("at risk", latest=9)]}
    rates, accounts = bookcharts.what_if_rates(before, after, WORDS), bookcharts.what_if_accounts(before, after)
    assert [(bar["name"], bar["y"]) for bar in accounts["data"]] == [("weights in force", [7]), ("these weights", [9])]
    assert [bar["y"] for bar in rates["data"]] == [[0.2], [0.2]]
    assert rates["layout"]["yaxis"]["title"]["text"] == "share that left"


def hostile(name: str) -> dict[str, dict[str, Any] | None]:
    """Every figure, with a name in every place that has one."""
    banded = {"bands": [band(name, latest=7)]}
    row = {"name": name, "points": -4.0, "low": -2.0, "middle": 1.0, "high": 3.0, "below": 5.0}
    weight = {"name": name, "label": name, "now": 40.0, "validated": rate(10.0, 5.0, 15.0), "recommended": 30.0}
    moved = {"as_of": [APRIL, MAY], "health": [50.0, 30.0], "health_low": 0.0, "health_high": 60.0, "band": name}
    course = pd.DataFrame(moved | {"change": [None, -20.0], "moved": ["", name]})
    return {
        "bands": bookcharts.bands_over_time(over_time(name), {name: "risk", "healthy": "good"}),
        "promised": bookcharts.promised([band(name, promised=0.1)], WORDS),
        "peers": bookcharts.peers({"rows": [row]}),
        "course": bookcharts.course(course, [("lowest", 0.0, 40.0), (name, 40.0, 100.0)]),
        "weights": bookcharts.weights({"rows": [weight], "sentences": ["Change"], "decision": "change"}),
        "rates": bookcharts.what_if_rates(banded, banded, WORDS),
        "accounts": bookcharts.what_if_accounts(banded, banded),
    }


@pytest.mark.parametrize("payload", [payload for payload in PAYLOADS if "<" in payload])
def test_hostile_names_are_escaped_for_plotly(payload: str) -> None:
    for figure, spec in hostile(payload).items():
        assert spec is not None, figure
        assert "<" not in str(spec).replace("<br>", "").replace("<extra></extra>", ""), figure


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_plotly_draws_them_all_in_the_colours_of_the_style_sheet(theme: Theme) -> None:
    for name, spec in hostile("middle").items():
        assert spec is not None
        assert '"--' not in figure_of(spec, name, theme).to_json(), name
