"""Two grains: accounts with users inside, told by a table of users where need be; and persons who are accounts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from healthscore.asof import day_of
from healthscore.config import Run
from healthscore.features.panel import PanelPlan
from healthscore.pipelines.build import account_ids, snapshots_of
from healthscore.tables import open_tables
from literal import Cells, expect, fates_of, panel_of, run_of
from literal import snapshots_of as snapshots_of_run

T = date(2024, 3, 1)
USERS = "user_id,company\nu1,A\nu2,A\nu3,B\n"
SIGNALS = {"usage": {"families": ["frequency", "breadth"], "windows": [14]}}


def by_lookup(folder: Path, events: str, users: str = USERS, **lookup: bool) -> Run:
    """Events that carry only a user; the table of users tells the account."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "users.csv").write_text(users)
    fetched = {"path": "users.csv", "on": ["user_id"], "columns": ["company"], **lookup}
    columns = {"account_id": "company", "actor_id": "user_id"}
    return run_of(
        folder,
        {"events": events},
        as_of=[T],
        sources={"events": {"columns": columns, "lookup": [fetched]}},
        signals={name: dict(signal) for name, signal in SIGNALS.items()},
    )


def test_the_account_of_an_event_is_that_of_its_user(tmp_path: Path) -> None:
    events = """
    user_id  time
    u1       2024-02-20
    u1       2024-02-21
    u2       2024-02-22
    u3       2024-02-23
    """
    expect(
        panel_of(by_lookup(tmp_path, events)),
        """
        account  as_of       usage_count_14d  usage_users_14d
        A        2024-03-01  3                2
        B        2024-03-01  1                1
        """,
    )


def test_events_of_users_without_an_account_are_nobodys_and_are_counted(tmp_path: Path) -> None:
    run = by_lookup(tmp_path, "\nuser_id time\nu1 2024-02-20\nu9 2024-02-21\n")
    with open_tables(run) as tables:
        report = tables.reports["events"]
        assert (report.used, report.dropped) == (1, {"anonymous": 1})
        (warning,) = report.warnings
        assert (warning.code, warning.column, warning.count) == ("lookup_unmatched", "user_id", 1)


def test_a_user_of_several_accounts_counts_in_each_once_the_run_says_that_this_is_meant(tmp_path: Path) -> None:
    users, events = USERS + "u1,B\n", "\nuser_id time\nu1 2024-02-20\nu3 2024-02-21\n"
    expect(
        panel_of(by_lookup(tmp_path, events, users, many=True)),
        """
        account  as_of       usage_count_14d  usage_users_14d
        A        2024-03-01  1                1
        B        2024-03-01  2                2
        """,
    )


def test_one_user_in_two_accounts_is_a_user_of_each(tmp_path: Path) -> None:
    events = """
    account_id  actor_id  time
    A           u1        2024-02-20
    A           u1        2024-02-21
    B           u1        2024-02-22
    B           u2        2024-02-23
    """
    run = run_of(tmp_path, {"events": events}, as_of=[T], signals={"usage": dict(SIGNALS["usage"])})
    expect(
        panel_of(run),
        """
        account  as_of       usage_count_14d  usage_users_14d
        A        2024-03-01  2                1
        B        2024-03-01  2                2
        """,
    )


@pytest.fixture
def persons(tmp_path: Path) -> Run:
    """Purchases of persons: no accounts, no users inside."""
    purchases = """
    customer  time        amount
    p1        2024-02-10  10
    p1        2024-03-20  5
    p2        2024-02-20  7.5
    p3        2024-03-02  1
    """
    return run_of(
        tmp_path,
        {"events": purchases},
        as_of=[T],
        sources={"events": {"columns": {"account_id": "customer", "quantity": "amount"}}},
        signals={"usage": {"families": ["frequency", "breadth", "depth"], "windows": [28]}},
        outcome={"kind": "inactivity", "source": "events", "horizon_days": 60},
    )


def test_a_book_of_persons_needs_no_accounts(persons: Run) -> None:
    found: Cells = panel_of(persons)
    expect(
        found,
        """
        account  as_of       usage_count_28d  usage_quantity_28d
        p1       2024-03-01  1                10
        p2       2024-03-01  1                15/2
        p3       2024-03-01  0                0
        """,
    )
    assert not any("users" in name for name in found["p1", T])
    fates = {account: fate[:2] for (account, _), fate in fates_of(snapshots_of_run(persons, "2024-07-01")).items()}
    assert (fates["p1"], fates["p2"], fates["p3"][0]) == (("at_risk", "stayed"), ("at_risk", "exited"), "ineligible")


def test_the_panel_has_exactly_one_row_per_account_at_risk_and_date(persons: Run) -> None:  # fault 12
    days = [day_of(date(2024, 2, 15)), day_of(T), day_of(date(2024, 4, 1))]
    with open_tables(persons) as tables:
        accounts = account_ids(persons, tables)
        at_risk = snapshots_of(persons, tables, accounts, days, day_of(date(2024, 7, 1))).at_risk
        panel = PanelPlan(persons, tables, accounts, days).build(at_risk)
    spine = np.argwhere(at_risk)
    assert np.array_equal(np.stack([np.searchsorted(days, panel.day), panel.account], axis=1), spine)
    assert panel.X.shape == (len(spine), len(panel.features))
