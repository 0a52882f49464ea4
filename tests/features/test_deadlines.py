"""Deadlines: what was done in time or late, what is pending, and what is overdue, by how many days."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from literal import entry_of, expect, panel_of, run_of

INVOICES = """
account_id  start       end         end_known_at  deadline    quantity
A           2024-01-02  2024-02-01  -             2024-02-01  100.00
A           2024-01-03  2024-02-02  -             2024-02-01  200.00
A           2024-01-04  -           -             2024-02-20  10.50
A           2024-01-05  -           -             2024-02-28  0.25
A           2024-01-06  -           -             2024-03-01  40
A           2024-01-07  -           -             2024-03-31  -
A           2024-01-08  -           -             -           900
B           2024-01-02  2024-02-28  2024-03-04    2024-02-29  7
"""


def test_done_pending_and_overdue_by_how_many_days(tmp_path: Path) -> None:
    # B paid in time, which was booked on 4 March: until then the invoice is pending, and overdue from 1 March on.
    run = run_of(
        tmp_path,
        {"intervals": INVOICES},
        as_of=["2024-02-29", "2024-03-01", "2024-03-02", "2024-03-05"],
        signals={"bills": {"source": "intervals", "families": ["deadlines"], "windows": [7, 28, "all"]}},
        features={"tenure": False},
    )
    found = panel_of(run)
    expect(
        found,
        """
        account  as_of       bills_pending  bills_days_to_deadline  bills_overdue  bills_days_overdue
        A        2024-02-29  2              1                       2              9
        A        2024-03-01  2              0                       2              10
        A        2024-03-02  1              29                      3              11
        B        2024-02-29  1              0                       0              0
        B        2024-03-01  0              -                       1              1
        B        2024-03-05  0              -                       0              0
        """,
    )
    expect(
        found,
        """
        account  as_of       bills_quantity_overdue  bills_done_in_time_28d  bills_done_late_28d  bills_done_late_7d
        A        2024-02-29  10.75                   1                       1                    0
        A        2024-03-01  10.75                   0                       1                    0
        A        2024-03-02  50.75                   0                       0                    0
        B        2024-03-01  7                       0                       0                    0
        B        2024-03-05  0                       1                       0                    0
        """,
    )
    assert found["A", date(2024, 3, 5)]["bills_done_late_ever"] == 1


def test_without_deadlines_there_are_no_features_of_deadlines(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        {"intervals": "\naccount_id  start       end\nA  2024-02-01  -"},
        as_of=["2024-03-01"],
        signals={"tickets": {"source": "intervals", "windows": [7]}},
        features={"tenure": False},
    )
    assert not [name for name in panel_of(run)["A", date(2024, 3, 1)] if "overdue" in name or "done" in name]


@pytest.mark.parametrize(
    ("direction", "healthy"),
    [
        (None, {"done_in_time_7d": 0, "done_late_7d": 0, "pending": 0, "overdue": 0, "days_to_deadline": 0}),
        ("healthy", {"done_in_time_7d": 1, "done_late_7d": -1, "pending": 0, "overdue": -1, "days_overdue": -1}),
        ("risky", {"done_in_time_7d": 0, "done_late_7d": -1, "pending": 0, "overdue": -1, "quantity_overdue": -1}),
    ],
)
def test_what_is_late_is_risky_whatever_the_signal(
    tmp_path: Path, direction: str | None, healthy: dict[str, int]
) -> None:
    signal = {"source": "intervals", "windows": [7], "direction": direction}
    run = run_of(tmp_path, {"intervals": INVOICES}, as_of=["2024-03-01"], signals={"steps": signal})
    assert {name: entry_of(run, f"steps_{name}").healthy for name in healthy} == healthy


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("steps_done_in_time_7d", 2, "2 onboarding steps done in time in the last 7 days"),
        ("steps_done_late_7d", 1, "1 onboarding step done late in the last 7 days"),
        ("steps_pending", 3, "3 onboarding steps open and not yet due"),
        ("steps_overdue", 0, "no onboarding steps overdue"),
        ("steps_overdue", 1, "1 onboarding step overdue"),
        ("steps_days_overdue", 12, "12 days overdue, the longest of the onboarding steps"),
        ("steps_days_overdue", 0, "no onboarding steps overdue"),
        ("steps_days_to_deadline", 1, "1 day to the next deadline of the onboarding steps"),
        ("steps_days_to_deadline", 0, "the next deadline of the onboarding steps is today"),
        ("steps_quantity_overdue", 1234.5, "1,234.50 units overdue (onboarding steps)"),
    ],
)
def test_sentences_for_people_about_deadlines(tmp_path: Path, name: str, value: float, said: str) -> None:
    signal = {"source": "intervals", "windows": [7], "label": "onboarding steps"}
    run = run_of(tmp_path, {"intervals": INVOICES}, as_of=["2024-03-01"], signals={"steps": signal})
    assert entry_of(run, name).say(value) == said
