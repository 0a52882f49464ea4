"""Recency: how long ago."""

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


def test_yesterday_counts_one_and_the_future_is_not_seen(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        {"events": USAGE},
        as_of=["2024-02-01", "2024-02-02", "2024-02-12", "2024-03-01", "2024-03-25"],
        signals={"usage": {"families": ["recency"]}},
        features={"tenure": False},
    )
    expect(
        panel_of(run),
        """
        account  as_of       usage_recency
        A        2024-02-01  -
        A        2024-02-02  1
        A        2024-02-12  1
        A        2024-03-01  5
        A        2024-03-25  24
        B        2024-03-01  1
        B        2024-03-25  25
        C        2024-03-01  -
        """,
    )
