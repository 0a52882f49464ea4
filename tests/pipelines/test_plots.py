"""Figures of results in notebooks: what the reports draw, with colours, titles and axes of their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import healthscore
from healthscore.errors import ConfigurationError, InsufficientDataError
from healthscore.pipelines import charts, weightcharts
from healthscore.pipelines.colours import Theme, colours
from healthscore.pipelines.explain import explain
from healthscore.pipelines.figures import figure_of
from healthscore.pipelines.score import score_dates
from literal_card import AS_OF, card_of, literal_run
from report_samples import backtest_result, validation_result
from weight_samples import weighed_result

EARLIER = date(2024, 2, 20)


def given(result: dict[str, Any]) -> Any:
    """A result, as the pipelines give them."""
    return SimpleNamespace(result=result)


DRAWN: dict[str, Callable[..., Any]] = {
    "bands": lambda theme: healthscore.plot_bands(given(backtest_result()), theme),
    "bands of a history": lambda theme: healthscore.plot_bands(given(validation_result()), theme),
    "calibration": lambda theme: healthscore.plot_calibration(given(backtest_result()), theme),
    "capture": lambda theme: healthscore.plot_capture(given(backtest_result()), theme),
    "capture of a history": lambda theme: healthscore.plot_capture(given(validation_result()), theme),
    "dates": lambda theme: healthscore.plot_dates(given(backtest_result()), theme),
    "weights": lambda theme: healthscore.plot_weights(given(weighed_result()), theme),
}
THEMES: tuple[Theme, ...] = ("light", "dark")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", DRAWN)
def test_figures_have_a_title_axes_and_the_colours_of_their_ground(name: str, theme: Theme) -> None:
    figure = DRAWN[name](theme)
    layout = figure.to_plotly_json()["layout"]
    assert figure.layout.title.text
    assert layout["paper_bgcolor"] == layout["plot_bgcolor"] == colours(theme)["--surface"]
    assert layout["xaxis"]["title"]["text"]
    assert layout["yaxis"]["title"]["text"] or name == "weights", "whose lines have the names of components"
    assert '"--' not in figure.to_json(), "every name of a colour is a colour"


def test_they_draw_what_the_reports_draw() -> None:
    result = backtest_result()
    spec = charts.calibration(result)
    assert spec is not None
    points = healthscore.plot_calibration(given(result)).data[1]
    assert list(points.x) == spec["data"][1]["x"]
    assert list(points.error_y.array) == spec["data"][1]["error_y"]["array"]
    weights = weightcharts.weights(weighed_result())
    assert weights is not None
    drawn = healthscore.plot_weights(given(weighed_result()))
    assert [trace.name for trace in drawn.data] == [trace.get("name") for trace in weights["data"]]


def test_bands_have_their_rates_intervals_and_tones() -> None:
    result, tone = validation_result(), colours("light")
    bars, average = healthscore.plot_bands(given(result)).data
    assert list(bars.y) == [band["rate"]["estimate"] for band in result["bands"]]
    below = [band["rate"]["estimate"] - band["rate"]["low"] for band in result["bands"]]
    assert list(bars.error_y.arrayminus) == pytest.approx(below)
    assert list(bars.marker.color) == [tone["--risk"], tone["--caution"], tone["--good"]]
    assert list(average.y) == [result["pooled"]["rate"]["estimate"]] * 3


def test_only_colours_are_replaced() -> None:
    spec = {"data": [{"x": ["--risk"], "y": [1], "name": "--good", "marker": {"color": ["--risk"]}}], "layout": {}}
    (trace,) = figure_of(spec, "a <b>title</b>").data
    assert (list(trace.x), trace.name) == (["--risk"], "--good")
    assert list(trace.marker.color) == [colours()["--risk"]]
    assert figure_of(spec, "a <b>title</b>").layout.title.text == "a &lt;b&gt;title&lt;/b&gt;"


@pytest.mark.parametrize(
    ("draw", "result"),
    [
        (healthscore.plot_bands, backtest_result() | {"bands": []}),
        (healthscore.plot_calibration, validation_result()),
        (healthscore.plot_capture, backtest_result() | {"curves": None}),
        (healthscore.plot_dates, backtest_result() | {"origins": []}),
        (healthscore.plot_weights, weighed_result("no evidence")),
    ],
)
def test_what_a_result_does_not_have_is_refused_in_words(draw: Callable[..., Any], result: dict[str, Any]) -> None:
    with pytest.raises(InsufficientDataError, match="the result does not have it"):
        draw(given(result))


def test_an_account_is_drawn_by_its_drivers_and_over_time(tmp_path: Path) -> None:
    run = literal_run(tmp_path)
    made = score_dates(run, as_of=[EARLIER, AS_OF], scorecard=card_of(), backfill=True)
    explained = explain("b", run, as_of=AS_OF, scorecard=card_of())
    bars = healthscore.plot_drivers(explained).data[1]
    assert bars.base[-2] + bars.x[-2] == pytest.approx(explained.result["health"])
    assert bars.x[-1] == explained.result["health"]
    figure = healthscore.plot_history("b", run, scorecard=card_of())
    line = figure.data[-1]
    assert list(line.x) == [EARLIER.isoformat(), AS_OF.isoformat()]
    told = [
        one.scores.set_index("account_id")["health"]["b"] for one in sorted(made, key=lambda one: one.result["as_of"])
    ]
    assert list(line.y) == told
    assert [edge.name for edge in figure.data[:-1]] == ["needs attention from 40", "healthy from 70"]
    with pytest.raises(InsufficientDataError, match="does not have it"):
        healthscore.plot_drivers(explain("g", run, as_of=AS_OF, scorecard=card_of()))
    with pytest.raises(ConfigurationError, match="no scores of account 'nobody'"):
        healthscore.plot_history("nobody", run, scorecard=card_of())
    with pytest.raises(ConfigurationError, match="name the scorecard that scored"):
        healthscore.plot_history("b", run)
