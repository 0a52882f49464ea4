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
