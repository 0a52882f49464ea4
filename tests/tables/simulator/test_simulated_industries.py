"""What holds for the raw tables of every kind of company beside the software company."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score

from healthscore.tables.simulator import WORLDS, World, simulate
from healthscore.tables.simulator.experiences import BROKEN, FELT_WEEKS, KEPT, claim_shocks, simulate_claims
from healthscore.tables.simulator.industries.terms import cut
from healthscore.tables.simulator.recipe import simulate_latents
from healthscore.tables.simulator.timeline import OPEN

CUSTOMERS = {
    "b2b_services": ("clients", "client_id"),
    "ecommerce": ("customers", "customer_id"),
    "finance": ("customers", "customer_id"),
    "insurance": ("customers", "customer_id"),
    "retail": ("cards", "card_id"),
}
TRACKED = {
    "b2b_services": ("portal", "time", "ingested_at"),
    "ecommerce": ("sessions", "started_at", "ingested_at"),
    "finance": ("logins", "time", "ingested_at"),
    "insurance": ("portal", "time", "ingested_at"),
    "retail": ("receipts", "bought_at", "loaded_at"),
}
AHEAD = {"due", "renewal", "promised", "ended", "closed"}
"""Days that may lie ahead when the data end: promises, renewals, and ends that were announced."""


@pytest.fixture(scope="module", params=sorted(CUSTOMERS))
def company(request: pytest.FixtureRequest) -> World:
    return simulate(str(request.param), accounts=300, seed=21)


def test_customers_are_texts_and_every_row_belongs_to_one(company: World) -> None:
    table, key = CUSTOMERS[company.name]
    ids = company.tables[table][key].to_pylist()
    assert len(set(ids)) == len(ids) == 300
    assert sum(name.isdigit() and name.startswith("0") for name in ids) == 6
    for name, rows in company.tables.items():
        assert rows.num_rows > 0
        assert set(rows[key].to_pylist()) <= set(ids), name
        assert all(field.type == pa.string() for field in rows.schema if field.name.endswith("_id")), name


def test_some_tables_are_exported_as_csv_and_some_as_parquet(company: World) -> None:
    assert set(company.csv) < set(company.tables)
    assert company.csv


def test_nothing_is_known_after_the_extract(company: World) -> None:
    end = pd.Timestamp(company.truth["data_end"])
    for name, rows in company.tables.items():
        for field in rows.schema:
            if pa.types.is_temporal(field.type) and field.name not in AHEAD:
                moments = rows[field.name].cast(pa.timestamp("us")).to_pandas().dropna()
                assert (moments < end).all(), (name, field.name)


def test_tracking_lost_three_days_and_some_rows_came_late(company: World) -> None:
    name, time, known = TRACKED[company.name]
    rows = company.tables[name].to_pandas()
    (outage,) = company.truth["outages"]
    first, last = (datetime.date.fromisoformat(outage[key]) for key in ("start", "end"))
    days = rows[time].dt.date
    assert not ((days >= first) & (days < last)).any()
    assert ((days >= first - datetime.timedelta(days=7)) & (days < first)).any()
    delay = rows[known] - rows[time]
    assert (delay > pd.Timedelta(0)).all()
    assert 0.01 < (delay > pd.Timedelta(hours=1)).mean() < 0.05
    assert (delay > pd.Timedelta(days=1)).any()


def test_who_leaves_had_worse_states_before(company: World) -> None:
    rows = company.truth_tables["truth_subscores"].to_pandas()
    rows = rows[rows["left"].notna()]
    health = sum(weight * rows[component] for component, weight in company.truth["weights"].items())
    assert roc_auc_score(rows["left"], -health) > 0.55


@pytest.mark.parametrize("name", ["b2b_services", "insurance"])
def test_yearly_terms_end_at_renewals_and_are_given_up_before(name: str) -> None:
    world = simulate(name, accounts=400, seed=3)
    exits = world.truth_tables["exits"].to_pandas()
    assert set(exits["exit_type"]) == {"voluntary", "involuntary"}
    lost = exits[exits["exit_type"] == "voluntary"]
    days = (pd.to_datetime(lost["end"]) - pd.to_datetime(lost["decided"])).dt.days
    assert days[days > 0].between(35, 69).all()
    assert (days == 0).any()
    terms = world.tables["contracts" if name == "b2b_services" else "policies"].to_pandas()
    start, renewal = pd.to_datetime(terms["start"]), pd.to_datetime(terms["renewal"])
    assert (renewal == start + pd.DateOffset(years=1)).mean() > 0.99  # but for 29 February
    ended = pd.to_datetime(terms["ended"])
    voluntary = terms["exit_type"] == "voluntary"
    if name == "b2b_services":
        assert (ended[voluntary] == renewal[voluntary]).all()


def test_parts_of_a_group_live_and_end_with_its_head() -> None:
    world = simulate("b2b_services", accounts=400, seed=3)
    parents = world.tables["clients"].to_pandas().set_index("client_id")["parent_id"].dropna()
    assert 10 < len(parents) < 50
    assert not set(parents) & set(parents.index)  # one floor deep
    rows = world.tables["contracts"].to_pandas()
    spans = {client: list(zip(of["start"], of["ended"], strict=True)) for client, of in rows.groupby("client_id")}
    for part, head in parents.items():
        assert spans[part] == spans[head]


def test_a_life_is_cut_into_terms_of_a_year() -> None:
    # Day 0 is 2024-01-01, a leap year: the anniversaries lie 366 and 731 days later.
    account, begin, end = np.array([7, 8]), np.array([0, 10]), np.array([731, OPEN])
    terms = cut(account, begin, end, notice=np.array([690, OPEN]), cause=np.array([0, -1]), days=800)
    found = np.stack([terms.account, terms.year, terms.start, terms.renewal, terms.end, terms.notice, terms.cause])
    assert found.T.tolist() == [
        [7, 0, 0, 366, 366, OPEN, -1],
        [7, 1, 366, 731, 731, 690, 0],
        [8, 0, 10, 376, 376, OPEN, -1],
        [8, 1, 376, 741, 741, OPEN, -1],
        [8, 2, 741, 1106, OPEN, OPEN, -1],
    ]


def test_a_claim_is_felt_for_half_a_year_from_the_day_on_which_the_promise_was_kept_or_broken() -> None:
    recipe = WORLDS["insurance"]
    latents = simulate_latents(recipe, 200, 80, seed=5)
    claims, shocks = simulate_claims(recipe, latents, 5), claim_shocks(recipe, latents, 5)
    assert shocks.shape == (200, 80)
    assert set(np.unique(shocks).tolist()) == {BROKEN, KEPT, 0.0}
    alone = np.flatnonzero(np.bincount(claims.account, minlength=200)[claims.account] == 1)
    for row in alone:
        first = min(claims.settled[row], claims.promised[row]) // 7 + 1
        broken = claims.settled[row] > claims.promised[row]
        expected = np.zeros(80)
        expected[first : first + FELT_WEEKS] = BROKEN if broken else KEPT
        assert shocks[claims.account[row]].tolist() == expected.tolist()
