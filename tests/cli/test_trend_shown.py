"""What the terminal shows of changes, at 80 columns."""

from __future__ import annotations

from typing import Any

import pytest

from healthscore.cli.trend import show_change, show_movers

MOVER = {
    "account_id": "A-1",
    "reason": "activity -23.0",
    "previous_health": 78.9,
    "health": 47.9,
    "change": -31.0,
    "previous_as_of": "2025-06-01",
    "trend_rules": "drop",
}
TREND: dict[str, Any] = {
    "previous": "2025-06-01",
    "compared": 609,
    "gained": 1247,
    "lost": 278,
    "rules": {"drop": 21, "sudden_drop": 0, "decline": 1, "activity_drop": 0, "recovery": 0},
    "movers": [MOVER] * 7,
    "said": ["from 2025-06-08 on, another model or scale scores"],
}
CHANGE: dict[str, Any] = {
    "since": "2025-06-01",
    "health": 78.9,
    "points": -31.0,
    "first": "activity -23.0",
    "rows": [
        {"kind": "component", "component": "activity", "points": -23.0},
        {"kind": "missing", "component": "", "points": -8.0},
    ],
    "features": [
        {"points": -23.0, "before": "20 log-ins in the last 28 days", "now": "no log-ins in the last 28 days"},
    ],
    "gone": {"satisfaction": 3},
    "back": {},
    "unexplained": None,
}


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines()), default=0) <= 80
    return " ".join(text.split())


def test_who_fell_most_and_how_many_meet_which_rule(capsys: pytest.CaptureFixture[str]) -> None:
    show_movers(TREND)
    text = shown(capsys)
    assert text.count("A-1 activity -23.0 78.9 47.9 -31.0") == 5
    assert "1,247 accounts gained points, 278 lost some; 21 dropped within a month, 1 fall from score to score" in text
    assert text.endswith("from 2025-06-08 on, another model or scale scores")


def test_first_scores_show_only_that_they_are_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    show_movers(TREND | {"previous": None, "compared": 0, "movers": [], "said": ["these are the first scores"]})
    assert shown(capsys) == "these are the first scores"


def test_why_one_score_changed(capsys: pytest.CaptureFixture[str]) -> None:
    show_change(CHANGE)
    text = shown(capsys)
    assert "Why it changed: -31.0 points since 2025-06-01 (78.9), most of all activity -23.0" in text
    assert "data missing or back -8.0" in text
    assert "-23.0 20 log-ins in the last 28 days no log-ins in the last 28 days" in text
    assert "not known any more: 3 of satisfaction" in text


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (None, ""),
        (CHANGE | {"points": 0.0, "rows": [], "first": None}, "since 2025-06-01: no change"),
        (CHANGE | {"unexplained": "nothing was kept"}, "since 2025-06-01: -31.0 points. nothing was kept"),
    ],
)
def test_where_there_is_little_to_tell(change: Any, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    show_change(change)
    assert shown(capsys) == text
