"""How many snapshots each rule drops, and why: every account at every date is under one rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from healthscore.cli.checks import show_check
from healthscore.outcomes.snapshots import Label, Status
from healthscore.pipelines.check import check
from literal import run_of

CONTRACTS = """
    account_id  start       end         notice      status   exit_type
    future      2024-06-01  -           -           active   -
    past        2023-01-01  2023-06-01  -           active   -
    trial       2024-01-01  -           -           trial    -
    paused      2024-01-01  -           -           paused   -
    leaving     2024-01-01  2024-06-01  2024-01-20  active   -
    in_gap      2024-01-01  2024-02-03  -           active   -
    merged      2024-01-01  2024-03-20  -           active   merged
    left        2024-01-01  2024-03-20  -           active   voluntary
    stayed      2024-01-01  -           -           active   -
    """
DATES = ["2024-02-01", "2024-03-01", "2024-04-01"]
Rule = tuple[str, int, int]


def dropped(folder: Path, kind: str, tables: dict[str, str], **outcome: Any) -> dict[str, Rule]:
    """Rule -> its words, snapshots and accounts."""
    declared = {"kind": kind, "source": "subscriptions", "gap_days": 7, "horizon_days": 30} | outcome
    run = run_of(folder, tables, as_of=DATES, outcome=declared, data_end="2024-04-15", tracking={"enabled": False})
    rows = check(run).result["dropped_snapshots"]
    assert sum(row["snapshots"] for row in rows) == 3 * len({line.split()[0] for line in CONTRACTS.split("\n")[2:-1]})
    assert sum(row["share"] for row in rows) == pytest.approx(1)
    return {row["rule"]: (row["words"], row["snapshots"], row["accounts"]) for row in rows}


def test_every_snapshot_is_under_the_one_rule_that_decides_of_it(tmp_path: Path) -> None:
    found = dropped(tmp_path, "churn", {"subscriptions": CONTRACTS})
    assert found == {
        "not_started": ("not a customer yet", 3, 1),
        # The old customer at all dates; three that left at later ones.
        "ended": ("no longer a customer", 3 + 2 + 1 + 1, 4),
        "trial": ("on trial", 3, 1),
        "paused": ("paused", 3, 1),
        "leaving": ("already leaving: notice was known", 3, 1),
        "ineligible": ("not eligible", 0, 0),
        "no_features": ("no features", 0, 0),
        "immature": ("outcome not over at the data end", 1, 1),
        "exit_in_gap": ("left in the gap of 7 days", 1, 1),
        "censored": ("left by a type of exit that does not count", 1, 1),
        "not_recorded": ("outcome not recorded", 0, 0),
        # On 1 February the exits of 20 March lie beyond the window, on 1 March within it.
        "stayed": ("stayed", 2 + 2, 3),
        "exited": ("left", 1, 1),
    }
    names = {item.name.lower() for kind in (Status, Label) for item in kind}
    assert set(found) == names - {"at_risk"}


def test_each_outcome_has_its_own_words(tmp_path: Path) -> None:
    found = dropped(tmp_path, "non_renewal", {"subscriptions": CONTRACTS.replace("exit_type", "renewal ")
                    .replace("merged\n", "-\n").replace("voluntary\n", "-\n")})  # fmt: skip
    assert found["ineligible"][0] == "no known renewal within the horizon"
    assert (found["stayed"][0], found["exited"][0]) == ("renewed", "did not renew")
    assert found["exit_in_gap"][0] == "did not renew in the gap of 7 days"


def test_the_rules_are_printed_with_their_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    declared = {"kind": "churn", "source": "subscriptions", "gap_days": 7, "horizon_days": 30}
    run = run_of(tmp_path, {"subscriptions": CONTRACTS}, as_of=DATES, outcome=declared, data_end="2024-04-15")
    show_check(check(run).result)
    printed = capsys.readouterr().out
    assert max(len(line) for line in printed.splitlines() if "details" not in line) <= 80
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    assert "Snapshots of all dates (accounts times dates): 27" in lines
    assert "no longer a customer 7 4 25.9 %" in lines
    assert "learned from: left 1 1 3.7 %" in lines
    assert not [line for line in lines if line.startswith("not eligible")]
