"""What the page on growth promises is what results hold, and what the terminal and the report say of them."""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import pytest

from documented_pages import PAGES, first_cells, section
from healthscore.cli.growth import show_growth, show_growth_backtest, show_growth_explanation, show_references
from healthscore.models.health import GROWTH_BANDS, ScoreScale
from healthscore.pipelines.growth.asked import NO_REVENUE, STANDING, Growing
from healthscore.pipelines.growth.page import growth_view
from healthscore.pipelines.growth.scoring import NO_MODEL
from healthscore.pipelines.growth.skill import skill_warning
from healthscore.pipelines.growth.tested import growth_section
from healthscore.pipelines.progress import silent
from healthscore.pipelines.publish import plain
from healthscore.pipelines.report import render_backtest
from healthscore.pipelines.score import ScoreResult
from report_samples import backtest_result

PAGE = PAGES["growth.md"]


@pytest.fixture(scope="module")
def tested(growing: Growing) -> dict[str, Any]:
    found: dict[str, Any] = plain(growth_section(growing, silent))
    return found


def printed(show: Any, *arguments: Any) -> str:
    out = StringIO()
    with redirect_stdout(out):
        show(*arguments)
    return out.getvalue()


@pytest.mark.parametrize(("odds", "factor"), [("a quarter of the average", 0.25), ("half", 0.5), ("average", 1.0),
                                              ("twice", 2.0), ("four times", 4.0)])  # fmt: skip
def test_the_page_has_the_scale(odds: str, factor: float) -> None:
    reference = 0.08 / 0.92
    score = float(ScoreScale.growth(0.08).score_of(reference * factor / (1 + reference * factor)))
    assert f"| {odds} | {score:.0f} | {GROWTH_BANDS.of([round(score, 6)])[0]} |" in section(PAGE, "## The scale")


def test_the_page_names_every_column_file_and_key(rated: ScoreResult) -> None:
    told = section(PAGE, "## What `score` writes")
    of_scores, beside = told.split("Files beside them:")
    columns = list(rated.scores.columns)
    assert first_cells(of_scores) == columns[columns.index("growth") :]
    cells = first_cells(beside)
    named = [name for name in cells if "." in name]
    assert set(named) == set(rated.result["files"]) - {
        *("scores.parquet", "scores.csv", "drivers.parquet", "features.parquet")
    }
    assert {"growth", "growth_segments", "references"} <= set(cells)
    for key in rated.result["growth"]:
        assert f"`{key}`" in told
    for key in [
        *rated.result["growth_segments"],
        *rated.result["growth_segments"]["book"],
        *rated.result["references"],
    ]:
        assert f"`{key}`" in told


def test_the_page_tells_every_reason() -> None:
    told = first_cells(section(PAGE, "## Who has a growth score"))
    assert set(told) == {"in its first 90 days", NO_REVENUE, NO_MODEL, *STANDING.values()}


def test_a_backtest_has_figures_of_growth(tested: dict[str, Any]) -> None:
    assert tested["why"] is None
    figures = tested["pooled"]["models"][tested["chosen"]]
    assert {"auc", "lift_10", "capture_10"} <= set(figures)
    assert tested["skill"]["auc"] == figures["auc"]
    assert [band["name"] for band in tested["bands"]] == ["low", "medium", "high"]
    assert sum(band["n"] for band in tested["bands"]) == tested["pooled"]["n"]
    assert sum(band["events"] for band in tested["bands"]) == tested["pooled"]["events"]
    assert (tested["warnings"] == []) == tested["skill"]["shown"]


def test_the_report_and_the_terminal_show_them(tested: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    html = render_backtest(backtest_result() | {"growth": tested})
    assert '<section id="growth">' in html
    assert tested["headline"]["sentences"][0] in html
    assert '<section id="growth">' not in render_backtest(backtest_result())
    said = printed(show_growth_backtest, tested)
    assert "Growth: revenue grows between day 7 and day 67 after the score" in said
    assert all(len(line) <= 80 for line in said.splitlines())
    assert printed(show_growth_backtest, None) == ""


def test_without_figures_the_reason_is_told() -> None:
    none = {"why": "3 different accounts expanded", "warnings": ["no figures of growth: 3 different accounts expanded"]}
    assert growth_view({"growth": none}) == none
    assert "No figures: 3 different accounts expanded." in render_backtest(backtest_result() | {"growth": none})
    assert printed(show_growth_backtest, none) == "warning: no figures of growth: 3 different accounts expanded\n"


def test_the_terminal_fits(rated: ScoreResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    said = printed(show_growth, rated.result, rated.scores)
    ready, asked = rated.result["growth"]["ready"], rated.result["growth"]["accounts"]
    assert f"Ready for expansion, {ready} of {asked} accounts" in said
    assert "Growth by segment, 2025-02-23 to 2025-05-01, fastest first" in said
    assert all(len(line) <= 80 for line in said.splitlines())
    assert printed(show_growth, {}, rated.scores) == ""
    told = printed(show_references, rated.result)
    assert told.startswith(f"{rated.result['references']['accounts']} accounts could be asked for a reference, ")
    assert printed(show_references, {"references": {"accounts": 0, "answered": 0}}) == ""


def test_an_account_without_growth_says_why() -> None:
    assert printed(show_growth_explanation, {"growth": None, "reason": "in its first 90 days"}) == (
        "\nNo growth score: in its first 90 days\n"
    )
    assert printed(show_growth_explanation, None) == ""


@pytest.mark.parametrize(
    ("auc", "warning"),
    [
        ((0.60, 0.51, 0.69), None),
        (
            (0.54, 0.5, 0.58),
            "growth is not shown to be foretold: out of time its AUC is 0.54 (0.50 to 0.58), and that of a lot is 0.5. "
            "Nobody is called ready for expansion",
        ),
        (
            (None, None, None),
            "growth is not shown to be foretold: the history is too short to test it. "
            "Nobody is called ready for expansion",
        ),
    ],
)
def test_skill_is_said_in_words(auc: tuple[float | None, ...], warning: str | None) -> None:
    named = dict(zip(("estimate", "low", "high"), auc, strict=True))
    assert skill_warning({"auc": named, "shown": warning is None}) == warning
