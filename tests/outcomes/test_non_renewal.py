"""Non-renewal: hand-made terms with hand-made labels. As of 1 January 2024, gap 30, horizon 365, grace 60."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from healthscore.asof import date_of
from healthscore.errors import ConfigurationError
from literal import fates_of, run_of, snapshots_of

T = date(2024, 1, 1)
END = "2025-06-01"
Fate = tuple[str, str, date | None]


def fates(folder: Path, contracts: str, *, data_end: str = END, as_of: date = T, **outcome: Any) -> dict[str, Fate]:
    """Account -> status, label, exit day."""
    declared = {"kind": "non_renewal", "source": "subscriptions", "gap_days": 30, "horizon_days": 365, "grace_days": 60}
    run = run_of(folder, {"subscriptions": contracts}, as_of=[as_of], outcome=declared | outcome)
    return {account: fate for (account, _), fate in fates_of(snapshots_of(run, data_end)).items()}


def test_an_account_that_does_not_go_on_past_its_next_renewal_is_lost(tmp_path: Path) -> None:
    contracts = """
    account_id  start       end         renewal     notice      exit_type
    renewed     2023-07-01  2024-07-01  2024-07-01  -           -
    renewed     2024-07-01  2025-07-01  2025-07-01  -           -
    late        2023-07-01  2024-07-01  2024-07-01  -           -
    late        2024-08-30  -           2025-07-01  -           -
    too_late    2023-07-01  2024-07-01  2024-07-01  -           -
    too_late    2024-08-31  -           2025-07-01  -           -
    open        2023-07-01  -           2024-07-01  -           -
    lost        2023-07-01  2024-07-01  2024-07-01  -           -
    noticed     2023-07-01  2024-07-01  2024-07-01  2024-05-15  -
    withdrawn   2023-07-01  2024-07-01  2024-07-01  2024-05-15  -
    withdrawn   2024-07-01  -           2025-07-01  -           -
    mid_term    2023-07-01  2024-04-01  2024-07-01  -           -
    ran_on      2023-07-01  2024-08-01  2024-07-01  -           -
    in_gap      2023-07-01  2024-07-01  2024-07-01  2024-01-20  -
    leaving     2023-07-01  2024-07-01  2024-07-01  2023-12-31  -
    merged      2023-07-01  2024-07-01  2024-07-01  -           merged
    """
    found = fates(tmp_path, contracts)
    exited = ("at_risk", "exited", date(2024, 7, 1))
    assert found["renewed"] == found["late"] == found["open"] == found["withdrawn"] == ("at_risk", "stayed", None)
    assert found["too_late"] == found["lost"] == exited
    assert found["noticed"] == ("at_risk", "exited", date(2024, 5, 15))
    assert found["mid_term"] == ("at_risk", "exited", date(2024, 4, 1))
    assert found["ran_on"] == ("at_risk", "stayed", None)
    assert found["in_gap"] == ("at_risk", "exit_in_gap", None)
    assert found["leaving"][0] == "leaving"
    assert found["merged"] == ("at_risk", "censored", None)


def test_by_effective_date_a_lost_renewal_is_dated_to_the_end(tmp_path: Path) -> None:
    contracts = """
    account_id  start       end         renewal     notice
    A           2023-07-01  2024-07-01  2024-07-01  2024-05-15
    """
    assert fates(tmp_path, contracts, date="effective")["A"] == ("at_risk", "exited", date(2024, 7, 1))


def test_only_renewals_within_the_horizon_are_asked_about(tmp_path: Path) -> None:
    # 30 days after 1 January are 31 January; 395 days after it 30 January 2025.
    contracts = """
    account_id  start       renewal     status  known_at
    too_soon    2023-01-30  2024-01-30  active  -
    soonest     2023-01-31  2024-01-31  active  -
    latest      2023-01-29  2025-01-29  active  -
    too_far     2023-01-30  2025-01-30  active  -
    over        2022-01-01  2023-01-01  active  -
    unknown     2023-01-01  -           active  -
    trial       2023-01-01  2024-07-01  trial   -
    new         2024-01-01  2024-07-01  active  -
    unheard     2023-07-01  2024-07-01  active  2024-01-01
    """
    found = {account: status for account, (status, _, _) in fates(tmp_path, contracts).items()}
    assert found == {
        "too_soon": "ineligible",
        "soonest": "at_risk",
        "latest": "at_risk",
        "too_far": "ineligible",
        "over": "ineligible",
        "unknown": "ineligible",
        "trial": "trial",
        "new": "not_started",
        "unheard": "not_started",
    }


def test_of_several_contracts_the_next_renewal_counts_and_the_account_goes_on_with_any(tmp_path: Path) -> None:
    contracts = """
    account_id  start       end         renewal     subscription_id
    A           2023-09-01  2024-09-01  2024-09-01  base
    A           2023-03-01  2024-03-01  2024-03-01  addon
    """
    assert fates(tmp_path, contracts)["A"] == ("at_risk", "stayed", None)
    later = fates(tmp_path, contracts, as_of=date(2024, 4, 1))
    assert later["A"] == ("at_risk", "exited", date(2024, 9, 1))


def test_each_label_is_known_from_a_day_of_its_own(tmp_path: Path) -> None:
    contracts = """
    account_id  start       end         renewal
    early       2023-03-01  2024-03-01  2024-03-01
    late        2023-07-01  2024-07-01  2024-07-01
    none        2023-07-01  -           -
    """
    # The renewal, the 60 days within which a new contract is the old life, and the day on which that can be read.
    assert fates(tmp_path, contracts, data_end="2024-04-30")["early"] == ("at_risk", "immature", None)
    found = fates(tmp_path, contracts, data_end="2024-05-01")
    assert found["early"] == ("at_risk", "exited", date(2024, 3, 1))
    assert found["late"] == ("at_risk", "immature", None)
    declared = {"kind": "non_renewal", "source": "subscriptions", "gap_days": 30, "horizon_days": 365, "grace_days": 60}
    run = run_of(tmp_path, {"subscriptions": contracts}, as_of=[T], outcome=declared)
    known = [date_of(day) for day in snapshots_of(run, END).known_from[0].tolist()]
    assert known == [date(2024, 5, 1), date(2024, 8, 31), date(2025, 3, 31)]


def test_a_return_after_the_known_day_no_longer_changes_the_label(tmp_path: Path) -> None:
    # On the last day of the grace period it does, and on that day the label is not known yet.
    lost = """
    account_id  start       end         renewal
    A           2023-03-01  2024-03-01  2024-03-01
    """
    returned = lost + "    A           2024-04-30  -           -\n"
    assert fates(tmp_path, returned)["A"] == ("at_risk", "stayed", None)
    for table in (lost, returned):
        assert fates(tmp_path, table, data_end="2024-04-30")["A"] == ("at_risk", "immature", None)


@pytest.mark.parametrize(
    ("tables", "source", "said"),
    [
        ({"subscriptions": "\naccount_id start\nA 2023-01-01"}, "subscriptions", "'subscriptions' does not fill it"),
        ({"events": "\naccount_id time\nA 2023-01-01"}, "events", "non_renewal needs subscriptions"),
    ],
)
def test_non_renewal_needs_terms(tmp_path: Path, tables: dict[str, str], source: str, said: str) -> None:
    declared = {"kind": "non_renewal", "source": source, "horizon_days": 365}
    run = run_of(tmp_path, tables, as_of=[T], outcome=declared)
    with pytest.raises(ConfigurationError, match=said) as raised:
        snapshots_of(run, END)
    assert "renewal" in raised.value.remedy
