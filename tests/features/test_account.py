"""Features of the account itself."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from literal import expect, panel_of, run_of

USAGE = """
account_id  time
A           2023-06-01
A           2024-02-20
B           2024-02-20
B           2024-03-05
"""
CONTRACTS = """
account_id  start       end         known_at
A           2024-01-01  2024-02-01  -
A           2024-02-15  -           -
C           2024-02-29  -           -
D           2024-01-01  -           2024-03-01T00:00:00Z
"""


def test_tenure_counts_from_the_first_contract_else_from_the_first_activity(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        {"events": USAGE, "subscriptions": CONTRACTS},
        as_of=["2023-12-31", "2024-01-01", "2024-01-02", "2024-03-01", "2024-03-02"],
        signals={"usage": {"families": ["recency"]}},
    )
    expect(
        panel_of(run),
        """
        account  as_of       tenure_days
        A        2023-12-31  213
        A        2024-01-02  1
        A        2024-03-01  60
        B        2024-01-01  -
        B        2024-03-01  10
        C        2024-03-01  1
        D        2024-03-01  -
        D        2024-03-02  61
        """,
    )


def test_a_run_may_leave_tenure_out_and_names_its_component(tmp_path: Path) -> None:
    signals = {"usage": {"families": ["recency"]}}
    bare = run_of(tmp_path, {"events": USAGE}, as_of=["2024-03-01"], signals=signals, features={"tenure": False})
    assert "tenure_days" not in panel_of(bare)["A", date(2024, 3, 1)]


SPLITS = """
account_id  successor_id  date        kind   known_at
A           B             2024-02-01  split  2024-02-10
A           C             2024-02-01  split  -
X           D             2024-02-01  merge  -
"""


def test_who_came_from_a_split_is_told_from_the_day_on_which_it_was_known(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        {"events": USAGE, "successions": SPLITS},
        as_of=["2024-02-01", "2024-02-02", "2024-02-10", "2024-02-11"],
        sources={"successions": {"timezone": "UTC"}},
        signals={"usage": {"families": ["recency"]}},
    )
    expect(
        panel_of(run),
        """
        account  as_of       came_from_split
        A        2024-02-11  0
        B        2024-02-10  0
        B        2024-02-11  1
        X        2024-02-11  0
        """,
    )


def test_the_feature_is_there_only_where_splits_are_told_from_merges(tmp_path: Path) -> None:
    merges = "\n".join(" ".join(line.split()[:3]) for line in SPLITS.strip().splitlines()[:2])
    run = run_of(
        tmp_path,
        {"events": USAGE, "successions": f"\n{merges}\n"},
        as_of=["2024-03-01"],
        signals={"usage": {"families": ["recency"]}},
    )
    assert "came_from_split" not in panel_of(run)["A", date(2024, 3, 1)]


def test_tenure_counts_from_the_first_activity_of_any_kind(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        {
            "events": "\naccount_id  time\nA  2024-02-20",
            "intervals": "\naccount_id  start  known_at\nA  2024-01-20  2024-03-01",
            "levels": "\naccount_id  time  value\nA  2024-02-10  1\nB  2024-02-11  -",
        },
        as_of=["2024-03-01", "2024-03-02"],
        signals={"usage": {}, "tickets": {"source": "intervals"}, "answers": {"source": "levels"}},
    )
    expect(
        panel_of(run),
        """
        account  as_of       tenure_days
        A        2024-03-01  20
        A        2024-03-02  42
        B        2024-03-01  19
        """,
    )
