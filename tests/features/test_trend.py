"""Trend: a window against the one before it, and the slope over nested windows."""

from __future__ import annotations

from pathlib import Path

from literal import expect, panel_of, run_of

USAGE = """
account_id  time
A           2024-01-01
A           2024-02-10
A           2024-02-17
A           2024-02-20
A           2024-02-23
B           2024-02-26
B           2024-02-27
C           2024-02-18
"""


def test_a_window_is_compared_with_the_one_before_it(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        {"events": USAGE},
        as_of=["2024-03-01"],
        signals={"usage": {"families": ["trend"], "windows": [7, 14, "all"]}},
        features={"tenure": False},
    )
    expect(
        panel_of(run),
        """
        account  as_of       usage_trend_7d  usage_trend_14d
        A        2024-03-01  ln(3/5)         ln(7/3)
        B        2024-03-01  ln(5/1)         ln(5/1)
        C        2024-03-01  ln(1/3)         ln(3/1)
        """,
    )


def test_the_trend_needs_half_of_both_windows(tmp_path: Path) -> None:
    # On 15 January [8, 15) and [1, 8) are recorded; of the 14 days before the last 14 none is, on 22 January half is.
    run = run_of(
        tmp_path,
        {"events": USAGE},
        as_of=["2024-01-15", "2024-01-22", "2024-01-21"],
        signals={"usage": {"families": ["trend"], "windows": [7, 14]}},
        features={"tenure": False},
    )
    expect(
        panel_of(run),
        """
        account  as_of       usage_trend_7d  usage_trend_14d
        A        2024-01-15  ln(1/3)         -
        A        2024-01-21  0               -
        A        2024-01-22  0               ln(1/3)
        """,
    )


def test_the_slope_is_the_change_of_the_daily_rate_per_30_days(tmp_path: Path) -> None:
    # Rings before 1 March: 10 days with 4 rows (middle -5), 10 with 2 (-15), 10 with none (-25). Rates 0.4, 0.2, 0:
    # a straight line that gains 0.02 a day.
    rows = ["2024-01-01", "2024-02-20", "2024-02-22", "2024-02-24", "2024-02-28", "2024-02-11", "2024-02-15"]
    events = "\n".join(["", "account_id  time", *(f"A  {day}" for day in rows)])
    run = run_of(
        tmp_path,
        {"events": events},
        as_of=["2024-03-01"],
        signals={"usage": {"families": ["trend"], "windows": [10, 20, 30]}},
        features={"tenure": False},
    )
    expect(
        panel_of(run),
        """
        account  as_of       usage_slope_30d
        A        2024-03-01  0.6
        """,
    )


def test_an_outage_takes_a_ring_out_of_the_slope_not_the_slope_itself(tmp_path: Path) -> None:
    # The last 10 days were lost. Rates 0.2 (middle -15) and 0 (-25) remain: 0.02 a day, as if nothing had been lost.
    events = "\n".join(["", "account_id  time", *(f"A  {day}" for day in ("2024-01-01", "2024-02-11", "2024-02-15"))])
    run = run_of(
        tmp_path,
        {"events": events},
        as_of=["2024-03-01"],
        sources={"events": {"outages": [["2024-02-20", "2024-02-29"]]}},
        signals={"usage": {"families": ["trend", "frequency"], "windows": [10, 20, 30]}},
        features={"tenure": False},
    )
    expect(
        panel_of(run),
        """
        account  as_of       usage_count_10d  usage_count_20d  usage_slope_30d
        A        2024-03-01  -                2                0.6
        """,
    )


def test_there_is_no_slope_where_less_than_half_or_only_one_ring_was_recorded(tmp_path: Path) -> None:
    # Windows 2, 12, 26 on 15 January: rings of 2, 10 and (recorded) 2 days, middles -1, -7, -19, rows 0, 1, 1. Their
    # mean is -55/7, and 30 (6/7 - 78/7) / (2 (48/7)^2 + 10 (6/7)^2 + 2 (78/7)^2) = -15/17.
    events = """
    account_id  time
    A           2024-01-01
    A           2024-01-03
    """
    run = run_of(
        tmp_path,
        {"events": events},
        as_of=["2024-01-15", "2024-03-01"],
        sources={"events": {"outages": [["2024-02-17", "2024-02-29"]]}},
        signals={
            "usage": {"families": ["trend"], "windows": [10, 20, 30]},
            "wide": {"families": ["trend"], "windows": [2, 12, 26]},
        },
        features={"tenure": False},
    )
    expect(
        panel_of(run),
        """
        account  as_of       usage_slope_30d  wide_slope_26d
        A        2024-01-15  -                -15/17
        A        2024-03-01  0                -
        """,
    )
