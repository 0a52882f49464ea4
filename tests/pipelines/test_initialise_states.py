"""`init`: what lasts is proposed as intervals, what is measured as levels, and renewals as what is predicted."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from healthscore.config import load_run
from healthscore.pipelines.check import check
from healthscore.pipelines.initialise import initialise
from healthscore.pipelines.simulate import simulate
from healthscore.tables import open_tables
from proposing import propose, write_csv

BEGIN = date(2023, 1, 1)


@pytest.fixture(autouse=True)
def _own_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """A root set for the whole session would win over the tables of these tests."""
    monkeypatch.delenv("HEALTHSCORE_DATA", raising=False)


def day(number: int) -> date:
    return BEGIN + timedelta(days=number)


def lasting(opened: int, days: int, never: int = 10) -> str:
    """Opening and closing; one in `never` is still open."""
    return f"{day(opened)},{'' if opened % never == 0 else day(opened + days)}"


def one_source(tmp_path: Path, name: str, header: str, rows: list[str]) -> dict[str, Any]:
    """The source proposed for a lone table, beside log-ins that make the run whole."""
    logins = write_csv(tmp_path / "logins.csv", "account_id,time", *(f"a{i % 9},{day(i)}" for i in range(400)))
    made = propose(tmp_path, logins, write_csv(tmp_path / f"{name}.csv", header, *rows))
    assert check(made.path).ok
    found: dict[str, Any] = made.result["sources"][name]
    return found | {"signal": made.result["signals"].get(name)}


@pytest.mark.parametrize(
    ("name", "opened", "closed"),
    [
        ("tickets", "opened_at", "closed_at"),
        ("cases", "created", "resolved"),
        ("invoices", "issued", "paid"),
        ("invoices", "Invoice Date", "Paid On"),
        ("tasks", "start", "done"),
        ("claims", "reported", "settled"),
        ("milestones", "started", "delivered"),
    ],
    ids=str,
)
def test_what_opens_and_closes_is_an_interval(tmp_path: Path, name: str, opened: str, closed: str) -> None:
    rows = [f"a{i % 9},{lasting(i, 5)}" for i in range(300)]
    source = one_source(tmp_path, name, f"account_id,{opened},{closed}", rows)
    assert source["contract"] == "intervals"
    assert (source["columns"]["start"], source["columns"]["end"]) == (opened, closed)


def test_a_due_date_is_a_deadline_and_its_signal_tells_what_is_late(tmp_path: Path) -> None:
    rows = [f"a{i % 9},{lasting(i, 20)},{day(i + 14)},{50 + i}" for i in range(300)]
    source = one_source(tmp_path, "invoices", "account_id,issued,paid,due,amount", rows)
    assert source["columns"] | {"deadline": "due", "quantity": "amount"} == source["columns"]
    assert source["signal"]["families"] == ["deadlines"]


def test_an_end_before_the_beginning_is_none(tmp_path: Path) -> None:
    rows = [f"a{i % 9},{day(i)},{day(i - 3)}" for i in range(300)]
    assert one_source(tmp_path, "tickets", "account_id,opened,closed", rows)["contract"] == "events"


@pytest.mark.parametrize("name", ["sessions", "orders", "meetings"])
def test_what_happens_is_an_event_however_long_it_took(tmp_path: Path, name: str) -> None:
    rows = [f"a{i % 9},{day(i)},{day(i + 1)}" for i in range(300)]
    assert one_source(tmp_path, name, "account_id,started,completed", rows)["contract"] == "events"


@pytest.mark.parametrize(
    ("column", "low", "high", "scale"),
    [
        ("nps", 0, 10, [0, 10]),
        ("nps", 2, 5, [0, 10]),
        ("csat", 1, 5, [1, 5]),
        ("csat", 2, 4, [1, 5]),
        ("ces", 1, 7, [1, 7]),
        ("rating", 1, 6, [1, 7]),
        ("score", 0, 9, [0, 10]),
        ("ease", 1, 7, [1, 7]),
        ("rating", 1, 100, None),
    ],
    ids=str,
)
def test_a_score_is_a_level_of_the_scale_that_its_values_fit(
    tmp_path: Path, column: str, low: int, high: int, scale: list[int] | None
) -> None:
    rows = [f"a{i % 9},{day(i)},{low + i % (high - low + 1)}" for i in range(300)]
    source = one_source(tmp_path, "ratings", f"account_id,rated_at,{column}", rows)
    assert source["contract"] == "levels"
    assert source["columns"]["value"] == column
    assert source["settings"].get("ranges") == (None if scale is None else {"value": scale})
    assert (source["signal"]["favourable_from"], source["signal"]["unfavourable_to"]) == (
        (9, 6) if column == "nps" else (None, None)
    )


def test_a_balance_is_a_level_known_when_it_was_reported(tmp_path: Path) -> None:
    rows = [f"a{i % 9},{day(i)},{100.5 + i},{day(i + 3)}" for i in range(300)]
    source = one_source(tmp_path, "balances", "account_id,month_end,balance,reported_at", rows)
    assert source["contract"] == "levels"
    assert source["columns"] == {
        "account_id": "account_id",
        "time": "month_end",
        "value": "balance",
        "known_at": "reported_at",
    }
    assert source["signal"]["component"] == "finance"


def test_a_survey_is_answers_and_questions(tmp_path: Path) -> None:
    rows = [f"a{i % 9},{lasting(i, 2, 3)},{'' if i % 3 == 0 else i % 11},{'exit' * (i % 7 == 0)}" for i in range(300)]
    header = "account_id,asked_at,answered_at,nps,purpose"
    source = one_source(tmp_path, "surveys", header, rows)
    assert source["where"] == "answered_at is not null and (purpose is null or purpose <> 'exit')"
    assert source["columns"]["time"] == "answered_at"
    run = load_run(tmp_path / "out" / "healthscore.toml")
    questions = run.sources["surveys_questions"]
    assert questions.contract == "intervals"
    assert questions.columns == {"account_id": "account_id", "start": "asked_at", "end": "answered_at"}
    assert questions.where == "(purpose is null or purpose <> 'exit')"
    assert (run.signals["surveys"].favourable_from, run.signals["surveys"].unfavourable_to) == (9, 6)
    with open_tables(run) as tables:
        assert tables.reports["surveys_questions"].used > tables.reports["surveys"].used


def test_tickets_alone_still_tell_who_falls_silent(tmp_path: Path) -> None:
    rows = [f"a{i % 9},{lasting(i, 5)}" for i in range(700)]
    result = propose(tmp_path, write_csv(tmp_path / "tickets.csv", "account_id,opened_at,closed_at", *rows)).result
    assert {name: source["contract"] for name, source in result["sources"].items()} == {
        "tickets_begun": "events",
        "tickets": "intervals",
    }
    assert (result["outcome"]["kind"], result["outcome"]["source"]) == ("inactivity", "tickets_begun")


def terms(tmp_path: Path, days: int, years: int, renewal: str = "renewal_date") -> dict[str, Any]:
    """What is proposed for terms of so many days, and log-ins over so many years."""
    rows = []
    for i in range(60):  # every fourth account leaves after its first term
        first, second, third = (day(i + days * term) for term in range(3))
        rows.append(f"a{i},{first},{second if i % 4 == 0 else ''},{second}")
        rows += [f"a{i},{second},,{third}"] if i % 4 else []
    contracts = write_csv(tmp_path / "contracts.csv", f"account_id,start,end,{renewal}", *rows)
    logins = (f"a{i % 60},{day(i)}" for i in range(365 * years))
    made = propose(tmp_path, contracts, write_csv(tmp_path / "logins.csv", "account_id,time", *logins))
    outcome: dict[str, Any] = made.result["outcome"] | {"questions": made.result["questions"]}
    outcome |= made.result["sources"]["contracts"]["columns"]
    return outcome


@pytest.mark.parametrize(("years", "horizon"), [(5, 365), (3, 180), (1, 90)])
def test_terms_of_a_year_give_non_renewal_as_far_ahead_as_the_data_allow(
    tmp_path: Path, years: int, horizon: int
) -> None:
    outcome = terms(tmp_path, 365, years)
    assert outcome["renewal"] == "renewal_date"
    assert {key: outcome[key] for key in ("kind", "gap_days", "horizon_days", "grace_days")} == {
        "kind": "non_renewal",
        "gap_days": 30,
        "horizon_days": horizon,
        "grace_days": 60,
    }
    assert any("was it written when the term began" in question for question in outcome["questions"])


def test_terms_of_a_month_give_churn(tmp_path: Path) -> None:
    outcome = terms(tmp_path, 30, 3)
    assert (outcome["kind"], outcome["horizon_days"]) == ("churn", 60)


@pytest.mark.parametrize(
    ("world", "kind", "contracts"),
    [
        ("b2b_services", "non_renewal", {"milestones": "intervals", "surveys": "levels", "contracts": "subscriptions"}),
        ("finance", "churn", {"products": "subscriptions", "complaints": "intervals", "balances": "levels"}),
        ("insurance", "non_renewal", {"claims": "intervals", "premiums": "intervals", "surveys": "levels"}),
        ("ecommerce", "inactivity", {"orders": "events", "reviews": "levels"}),
        ("retail", "inactivity", {"receipts": "events", "ratings": "levels"}),
    ],
)
def test_tables_of_every_industry_find_their_contracts(
    tmp_path: Path, world: str, kind: str, contracts: dict[str, str]
) -> None:
    simulate(world, 60, 3, tmp_path / "company")
    result = initialise(tmp_path / "company" / "data", tmp_path / "run.toml").result
    assert result["outcome"]["kind"] == kind
    assert contracts.items() <= {name: source["contract"] for name, source in result["sources"].items()}.items()
    assert 4 <= len(result["signals"]) <= 6
