"""Declining purchases: hand-made purchases with hand-made labels. As of 1 March 2024, horizon 90: [1 March, 30 May)."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from healthscore.errors import ConfigurationError
from literal import fates_of, run_of, snapshots_of

T = date(2024, 3, 1)
END = "2025-01-01"
Fate = tuple[str, str, date | None]
Counts = dict[str, tuple[int, int]]


def purchases(counts: Counts) -> str:
    """So many purchases of each account on the days before T, and from T on."""
    lines = ["account_id time"]
    for account, (before, after) in counts.items():
        lines += [f"{account} {T - timedelta(days=1 + n)}" for n in range(before)]
        lines += [f"{account} {T + timedelta(days=n)}" for n in range(after)]
    return "\n" + "\n".join(lines)


def fates(folder: Path, table: str, *, data_end: str = END, **outcome: Any) -> dict[str, Fate]:
    """Account -> status, label, exit day."""
    declared = {"kind": "declining_purchases", "source": "events", "horizon_days": 90} | outcome
    run = run_of(folder, {"events": table}, as_of=[T], outcome=declared)
    return {account: fate for (account, _), fate in fates_of(snapshots_of(run, data_end)).items()}


def test_less_than_half_of_what_the_book_lets_expect_is_a_decline(tmp_path: Path) -> None:
    # The book at risk goes from 20 to 10: the limit is a quarter of one's own.
    found = fates(tmp_path, purchases({"A": (10, 3), "B": (6, 6), "C": (4, 1), "D": (2, 0)}))
    assert found["A"] == found["B"] == found["C"] == ("at_risk", "stayed", None)
    assert found["D"][0] == "ineligible"
    # From 20 to 9: 3 in 10 and 6 in 6 are above 22.5 %, nothing in 4 is not.
    found = fates(tmp_path, purchases({"A": (10, 3), "B": (6, 6), "C": (4, 0)}))
    assert found["C"] == ("at_risk", "exited", T)
    assert found["A"][1] == "stayed"


def test_a_season_is_nobodys_decline(tmp_path: Path) -> None:
    steady = fates(tmp_path / "steady", purchases({"A": (8, 3), "B": (8, 8), "C": (8, 8)}))
    assert steady["A"] == ("at_risk", "exited", T)
    autumn = fates(tmp_path / "autumn", purchases({"A": (8, 3), "B": (8, 3), "C": (8, 3)}))
    assert {fate[1] for fate in autumn.values()} == {"stayed"}
    silence = fates(tmp_path / "silence", purchases({"A": (8, 0), "B": (8, 0)}))
    assert {fate[1] for fate in silence.values()} == {"stayed"}


def test_the_windows_are_as_long_as_the_horizon_and_lie_before_t_and_after_the_gap(tmp_path: Path) -> None:
    # [2 December, 1 March) before; gap 7: [8 March, 6 June) after.
    bought = """
    account_id  time
    A           2023-12-02
    A           2024-01-01
    A           2024-02-29
    A           2024-03-08
    A           2024-04-08
    A           2024-06-05
    B           2023-12-01
    B           2024-01-01
    B           2024-02-29
    C           2024-01-01
    C           2024-01-02
    C           2024-01-03
    C           2024-03-07
    C           2024-06-06
    """
    found = fates(tmp_path, bought, gap_days=7)
    assert found["A"] == ("at_risk", "stayed", None)
    assert found["B"][0] == "ineligible"
    assert found["C"] == ("at_risk", "exited", date(2024, 3, 8))


def test_who_is_at_risk_is_told_by_purchases_known_at_t_and_the_decline_by_all(tmp_path: Path) -> None:
    bought = """
    account_id  time        known_at
    late        2024-02-01  2024-02-01
    late        2024-02-02  2024-02-02
    late        2024-02-03  2024-03-01
    other       2024-02-01  2024-02-01
    other       2024-02-02  2024-02-02
    other       2024-02-03  2024-02-29
    other       2024-02-04  2024-03-05
    other       2024-03-04  2024-12-01
    other       2024-03-05  2024-03-05
    """
    found = fates(tmp_path, bought)
    assert found["late"][0] == "ineligible"
    assert found["other"] == ("at_risk", "stayed", None)


def test_only_rows_that_the_condition_chooses_are_purchases(tmp_path: Path) -> None:
    bought = """
    account_id  time        quantity
    A           2024-02-01  10
    A           2024-02-02  10
    A           2024-02-03  10
    A           2024-03-03  -10
    B           2024-02-01  10
    B           2024-02-02  10
    B           2024-02-03  10
    B           2024-03-03  10
    B           2024-03-04  10
    """
    assert fates(tmp_path, bought, where="quantity > 0")["A"] == ("at_risk", "exited", T)


def test_the_share_and_the_least_number_may_be_declared(tmp_path: Path) -> None:
    table = purchases({"A": (2, 1), "B": (10, 10)})
    assert fates(tmp_path, table)["A"][0] == "ineligible"
    assert fates(tmp_path, table, minimum_purchases=2)["A"] == ("at_risk", "stayed", None)
    assert fates(tmp_path, table, minimum_purchases=2, decline_percent=60)["A"] == ("at_risk", "exited", T)


@pytest.mark.parametrize(("data_end", "label"), [("2024-05-31", "immature"), ("2024-06-01", "exited")])
def test_a_decline_is_a_label_only_once_the_window_and_maturity_are_over(
    tmp_path: Path, data_end: str, label: str
) -> None:
    table = purchases({"A": (4, 0), "B": (4, 4)})
    assert fates(tmp_path, table, data_end=data_end, maturity_days=2)["A"][1] == label


def test_declining_purchases_need_events(tmp_path: Path) -> None:
    declared = {"kind": "declining_purchases", "source": "subscriptions", "horizon_days": 90}
    run = run_of(tmp_path, {"subscriptions": "\naccount_id start\nA 2024-01-01"}, as_of=[T], outcome=declared)
    with pytest.raises(ConfigurationError, match="declining_purchases needs events") as raised:
        snapshots_of(run, END)
    assert "rows are purchases" in raised.value.remedy
