"""What holds for the raw tables of every simulated company."""

from __future__ import annotations

import datetime
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from healthscore.tables.simulator import World

NAMES = [
    "accounts",
    "users",
    "events",
    "subscriptions",
    "tickets",
    "surveys",
    "invoices",
    "touchpoints",
    "interventions",
]
FAR = pd.Timestamp("2099-01-01")


@pytest.fixture(scope="module", params=["saas", "reactivation"])
def company(request: pytest.FixtureRequest) -> World:
    world: World = request.getfixturevalue(request.param)
    return world


def days(column: Any) -> Any:
    """Dates or instants as naive pandas days."""
    moments = pd.to_datetime(column)
    return (moments.dt.tz_localize(None) if moments.dt.tz is not None else moments).dt.floor("D")


def frame(world: World, name: str) -> pd.DataFrame:
    result: pd.DataFrame = world.tables[name].to_pandas()
    return result


def contracts(world: World) -> pd.DataFrame:
    rows = frame(world, "subscriptions")
    return rows.assign(start=days(rows["start"]), end=days(rows["end"]).fillna(FAR), notice=days(rows["notice_date"]))


def covered(rows: pd.DataFrame, when: Any, spans: pd.DataFrame, slack: int = 0) -> Any:
    """For each row: does some contract of its account, lengthened by `slack` days, hold that day?"""
    left = pd.DataFrame({"account_id": rows["account_id"], "day": when}).reset_index(names="row")
    joined = left.merge(spans, on="account_id")
    hit = joined[(joined["day"] >= joined["start"]) & (joined["day"] < joined["end"] + pd.Timedelta(days=slack))]
    return left["row"].isin(hit["row"])


def test_every_table_is_there_and_has_rows(company: World) -> None:
    assert list(company.tables) == NAMES
    assert all(table.num_rows > 0 for table in company.tables.values())
    assert company.truth["rows"] == {name: table.num_rows for name, table in company.tables.items()}


def test_every_instant_is_utc_and_every_id_is_text(company: World) -> None:
    for table in company.tables.values():
        for field in table.schema:
            if pa.types.is_timestamp(field.type):
                assert field.type.tz == "UTC"
            if field.name.endswith("_id"):
                assert field.type == pa.string()


def test_some_account_ids_would_lose_their_leading_zeros_as_numbers(saas: World) -> None:
    ids = frame(saas, "accounts")["account_id"]
    assert ids.str.fullmatch(r"0\d+").sum() == 14
    assert ids.is_unique


def test_every_row_belongs_to_a_known_account_and_user(company: World) -> None:
    accounts = set(frame(company, "accounts")["account_id"])
    users = frame(company, "users")
    owner = users.set_index("user_id")["account_id"]
    assert owner.index.is_unique
    for name in NAMES:
        assert set(frame(company, name)["account_id"]) <= accounts
    for name in ("events", "surveys"):
        rows = frame(company, name)
        assert (owner.reindex(rows["user_id"]).to_numpy() == rows["account_id"].to_numpy()).all()
    merged = frame(company, "subscriptions")["merged_into"].dropna()
    assert set(merged) <= accounts


def test_contracts_of_an_account_follow_each_other_without_overlap(company: World) -> None:
    rows = contracts(company).sort_values(["account_id", "start"])
    assert (rows["start"] < rows["end"]).all()
    same = rows["account_id"].eq(rows["account_id"].shift(-1))
    assert (rows["end"][same] <= rows["start"].shift(-1)[same]).all()
    assert rows["notice"].dropna().lt(rows["end"][rows["notice"].notna()]).all()
    assert rows["notice"].dropna().ge(rows["start"][rows["notice"].notna()]).all()
    assert (rows["mrr"].astype(float)[rows["status"] == "active"] > 0).all()
    assert (rows["seats"] >= 2).all()


def test_only_contracts_that_end_for_good_carry_an_exit_type(company: World) -> None:
    rows = contracts(company)
    exits = company.truth_tables["exits"].to_pandas()
    typed = rows[rows["exit_type"].notna()]
    assert (typed["status"] == "active").all()
    assert len(typed) == len(exits) == sum(company.truth["exits"].values())
    assert rows[rows["notice"].notna()]["exit_type"].eq("voluntary").all()
    pd.testing.assert_series_equal(rows["merged_into"].notna(), rows["exit_type"].eq("merged"), check_names=False)


def test_nothing_is_known_after_the_extract(company: World) -> None:
    end = datetime.date.fromisoformat(company.truth["data_end"])
    known = {
        "accounts": ["started"],
        "users": ["created"],
        "events": ["time", "ingested_at"],
        "subscriptions": ["start", "notice_date"],
        "tickets": ["opened_at", "closed_at", "escalated_at", "reopened_at", "rated_at"],
        "surveys": ["asked_at", "answered_at"],
        "invoices": ["issued", "paid"],
        "touchpoints": ["time", "logged_at"],
        "interventions": ["date"],
    }
    for name, columns in known.items():
        for column in columns:
            assert days(frame(company, name)[column]).max() < pd.Timestamp(end)


def test_events_stay_within_the_life_of_their_account_but_for_the_stragglers(company: World) -> None:
    events = frame(company, "events")
    spans = contracts(company)
    spans = spans[spans["status"] != "paused"][["account_id", "start", "end"]]
    inside = covered(events, days(events["time"]), spans)
    outside = events[~inside]
    assert 0 < len(outside) < 0.001 * len(events)
    assert set(outside["name"]) == {"api_call"}
    assert covered(outside, days(outside["time"]), spans, slack=company.truth["straggler_days"]).all()


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("tickets", "opened_at"),
        ("surveys", "asked_at"),
        ("invoices", "issued"),
        ("touchpoints", "time"),
        ("interventions", "date"),
    ],
)
def test_everything_else_happens_to_paying_accounts(company: World, name: str, column: str) -> None:
    rows = frame(company, name)
    spans = contracts(company)
    spans = spans[spans["status"] == "active"][["account_id", "start", "end"]]
    assert covered(rows, days(rows[column]), spans).all()


def test_no_survey_follows_a_notice(company: World) -> None:
    rows = contracts(company)
    noticed = rows[rows["notice"].notna()][["account_id", "notice", "end"]].rename(columns={"notice": "start"})
    noticed["start"] += pd.Timedelta(days=7)  # notices are seen on Mondays
    surveys = frame(company, "surveys")
    assert not covered(surveys, days(surveys["asked_at"]), noticed).any()


def test_rows_arrive_after_they_happen_and_some_arrive_days_later(company: World) -> None:
    events = frame(company, "events")
    delay = events["ingested_at"] - events["time"]
    assert (delay > pd.Timedelta(0)).all()
    assert 0.02 < (delay > pd.Timedelta(hours=1)).mean() < 0.04
    assert (delay > pd.Timedelta(days=1)).mean() > 0.005
    assert delay.max() <= pd.Timedelta(days=company.truth["late_events"]["max_days"] + 1)
    touchpoints = frame(company, "touchpoints")
    assert (touchpoints["logged_at"] > touchpoints["time"]).all()


def test_tracking_recorded_nothing_during_the_outage_and_something_on_every_other_day(company: World) -> None:
    (outage,) = company.truth["outages"]
    seen = set(days(frame(company, "events")["time"]))
    lost = set(pd.date_range(outage["start"], outage["end"], inclusive="left"))
    assert len(lost) == 3
    everything = set(pd.date_range(company.truth["data_start"], company.truth["data_end"], inclusive="left"))
    assert everything - seen == lost


def test_ratings_keep_to_their_scales_and_silence_is_empty(company: World) -> None:
    surveys, tickets = frame(company, "surveys"), frame(company, "tickets")
    assert surveys["nps"].dropna().between(0, 10).all()
    pd.testing.assert_series_equal(surveys["nps"].isna(), surveys["answered_at"].isna(), check_names=False)
    assert 0.4 < surveys["nps"].notna().mean() < 0.6
    assert tickets["csat"].dropna().between(1, 5).all()
    pd.testing.assert_series_equal(tickets["csat"].isna(), tickets["rated_at"].isna(), check_names=False)


def test_those_lost_for_not_paying_left_bills_unpaid(company: World) -> None:
    exits = company.truth_tables["exits"].to_pandas()
    failed = set(exits[exits["exit_type"] == "involuntary"]["account_id"])
    invoices = frame(company, "invoices")
    old = invoices[days(invoices["issued"]) < pd.Timestamp("2025-04-01")]
    unpaid = old[old["paid"].isna()]
    assert len(unpaid) > 0
    assert set(unpaid["account_id"]) <= failed
