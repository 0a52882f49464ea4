"""Rhythm: how late, against the account's own usual gap."""

from __future__ import annotations

from pathlib import Path

from literal import expect, panel_of, run_of

USAGE = """
account_id  time
A           2024-02-01T08:00:00Z
A           2024-02-11T08:00:00Z
A           2024-02-11T18:00:00Z
A           2024-02-25T08:00:00Z
A           2024-03-01T00:00:00Z
B           2024-02-29T23:59:59Z
C           2024-03-02T08:00:00Z
"""


def test_silence_is_measured_by_the_mean_gap_between_active_days(tmp_path: Path) -> None:
    # A's active days lie 10 and 14 days apart: 12 on average. Silent for 5 days, 5/12 of that.
    run = run_of(
        tmp_path,
        {"events": USAGE},
        as_of=["2024-02-01", "2024-02-02", "2024-02-12", "2024-03-01", "2024-03-25"],
        signals={"usage": {"families": ["rhythm"]}},
        features={"tenure": False},
    )
    expect(
        panel_of(run),
        """
        account  as_of       usage_gap  usage_overdue
        A        2024-02-01  -          -
        A        2024-02-02  -          -
        A        2024-02-12  10         1/10
        A        2024-03-01  12         5/12
        A        2024-03-25  29/3       72/29
        B        2024-03-01  -          -
        B        2024-03-25  -          -
        C        2024-03-01  -          -
        """,
    )
