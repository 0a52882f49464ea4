"""Contraction and expansion: hand-made revenue with hand-made labels.

As of 1 March 2024, gap 7, horizon 60: the window is [8 March, 7 May), its last day 6 May.
"""

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
STAYED = ("at_risk", "stayed", None)
CENSORED = ("at_risk", "censored", None)
IN_GAP = ("at_risk", "exit_in_gap", None)
STEPS = """
    account_id  start       end         value
    by_ten      2023-01-01  2024-04-10  120
    by_ten      2024-04-10  -           108
    by_less     2023-01-01  2024-04-10  120
    by_less     2024-04-10  -           108.01
    recovered   2023-01-01  2024-04-10  120
    recovered   2024-04-10  2024-05-01  100
    recovered   2024-05-01  -           115
    in_gap      2023-01-01  2024-03-04  120
    in_gap      2024-03-04  -           100
    first_day   2023-01-01  2024-03-08  120
    first_day   2024-03-08  -           100
    last_day    2023-01-01  2024-05-06  120
    last_day    2024-05-06  -           100
    after       2023-01-01  2024-05-07  120
    after       2024-05-07  -           100
    twice       2023-01-01  2024-03-20  120
    twice       2024-03-20  2024-04-10  100
    twice       2024-04-10  -           50
    grew        2023-01-01  2024-04-10  100
    grew        2024-04-10  -           110
    grew_less   2023-01-01  2024-04-10  100
    grew_less   2024-04-10  -           109.99
    grew_back   2023-01-01  2024-04-10  100
    grew_back   2024-04-10  2024-05-01  120
    grew_back   2024-05-01  -           105
    grew_early  2023-01-01  2024-03-04  100
    grew_early  2024-03-04  -           150
    """


def fates(folder: Path, kind: str, table: str, *, source: str = "subscriptions", **outcome: Any) -> dict[str, Fate]:
    """Account -> status, label, exit day."""
    declared = {"kind": kind, "source": source, "gap_days": 7, "horizon_days": 60} | outcome
    run = run_of(folder, {source: table}, as_of=[T], outcome=declared)
    return {account: fate for (account, _), fate in fates_of(snapshots_of(run, END)).items()}


def happened(found: dict[str, Fate]) -> dict[str, date | None]:
    """Day of what happened, by account."""
    return {account: day for account, (status, label, day) in found.items() if (status, label) == ("at_risk", "exited")}


def test_revenue_that_is_a_tenth_less_at_the_end_contracted_on_the_day_from_which_it_stayed_there(
    tmp_path: Path,
) -> None:
    found = fates(tmp_path, "contraction", STEPS)
    assert happened(found) == {
        "by_ten": date(2024, 4, 10),
        "first_day": date(2024, 3, 8),
        "last_day": date(2024, 5, 6),
        "twice": date(2024, 3, 20),
    }
    assert found["in_gap"] == IN_GAP
    assert {found[name] for name in ("by_less", "recovered", "after", "grew", "grew_early")} == {STAYED}


def test_revenue_that_is_a_tenth_more_at_the_end_expanded(tmp_path: Path) -> None:
    found = fates(tmp_path, "expansion", STEPS)
    assert happened(found) == {"grew": date(2024, 4, 10)}
    assert found["grew_early"] == IN_GAP
    assert {found[name] for name in ("grew_less", "grew_back", "by_ten", "recovered")} == {STAYED}


def test_the_share_may_be_declared_and_what_prices_add_is_taken_off(tmp_path: Path) -> None:
    assert "by_less" in happened(fates(tmp_path, "contraction", STEPS, change_percent=5))
    assert set(happened(fates(tmp_path, "contraction", STEPS, change_percent=50))) == {"twice"}
    assert set(happened(fates(tmp_path, "expansion", STEPS, change_percent=4.76, price_uplift_percent=5))) == {"grew"}
    assert not happened(fates(tmp_path, "expansion", STEPS, change_percent=4.77, price_uplift_percent=5))


def test_add_ons_count_and_trials_do_not(tmp_path: Path) -> None:
    contracts = """
    account_id  start       end         value  status  subscription_id
    fell        2023-01-01  -           100    active  base
    fell        2023-02-01  2024-04-10  20     active  addon
    grew        2023-01-01  -           100    active  base
    grew        2024-04-10  -           20     active  addon
    tried       2023-01-01  -           100    active  base
    tried       2024-04-10  -           50     trial   addon
    """
    assert happened(fates(tmp_path, "contraction", contracts)) == {"fell": date(2024, 4, 10)}
    assert happened(fates(tmp_path, "expansion", contracts)) == {"grew": date(2024, 4, 10)}


def test_leaving_is_no_contraction_and_no_expansion(tmp_path: Path) -> None:
    contracts = """
    account_id  start       end         notice      exit_type  value
    left        2023-01-01  2024-04-10  -           voluntary  100
    shrank      2023-01-01  2024-04-01  -           -          100
    shrank      2024-04-01  2024-05-01  -           voluntary  50
    merged      2023-01-01  2024-04-10  -           merged     100
    gave_notice 2023-01-01  2024-08-01  2024-04-10  voluntary  100
    in_gap      2023-01-01  2024-03-05  -           voluntary  100
    later       2023-01-01  2024-06-01  -           voluntary  100
    leaving     2023-01-01  2024-06-01  2024-02-01  voluntary  100
    """
    contracted = fates(tmp_path, "contraction", contracts)
    assert {contracted[name] for name in ("left", "shrank", "merged", "gave_notice")} == {CENSORED}
    expanded = fates(tmp_path, "expansion", contracts)
    assert {expanded[name] for name in ("left", "shrank", "gave_notice")} == {STAYED}
    assert expanded["merged"] == CENSORED
    for found in (contracted, expanded):
        assert found["in_gap"] == IN_GAP
        assert found["later"] == STAYED
        assert found["leaving"][0] == "leaving"


def test_a_late_renewal_is_no_fall_and_a_pause_at_the_end_is_not_told(tmp_path: Path) -> None:
    contracts = """
    account_id  start       end         status  value
    lapsed      2023-01-01  2024-05-01  active  100
    lapsed      2024-05-10  -           active  100
    cheaper     2023-01-01  2024-04-01  active  100
    cheaper     2024-04-10  -           active  80
    paused      2023-01-01  2024-05-01  active  100
    paused      2024-05-01  -           paused  100
    resumed     2023-01-01  2024-04-01  active  100
    resumed     2024-04-01  2024-05-01  paused  100
    resumed     2024-05-01  -           active  100
    unpriced    2023-01-01  2024-05-01  active  100
    unpriced    2024-05-01  -           active  -
    """
    found = fates(tmp_path, "contraction", contracts, grace_days=14)
    assert happened(found) == {"cheaper": date(2024, 4, 10)}
    assert found["lapsed"] == found["resumed"] == STAYED
    assert found["paused"] == found["unpriced"] == CENSORED


def test_nothing_can_fall_or_grow_from_nothing_and_the_first_days_are_left_out_of_growth(tmp_path: Path) -> None:
    # 90 days before 1 March are 2 December.
    contracts = """
    account_id  start       value  known_at    subscription_id
    free        2023-01-01  0      -           1
    unpriced    2023-01-01  -      -           1
    old_enough  2023-12-02  100    -           1
    too_young   2023-12-03  100    -           1
    unheard     2023-12-02  100    2024-03-01  1
    unheard     2023-12-03  100    -           2
    """
    contracted = {account: fate[0] for account, fate in fates(tmp_path, "contraction", contracts).items()}
    young = {"old_enough": "at_risk", "too_young": "at_risk", "unheard": "at_risk"}
    assert contracted == {"free": "ineligible", "unpriced": "ineligible"} | young
    expanded = {account: fate[0] for account, fate in fates(tmp_path, "expansion", contracts).items()}
    assert expanded == contracted | {"too_young": "ineligible", "unheard": "ineligible"}
    assert fates(tmp_path, "expansion", contracts, first_days=89)["too_young"][0] == "at_risk"


def test_invoices_are_held_against_those_of_the_window_before(tmp_path: Path) -> None:
    # Before: [1 January, 1 March). After: [8 March, 7 May).
    invoices = """
    account_id  time        quantity  known_at
    fell        2024-01-01  60        -
    fell        2024-02-29  60        -
    fell        2024-03-08  54        -
    fell        2024-05-06  54        -
    held        2023-12-31  500       -
    held        2024-02-01  100       -
    held        2024-03-07  1         -
    held        2024-04-01  91        -
    held        2024-05-07  1         -
    gone        2024-02-01  100       -
    grew        2023-10-01  100       -
    grew        2024-02-01  100       -
    grew        2024-04-01  110       2024-12-01
    credited    2024-02-01  100       -
    credited    2024-02-02  -100      -
    unheard     2024-02-01  100       2024-03-01
    """
    contracted = fates(tmp_path, "contraction", invoices, source="events")
    assert happened(contracted) == {"fell": date(2024, 3, 8)}
    assert contracted["gone"] == CENSORED
    assert contracted["held"] == contracted["grew"] == STAYED
    assert contracted["credited"][0] == contracted["unheard"][0] == "ineligible"
    expanded = fates(tmp_path, "expansion", invoices, source="events")
    assert happened(expanded) == {"grew": date(2024, 3, 8)}
    assert {expanded[name][0] for name in ("fell", "gone", "credited")} == {"ineligible"}
    assert fates(tmp_path, "expansion", invoices, source="events", first_days=0)["gone"] == STAYED


def test_invoices_of_customers_under_contract_are_asked_about_while_they_are_at_risk(tmp_path: Path) -> None:
    invoices = """
    account_id  time        quantity
    A           2024-02-01  100
    A           2024-04-01  50
    B           2024-02-01  100
    B           2024-04-01  50
    C           2024-02-01  100
    """
    contracts = """
    account_id  start       end         notice      value
    A           2023-01-01  -           -           100
    B           2023-01-01  2024-05-01  2024-02-10  100
    C           2023-01-01  2024-03-20  -           100
    """
    declared = {"kind": "contraction", "source": "events", "gap_days": 7, "horizon_days": 60}
    run = run_of(tmp_path, {"events": invoices, "subscriptions": contracts}, as_of=[T], outcome=declared)
    snapshots = snapshots_of(run, END)
    found = {account: fate for (account, _), fate in fates_of(snapshots).items()}
    assert found["A"] == ("at_risk", "exited", date(2024, 3, 8))
    assert found["B"][0] == "leaving"
    assert found["C"] == CENSORED
    assert snapshots.value[0].tolist() == [100, 100, 100]


@pytest.mark.parametrize("kind", ["contraction", "expansion"])
@pytest.mark.parametrize(
    ("source", "table", "said"),
    [
        ("subscriptions", "\naccount_id start\nA 2023-01-01", "'subscriptions' holds subscriptions, without `value`"),
        ("events", "\naccount_id time\nA 2023-01-01", "'events' holds events, without `quantity`"),
        ("levels", "\naccount_id time value\nA 2023-01-01 1", "'levels' holds levels"),
    ],
)
def test_revenue_outcomes_need_revenue(tmp_path: Path, kind: str, source: str, table: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{kind} needs revenue, and {said}") as raised:
        fates(tmp_path, kind, table, source=source)
    assert "`value`" in raised.value.remedy
    assert "`quantity`" in raised.value.remedy


def test_the_rows_of_subscriptions_are_chosen_by_the_source(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"outcome\.where") as raised:
        fates(tmp_path, "contraction", "\naccount_id start value\nA 2023-01-01 100", where="value > 10")
    assert "[sources.subscriptions]" in raised.value.remedy
