"""What the terminal shows of scores and their publication: little enough to be read, and where the rest lies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from healthscore.cli.publishing import show_published
from healthscore.pipelines.score import ScoreResult

TREND: dict[str, Any] = {"previous": None, "compared": 0, "rules": {}, "movers": [], "said": ["these are the first"]}
HINDSIGHT = "the model learned from outcomes up to 2025-06-21"


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)


def scored(identity: str, as_of: str, health: float, *, followed: str, already: bool = False) -> ScoreResult:
    """Scores of two accounts, one of them paused, where readers follow those of `followed`."""
    directory = Path.cwd() / "out" / "score" / identity
    directory.mkdir(parents=True)
    scores = {
        "account_id": ["A-1", "A-2"],
        "status": ["scored", "paused"],
        "health": [health, None],
        "band": ["at risk" if health < 40 else "healthy", None],
        "probability": [0.31, None],
        "drivers_down": ["activity -39.0: 6 log-ins in the last 28 days", ""],
        "as_of": [as_of, as_of],
    }
    pd.DataFrame(scores).to_parquet(directory / "scores.parquet")
    publication = {"as_of": followed, "directory": str(Path.cwd() / "out" / "published" / "9a07"), "trend": TREND}
    result: dict[str, Any] = {
        "as_of": as_of,
        "period": f"day 7 to day 67 after {as_of}",
        "accounts": 1,
        "bands": {"at risk": int(health < 40), "healthy": int(health >= 40)},
        "unscored": {"paused": 1},
        "champion": 1,
        "version": 1,
        "alias": "champion",
        "uncertainty": None,
        "low_confidence": 0,
        "references": {"accounts": 0, "answered": 0},
        "warnings": [HINDSIGHT],
        "already_published": already,
        "publication": publication | {"actions": {"playbooks": {}}},
    }
    return ScoreResult(directory, result)


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    found = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert max(map(len, found)) <= 80
    return found


def test_the_last_lines_say_where_to_look(capsys: pytest.CaptureFixture[str]) -> None:
    show_published([scored("4f1c", "2025-06-01", 5.2, followed="2025-06-01")])
    assert lines(capsys)[-2:] == ["scores     out/score/4f1c", "published  out/published/9a07"]


def test_what_was_scored_already_says_so_and_shows_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    show_published([scored("4f1c", "2025-06-01", 5.2, followed="2025-06-01", already=True)])
    told = lines(capsys)
    assert told[-2] == "scores     out/score/4f1c  was scored already: nothing to do"
    assert any(line.split()[:2] == ["A-1", "activity"] for line in told)


def test_dates_that_readers_do_not_follow_are_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    made = [
        scored("bbbb", "2025-05-01", 71.0, followed="2025-06-01"),
        scored("aaaa", "2025-04-01", 5.2, followed="2025-06-01", already=True),
    ]
    show_published(made)
    told = lines(capsys)
    rows = [line.split() for line in told if line.lstrip().startswith("2025")]
    assert rows == [
        ["2025-04-01", "aaaa", "(was", "there)", "1", "0", "1"],
        ["2025-05-01", "bbbb", "0", "1", "1"],
    ]
    assert not any(word in " ".join(told) for word in ("Most at risk", "first scores", "nothing to do"))
    assert "readers follow the scores of 2025-06-01 still" in " ".join(told)
    assert " ".join(told).count(HINDSIGHT) == 1


def test_a_history_that_ends_in_what_readers_follow_shows_both(capsys: pytest.CaptureFixture[str]) -> None:
    newest = scored("bbbb", "2025-05-01", 71.0, followed="2025-05-01")
    show_published([newest, scored("aaaa", "2025-04-01", 5.2, followed="2025-05-01")])
    told = " ".join(lines(capsys))
    assert "Dates scored" in told
    assert "Scores for day 7 to day 67 after 2025-05-01, by version 1 (champion)" in told


def test_after_a_key_event_the_accounts_stand_by_both_scores(capsys: pytest.CaptureFixture[str]) -> None:
    stood = scored("aaaa", "2025-05-25", 71.0, followed="2025-06-01")
    again = scored("bbbb", "2025-06-01", 5.2, followed="2025-06-01")
    again.result["rescored"] = {"accounts": 1, "from": stood.directory.name, "from_as_of": "2025-05-25"}
    show_published([again], ["A-1"])
    told = lines(capsys)
    assert "A-1 71.0 (healthy) 5.2 (at risk)" in [" ".join(line.split()) for line in told]
    assert "1 account scored again, 1 as scored on 2025-05-25" in told
