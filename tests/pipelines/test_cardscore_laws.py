"""Laws of scores by a scorecard: they add up, and see nothing of the future, nor run anything in a spreadsheet."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from canaries import CANARIES
from carded import RUN, write_carded
from feature_book import GRID, SCHEMAS, Rows, T, book_of_rows
from healthscore.config import Run, Scorecard
from healthscore.pipelines.score import ScoreResult, score
from literal import run_of
from literal_card import ACCOUNTS, AS_OF, TABLES, by_account, card_of, literal_run, rated

UNEVEN: dict[str, Any] = {
    "name": "uneven",
    "missing": "neutral",
    "components": {
        "use": {
            "weight": 33.33,
            "missing": "reweight",
            "measures": [
                {"feature": "usage_count_28d", "linear": [[0, 0], [7, 100]], "tolerance": 1},
                {"feature": "usage_active_days_84d", "linear": [[0, 3], [13, 97]], "share": 1.7},
                {"feature": "nps_mean_28d", "linear": [[2, 0], [9, 100]]},
            ],
        },
        "answers": {"weight": 33.33, "measures": [{"feature": "answers_last", "linear": [[0, 0], [10, 100]]}]},
        "tickets": {
            "weight": 33.34,
            "start": 77,
            "actions": [
                {"name": "open", "when": {"feature": "tickets_open", "at_least": 1}, "points": -13.3},
                {"name": "many open", "when": {"feature": "tickets_open", "at_least": 4}, "points": -70},
                {"name": "fast", "when": {"feature": "tickets_days_to_close_84d", "at_most": 3}, "points": 31},
            ],
        },
    },
    "cap": [{"name": "silent", "when": [{"feature": "usage_count_28d", "at_most": 6}], "score": 33.35}],
    "bands": {"quartiles_of": "2024-04-01"},
}


def random_run(folder: Path, rows: Rows) -> Run:
    """A run without outcome on rows of every kind, corrected later and known late."""
    corrected = {"corrections": True, "deduplicate_by": ["id"]}
    shown = ("events", "intervals", "levels", "subscriptions")
    return run_of(
        folder,
        {name: pa.Table.from_pylist(rows[name], SCHEMAS[name]) for name in shown},
        as_of=GRID,
        sources=dict.fromkeys(("events", "intervals", "levels"), corrected),
        features={"windows": [28, 84]},
        signals={
            "usage": {"families": ["frequency"]},
            "answers": {"source": "levels"},
            "nps": {"source": "levels", "where": "name = 'nps'"},
            "tickets": {"source": "intervals"},
        },
        data_end=date(2024, 10, 1),
        tracking={"enabled": False},
    )


@pytest.fixture(scope="module")
def rows() -> Rows:
    return book_of_rows()


@pytest.fixture(scope="module")
def uneven(rows: Rows, tmp_path_factory: pytest.TempPathFactory) -> ScoreResult:
    return score(
        random_run(tmp_path_factory.mktemp("random"), rows), as_of=T, scorecard=Scorecard.model_validate(UNEVEN)
    )


def tenths(values: pd.Series) -> pd.Series:
    whole = (values * 10).round()
    assert ((values * 10 - whole).abs() < 1e-9).all()
    return whole.astype("int64")


def test_what_is_shown_adds_up_to_the_score_of_every_account(uneven: ScoreResult) -> None:
    shown = rated(uneven)
    assert len(shown) > 10
    assert (shown["cap"] == "silent").sum() > 2
    parts = [name for name in shown if str(name).startswith("points_")]
    assert (pd.concat([tenths(shown[name]) for name in parts], axis=1).sum(axis=1) == tenths(shown["health"])).all()
    drivers = uneven.drivers.assign(tenths=tenths(uneven.drivers["points"]))
    whole = drivers[drivers["kind"] != "feature"].groupby("account_id")["tenths"].sum()
    assert (whole == tenths(shown["health"]).sort_index()).all()
    keys = ["account_id", "component"]
    features = drivers[drivers["kind"] == "feature"].groupby(keys)["tenths"].sum()
    components = drivers[drivers["kind"] == "component"].set_index(keys)["tenths"]
    pd.testing.assert_series_equal(features, components.sort_index())
    caps = drivers[drivers["kind"] == "capped"].set_index("account_id")["component"]
    assert (caps == shown["cap"].sort_index()).all()


def test_points_of_features_are_the_exact_ones_rounded(uneven: ScoreResult) -> None:
    features = uneven.drivers[(uneven.drivers["kind"] == "feature") & (uneven.drivers["component"] == "use")]
    assert features["value"].isna().any()
    for account, row in by_account(uneven).items():
        mine = features[features["account_id"] == account]
        value = dict(zip(mine["feature"], mine["value"], strict=True))
        shown = dict(zip(mine["feature"], mine["points"], strict=True))
        full = {
            "usage_count_28d": (np.interp(max(value["usage_count_28d"] - 1, 0), [0, 7], [0, 100]), 1.0),
            "usage_active_days_84d": (np.interp(value["usage_active_days_84d"], [0, 13], [3, 97]), 1.7),
            "nps_mean_28d": (np.interp(value["nps_mean_28d"], [2, 9], [0, 100]), 1.0),
        }
        known = {name: pair for name, pair in full.items() if not np.isnan(value[name])}
        total = sum(share for _, share in known.values())
        for name, points in shown.items():
            reached, share = known.get(name, (100.0, 0.0))
            lost = row["weight_use"] / 100 * share / max(total, 1) * (100 - reached)
            assert points == pytest.approx(-lost, abs=0.15), (account, name)


@pytest.mark.parametrize("canary", CANARIES)
def test_what_is_known_later_changes_no_bit(uneven: ScoreResult, rows: Rows, tmp_path: Path, canary: str) -> None:
    run = random_run(tmp_path, CANARIES[canary](rows, T))
    found = score(run, as_of=T, scorecard=Scorecard.model_validate(UNEVEN))
    pd.testing.assert_frame_equal(found.scores, uneven.scores, check_exact=True)
    pd.testing.assert_frame_equal(found.drivers, uneven.drivers, check_exact=True)
    assert found.result["band_probability"] == uneven.result["band_probability"]


def test_names_of_rules_and_owners_run_nothing_in_a_spreadsheet(tmp_path: Path) -> None:
    cap = [{"name": "=cmd()", "when": [{"feature": "cases_open", "at_least": 3}], "score": 60}]
    run = literal_run(tmp_path, {**TABLES, "accounts": ACCOUNTS.replace("Ann", "@Ann")})
    found = score(run, as_of=AS_OF, scorecard=card_of(cap=cap))
    with (found.directory / "scores.csv").open(encoding="utf-8", newline="") as file:
        table = {row["account_id"]: row for row in csv.DictReader(file)}
    assert (table["b"]["cap"], table["b"]["owner"]) == ("'=cmd()", "'@Ann")
    assert table["b"]["drivers_down"].startswith("'=cmd() -25.0")
    assert float(table["b"]["points_support"]) == -15.0
    assert table["c"]["probability"] == table["c"]["subscore_survey"] == ""


# --- a ready-made panel ----------------------------------------------------------------------------------------------


def test_a_ready_made_panel_needs_no_outcome_either(tmp_path: Path) -> None:
    text = RUN.replace('outcome = "left"\n', "").replace(
        '[outcome]\nkind = "recorded"\nsource = "panel"\nhorizon_days = 30\n', ""
    )
    assert "outcome" not in text
    rows = pd.DataFrame(
        {
            "account_id": ["x", "y", "z", "w"],
            "as_of": [date(2024, 1, 1)] * 3 + [date(2024, 2, 1)],
            "days": [10, 0, None, 5],
            "open": [1, 0, 4, 0],
        }
    )
    path = write_carded(tmp_path, rows, run=text.replace("data_end = 2030-01-01", "data_end = 2024-01-01"))
    found = by_account(score(path, as_of=date(2024, 1, 1), scorecard=tmp_path / "card.toml"))
    # x: 60 % of 50 and 40 % of 75; y: 40, and at most 30, for it is silent; z: nothing but tickets, 0.
    assert {account: (row["health"], row["cap"]) for account, row in found.items()} == {
        "z": (0.0, ""),
        "y": (30.0, "silent"),
        "x": (60.0, ""),
    }
    assert found["y"]["drivers_down"] == "use -60.0: days is 0; silent -10.0: days is 0, so at most 30"
    assert found["z"]["low_confidence"] == "nothing is known of use: 60% of the weight"
