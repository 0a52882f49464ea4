"""`init`: literal tables in, a run that loads out. Names propose, values decide, and what neither says is asked."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from healthscore.config import load_run
from healthscore.errors import ConfigurationError, InputError
from healthscore.pipelines.check import check
from healthscore.pipelines.initialise import Initialised, initialise
from healthscore.pipelines.simulate import simulate
from healthscore.tables import open_tables
from proposing import propose, write_csv


@pytest.fixture(autouse=True)
def _own_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """A root set for the whole session would win over the tables of these tests."""
    monkeypatch.delenv("HEALTHSCORE_DATA", raising=False)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The simulator's tables, as a company would hand them over."""
    return simulate("saas", 120, 3, tmp_path_factory.mktemp("company") / "saas").directory


@pytest.fixture(scope="module")
def proposed(workspace: Path) -> Initialised:
    """What is proposed for them."""
    return initialise(workspace / "data", workspace / "proposed.toml")


def write_parquet(path: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def purchases(path: Path, every: int = 30, accounts: int = 8, days: int = 720) -> Path:
    """Accounts that buy every so many days, from 2023 on."""
    rows = [
        f"c{account:02},{date(2023, 1, 1) + timedelta(days=account + day)},{10 + account}.50"
        for account in range(accounts)
        for day in range(0, days, every)
    ]
    return write_csv(path, "customer_id,date,amount", *rows)


# The simulator's tables


def test_every_table_of_a_company_finds_its_contract(proposed: Initialised) -> None:
    result = proposed.result
    contracts = {name: source["contract"] for name, source in result["sources"].items()}
    assert contracts == {
        "accounts": "accounts",
        "subscriptions": "subscriptions",
        "events": "events",
        "touchpoints": "events",
        "invoices": "intervals",
        "surveys_questions": "intervals",
        "tickets": "intervals",
        "surveys": "levels",
        "tickets_ratings": "levels",
        "interventions": "interventions",
    }
    assert "as it stands today" in result["left_out"]["users"]


def test_columns_are_mapped_by_what_they_mean(proposed: Initialised) -> None:
    sources = proposed.result["sources"]
    assert sources["subscriptions"]["columns"] == {
        "account_id": "account_id",
        "start": "start",
        "end": "end",
        "notice": "notice_date",
        "status": "status",
        "exit_type": "exit_type",
        "seats": "seats",
        "value": "mrr",
    }
    assert sources["events"]["columns"]["known_at"] == "ingested_at"
    assert sources["events"]["columns"]["actor_id"] == "user_id"
    assert sources["touchpoints"]["columns"]["known_at"] == "logged_at"
    assert sources["tickets"]["columns"] == {
        "account_id": "account_id",
        "start": "opened_at",
        "end": "closed_at",
        "kind": "severity",
    }


def test_what_was_filled_in_later_is_left_out_with_its_reason(proposed: Initialised) -> None:
    tickets = proposed.result["sources"]["tickets"]
    for column in ("escalated_at", "reopened_at"):
        assert "not known then" in tickets["left_out"][column]
    for column in ("csat", "rated_at"):
        assert tickets["left_out"][column] == "used in [sources.tickets_ratings]"


def test_an_unanswered_survey_is_no_answer(proposed: Initialised) -> None:
    surveys = proposed.result["sources"]["surveys"]
    assert surveys["columns"]["time"] == "answered_at"
    assert surveys["where"] == "answered_at is not null"
    assert surveys["left_out"]["comment"] == "free text"


def test_contracts_give_churn_with_the_defaults_of_monthly_plans(proposed: Initialised) -> None:
    result = proposed.result
    outcome = result["outcome"]
    assert {key: outcome[key] for key in ("kind", "source", "gap_days", "horizon_days", "grace_days", "types")} == {
        "kind": "churn",
        "source": "subscriptions",
        "gap_days": 7,
        "horizon_days": 60,
        "grace_days": 14,
        "types": ["voluntary"],
    }
    assert result["windows"] == [7, 14, 28, 84]
    assert result["data_end"] == "2025-07-01"
    # 84 days after 2024-01-01 is 25 March; 7 + 60 + 14 days before 1 July is 11 April.
    assert result["as_of"] == {"first": "2024-04-01", "last": "2025-04-01", "every": "month"}


def test_four_to_six_signals_of_different_components_to_start_with(proposed: Initialised) -> None:
    signals = proposed.result["signals"]
    assert 4 <= len(signals) <= 6
    components = {signal["component"] for signal in signals.values()}
    assert components == {"activity", "adoption", "support", "satisfaction", "relationship", "finance"}
    assert signals["touchpoints"]["where"] == "attended"


def test_the_proposal_checks_without_an_error(proposed: Initialised) -> None:
    assert check(proposed.path).ok


def test_the_same_tables_give_the_same_file(workspace: Path, tmp_path: Path) -> None:
    first = initialise(workspace / "data", tmp_path / "a.toml").path.read_text()
    second = initialise(workspace / "data", tmp_path / "b.toml").path.read_text()
    assert first.replace('name = "a"', "") == second.replace('name = "b"', "")


# Ids


def test_shared_values_tell_the_account_from_other_ids(tmp_path: Path) -> None:
    customers = write_csv(tmp_path / "customers.csv", "id,name", *(f"{100 + i},Firm {i}" for i in range(9)))
    rows = [f"{i},{100 + i % 9},2024-{1 + i % 12:02}-05,3" for i in range(1, 60)]
    orders = write_csv(tmp_path / "orders.csv", "order_id,customer_id,ordered_at,total", *rows)
    sources = propose(tmp_path, customers, orders).result["sources"]
    assert sources["customers"]["columns"]["account_id"] == "id"
    assert sources["orders"]["columns"]["account_id"] == "customer_id"
    assert sources["orders"]["columns"]["event_id"] == "order_id"


def test_ids_that_hardly_occur_in_the_accounts_are_asked_about(tmp_path: Path) -> None:
    accounts = write_csv(tmp_path / "accounts.csv", "account_id,name", *(f"A{i},Firm {i}" for i in range(9)))
    rows = [f"B{i % 9},2024-01-{1 + i % 28:02}" for i in range(60)]
    logins = write_csv(tmp_path / "logins.csv", "account_id,time", *rows)
    questions = propose(tmp_path, accounts, logins).result["questions"]
    assert any("only 0% of the ids in logins.account_id occur in accounts.account_id" in q for q in questions)


def test_the_words_of_exports_are_understood(tmp_path: Path) -> None:
    """An account's id goes by many names; `id` in a table of customers is what `customer` means elsewhere."""
    customers = write_csv(
        tmp_path / "customers.csv", "id,name,created", *(f"cus_{i},Firm {i},1672531200" for i in range(9))
    )
    rows = [
        f"sub_{i},cus_{i},1672531200,{'' if i % 2 else 1704067200},{'active' if i % 2 else 'canceled'}"
        for i in range(9)
    ]
    contracts = write_csv(tmp_path / "subscriptions.csv", "id,customer,start_date,ended_at,status", *rows)
    rows = [f"{i},cus_{i % 9},2023-{1 + i % 12:02}-05 10:00:00" for i in range(90)]
    meetings = write_csv(tmp_path / "meetings.csv", "Meeting ID,Associated Customer ID,Meeting start time", *rows)
    sources = propose(tmp_path, customers, contracts, meetings).result["sources"]
    assert {name: source["columns"]["account_id"] for name, source in sources.items()} == {
        "customers": "id",
        "subscriptions": "customer",
        "meetings": "Associated Customer ID",
    }
    assert sources["subscriptions"]["settings"] == {"time_unit": "s", "unused": ["status"]}


def test_without_a_telling_name_the_values_decide_and_the_file_asks(tmp_path: Path) -> None:
    rows = [f"k{i % 9},{'xyz'[i % 3]},2024-01-{1 + i % 28:02}" for i in range(90)]
    result = propose(tmp_path, write_csv(tmp_path / "log.csv", "wer,was,date", *rows)).result
    assert result["sources"]["log"]["columns"]["account_id"] == "wer"
    assert any("is log.wer the account's id?" in question for question in result["questions"])


def test_ids_with_a_decimal_point_are_asked_about(tmp_path: Path) -> None:
    days = [date(2024, 1, 1) + timedelta(days=i) for i in range(100)]
    table = write_parquet(tmp_path / "orders.parquet", customer_id=[float(i % 7) for i in range(100)], date=days)
    result = propose(tmp_path, table).result
    assert result["sources"]["orders"]["columns"]["account_id"] == "CAST(customer_id AS integer)"
    assert any("decimal point" in question for question in result["questions"])


# Times


def test_an_ambiguous_date_is_asked_about_and_never_guessed_silently(tmp_path: Path) -> None:
    rows = [f"c{i % 4},{1 + i % 12:02}/{1 + i % 7:02}/2024,5" for i in range(80)]
    made = propose(tmp_path, write_csv(tmp_path / "orders.csv", "customer,date,amount", *rows))
    line = next(line for line in made.path.read_text().splitlines() if line.startswith("time_format"))
    assert line.startswith('time_format = "%d/%m/%Y"')
    assert 'CONFIRM: every value also reads as "%m/%d/%Y"' in line
    assert any("%d/%m/%Y" in q and "%m/%d/%Y" in q for q in made.result["questions"])


def test_a_date_that_reads_one_way_only_is_declared_without_a_question(tmp_path: Path) -> None:
    rows = [f"c{i % 4},{1 + i % 28:02}.{1 + i % 12:02}.2024,5" for i in range(80)]
    made = propose(tmp_path, write_csv(tmp_path / "orders.csv", "customer,date,amount", *rows))
    assert made.result["sources"]["orders"]["settings"]["time_format"] == "%d.%m.%Y"
    assert made.result["questions"] == []


def test_times_without_a_zone_are_asked_about(tmp_path: Path) -> None:
    times = [datetime(2024, 1, 1, 9) + timedelta(days=i) for i in range(100)]
    made = propose(
        tmp_path, write_parquet(tmp_path / "logins.parquet", account=[f"a{i % 5}" for i in range(100)], ts=times)
    )
    assert made.result["sources"]["logins"]["settings"]["timezone"] == "UTC"
    assert 'timezone = "UTC"               # CONFIRM: the zone of the clock' in made.path.read_text()
    assert any("In which time zone were logins.ts written?" in question for question in made.result["questions"])


def test_an_epoch_is_declared_in_the_unit_that_fits(tmp_path: Path) -> None:
    begin = int(datetime(2024, 1, 1).timestamp()) * 1000
    rows = [f"a{i % 5},{begin + i * 86_400_000}" for i in range(100)]
    settings = propose(tmp_path, write_csv(tmp_path / "events.csv", "account_id,event_time", *rows)).result["sources"]
    assert settings["events"]["settings"] == {"time_unit": "ms"}


def test_days_counted_from_a_start_use_the_table_of_starts_and_ask(tmp_path: Path) -> None:
    starts = write_parquet(tmp_path / "courses.parquet", course=["x", "y"], begins=[date(2024, 1, 1), date(2024, 2, 1)])
    clicks = write_parquet(
        tmp_path / "clicks.parquet",
        student_id=[f"s{i % 6}" for i in range(120)],
        course=["xy"[i % 2] for i in range(120)],
        date=[i - 5 for i in range(120)],
    )
    made = propose(tmp_path, starts, clicks)
    assert made.result["sources"]["clicks"]["columns"]["time"] == "begins + date"
    assert any("look like days counted from a start. Is it courses.begins" in q for q in made.result["questions"])
    checked = check(made.path)
    assert checked.ok
    assert checked.result["sources"]["clicks"]["first_date"] == "2023-12-27"


def test_days_counted_from_an_unknown_start_are_left_out_politely(tmp_path: Path) -> None:
    logins = write_csv(
        tmp_path / "logins.csv", "student,time", *(f"s{i % 6},2024-01-{1 + i % 28:02}" for i in range(60))
    )
    clicks = write_csv(tmp_path / "clicks.csv", "student,date", *(f"s{i % 6},{i - 5}" for i in range(60)))
    result = propose(tmp_path, logins, clicks).result
    assert "days counted from a start" in result["left_out"]["clicks"]
    assert any("no table says which date that is" in question for question in result["questions"])


@pytest.mark.parametrize(("name", "unused"), [("loaded_at", None), ("known_at", ["known_at"])])
def test_a_known_at_before_the_event_is_none(tmp_path: Path, name: str, unused: list[str] | None) -> None:
    rows = [f"a{i % 5},2024-02-{1 + i % 28:02},2024-01-01" for i in range(60)]
    made = propose(tmp_path, write_csv(tmp_path / "events.csv", f"account,time,{name}", *rows))
    source = made.result["sources"]["events"]
    assert "known_at" not in source["columns"]
    assert source["settings"].get("unused") == unused
    with open_tables(load_run(made.path)) as tables:
        assert "known_at" not in tables.bound_columns("events")


# Outcome and dates


@pytest.mark.parametrize(("every", "horizon"), [(7, 7), (30, 30), (45, 30), (75, 60), (100, 90), (160, 180)])
def test_without_contracts_the_horizon_is_the_gap_that_nine_in_ten_purchases_keep(
    tmp_path: Path, every: int, horizon: int
) -> None:
    outcome = propose(tmp_path, purchases(tmp_path / "orders.csv", every)).result["outcome"]
    assert (outcome["kind"], outcome["horizon_days"], outcome["gap_days"]) == ("inactivity", horizon, 0)
    assert outcome["eligible_within_days"] == 2 * horizon


def test_a_return_is_no_purchase(tmp_path: Path) -> None:
    rows = [f"c{i % 5},{date(2023, 1, 1) + timedelta(days=i)},{-3 if i % 9 == 0 else 7}" for i in range(700)]
    result = propose(tmp_path, write_csv(tmp_path / "sales.csv", "customer,date,amount", *rows)).result
    assert result["outcome"]["where"] == "quantity > 0"
    assert result["signals"]["returns"]["where"] == "quantity < 0"


def test_contracts_of_whole_years_are_annual(tmp_path: Path) -> None:
    rows = [f"a{i},2020-{1 + i % 12:02}-01,{2021 + i % 3}-{1 + i % 12:02}-01" for i in range(30)]
    outcome = propose(tmp_path, write_csv(tmp_path / "contracts.csv", "account,start_date,end_date", *rows)).result[
        "outcome"
    ]
    assert (outcome["gap_days"], outcome["horizon_days"], outcome["grace_days"]) == (30, 90, 60)


def test_short_data_say_that_they_are_short(tmp_path: Path) -> None:
    result = propose(tmp_path, purchases(tmp_path / "orders.csv", every=5, days=20)).result
    assert any("not yet validated" in question for question in result["questions"])


def test_a_customer_list_with_start_and_end_is_both_accounts_and_contracts(tmp_path: Path) -> None:
    header = "customer_id,company,signup_date,churn_date,plan,status,churned"
    rows = [
        f"c{i},Firm {i},2023-{1 + i % 12:02}-03,{'' if i % 3 else f'2024-05-0{1 + i % 9}'},pro,active,{i % 3 == 0}"
        for i in range(40)
    ]
    result = propose(tmp_path, write_csv(tmp_path / "customers.csv", header, *rows)).result
    book, contracts = result["sources"]["customers"], result["sources"]["customers_contracts"]
    assert book["contract"] == "accounts"
    assert book["columns"] == {"account_id": "customer_id", "name": "company"}
    assert contracts["columns"]["start"] == "signup_date"
    assert contracts["columns"]["end"] == "churn_date"
    assert "leak" in book["left_out"]["churned"]
    assert "leak" in book["left_out"]["status"]
    assert result["outcome"]["kind"] == "churn"


def test_a_status_of_today_never_pauses_the_past(tmp_path: Path) -> None:
    rows = [
        f"a{i},2023-01-0{1 + i % 9},{'2024-02-01' if i % 4 == 0 else ''},{'cancelled' if i % 4 == 0 else 'active'}"
        for i in range(20)
    ]
    made = propose(tmp_path, write_csv(tmp_path / "subscriptions.csv", "account_id,start,end,status", *rows))
    source = made.result["sources"]["subscriptions"]
    assert source["settings"]["unused"] == ["status"]
    assert "status" not in source["columns"]
    assert "leak" in source["left_out"]["status"]


def test_surveys_asked_because_of_a_cancellation_are_left_out(tmp_path: Path) -> None:
    rows = [
        f"a{i % 9},2024-03-{1 + i % 28:02},{i % 11},{'exit survey' if i % 10 == 0 else 'quarterly'}" for i in range(90)
    ]
    surveys = write_csv(tmp_path / "nps.csv", "account_id,answered_at,score,purpose", *rows)
    where = propose(tmp_path, surveys).result["sources"]["nps"]["where"]
    assert where == "(purpose is null or purpose <> 'exit survey')"


def test_columns_that_are_bound_by_their_name_are_not_called_unused(tmp_path: Path) -> None:
    book = write_csv(
        tmp_path / "accounts.csv", "account_id,parent_id", *(f"a{i},{'a0' if i else ''}" for i in range(9))
    )
    rows = [f"a{i % 9},2024-03-{1 + i % 28:02},{i % 11},{'pulse' if i % 10 else 'project'}" for i in range(90)]
    surveys = write_csv(tmp_path / "nps.csv", "account_id,answered_at,score,purpose", *rows)
    made = propose(tmp_path, book, surveys)
    sources = made.result["sources"]
    assert sources["accounts"]["columns"]["parent_id"] == "parent_id"
    assert sources["nps"]["columns"]["purpose"] == "purpose"
    assert "purpose" not in sources["nps"]["attributes"]
    assert not any({"parent_id", "purpose"} & set(source["left_out"]) for source in sources.values())
    assert check(made.path).ok


def test_several_open_contracts_of_an_account_are_told_apart(tmp_path: Path) -> None:
    rows = [f"a{i % 5},p{i},2023-01-0{1 + i % 9},{'2024-02-01' if i % 4 == 0 else ''}" for i in range(20)]
    made = propose(tmp_path, write_csv(tmp_path / "policies.csv", "account_id,policy_id,start,end", *rows))
    (source,) = made.result["sources"].values()
    assert source["columns"]["subscription_id"] == "policy_id"
    assert check(made.path).ok


@pytest.mark.parametrize("world", ["b2b_services", "ecommerce", "finance", "insurance", "retail"])
def test_the_proposal_for_every_industry_checks_without_an_error(world: str, tmp_path: Path) -> None:
    simulate(world, 120, 3, tmp_path / "company")
    made = propose(tmp_path, tmp_path / "company" / "data")
    assert check(made.path).ok


# Files


def test_parts_of_one_table_are_one_source(tmp_path: Path) -> None:
    for month in (1, 2, 3):
        rows = [f"a{i % 5},2024-{month:02}-{1 + i % 28:02}" for i in range(40)]
        write_csv(tmp_path / f"events_2024-{month:02}.csv", "account_id,time", *rows)
    result = propose(tmp_path, tmp_path).result
    assert list(result["sources"]) == ["events"]
    assert result["sources"]["events"]["rows"] == 120


def test_exports_that_overlap_at_their_ends_are_asked_about(tmp_path: Path) -> None:
    first = [f"c{i % 7},{date(2023, 1, 1) + timedelta(days=i)},4,2023" for i in range(200)]
    second = [f"c{i % 7},{date(2023, 1, 1) + timedelta(days=i)},4,2024" for i in range(190, 400)]
    rows = [row + "s" for row in first + second]
    made = propose(tmp_path, write_csv(tmp_path / "orders.csv", "customer,date,amount,sheet", *rows))
    assert any("2023-07-10 to 2023-07-19 lie in two parts" in question for question in made.result["questions"])
    assert """# where = "not (sheet = '2023s' and date >= '2023-07-10')\"""" in made.path.read_text()


def test_a_file_that_cannot_be_opened_is_named_and_the_others_are_used(tmp_path: Path) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 is not enough")
    purchases(tmp_path / "orders.csv")
    result = propose(tmp_path, tmp_path).result
    assert list(result["sources"]) == ["orders"]
    assert "no whole Parquet file" in result["left_out"]["broken.parquet"]


def test_names_that_would_break_out_of_the_file_stay_names(tmp_path: Path) -> None:
    hostile = 'x"] \n[evil]\nkey = "1'
    table = write_parquet(
        tmp_path / "my events (final).parquet",
        **{
            "Account ID": [f"a{i % 5}" for i in range(99)],
            "Event Time": [date(2024, 1, 1 + i % 28) for i in range(99)],
        },
        **{hostile: ["v"] * 99, "end": [1] * 99},
    )
    made = propose(tmp_path, table)
    run = load_run(made.path)
    assert list(run.sources) == ["my_events_final"]
    assert run.sources["my_events_final"].columns["account_id"] == "Account ID"
    assert check(made.path).ok


def test_an_existing_run_is_never_overwritten_unasked(tmp_path: Path) -> None:
    table = purchases(tmp_path / "orders.csv")
    target = tmp_path / "healthscore.toml"
    target.write_text("# mine\n")
    with pytest.raises(ConfigurationError, match="is there already"):
        initialise([table], target)
    assert target.read_text() == "# mine\n"
    initialise([table], target, force=True)
    assert load_run(target).outcome is not None


def test_tables_without_a_history_are_refused_with_every_reason(tmp_path: Path) -> None:
    table = write_csv(
        tmp_path / "telecom.csv", "calls,complains,status,churn", *(f"{i},0,1,{i % 2}" for i in range(30))
    )
    with pytest.raises(InputError, match=r"no table can be used:\n  telecom: no column holds the account's id"):
        initialise([table], tmp_path / "healthscore.toml")
    assert not (tmp_path / "healthscore.toml").exists()


@pytest.mark.parametrize(
    ("name", "said"), [("nothing.csv", "there is no file"), ("notes.txt", "neither Parquet nor CSV")]
)
def test_what_is_no_table_is_refused(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(InputError, match=said):
        initialise([tmp_path / name], tmp_path / "healthscore.toml")


# Published data


def test_cdnow_is_a_shop_whose_customers_fall_silent(real_data: Path, tmp_path: Path) -> None:
    result = propose(tmp_path, real_data / "cdnow").result
    assert result["sources"]["transactions"]["columns"] == {
        "account_id": "customer_id",
        "time": "date",
        "quantity": "amount_usd",
    }
    assert (result["outcome"]["kind"], result["outcome"]["horizon_days"]) == ("inactivity", 180)
    assert result["data_end"] == "1998-07-01"
    assert result["as_of"]["last"] == "1998-01-01"


def test_online_retail_asks_for_its_zone_and_its_overlapping_sheets(real_data: Path, tmp_path: Path) -> None:
    made = propose(tmp_path, real_data / "online_retail_ii")
    columns = made.result["sources"]["transactions"]["columns"]
    assert columns["quantity"] == "quantity * unit_price_gbp"
    assert columns["actor_id"] == "invoice"
    assert made.result["outcome"]["where"] == "quantity > 0"
    assert made.result["outcome"]["horizon_days"] == 90
    assert """# where = "not (sheet = '2009-2010' and invoice_ts >= '2010-12-01')\"""" in made.path.read_text()
    assert any("time zone" in question for question in made.result["questions"])


def test_oulad_asks_what_its_days_count_from(real_data: Path, tmp_path: Path) -> None:
    result = propose(tmp_path, real_data / "oulad").result
    assert result["sources"]["student_vle"]["columns"]["time"] == "assumed_start_date + date"
    assert sum("look like days counted from a start" in question for question in result["questions"]) == 3
    assert "student_info" in result["left_out"]
    assert "final_result" not in str(result["sources"])
