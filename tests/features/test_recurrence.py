"""Recurrence: how often the same thing came back."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from literal import entry_of, expect, panel_of, run_of

TICKETS = """
account_id  time        name
A           2024-02-01  billing
A           2024-02-10  billing
A           2024-02-25  billing
A           2024-02-26  login
A           2024-02-27  -
A           2024-02-28  login
B           2024-02-28  -
B           2024-02-29  -
"""
SIGNAL = {"families": ["recurrence"], "windows": [7, 28, "all"], "label": "support tickets"}


def test_rows_beyond_the_first_of_each_name_and_rows_without_a_name_do_not_count(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        {"events": TICKETS},
        as_of=["2024-03-01"],
        signals={"tickets": SIGNAL, "billing": SIGNAL | {"where": "name = 'billing'"}},
        features={"tenure": False},
    )
    expect(
        panel_of(run),
        """
        account  as_of       tickets_repeated_7d  tickets_repeated_28d  tickets_repeated_ever  billing_repeated_28d
        A        2024-03-01  1                    2                     3                      1
        B        2024-03-01  0                    0                     0                      0
        """,
    )


def test_recurrence_is_measured_only_where_a_signal_or_the_run_asks_for_it(tmp_path: Path) -> None:
    run = run_of(tmp_path, {"events": TICKETS}, as_of=["2024-03-01"], signals={"tickets": {}})
    assert not [name for name in panel_of(run)["A", date(2024, 3, 1)] if "repeated" in name]


def test_without_names_nothing_repeats(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        {"events": "\naccount_id  time\nA  2024-02-01"},
        as_of=["2024-03-01"],
        signals={"tickets": SIGNAL},
        features={"tenure": False},
    )
    assert panel_of(run) == {("A", date(2024, 3, 1)): {}}


def test_sentences_for_people_about_what_came_back(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        {"events": TICKETS},
        as_of=["2024-03-01"],
        sources={"events": {"names": "topics"}},
        signals={"tickets": SIGNAL},
    )
    said = entry_of(run, "tickets_repeated_28d").say(2)
    assert said == "2 support tickets in the last 28 days with topics seen before in that time"
