"""Intervals: what is open and for how long, what opened and closed, and how long closing took."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from literal import entry_of, expect, panel_of, run_of

TICKETS = """
account_id  start                        end                          end_known_at          quantity
A           2024-01-01T09:00:00Z         2024-01-05T09:00:00Z         -                     2.50
A           2024-02-20T09:00:00Z         2024-02-26T09:00:00Z         -                     1.25
A           2024-02-22T09:00:00Z         2024-02-22T18:00:00Z         -                     -
A           2024-02-25T09:00:00Z         -                            -                     10.10
A           2024-02-28T09:00:00Z         2024-03-04T09:00:00Z         -                     0.20
B           2024-02-10T09:00:00Z         2024-02-28T09:00:00Z         2024-03-05T09:00:00Z  7
C           2024-03-01T00:00:00Z         -                            -                     1
"""
FEATURES = {"tenure": False}


def test_what_is_open_opened_and_closed_by_what_was_known(tmp_path: Path) -> None:
    # B's ticket closed on 28 February, but nobody could know before 5 March: on 1 March it is open.
    run = run_of(
        tmp_path,
        {"intervals": TICKETS},
        as_of=["2024-03-01", "2024-03-05", "2024-03-06"],
        signals={"cases": {"source": "intervals", "windows": [7, 28, "all"]}},
        features=FEATURES,
    )
    expect(
        panel_of(run),
        """
        account  as_of       cases_open  cases_oldest_open  cases_quantity_open  cases_opened_7d  cases_closed_7d
        A        2024-03-01  2           5                  10.3                 2                1
        A        2024-03-05  1           9                  10.1                 1                1
        B        2024-03-01  1           20                 7                    0                0
        B        2024-03-05  1           24                 7                    0                0
        B        2024-03-06  0           0                  0                    0                1
        C        2024-03-01  0           0                  0                    0                0
        C        2024-03-05  1           4                  1                    1                0
        """,
    )
    expect(
        panel_of(run),
        """
        account  as_of       cases_closed_28d  cases_days_to_close_7d  cases_days_to_close_28d  cases_days_to_close_ever
        A        2024-03-01  2                 6                       6/2                      10/3
        A        2024-03-05  3                 5                       11/3                     15/4
        B        2024-03-01  0                 -                       -                        -
        B        2024-03-06  1                 18                      18                       18
        C        2024-03-05  0                 -                       -                        -
        """,
    )


def test_an_end_that_lies_ahead_is_only_a_plan(tmp_path: Path) -> None:
    terms = """
    account_id  start       end
    A           2023-03-01  2024-03-01
    """
    run = run_of(
        tmp_path,
        {"intervals": terms},
        as_of=["2024-02-29", "2024-03-01", "2024-03-02"],
        signals={"terms": {"source": "intervals", "windows": [7]}},
        features=FEATURES,
    )
    expect(
        panel_of(run),
        """
        account  as_of       terms_open  terms_closed_7d  terms_days_to_close_7d
        A        2024-02-29  1           0                -
        A        2024-03-01  1           0                -
        A        2024-03-02  0           1                366
        """,
    )


def test_what_a_source_cannot_tell_is_left_out(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        {"intervals": "\naccount_id  start\nA  2024-02-01"},
        as_of=["2024-03-01"],
        signals={"projects": {"source": "intervals", "windows": [28]}},
        features=FEATURES,
    )
    assert panel_of(run) == {
        ("A", date(2024, 3, 1)): {"projects_open": 1, "projects_oldest_open": 29, "projects_opened_28d": 0}
    }


def test_a_window_that_was_not_recorded_is_missing_and_what_is_open_is_not(tmp_path: Path) -> None:
    tickets = """
    account_id  start       end
    A           2024-02-20  2024-02-25
    A           2024-02-27  -
    """
    run = run_of(
        tmp_path,
        {"intervals": tickets},
        as_of=["2024-02-20", "2024-03-01"],
        sources={"intervals": {"outages": [["2024-02-27", "2024-02-29"]]}},
        signals={"cases": {"source": "intervals", "windows": [5, 6, 14, 28]}},
        features=FEATURES,
    )
    found = panel_of(run)
    expect(
        found,
        """
        account  as_of       cases_open  cases_opened_5d  cases_opened_6d  cases_closed_14d  cases_opened_28d
        A        2024-02-20  -           -                -                -                 -
        A        2024-03-01  1           -                1                1                 -
        """,
    )


def test_signals_of_one_source_have_their_own_conditions(tmp_path: Path) -> None:
    tickets = """
    account_id  start       end         kind   quantity
    A           2024-02-01  -           high   5
    A           2024-02-10  2024-02-12  low    1
    B           2024-02-20  -           -      3
    """
    run = run_of(
        tmp_path,
        {"intervals": tickets},
        as_of=["2024-03-01"],
        signals={
            "cases": {"source": "intervals", "windows": [28]},
            "high": {"source": "intervals", "windows": [28], "where": "kind = 'high'"},
            "small": {"source": "intervals", "windows": [28], "where": "quantity < 4"},
        },
        features=FEATURES,
    )
    expect(
        panel_of(run),
        """
        account  as_of       cases_open  cases_closed_28d  high_open  high_closed_28d  small_open  small_closed_28d
        A        2024-03-01  1           1                 1          0                0           1
        B        2024-03-01  1           0                 0          0                1           0
        """,
    )


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("cases_open", 0, "no support tickets open"),
        ("cases_open", 2, "2 support tickets open"),
        ("cases_oldest_open", 1, "1 day since the oldest of the open support tickets was opened"),
        ("cases_oldest_open", 0, "no support tickets open"),
        ("cases_quantity_open", 10.3, "10.30 hours in open support tickets"),
        ("cases_opened_28d", 1, "1 support ticket opened in the last 28 days"),
        ("cases_closed_ever", 4, "4 support tickets closed ever"),
        (
            "cases_days_to_close_28d",
            3.5,
            "3.50 days from opening to closing, on average, of the support tickets closed in the last 28 days",
        ),
    ],
)
def test_sentences_for_people_about_intervals(tmp_path: Path, name: str, value: float, said: str) -> None:
    signal = {"source": "intervals", "windows": [28, "all"], "label": "support tickets", "unit": "hours"}
    run = run_of(tmp_path, {"intervals": TICKETS}, as_of=["2024-03-01"], signals={"cases": signal})
    assert entry_of(run, name).say(value) == said
