"""Inactivity: hand-made purchases with hand-made labels. As-of 1 March 2024."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from healthscore.errors import ConfigurationError
from literal import fates_of, run_of, snapshots_of

T = date(2024, 3, 1)
END = "2025-01-01"
Fate = tuple[str, str, date | None]


def fates(folder: Path, purchases: str, *, data_end: str = END, as_of: date = T, **outcome: Any) -> dict[str, Fate]:
    """Account -> status, label, exit day."""
    declared = {"kind": "inactivity", "source": "events", "horizon_days": 90} | outcome
    run = run_of(folder, {"events": purchases}, as_of=[as_of], outcome=declared)
    return {account: fate for (account, _), fate in fates_of(snapshots_of(run, data_end)).items()}


def test_a_purchase_from_t_to_before_the_end_of_the_horizon_is_staying(tmp_path: Path) -> None:
    # 90 days after 1 March is 30 May.
    purchases = """
    account_id  time
    at_t        2024-02-01
    at_t        2024-03-01T00:00:00Z
    before_t    2024-02-29T23:59:59.999999Z
    last_day    2024-02-01
    last_day    2024-05-29T23:59:59.999999Z
    at_the_end  2024-02-01
    at_the_end  2024-05-30T00:00:00Z
    new         2024-03-02
    """
    found = fates(tmp_path, purchases)
    assert found["at_t"] == ("at_risk", "stayed", None)
    assert found["before_t"] == ("at_risk", "exited", T)
    assert found["last_day"] == ("at_risk", "stayed", None)
    assert found["at_the_end"] == ("at_risk", "exited", T)
    assert found["new"][0] == "ineligible"


def test_a_purchase_in_the_gap_saves_nobody(tmp_path: Path) -> None:
    purchases = """
    account_id      time
    in_gap          2024-02-01
    in_gap          2024-03-07
    at_its_end      2024-02-01
    at_its_end      2024-03-08
    last_day        2024-02-01
    last_day        2024-06-05
    at_horizon_end  2024-02-01
    at_horizon_end  2024-06-06
    """
    found = fates(tmp_path, purchases, gap_days=7)
    assert found["in_gap"] == ("at_risk", "exited", date(2024, 3, 8))
    assert found["at_its_end"] == ("at_risk", "stayed", None)
    assert found["last_day"] == ("at_risk", "stayed", None)
    assert found["at_horizon_end"] == ("at_risk", "exited", date(2024, 3, 8))


def test_eligible_is_who_bought_within_the_window_closed_at_its_start_open_at_t(tmp_path: Path) -> None:
    # 30 days before 1 March is 31 January.
    purchases = """
    account_id    time
    first_moment  2024-01-31T00:00:00Z
    just_before   2024-01-30T23:59:59.999999Z
    last_moment   2024-02-29T23:59:59.999999Z
    at_t          2024-03-01T00:00:00Z
    """
    found = {a: status for a, (status, _, _) in fates(tmp_path, purchases, eligible_within_days=30).items()}
    assert found == {
        "first_moment": "at_risk",
        "just_before": "ineligible",
        "last_moment": "at_risk",
        "at_t": "ineligible",
    }
    ever = {a: status for a, (status, _, _) in fates(tmp_path, purchases).items()}
    assert ever["just_before"] == "at_risk"
    assert ever["at_t"] == "ineligible"


def test_a_purchase_known_late_makes_nobody_eligible_before_it_is_known_and_counts_as_staying(tmp_path: Path) -> None:
    purchases = """
    account_id  time        known_at
    late        2024-02-01  2024-03-01
    in_time     2024-02-01  2024-02-29
    both        2024-02-01  2024-03-05
    both        2024-02-02  2024-02-02
    stays       2024-02-01  2024-02-01
    stays       2024-03-20  2024-12-01
    """
    found = fates(tmp_path, purchases)
    assert found["late"][0] == "ineligible"
    assert found["in_time"] == ("at_risk", "exited", T)
    assert found["both"] == ("at_risk", "exited", T)
    assert found["stays"] == ("at_risk", "stayed", None)
    later = fates(tmp_path, purchases, as_of=date(2024, 3, 2))
    assert later["late"][0] == "at_risk"


def test_a_declared_delay_holds_for_eligibility_not_for_the_label(tmp_path: Path) -> None:
    purchases = """
    account_id  time
    A           2024-02-25
    B           2024-02-26
    C           2024-02-20
    C           2024-05-29
    """
    declared = {"kind": "inactivity", "source": "events", "horizon_days": 90}
    sources = {"events": {"availability_delay_days": 4}}
    run = run_of(tmp_path, {"events": purchases}, as_of=[T], outcome=declared, sources=sources)
    found = fates_of(snapshots_of(run, END))
    assert found["A", T][0] == "at_risk"
    assert found["B", T][0] == "ineligible"
    assert found["C", T] == ("at_risk", "stayed", None)


def test_status_is_by_the_versions_known_at_t_and_the_label_by_the_last(tmp_path: Path) -> None:
    """A purchase that was withdrawn later speaks for the account at t, and is none when it comes to the label."""
    purchases = """
    event_id  account_id   time        quantity  known_at    retracted
    1         was_seen     2024-02-01  1         2024-02-01  -
    1         was_seen     2024-02-01  1         2024-03-01  true
    2         was_not      2024-02-01  1         2024-02-01  -
    2         was_not      2024-02-01  1         2024-02-29  true
    3         undone       2024-02-01  1         2024-02-01  -
    4         undone       2024-04-01  1         2024-04-01  -
    4         undone       2024-04-01  1         2024-12-01  true
    5         brought      2024-02-01  1         2024-02-01  -
    6         brought      2024-08-01  1         2024-08-01  -
    6         brought      2024-04-01  1         2024-12-01  -
    7         to_nothing   2024-02-01  1         2024-02-01  -
    8         to_nothing   2024-04-01  1         2024-04-01  -
    8         to_nothing   2024-04-01  0         2024-12-01  -
    """
    declared = {"kind": "inactivity", "source": "events", "horizon_days": 90, "where": "quantity > 0"}
    run = run_of(
        tmp_path, {"events": purchases}, as_of=[T], outcome=declared, sources={"events": {"corrections": True}}
    )
    found = {account: fate[:2] for (account, _), fate in fates_of(snapshots_of(run, END)).items()}
    assert found["was_seen"] == ("at_risk", "exited")
    assert found["was_not"][0] == "ineligible"
    assert found["undone"] == ("at_risk", "exited")
    assert found["brought"] == ("at_risk", "stayed")
    assert found["to_nothing"] == ("at_risk", "exited")


def test_only_rows_that_the_condition_chooses_qualify(tmp_path: Path) -> None:
    purchases = """
    account_id  time        quantity
    A           2024-02-01  10
    A           2024-03-20  -4
    B           2024-02-01  -4
    """
    found = fates(tmp_path, purchases, where="quantity > 0")
    assert found["A"] == ("at_risk", "exited", T)
    assert found["B"][0] == "ineligible"


@pytest.mark.parametrize(("data_end", "label"), [("2024-06-01", "immature"), ("2024-06-02", "exited")])
def test_silence_is_a_label_only_once_the_window_and_maturity_are_over(
    tmp_path: Path, data_end: str, label: str
) -> None:
    purchases = """
    account_id  time
    A           2024-02-01
    """
    found = fates(tmp_path, purchases, data_end=data_end, maturity_days=3)
    assert found["A"] == ("at_risk", label, T if label == "exited" else None)


def test_inactivity_needs_events(tmp_path: Path) -> None:
    contracts = """
    account_id  start
    A           2024-01-01
    """
    declared = {"kind": "inactivity", "source": "subscriptions", "horizon_days": 60}
    run = run_of(tmp_path, {"subscriptions": contracts}, as_of=[T], outcome=declared)
    with pytest.raises(ConfigurationError, match="inactivity needs events, and 'subscriptions' holds subscriptions"):
        snapshots_of(run, END)
