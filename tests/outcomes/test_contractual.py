"""Churn: hand-made histories with hand-made labels. As-of 1 March 2024, gap 7, horizon 60: [8 March, 7 May)."""

from __future__ import annotations

import math
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from healthscore.errors import ConfigurationError
from literal import fates_of, run_of, snapshots_of

T = date(2024, 3, 1)
END = "2025-01-01"
Fate = tuple[str, str, date | None]


def fates(folder: Path, contracts: str, *, data_end: str = END, as_of: date = T, **outcome: Any) -> dict[str, Fate]:
    """Account -> status, label, exit day."""
    declared = {"kind": "churn", "source": "subscriptions", "gap_days": 7, "horizon_days": 60} | outcome
    run = run_of(folder, {"subscriptions": contracts}, as_of=[as_of], outcome=declared)
    return {account: fate for (account, _), fate in fates_of(snapshots_of(run, data_end)).items()}


def test_an_exit_counts_from_the_end_of_the_gap_to_before_the_end_of_the_horizon(tmp_path: Path) -> None:
    contracts = """
    account_id      start       end
    before          2024-01-01  2024-02-29
    at_t            2024-01-01  2024-03-01
    in_gap          2024-01-01  2024-03-07
    first_day       2024-01-01  2024-03-08
    last_day        2024-01-01  2024-05-06
    after           2024-01-01  2024-05-07
    open            2024-01-01  -
    starts_at_t     2024-03-01  2024-04-01
    started_before  2024-02-29  2024-04-01
    """
    found = fates(tmp_path, contracts)
    assert found["before"][0] == "ended"
    assert found["starts_at_t"][0] == "not_started"
    # An end at t is still the future at t.
    assert found["at_t"] == ("at_risk", "exit_in_gap", None)
    assert found["in_gap"] == ("at_risk", "exit_in_gap", None)
    assert found["first_day"] == ("at_risk", "exited", date(2024, 3, 8))
    assert found["last_day"] == ("at_risk", "exited", date(2024, 5, 6))
    assert found["after"] == ("at_risk", "stayed", None)
    assert found["open"] == ("at_risk", "stayed", None)
    assert found["started_before"] == ("at_risk", "exited", date(2024, 4, 1))


def test_without_a_gap_an_exit_on_the_as_of_date_itself_counts(tmp_path: Path) -> None:
    contracts = """
    account_id  start       end
    A           2024-01-01  2024-03-01
    """
    assert fates(tmp_path, contracts, gap_days=0)["A"] == ("at_risk", "exited", T)


def test_notice_known_before_t_is_leaving_and_later_notice_is_the_exit(tmp_path: Path) -> None:
    contracts = """
    account_id    start       end         notice
    given         2024-01-01  2024-04-01  2024-02-29
    given_at_t    2024-01-01  2024-04-01  2024-03-01
    given_in_gap  2024-01-01  2024-04-01  2024-03-07
    given_later   2024-01-01  2024-06-01  2024-03-08
    given_after   2024-01-01  2024-06-01  2024-05-07
    """
    found = fates(tmp_path, contracts)
    assert found["given"][0] == "leaving"
    assert found["given_at_t"] == ("at_risk", "exit_in_gap", None)
    assert found["given_in_gap"] == ("at_risk", "exit_in_gap", None)
    assert found["given_later"] == ("at_risk", "exited", date(2024, 3, 8))
    assert found["given_after"] == ("at_risk", "stayed", None)


def test_by_effective_date_the_end_is_the_exit_and_notice_still_means_leaving(tmp_path: Path) -> None:
    contracts = """
    account_id    start       end         notice
    given         2024-01-01  2024-04-01  2024-02-29
    given_in_gap  2024-01-01  2024-04-01  2024-03-07
    given_later   2024-01-01  2024-06-01  2024-03-08
    """
    found = fates(tmp_path, contracts, date="effective")
    assert found["given"][0] == "leaving"
    assert found["given_in_gap"] == ("at_risk", "exited", date(2024, 4, 1))
    assert found["given_later"] == ("at_risk", "stayed", None)


def test_a_return_within_the_grace_period_is_staying_and_a_later_one_an_exit(tmp_path: Path) -> None:
    contracts = """
    account_id  start       end
    inside      2024-01-01  2024-04-01
    inside      2024-04-15  -
    outside     2024-01-01  2024-04-01
    outside     2024-04-16  -
    away        2024-01-01  2024-02-20
    away        2024-03-02  -
    """
    found = fates(tmp_path, contracts, grace_days=14)
    assert found["inside"] == ("at_risk", "stayed", None)
    assert found["outside"] == ("at_risk", "exited", date(2024, 4, 1))
    # That it will come back on 2 March is not known on 1 March.
    assert found["away"][0] == "ended"


def test_exits_of_types_that_do_not_count_are_censored_never_stayed(tmp_path: Path) -> None:
    contracts = """
    account_id    start       end         exit_type
    voluntary     2024-01-01  2024-04-01  voluntary
    Capital       2024-01-01  2024-04-01  Voluntary
    involuntary   2024-01-01  2024-04-01  involuntary
    merged        2024-01-01  2024-04-01  merged
    closed        2024-01-01  2024-04-01  closed
    unnamed       2024-01-01  2024-04-01  -
    merged_early  2024-01-01  2024-03-04  merged
    merged_late   2024-01-01  2024-07-01  merged
    """
    found = fates(tmp_path, contracts, types=["voluntary"])
    exited = ("at_risk", "exited", date(2024, 4, 1))
    assert found["voluntary"] == found["Capital"] == found["unnamed"] == exited
    assert found["involuntary"] == found["merged"] == found["closed"] == ("at_risk", "censored", None)
    assert found["merged_early"] == ("at_risk", "exit_in_gap", None)
    assert found["merged_late"] == ("at_risk", "stayed", None)


def test_a_merger_may_be_what_counts(tmp_path: Path) -> None:
    contracts = """
    account_id  start       end         exit_type
    A           2024-01-01  2024-04-01  merged
    B           2024-01-01  2024-04-01  voluntary
    """
    found = fates(tmp_path, contracts, types=["merged"])
    assert (found["A"][1], found["B"][1]) == ("exited", "censored")


def test_trials_and_pauses_are_not_at_risk(tmp_path: Path) -> None:
    contracts = """
    account_id  start       end         status
    trial       2024-02-20  2024-03-05  trial
    trial       2024-03-05  -           active
    converted   2024-02-10  2024-02-20  trial
    converted   2024-02-20  2024-04-01  active
    paused      2024-01-01  2024-02-15  active
    paused      2024-02-15  2024-04-15  paused
    incomplete  2024-02-20  -           incomplete
    unheard_of  2024-02-20  -           frozen
    blank       2024-02-20  -           -
    Shouted     2024-02-20  -           ACTIVE
    """
    found = {account: status for account, (status, _, _) in fates(tmp_path, contracts).items()}
    assert found == {
        "trial": "trial",
        "converted": "at_risk",
        "paused": "paused",
        "incomplete": "trial",
        "unheard_of": "paused",
        "blank": "at_risk",
        "Shouted": "at_risk",
    }


@pytest.mark.parametrize(("data_end", "label"), [("2024-05-20", "immature"), ("2024-05-21", "exited")])
def test_a_snapshot_is_mature_when_gap_horizon_and_maturity_have_passed(
    tmp_path: Path, data_end: str, label: str
) -> None:
    contracts = """
    account_id  start       end
    A           2024-01-01  2024-03-10
    """
    # 7 + 60 + 14 days after 1 March is 21 May. Until then even an exit that has been seen is not a label.
    assert fates(tmp_path, contracts, data_end=data_end, grace_days=14)["A"][1] == label


def test_maturity_may_be_longer_than_grace(tmp_path: Path) -> None:
    contracts = """
    account_id  start       end
    A           2024-01-01  2024-03-10
    """
    found = fates(tmp_path, contracts, data_end="2024-05-21", grace_days=14, maturity_days=15)
    assert found["A"] == ("at_risk", "immature", None)


def test_changes_of_seats_are_no_exits(tmp_path: Path) -> None:
    contracts = """
    account_id  start       end         seats  value
    A           2024-01-01  2024-03-20  5      50.5
    A           2024-03-20  -           9      90
    B           2024-01-01  2024-02-01  5      50
    B           2024-02-01  2024-04-01  9      90.25
    """
    declared = {"kind": "churn", "source": "subscriptions", "gap_days": 7, "horizon_days": 60}
    run = run_of(tmp_path, {"subscriptions": contracts}, as_of=[T], outcome=declared)
    snapshots = snapshots_of(run, END)
    assert fates_of(snapshots) == {
        ("A", T): ("at_risk", "stayed", None),
        ("B", T): ("at_risk", "exited", date(2024, 4, 1)),
    }
    assert snapshots.value.tolist() == [[50.5, 90.25]]


def test_an_account_with_several_contracts_is_as_well_as_the_best_of_them_and_ends_with_the_last(
    tmp_path: Path,
) -> None:
    contracts = """
    account_id     start       end         notice      status  subscription_id
    longest        2024-01-01  2024-04-20  -           active  s1
    longest        2024-02-01  2024-03-10  -           active  s2
    beside_trial   2024-01-01  -           -           active  s3
    beside_trial   2024-02-01  2024-03-10  -           trial  s4
    trial_pause    2024-01-01  -           -           trial  s5
    trial_pause    2024-02-01  -           -           paused  s6
    addon_notice   2024-01-01  -           -           active  s7
    addon_notice   2024-02-01  2024-04-01  2024-02-20  active  s8
    base_notice    2024-01-01  2024-05-01  2024-02-20  active  s9
    base_notice    2024-02-01  2024-04-20  -           active  s10
    both_notice    2024-01-01  2024-05-01  2024-02-20  active  s11
    both_notice    2024-02-01  2024-04-20  2024-02-21  active  s12
    paid_notice    2024-01-01  2024-05-01  2024-02-20  active  s13
    paid_notice    2024-02-01  -           -           trial  s14
    """
    found = fates(tmp_path, contracts)
    assert found["longest"] == ("at_risk", "exited", date(2024, 4, 20))
    assert found["beside_trial"] == ("at_risk", "stayed", None)
    assert found["trial_pause"][0] == "paused"
    assert found["addon_notice"] == ("at_risk", "stayed", None)
    # Given up when the last contract without notice ended, though the base's end comes later.
    assert found["base_notice"] == ("at_risk", "exited", date(2024, 4, 20))
    assert found["both_notice"][0] == "leaving"
    assert found["paid_notice"][0] == "leaving"


def test_an_account_at_risk_has_not_been_given_up_before_the_date(tmp_path: Path) -> None:
    contracts = """
    account_id  start       end         notice
    A           2024-01-01  2024-05-01  2024-02-01
    A           2024-01-15  2024-04-01  -
    A           2024-02-01  2024-04-10  2024-03-20
    """
    dates = [date(2024, 2, 1) + timedelta(days=n) for n in range(0, 80)]
    declared = {"kind": "churn", "source": "subscriptions", "horizon_days": 300}
    run = run_of(tmp_path, {"subscriptions": contracts}, as_of=dates, outcome=declared)
    found = fates_of(snapshots_of(run, "2026-01-01"))
    assert {t for (_, t), (status, _, _) in found.items() if status == "at_risk"} == {
        t for t in dates if t <= date(2024, 4, 1)
    }
    assert {fate[1:] for fate in found.values() if fate[0] == "at_risk"} == {("exited", date(2024, 4, 1))}


def test_revenue_is_that_of_all_active_contracts_in_force(tmp_path: Path) -> None:
    contracts = """
    account_id  start       end         status  value  subscription_id
    A           2024-01-01  -           active  100.5  s1
    A           2024-02-01  -           active  20.25  s2
    A           2024-02-01  -           trial   50  s3
    A           2024-01-01  2024-02-15  active  1000  s4
    A           2024-03-01  -           active  2000  s5
    B           2024-02-01  -           trial   50  s6
    C           2024-01-01  -           active  -  s7
    C           2024-02-01  -           active  7  s8
    D           2024-01-01  -           active  -  s9
    """
    declared = {"kind": "churn", "source": "subscriptions", "gap_days": 7, "horizon_days": 60}
    run = run_of(tmp_path, {"subscriptions": contracts}, as_of=[T], outcome=declared)
    a, b, c, d = snapshots_of(run, END).value[0].tolist()
    assert (a, b, c) == (120.75, 50, 7)
    assert math.isnan(d)


def test_a_contract_recorded_late_is_not_known_before(tmp_path: Path) -> None:
    contracts = """
    account_id  start       end         known_at
    A           2024-02-01  2024-04-01  2024-02-29T23:59:59.999999Z
    B           2024-02-01  2024-04-01  2024-03-01T00:00:00Z
    C           2024-01-01  2024-02-15  -
    C           2024-02-15  2024-04-01  2024-03-05T00:00:00Z
    """
    found = fates(tmp_path, contracts)
    assert found["A"][0] == "at_risk"
    assert found["B"][0] == "not_started"
    assert found["C"][0] == "ended"


def test_with_a_delay_ends_and_notices_are_known_as_late_as_starts(tmp_path: Path) -> None:
    """Three days late: what happened on 26 February is known on 1 March, what happened on the 27th is not yet."""
    contracts = """
    account_id  start       end         notice
    ended       2023-01-01  2024-02-26  -
    Ended       2023-01-01  2024-02-27  -
    notice      2023-01-01  2024-04-01  2024-02-26
    Notice      2023-01-01  2024-04-01  2024-02-27
    started     2024-02-26  -           -
    Started     2024-02-27  -           -
    renewed     2023-01-01  2024-02-27  -
    renewed     2024-02-27  -           -
    """
    declared = {"kind": "churn", "source": "subscriptions", "gap_days": 7, "horizon_days": 60}
    sources = {"subscriptions": {"availability_delay_days": 3}}
    run = run_of(tmp_path, {"subscriptions": contracts}, as_of=[T], outcome=declared, sources=sources)
    found = {account: fate[:2] for (account, _), fate in fates_of(snapshots_of(run, END)).items()}
    assert found["ended"][0] == "ended"
    assert found["Ended"] == ("at_risk", "exit_in_gap")
    assert found["notice"][0] == "leaving"
    assert found["Notice"] == ("at_risk", "exit_in_gap")
    assert found["started"] == ("at_risk", "stayed")
    assert found["Started"][0] == "not_started"
    assert found["renewed"] == ("at_risk", "stayed")


def test_an_account_whose_life_ended_is_at_risk_again_after_its_return(tmp_path: Path) -> None:
    contracts = """
    account_id  start       end
    A           2023-01-01  2023-06-01
    A           2024-01-01  2024-04-01
    """
    assert fates(tmp_path, contracts)["A"] == ("at_risk", "exited", date(2024, 4, 1))
    assert fates(tmp_path, contracts, as_of=date(2023, 9, 1))["A"][0] == "ended"


def test_counts_add_up_to_the_accounts(tmp_path: Path) -> None:
    contracts = """
    account_id  start       end         notice
    A           2024-01-01  2024-03-04  -
    B           2024-01-01  2024-04-01  -
    C           2024-01-01  -           -
    D           2024-01-01  2024-04-01  2024-02-01
    E           2024-03-01  -           -
    """
    declared = {"kind": "churn", "source": "subscriptions", "gap_days": 7, "horizon_days": 60}
    run = run_of(tmp_path, {"subscriptions": contracts}, as_of=[T], outcome=declared)
    (row,) = snapshots_of(run, END).counts()
    assert {name: n for name, n in row.items() if n} == {
        "at_risk": 3,
        "not_started": 1,
        "leaving": 1,
        "exit_in_gap": 1,
        "exited": 1,
        "stayed": 1,
    }


def test_churn_needs_subscriptions(tmp_path: Path) -> None:
    events = """
    account_id  time
    A           2024-01-01
    """
    declared = {"kind": "churn", "source": "events", "horizon_days": 60}
    run = run_of(tmp_path, {"events": events}, as_of=[T], outcome=declared)
    with pytest.raises(ConfigurationError, match="churn needs subscriptions, and 'events' holds events"):
        snapshots_of(run, END)
