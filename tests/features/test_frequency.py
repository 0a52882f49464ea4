"""Frequency: count, active days, regularity."""

from __future__ import annotations

from pathlib import Path

from literal import expect, panel_of, run_of

LOGINS = """
account_id  time
A           2024-01-01T08:00:00Z
A           2024-02-23T09:00:00Z
A           2024-02-25T09:00:00Z
A           2024-02-25T17:30:00Z
A           2024-02-29T23:59:59Z
A           2024-03-01T00:00:00Z
B           2024-02-22T12:00:00Z
"""


def test_rows_and_days_with_rows_are_counted_per_window(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        {"events": LOGINS},
        as_of=["2024-03-01"],
        signals={"logins": {"families": ["frequency"], "windows": [7, 28, "all"]}},
        features={"tenure": False},
    )
    expect(
        panel_of(run),
        """
        account  as_of       logins_count_7d  logins_active_days_7d  logins_count_28d  logins_active_days_ever
        A        2024-03-01  4                3                      4                 4
        B        2024-03-01  0                0                      1                 1
        """,
    )


def test_regularity_is_the_share_of_recorded_days_with_rows(tmp_path: Path) -> None:
    # The source begins on 1 January: of the 91 days before 1 March it recorded 60. B was active on one of them.
    run = run_of(
        tmp_path,
        {"events": LOGINS},
        as_of=["2024-03-01"],
        signals={"logins": {"families": ["frequency"], "windows": [7, 91]}},
        features={"tenure": False},
    )
    expect(
        panel_of(run),
        """
        account  as_of       logins_regularity_91d
        A        2024-03-01  4/60
        B        2024-03-01  1/60
        """,
    )


def test_a_window_recorded_for_less_than_half_is_missing_and_a_silent_one_is_zero(tmp_path: Path) -> None:
    # On 15 January 14 days are recorded: half of 28, less than half of 29.
    run = run_of(
        tmp_path,
        {"events": LOGINS},
        as_of=["2024-01-01", "2024-01-02", "2024-01-15"],
        signals={"logins": {"families": ["frequency"], "windows": [7, 28, 29, "all"]}},
        features={"tenure": False},
    )
    expect(
        panel_of(run),
        """
        account  as_of       logins_count_7d  logins_count_28d  logins_active_days_29d  logins_count_ever
        A        2024-01-01  -                -                 -                       -
        A        2024-01-02  -                -                 -                       1
        A        2024-01-15  0                1                 -                       1
        B        2024-01-15  0                0                 -                       0
        """,
    )


def test_days_of_an_outage_are_not_recorded_days(tmp_path: Path) -> None:
    # 25 to 28 February were lost, as two overlapping declarations say: 3 of 7 days are left, 4 of 8, 56 of 91.
    run = run_of(
        tmp_path,
        {"events": LOGINS},
        as_of=["2024-03-01"],
        sources={"events": {"outages": [["2024-02-25", "2024-02-27"], ["2024-02-26", "2024-02-28"]]}},
        signals={"logins": {"families": ["frequency"], "windows": [7, 8, 91]}},
        features={"tenure": False},
    )
    expect(
        panel_of(run),
        """
        account  as_of       logins_count_7d  logins_count_8d  logins_regularity_91d
        A        2024-03-01  -                4                4/56
        B        2024-03-01  -                1                1/56
        """,
    )


def test_a_signal_counts_the_rows_that_its_condition_chooses(tmp_path: Path) -> None:
    tickets = """
    account_id  time                  name
    A           2024-02-25T09:00:00Z  high
    A           2024-02-26T09:00:00Z  low
    A           2024-02-26T10:00:00Z  -
    B           2024-02-01T10:00:00Z  low
    """
    run = run_of(
        tmp_path,
        {"events": tickets},
        as_of=["2024-03-01"],
        signals={
            "tickets": {"families": ["frequency"], "windows": [7]},
            "urgent": {"families": ["frequency"], "windows": [7], "where": "name = 'high'"},
        },
        features={"tenure": False},
    )
    expect(
        panel_of(run),
        """
        account  as_of       tickets_count_7d  urgent_count_7d  urgent_active_days_7d
        A        2024-03-01  3                 1                1
        B        2024-03-01  0                 0                0
        """,
    )
