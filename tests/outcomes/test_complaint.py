"""Complaint: hand-made complaints with hand-made labels. As of 1 March 2024, gap 7, horizon 60: [8 March, 7 May)."""

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
CONTRACTS = """
    account_id  start       end         notice      status  exit_type
    first_day   2024-01-01  -           -           active  -
    last_day    2024-01-01  -           -           active  -
    after       2024-01-01  -           -           active  -
    in_gap      2024-01-01  -           -           active  -
    before      2024-01-01  -           -           active  -
    twice       2024-01-01  -           -           active  -
    silent      2024-01-01  -           -           active  -
    left_early  2024-01-01  2024-03-05  -           active  voluntary
    left        2024-01-01  2024-04-01  -           active  voluntary
    merged      2024-01-01  2024-04-01  -           active  merged
    spoke       2024-01-01  2024-04-01  -           active  merged
    leaving     2024-01-01  2024-04-01  2024-02-01  active  voluntary
    trial       2024-01-01  -           -           trial   -
    paused      2024-01-01  -           -           paused  -
    ended       2024-01-01  2024-02-01  -           active  -
    """
COMPLAINTS = """
    account_id  time        name
    first_day   2024-03-08  price
    last_day    2024-05-06  price
    after       2024-05-07  price
    in_gap      2024-03-07  price
    before      2024-02-20  price
    twice       2024-04-02  price
    twice       2024-03-20  service
    left_early  2024-03-20  price
    spoke       2024-03-20  price
    trial       2024-03-20  price
    nobody      2024-03-20  price
    """


def fates(folder: Path, tables: dict[str, Any], *, data_end: str = END, **more: Any) -> dict[str, Fate]:
    """Account -> status, label, exit day."""
    sources = more.pop("sources", {}) | {"complaints": {"contract": "events"} | more.pop("complaints", {})}
    declared = {"kind": "complaint", "source": "complaints", "gap_days": 7, "horizon_days": 60} | more
    run = run_of(folder, tables, as_of=[T], outcome=declared, sources=sources)
    return {account: fate for (account, _), fate in fates_of(snapshots_of(run, data_end)).items()}


def test_a_complaint_within_the_window_of_an_active_account_counts(tmp_path: Path) -> None:
    found = fates(tmp_path, {"subscriptions": CONTRACTS, "complaints": COMPLAINTS})
    assert found["first_day"] == ("at_risk", "exited", date(2024, 3, 8))
    assert found["last_day"] == ("at_risk", "exited", date(2024, 5, 6))
    assert found["twice"] == ("at_risk", "exited", date(2024, 3, 20))
    assert found["spoke"] == ("at_risk", "exited", date(2024, 3, 20))
    for quiet in ("after", "in_gap", "before", "silent", "left"):
        assert found[quiet] == ("at_risk", "stayed", None)
    assert found["left_early"] == ("at_risk", "exit_in_gap", None)
    assert found["merged"] == ("at_risk", "censored", None)
    statuses = {account: found[account][0] for account in ("leaving", "trial", "paused", "ended", "nobody")}
    assert statuses == {
        "leaving": "leaving",
        "trial": "trial",
        "paused": "paused",
        "ended": "ended",
        "nobody": "not_started",
    }


def test_only_rows_that_the_condition_chooses_are_complaints(tmp_path: Path) -> None:
    found = fates(tmp_path, {"subscriptions": CONTRACTS, "complaints": COMPLAINTS}, where="name = 'price'")
    assert found["twice"] == ("at_risk", "exited", date(2024, 4, 2))


def test_a_withdrawn_complaint_is_none_and_an_amended_one_is_one(tmp_path: Path) -> None:
    complaints = """
    account_id  time        event_id  known_at    retracted
    withdrawn   2024-03-20  1         2024-03-20  false
    withdrawn   2024-03-20  1         2024-06-01  true
    amended     2024-03-20  2         2024-03-20  false
    amended     2024-03-25  2         2024-06-01  false
    standing    2024-03-20  3         2024-03-20  false
    """
    contracts = """
    account_id  start
    withdrawn   2024-01-01
    amended     2024-01-01
    standing    2024-01-01
    """
    tables = {"subscriptions": contracts, "complaints": complaints}
    found = fates(tmp_path, tables, complaints={"corrections": True})
    assert found["withdrawn"] == ("at_risk", "stayed", None)
    assert found["amended"] == ("at_risk", "exited", date(2024, 3, 25))
    assert found["standing"] == ("at_risk", "exited", date(2024, 3, 20))


def test_without_contracts_a_recent_event_tells_who_is_active(tmp_path: Path) -> None:
    visits = """
    account_id  time        known_at
    recent      2024-01-31  -
    long_ago    2024-01-30  -
    tomorrow    2024-03-01  -
    unheard     2024-02-20  2024-03-01
    """
    complaints = """
    account_id  time
    recent      2024-03-20
    long_ago    2024-03-20
    """
    tables = {"visits": visits, "complaints": complaints}
    asked: dict[str, Any] = {"active_source": "visits", "sources": {"visits": {"contract": "events"}}}
    found = fates(tmp_path, tables, eligible_within_days=30, **asked)
    assert found["recent"] == ("at_risk", "exited", date(2024, 3, 20))
    assert {found[account][0] for account in ("long_ago", "tomorrow", "unheard")} == {"ineligible"}
    ever = fates(tmp_path, tables, **asked)
    assert ever["long_ago"] == ("at_risk", "exited", date(2024, 3, 20))
    assert ever["tomorrow"][0] == "ineligible"


def test_a_complaint_counts_only_once_the_window_and_maturity_are_over(tmp_path: Path) -> None:
    tables = {"subscriptions": CONTRACTS, "complaints": COMPLAINTS}
    assert fates(tmp_path, tables, data_end="2024-05-06")["twice"] == ("at_risk", "immature", None)
    assert fates(tmp_path, tables, data_end="2024-05-07")["twice"][1] == "exited"


@pytest.mark.parametrize(
    ("more", "said", "remedy"),
    [
        ({}, "does not say who is a customer", "active_source"),
        ({"source": "levels"}, "complaint needs events, and 'levels' holds levels", "rows are complaints"),
        ({"active_source": "levels"}, "'levels' holds levels, which does not say", 'contract = "subscriptions"'),
    ],
)
def test_a_complaint_needs_complaints_and_somebody_who_could_complain(
    tmp_path: Path, more: dict[str, Any], said: str, remedy: str
) -> None:
    levels = """
    account_id  time        value
    A           2024-01-01  1
    """
    with pytest.raises(ConfigurationError, match=said) as raised:
        fates(tmp_path, {"complaints": COMPLAINTS, "levels": levels}, **more)
    assert remedy in raised.value.remedy
