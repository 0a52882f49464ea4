"""What an account holds at a date, where it has several subscriptions: sums, the next renewal, the first day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from healthscore.asof import day_of
from healthscore.tables import open_tables
from healthscore.tables.subscriptions import Subscriptions, load_subscriptions, source_of_subscriptions
from literal import accounts_of, run_of

T = day_of(date(2024, 3, 1))


def held(folder: Path, contracts: str) -> tuple[list[str], Subscriptions]:
    """Ids, and the subscriptions of their accounts."""
    run = run_of(folder, {"subscriptions": contracts}, as_of=[date(2024, 3, 1)])
    with open_tables(run) as tables:
        accounts = accounts_of(run, tables)
        return accounts.to_pylist(), load_subscriptions(tables, "subscriptions", accounts)


def test_seats_are_those_of_all_active_subscriptions_in_force(tmp_path: Path) -> None:
    contracts = """
    account_id  subscription_id  start       end         status  seats  known_at
    A           base             2024-01-01  -           active  10     -
    A           addon            2024-02-01  2024-03-01  active  5      -
    A           over             2024-01-01  2024-02-29  active  100    -
    A           later            2024-03-01  -           active  100    -
    A           unheard          2024-02-01  -           active  100    2024-03-01
    A           tried            2024-02-01  -           trial   100    -
    A           without          2024-02-01  -           active  -      -
    B           tried            2024-02-01  -           trial   3      -
    B           paused           2024-02-01  -           paused  4      -
    C           over             2024-01-01  2024-02-01  active  7      -
    """
    ids, subscriptions = held(tmp_path, contracts)
    seats = dict(zip(ids, subscriptions.at(subscriptions.seats, T).tolist(), strict=True))
    assert (seats["A"], seats["B"]) == (15, 7)
    assert seats["C"] != seats["C"]


def test_the_next_renewal_is_the_first_from_the_date_on_of_the_active_ones(tmp_path: Path) -> None:
    contracts = """
    account_id  subscription_id  start       end         status  renewal
    A           1                2023-03-01  -           active  2024-02-29
    A           2                2023-06-01  -           active  2024-06-01
    A           3                2023-04-01  -           active  2024-04-01
    A           4                2023-03-05  -           trial   2024-03-05
    A           5                2023-03-02  2024-02-01  active  2024-03-02
    B           1                2023-03-01  -           active  2024-03-01
    C           1                2023-03-01  -           active  -
    """
    ids, subscriptions = held(tmp_path, contracts)
    renewal = dict(zip(ids, subscriptions.next_renewal(T).tolist(), strict=True))
    assert (renewal["A"], renewal["B"]) == (day_of(date(2024, 4, 1)), T)
    assert renewal["C"] != renewal["C"]


@pytest.mark.parametrize(
    ("outcome", "found"),
    [
        ({"kind": "complaint", "source": "events"}, "old"),
        ({"kind": "complaint", "source": "events", "active_source": "new"}, "new"),
        ({"kind": "churn", "source": "new"}, "new"),
        (None, "old"),
    ],
)
def test_who_is_a_customer_is_told_by_the_outcomes_subscriptions_else_by_the_first(
    tmp_path: Path, outcome: dict[str, str] | None, found: str
) -> None:
    contracts = """
    account_id  start
    A           2024-01-01
    """
    events = """
    account_id  time
    A           2024-01-01
    """
    sources = {name: {"contract": "subscriptions"} for name in ("old", "new")}
    declared = None if outcome is None else outcome | {"horizon_days": 30}
    tables = {"events": events, "old": contracts, "new": contracts}
    run = run_of(tmp_path, tables, as_of=[date(2024, 3, 1)], sources=sources, outcome=declared)
    assert source_of_subscriptions(run) == found
    bare = run_of(tmp_path / "bare", {"events": events}, as_of=[date(2024, 3, 1)])
    assert source_of_subscriptions(bare) is None
