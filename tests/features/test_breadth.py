"""Breadth: how many users, how many different things, and which share of the seats."""

from __future__ import annotations

from pathlib import Path

from literal import expect, panel_of, run_of

USAGE = """
account_id  time                  actor_id  name
A           2024-01-10T08:00:00Z  u9        import
A           2024-02-23T09:00:00Z  u1        export
A           2024-02-24T09:00:00Z  u1        export
A           2024-02-25T09:00:00Z  u2        share
A           2024-02-26T09:00:00Z  -         -
B           2024-02-26T09:00:00Z  u1        share
C           2024-01-20T09:00:00Z  u5        share
"""
SEATS = """
account_id  start       end         seats
A           2023-01-01  2024-02-01  50
A           2024-02-01  -           4
B           2024-02-01  -           0
C           2024-01-15  2024-02-15  3
"""


def test_distinct_users_and_names_are_counted_once_however_often_they_are_seen(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        {"events": USAGE},
        as_of=["2024-03-01"],
        signals={"usage": {"families": ["breadth"], "windows": [7, 28, "all"]}},
        features={"tenure": False},
    )
    expect(
        panel_of(run),
        """
        account  as_of       usage_users_7d  usage_kinds_7d  usage_users_28d  usage_users_ever  usage_kinds_ever
        A        2024-03-01  2               2               2                3                 3
        B        2024-03-01  1               1               1                1                 1
        C        2024-03-01  0               0               0                1                 1
        """,
    )


def test_the_share_of_seats_uses_the_seats_in_force_at_the_date(tmp_path: Path) -> None:
    # On 1 February A still has its 50 seats: that they end, and 4 begin, on that day is not known before it has begun.
    run = run_of(
        tmp_path,
        {"events": USAGE, "subscriptions": SEATS},
        as_of=["2024-02-01", "2024-02-02", "2024-03-01"],
        signals={"usage": {"families": ["breadth"], "windows": [28]}},
        features={"tenure": False},
    )
    expect(
        panel_of(run),
        """
        account  as_of       usage_users_28d  usage_share_of_seats_28d
        A        2024-02-01  1                1/50
        A        2024-02-02  1                1/4
        A        2024-03-01  2                2/4
        B        2024-03-01  1                -
        C        2024-02-01  1                1/3
        C        2024-03-01  0                -
        """,
    )


def test_a_window_that_was_not_recorded_has_no_breadth(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        {"events": USAGE, "subscriptions": SEATS},
        as_of=["2024-01-13"],
        signals={"usage": {"families": ["breadth"], "windows": [7, 6]}},
        features={"tenure": False},
    )
    expect(
        panel_of(run),
        """
        account  as_of       usage_users_6d  usage_share_of_seats_6d  usage_users_7d  usage_share_of_seats_7d
        A        2024-01-13  1               1/50                     -               -
        """,
    )


def test_more_names_and_users_than_a_word_has_bits_are_counted_exactly(tmp_path: Path) -> None:
    lines = [f"A  2024-02-{1 + n % 29:02d}T08:00:00Z  u{n % 130}  f{n % 201}" for n in range(1000)]
    run = run_of(
        tmp_path,
        {"events": "\n".join(["", "account_id  time  actor_id  name", *lines])},
        as_of=["2024-03-01"],
        signals={"usage": {"families": ["breadth"], "windows": [29]}},
        features={"tenure": False},
        sources={"events": {"actors": "people", "names": "features"}},
    )
    expect(
        panel_of(run),
        """
        account  as_of       usage_people_29d  usage_features_29d
        A        2024-03-01  130               201
        """,
    )


def test_more_segments_than_a_word_has_bits_lose_nobody(tmp_path: Path) -> None:
    # 100 days, each an as-of date: every day is a segment. A different user comes every day.
    days = [f"2024-{1 + n // 25:02d}-{1 + n % 25:02d}" for n in range(100)]
    lines = [f"A  {day}T08:00:00Z  u{n}" for n, day in enumerate(days)]
    run = run_of(
        tmp_path,
        {"events": "\n".join(["", "account_id  time  actor_id", *lines])},
        as_of=[*days, "2024-05-01"],
        signals={"usage": {"families": ["breadth"], "windows": [1, 2, "all"]}},
        features={"tenure": False},
    )
    found = panel_of(run)
    expect(
        found,
        """
        account  as_of       usage_users_1d  usage_users_2d  usage_users_ever
        A        2024-01-02  1               1               1
        A        2024-01-25  1               2               24
        A        2024-02-01  0               0               25
        A        2024-03-20  1               2               69
        A        2024-05-01  0               0               100
        """,
    )
