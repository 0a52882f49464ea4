"""Pages that may be passed on: no accounts, no small cells, and none that a total would tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from healthscore.errors import ConfigurationError
from healthscore.pipelines.backtest import BacktestResult
from healthscore.pipelines.privacy.shareable import share, shareable
from healthscore.pipelines.score import ScoreResult


def segments(*rows: tuple[str, int, int]) -> dict[str, Any]:
    return {"title": "x", "segments": [{"segment": s, "accounts": n, "events": e, "auc": None} for s, n, e in rows]}


def named(result: dict[str, Any]) -> list[str]:
    return [row["segment"] for row in shareable(result)["segments"]]


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ([("a", 90, 9), ("b", 50, 5), ("c", 10, 6)], ["a", "b", "c"]),
        ([("a", 90, 9), ("b", 4, 0), ("c", 3, 0)], ["a"]),
        ([("a", 90, 9), ("b", 50, 5), ("c", 4, 0)], ["a"]),
        ([("a", 90, 9), ("b", 50, 5), ("c", 80, 2)], ["a"]),
        ([("a", 90, 0), ("b", 50, 0)], ["a", "b"]),
        ([("a", 4, 0)], []),
    ],
    ids=["none small", "two small", "one small, one by subtraction", "few events", "no events", "only one"],
)
def test_small_cells_fall_out_and_so_does_what_a_total_would_tell(
    rows: list[tuple[str, int, int]], kept: list[str]
) -> None:
    assert named(segments(*rows)) == kept


def test_counts_that_are_no_integers_and_rows_without_one_are_looked_at_too() -> None:
    rows = segments(("a", 90, 9), ("b", 50, 5), ("c", 80, 2))
    rows["segments"] = [row | {"events": float(row["events"])} for row in rows["segments"]]
    rows["segments"][0]["events"] = None
    assert named(rows) == ["a"]


def test_bands_are_shown_all_or_none() -> None:
    """A good score has few exits among the healthy: two of three bands would be left, in the colours of others."""
    bands = [{"name": n, "accounts": 90, "events": e} for n, e in (("red", 37.0), ("yellow", 11.0), ("green", 1.0))]
    kept = shareable({"bands": bands, "scorecard": {"bands": bands[:2]}})
    assert (kept["bands"], kept["scorecard"]["bands"], kept["withheld"]) == ([], bands[:2], 3)


def test_what_a_date_gave_out_counts_no_few_accounts() -> None:
    dates = [
        {"bands": {"red": 3, "yellow": 20, "green": 60}, "unscored": {"paused": 2}, "low_confidence": 4, "known": 83},
        {"bands": {"red": 0, "yellow": 20, "green": 60}, "unscored": {"paused": 6}, "low_confidence": 0, "known": 0},
    ]
    dates.append({"bands": {"red": 0, "yellow": 4, "green": 60}, "unscored": {}, "low_confidence": 0, "known": 0})
    first, second, third = shareable({"needs": {"dates": dates, "capacity": 50}})["needs"]["dates"]
    assert third["bands"] == {"red": 0, "yellow": None, "green": None}
    assert first["bands"] == {"red": None, "yellow": None, "green": 60}, "the sum would tell the red ones"
    assert (first["unscored"], first["low_confidence"], first["known"]) == (None, None, 83)
    assert second == dates[1]


def test_accounts_fall_out_wherever_they_stand() -> None:
    said = {"worst": [{"account_id": "A-1", "name": "Acme"}], "deep": {"rows": [{"account": "A-2"}, {"of": "all"}]}}
    kept = shareable(said)
    assert kept["worst"] == []
    assert kept["deep"]["rows"] == [{"of": "all"}]
    assert kept["withheld"] == 0


def test_the_page_of_a_backtest_has_no_account_and_says_what_it_is(backtested: BacktestResult, tmp_path: Path) -> None:
    page = share(backtested.directory, tmp_path / "page.html").read_text(encoding="utf-8")
    worst = backtested.result["worst"]
    assert worst
    whole = (backtested.directory / "report.html").read_text(encoding="utf-8")
    for row in worst:
        assert row["account_id"] in whole
        assert row["account_id"] not in page
    assert "may be shared: no accounts, no cells below 5" in page


def test_scores_are_not_shared(scored: ScoreResult, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="a run of `score`, whose page is not made for sharing"):
        share(scored.directory, tmp_path / "page.html")


def test_a_missing_folder_is_told(backtested: BacktestResult, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no folder"):
        share(backtested.directory, tmp_path / "nowhere" / "page.html")
