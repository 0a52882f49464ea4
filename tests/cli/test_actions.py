"""What the terminal says of what to do: the first things, what waits, what belongs to nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from healthscore.cli.actions import show_actions, show_path

WORKLIST = """owner,priority,due,action,account_id,revenue_at_risk,within_capacity
nobody,1,2025-05-04,Call,0007,5.0,True
Ana,1,2025-05-04,Call,b,700.0,True
Ana,2,,Write,c,9000.0,True
Ben,1,2025-05-02,Call,d,90.0,False
"""
ACTIONS: dict[str, Any] = {
    "playbooks": {"call": {"fits": 3, "counts": 3, "why_none": None}},
    "listed": 3,
    "waiting": 1,
    "owners": 2,
    "without_owner": 1,
    "revenue_at_risk": {"value": 20_000.0, "at_risk": 9_795.0, "by_probability": True},
    "renewals": 12,
    "renewal_days": 90,
    "overrides": {"shown": 1},
    "paths": {"accounts": 3, "found": 2},
}


@pytest.fixture
def publication(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "worklist.csv").write_text(WORKLIST)
    return tmp_path


def test_the_most_urgent_and_dearest_comes_first_and_what_waits_is_told(
    publication: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show_actions(ACTIONS, publication)
    told = capsys.readouterr().out
    rows = [line.split()[0] for line in told.splitlines() if "2025-05-04" in line or "Write" in line]
    assert rows == ["b", "0007", "c"]
    for said in (
        "1 account with something to do",
        "3 things to do for 2 owners, 1 more wait",
        "at risk: 9,795 of 20,000 a month (49.0%)",
        "12 renewals within 90 days",
        "1 score that a person sees otherwise",
        "2 of 3 accounts",
    ):
        assert said in " ".join(told.split()), said
    assert max(map(len, told.splitlines())) <= 80


def test_without_playbooks_the_line_that_includes_some_is_told(
    publication: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show_actions(ACTIONS | {"playbooks": {}}, publication)
    assert "healthscore:pipelines/playbooks/general.toml" in capsys.readouterr().out


def test_a_path_is_told_and_none_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    show_path(None)
    assert capsys.readouterr().out == ""
    show_path({"said": "9 log-ins (now 2): 38.2 -> 43.9"})
    assert "9 log-ins (now 2): 38.2 -> 43.9" in capsys.readouterr().out
