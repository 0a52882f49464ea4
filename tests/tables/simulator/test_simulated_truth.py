"""What was planted can be found again, and nothing else can."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from healthscore.tables.simulator import COMPONENTS, WORLDS, World, simulate
from healthscore.tables.simulator.company import simulate_company
from healthscore.tables.simulator.contacts import interventions_table
from healthscore.tables.simulator.lives import ACTIVE, NOT_ENDED, PAUSED, Lives
from healthscore.tables.simulator.recipe import PLANTED_WEIGHTS
from healthscore.tables.simulator.timeline import OPEN, Timeline
from healthscore.tables.simulator.truth import (
    LEFT,
    STAYED,
    UNKNOWN,
    exits_table,
    fitted_weights,
    large_sample,
    large_sample_weights,
    monthly_snapshots,
    snapshots,
)
from healthscore.tables.simulator.worlds.learned_shapes import shaped

VOLUNTARY, INVOLUNTARY, MERGED, PAUSE = range(4)


def lives_of(*segments: tuple[int, int, int, int, int, int]) -> Lives:
    """Segments (account, start, end, kind, notice, cause) by hand."""
    rows = np.array(segments, dtype=np.int64)
    status = np.zeros((int(rows[:, 0].max()) + 1, 547), dtype=np.int8)
    account, start, end, kind, notice, cause = rows.T
    return Lives(account, start, end, kind, notice, cause, status)


def states_of(world: str, accounts: int, seed: int) -> tuple[Any, Any]:
    """(sub-scores, left) of the mature monthly snapshots, without simulating any table."""
    _, _, state, outcome = monthly_snapshots(simulate_company(WORLDS[world], accounts, Timeline(18), seed))
    return state[outcome != UNKNOWN], outcome[outcome != UNKNOWN]


def honest_auc(world: World) -> float:
    """AUC out of time of a logistic regression on a handful of counts of the raw tables."""
    subscores = world.truth_tables["truth_subscores"].to_pandas()
    subscores = subscores[subscores["left"].notna()]
    events = world.tables["events"].to_pandas()
    events["key"] = events["name"].isin(world.truth["key_features"])
    parts = []
    for as_of, members in subscores.groupby("as_of"):
        end = pd.Timestamp(as_of, tz="UTC")
        seen = events[(events["time"] >= end - pd.Timedelta(days=28)) & (events["ingested_at"] < end)]
        groups = seen.groupby("account_id")
        counts = pd.DataFrame({"n": groups.size(), "users": groups["user_id"].nunique(), "key": groups["key"].sum()})
        counts = counts.reindex(members["account_id"]).fillna(0.0)
        counts["seats"] = world.tables["users"].to_pandas().groupby("account_id").size().reindex(counts.index)
        parts.append(counts.assign(left=members["left"].to_numpy(), as_of=end))
    panel = pd.concat(parts[2:])
    inputs = np.log1p(panel[["n", "users", "key", "seats"]].to_numpy())
    past = (panel["as_of"] < pd.Timestamp("2024-10-01", tz="UTC")).to_numpy()
    later = (panel["as_of"] >= pd.Timestamp("2025-01-01", tz="UTC")).to_numpy()
    left = panel["left"].to_numpy().astype(int)
    model = LogisticRegression(C=1.0).fit(inputs[past], left[past])
    return float(roc_auc_score(left[later], model.predict_proba(inputs[later])[:, 1]))


def test_planted_weights_are_what_a_logistic_on_the_true_subscores_finds() -> None:
    state, left = states_of("additive", accounts=20_000, seed=5)
    betas = -LogisticRegression(C=np.inf).fit(state, left).coef_[0]
    shares = dict(zip(COMPONENTS, betas / betas.sum(), strict=True))
    assert shares == pytest.approx(dict(PLANTED_WEIGHTS), abs=0.02)


@pytest.mark.parametrize("world", ["additive", "drift", "interactions", "insurance"])
def test_stored_large_sample_weights_are_those_of_a_large_sample(world: str) -> None:
    stored = WORLDS[world].large_sample
    assert stored is not None
    assert dict(stored) == pytest.approx(large_sample_weights(WORLDS[world], 40_000, seed=900), abs=0.012)


def test_every_world_with_planted_weights_stores_what_a_large_sample_finds() -> None:
    for recipe in WORLDS.values():
        if recipe.strength:
            assert recipe.large_sample is not None, recipe.name
            assert tuple(recipe.large_sample) == recipe.components
            assert sum(recipe.large_sample.values()) == pytest.approx(1.0, abs=3e-4)
    assert dict(WORLDS["additive"].large_sample or {}) == pytest.approx(dict(PLANTED_WEIGHTS), abs=0.012)


def test_fitted_weights_are_those_of_a_design_with_a_column_per_origin() -> None:
    _, origin, state, left = large_sample(WORLDS["drift"], 2_000, seed=30)
    fitted = fitted_weights(COMPONENTS, state, left, origin)
    columns = np.concatenate([-state, (origin[:, None] == np.unique(origin)).astype(float)], axis=1)
    model = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10, max_iter=10_000).fit(columns, left)
    betas = model.coef_[0][: len(COMPONENTS)]
    assert fitted == pytest.approx(dict(zip(COMPONENTS, betas / betas.sum(), strict=True)), abs=1e-5)


def test_nothing_predicts_in_the_null_world() -> None:
    state, left = states_of("null", accounts=20_000, seed=6)
    half = len(left) // 2
    model = LogisticRegression().fit(state[:half], left[:half])
    assert roc_auc_score(left[half:], model.predict_proba(state[half:])[:, 1]) == pytest.approx(0.5, abs=0.03)
    assert honest_auc(simulate("null", accounts=1_200, seed=3)) == pytest.approx(0.5, abs=0.08)


def test_an_honest_model_on_a_few_counts_predicts_in_the_additive_world() -> None:
    assert 0.70 < honest_auc(simulate("additive", accounts=1_500, seed=3)) < 0.82


def test_a_quarter_to_a_seventh_of_the_accounts_leave_within_a_year(saas: World) -> None:
    rows = saas.tables["subscriptions"].to_pandas()
    rows = rows[rows["status"] == "active"]
    first, last = pd.Timestamp("2024-01-01"), pd.Timestamp("2025-07-01")
    start = pd.to_datetime(rows["start"]).clip(lower=first)
    end = pd.to_datetime(rows["end"]).fillna(last).clip(upper=last)
    years = (end - start).dt.days.clip(lower=0).sum() / 365.25
    assert 0.15 < sum(saas.truth["exits"].values()) / years < 0.25


def test_truth_names_the_last_date_whose_outcome_is_complete(saas: World) -> None:
    assert saas.truth["last_as_of"] == "2025-04-11"  # 7 + 60 + 14 days before 2025-07-01
    assert saas.truth["data_end"] == "2025-07-01"
    assert sum(saas.truth["weights"].values()) == pytest.approx(1.0)
    assert list(saas.truth["weights"]) == list(COMPONENTS)


def test_subscores_hold_the_accounts_at_risk_once_per_month(saas: World) -> None:
    rows = saas.truth_tables["truth_subscores"].to_pandas()
    assert not rows.duplicated(["account_id", "as_of"]).any()
    assert rows["as_of"].nunique() == 18
    by_date = rows.groupby("as_of")["left"].apply(lambda left: left.notna().any())
    assert by_date.to_numpy().tolist() == [True] * 16 + [False] * 2
    spread = rows[list(COMPONENTS)].std()
    assert spread.between(0.8, 1.15).all()


def test_outcome_counts_decisions_from_the_gap_to_the_end_of_the_horizon() -> None:
    day = 100
    lives = lives_of(
        (0, 0, OPEN, ACTIVE, OPEN, NOT_ENDED),
        (1, 0, 106, ACTIVE, OPEN, VOLUNTARY),
        (2, 0, 107, ACTIVE, OPEN, VOLUNTARY),
        (3, 0, 200, ACTIVE, 166, VOLUNTARY),
        (4, 0, 200, ACTIVE, 167, VOLUNTARY),
        (5, 0, 150, ACTIVE, OPEN, INVOLUNTARY),
        (6, 0, 120, ACTIVE, 99, VOLUNTARY),
        (7, 100, OPEN, ACTIVE, OPEN, NOT_ENDED),
        (8, 0, 130, ACTIVE, OPEN, VOLUNTARY),
        (8, 144, OPEN, ACTIVE, OPEN, NOT_ENDED),
        (9, 0, 130, ACTIVE, OPEN, VOLUNTARY),
        (9, 145, OPEN, ACTIVE, OPEN, NOT_ENDED),
        (10, 0, 130, ACTIVE, OPEN, PAUSE),
        (10, 130, 160, PAUSED, OPEN, NOT_ENDED),
        (10, 160, OPEN, ACTIVE, OPEN, NOT_ENDED),
    )
    at_risk, outcome = snapshots(WORLDS["additive"], lives, Timeline(18), day)
    assert at_risk.tolist() == [True] * 6 + [False, False] + [True] * 3
    expected = [STAYED, UNKNOWN, LEFT, LEFT, STAYED, UNKNOWN, UNKNOWN, UNKNOWN, STAYED, LEFT, UNKNOWN]
    assert outcome.tolist() == expected


def test_learned_shapes_keep_the_spread_of_each_component() -> None:
    states = np.random.default_rng(1).standard_normal((400_000, 1, len(COMPONENTS)))
    bent = shaped(states)[:, 0]
    np.testing.assert_allclose(bent.mean(axis=0), 0.0, atol=0.01)
    np.testing.assert_allclose(bent.std(axis=0), 1.0, atol=0.01)


def test_finance_announces_involuntary_exits_in_that_world_only() -> None:
    for name, expected in (("involuntary", -1.3), ("additive", 0.0)):
        company = simulate_company(WORLDS[name], 6_000, Timeline(18), seed=4)
        failed = np.flatnonzero(company.lives.cause == INVOLUNTARY)
        week = company.lives.end[failed] // 7  # latents start `lead_weeks` early: this is the state that struck
        state = company.latents[company.lives.account[failed], week, COMPONENTS.index("finance")]
        assert state.mean() == pytest.approx(expected, abs=0.25)


def test_interventions_help_the_treated_and_not_the_held_out() -> None:
    company = simulate_company(WORLDS["interventions"], 6_000, Timeline(18), seed=8)
    actions = interventions_table(company).to_pandas()
    exits = exits_table(company).to_pandas()
    exits = exits[exits["exit_type"] == "voluntary"]
    joined = actions.merge(exits, on="account_id")
    wait = (pd.to_datetime(joined["decided"]) - pd.to_datetime(joined["date"])).dt.days
    left = joined[wait.between(7, 56)].groupby("arm").size() / actions.groupby("arm").size()
    assert left["treated"] < 0.6 * left["held_out"]
