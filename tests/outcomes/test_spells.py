"""Spells: leaving and coming back within the grace period is one life."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from healthscore.asof import date_of
from healthscore.outcomes.spells import spells
from healthscore.tables import open_tables
from healthscore.tables.subscriptions import OPEN, load_subscriptions
from literal import accounts_of, run_of

Life = tuple[str, date | None, str]


def lives_of(folder: Path, contracts: str, *, grace: int, exit_date: str = "decision") -> list[Life]:
    """(account, exit day, exit type) per spell."""
    run = run_of(folder, {"subscriptions": contracts}, as_of=["2024-01-01"])
    with open_tables(run) as tables:
        accounts = accounts_of(run, tables)
        rows = load_subscriptions(tables, "subscriptions", accounts)
    found = spells(rows, grace, exit_date)
    ids = accounts.to_pylist()
    owner = {spell: ids[account] for spell, account in zip(found.of_row.tolist(), rows.account.tolist(), strict=True)}
    exits = [None if day == int(OPEN) else date_of(day) for day in found.exit_day.tolist()]
    return [(owner[n], day, str(kind)) for n, (day, kind) in enumerate(zip(exits, found.exit_type, strict=True))]


@pytest.mark.parametrize(("back", "exits"), [("2024-03-15", 1), ("2024-03-16", 2)])
def test_a_return_within_the_grace_period_is_no_exit_and_a_day_later_it_is(
    tmp_path: Path, back: str, exits: int
) -> None:
    contracts = f"""
    account_id  start       end         exit_type
    A           2024-01-01  2024-03-01  voluntary
    A           {back}      2024-06-01  involuntary
    """
    found = lives_of(tmp_path, contracts, grace=14)
    assert len(found) == exits
    assert found[-1] == ("A", date(2024, 6, 1), "involuntary")
    assert exits == 1 or found[0] == ("A", date(2024, 3, 1), "voluntary")


def test_without_grace_only_a_seamless_continuation_is_the_same_life(tmp_path: Path) -> None:
    contracts = """
    account_id  start       end
    A           2024-01-01  2024-03-01
    A           2024-03-01  2024-04-01
    A           2024-04-02  2024-05-01
    """
    found = lives_of(tmp_path, contracts, grace=0)
    assert [day for _, day, _ in found] == [date(2024, 4, 1), date(2024, 5, 1)]


def test_changes_of_seats_or_price_as_consecutive_rows_are_one_life(tmp_path: Path) -> None:
    contracts = """
    account_id  start       end         seats
    A           2024-01-01  2024-02-10  5
    A           2024-02-10  2024-03-20  9
    A           2024-03-20  -           7
    """
    assert lives_of(tmp_path, contracts, grace=14) == [("A", None, "")]


def test_a_life_ends_with_the_row_that_ends_last(tmp_path: Path) -> None:
    # The add-on begins later and ends earlier; the base contract's end is the exit.
    contracts = """
    account_id  start       end         exit_type
    A           2024-01-01  2024-12-01  voluntary
    A           2024-02-01  2024-03-01  completed
    A           2024-12-10  2025-01-01  involuntary
    B           2024-01-01  -           -
    B           2024-02-01  2024-03-01  completed
    """
    assert lives_of(tmp_path, contracts, grace=5) == [
        ("A", date(2024, 12, 1), "voluntary"),
        ("A", date(2025, 1, 1), "involuntary"),
        ("B", None, ""),
    ]


def test_the_decision_is_the_earlier_of_notice_and_end_and_effective_is_the_end(tmp_path: Path) -> None:
    contracts = """
    account_id  start       end         notice
    A           2024-01-01  2024-06-01  2024-04-15
    B           2024-01-01  2024-06-01  -
    C           2024-01-01  -           2024-04-15
    D           2024-01-01  -           -
    """
    decided = [day for _, day, _ in lives_of(tmp_path, contracts, grace=0)]
    assert decided == [date(2024, 4, 15), date(2024, 6, 1), date(2024, 4, 15), None]
    effective = [day for _, day, _ in lives_of(tmp_path, contracts, grace=0, exit_date="effective")]
    assert effective == [date(2024, 6, 1), date(2024, 6, 1), None, None]


def test_a_notice_that_was_withdrawn_by_a_new_contract_is_no_exit(tmp_path: Path) -> None:
    contracts = """
    account_id  start       end         notice
    A           2024-01-01  2024-06-01  2024-04-15
    A           2024-06-01  -           -
    """
    assert lives_of(tmp_path, contracts, grace=0) == [("A", None, "")]


def test_the_order_of_rows_in_the_file_does_not_matter(tmp_path: Path) -> None:
    rows = [
        "A  2024-01-01  2024-03-01  2024-02-10  voluntary",
        "A  2024-01-01  2024-03-01  -           merged",
        "A  2024-01-01  2024-02-01  -           closed",
        "A  2024-09-01  -           -           -",
        "B  2023-01-01  2023-03-01  -           voluntary",
    ]
    header = ["", "account_id  start  end  notice  exit_type"]
    forward = lives_of(tmp_path / "a", "\n".join(header + rows), grace=3)
    assert forward == lives_of(tmp_path / "b", "\n".join(header + rows[::-1]), grace=3)
    assert len(forward) == 3
