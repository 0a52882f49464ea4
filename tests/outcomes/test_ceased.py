"""Merges and splits are no churn: whoever ceases leaves the risk set, and its silence is censored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from healthscore.outcomes.snapshots import Snapshots
from literal import fates_of, run_of, snapshots_of

PURCHASES = """
account_id  time
A           2024-01-10
A           2024-02-10
B           2024-02-20
B           2024-04-20
C           2024-02-20
S           2024-02-20
"""
MERGES = """
account_id  successor_id  date        kind   known_at
A           B             2024-03-15  merge  2024-03-20
S           T             2024-03-01  split  -
"""
AS_OF = ["2024-03-01", "2024-03-02", "2024-03-20", "2024-03-21"]


def fates(folder: Path, tables: dict[str, Any], outcome: dict[str, Any]) -> dict[tuple[str, str], tuple[str, str]]:
    """(account, as-of date) -> status, label."""
    run = run_of(
        folder,
        tables | {"successions": MERGES},
        as_of=AS_OF,
        sources={"successions": {"timezone": "UTC"}, "complaints": {"contract": "events"}},
        signals={},
        outcome={"horizon_days": 40} | outcome,
    )
    found: Snapshots = snapshots_of(run, "2024-07-01")
    return {(account, t.isoformat()): fate[:2] for (account, t), fate in fates_of(found).items()}


def test_silence_after_a_merge_is_no_inactivity(tmp_path: Path) -> None:
    found = fates(tmp_path, {"events": PURCHASES}, {"kind": "inactivity", "source": "events"})
    assert [found["A", t] for t in AS_OF[:3]] == [("at_risk", "censored")] * 3
    assert found["A", "2024-03-21"][0] == "ended"
    assert found["C", "2024-03-01"] == ("at_risk", "exited")
    assert found["B", "2024-03-20"] == ("at_risk", "stayed")
    assert found["S", "2024-03-01"] == ("at_risk", "censored")
    assert found["S", "2024-03-02"][0] == "ended"


def test_a_merge_is_no_decline_of_purchases(tmp_path: Path) -> None:
    outcome = {"kind": "declining_purchases", "source": "events", "minimum_purchases": 1, "horizon_days": 60}
    found = fates(tmp_path, {"events": PURCHASES}, outcome)
    assert found["A", "2024-03-01"] == ("at_risk", "censored")
    assert found["C", "2024-03-01"] == ("at_risk", "exited")
    assert found["A", "2024-03-21"][0] != "at_risk"


def test_whoever_is_merged_within_the_window_without_a_complaint_is_censored(tmp_path: Path) -> None:
    complaints = "\naccount_id time\nA 2024-03-10\n"
    outcome = {"kind": "complaint", "source": "complaints", "active_source": "events"}
    run = {"events": PURCHASES, "complaints": complaints}
    found = fates(tmp_path, run, outcome)
    assert found["A", "2024-03-01"] == ("at_risk", "exited")
    assert found["A", "2024-03-21"][0] == "ended"
    assert found["S", "2024-03-01"] == ("at_risk", "censored")
    assert found["C", "2024-03-01"] == ("at_risk", "stayed")


@pytest.mark.parametrize(
    "types", [("voluntary", "involuntary"), ("voluntary", "merged")], ids=["by-default", "counted"]
)
def test_a_subscription_ends_by_a_merge_and_the_types_decide_whether_that_counts(
    tmp_path: Path, types: tuple[str, ...]
) -> None:
    subscriptions = "\naccount_id start\nA 2023-01-01\nB 2023-01-01\nS 2023-01-01\n"
    outcome = {"kind": "churn", "source": "subscriptions", "types": types}
    found = fates(tmp_path, {"subscriptions": subscriptions}, outcome)
    label = "exited" if "merged" in types else "censored"
    assert [found["A", t] for t in AS_OF[:3]] == [("at_risk", label)] * 3
    assert found["A", "2024-03-21"][0] == "ended"
    assert found["B", "2024-03-21"] == ("at_risk", "stayed")
    assert found["S", "2024-03-01"] == ("at_risk", "censored")
