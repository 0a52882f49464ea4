"""A backtest from tables to result: what it promises to hold, and that others find the same figures in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from company import copy_company, rewrite
from healthscore.config import load_run
from healthscore.errors import InsufficientDataError
from healthscore.evaluation.metrics import METRICS
from healthscore.pipelines.backtest import BacktestResult, backtest

CHOOSABLE = {"blend", "additive", "unconstrained", "logistic"}
MODELS = CHOOSABLE | {"recency", "tenure", "base_rate", "scorecard"}
NAMES = {"auc", "pr_auc", "log_loss", "brier", "lift_5", "lift_10", "lift_20", "capture_5", "capture_10", "capture_20"}
GAP, HORIZON, MATURITY = 7, 60, 14
DATA_END = date(2025, 7, 1)
DAY = timedelta(days=1)


def figures(result: dict[str, Any], metric: str) -> dict[str, float]:
    return {model: found[metric]["estimate"] for model, found in result["pooled"]["models"].items()}


def saved(directory: Path) -> pd.DataFrame:
    return pd.read_parquet(directory / "predictions.parquet")


def numbers(value: object) -> Iterator[float]:
    """Every number in a JSON value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from numbers(item)
    elif isinstance(value, (int, float)):
        yield value


# --- what is promised ------------------------------------------------------------------------------------------------


def test_the_documented_keys_are_there(backtested: BacktestResult) -> None:
    result = backtested.result
    assert result["chosen"] in CHOOSABLE
    assert set(result["pooled"]) >= {"n", "events", "accounts", "models"}
    assert set(result["pooled"]["models"]) == MODELS
    for found in result["pooled"]["models"].values():
        assert set(found) >= NAMES
        assert all(set(figure) == {"estimate", "low", "high"} for figure in found.values())
    for origin in result["origins"]:
        assert set(origin) >= {"as_of", "n", "events", "train", "models"}
        assert set(origin["models"]) == MODELS
        assert all(set(found) >= NAMES for found in origin["models"].values())
    assert set(result["differences"]) == MODELS - {result["chosen"]}
    assert [band["name"] for band in result["bands"]] == ["at risk", "needs attention", "healthy"]
    assert set(result["bands"][0]) >= {"name", "low", "high", "n", "events", "rate", "probability"}


def test_every_metric_has_an_estimate_within_its_interval(backtested: BacktestResult) -> None:
    for model, found in backtested.result["pooled"]["models"].items():
        for name, figure in found.items():
            if METRICS[name].interval if name in METRICS else True:
                assert figure["low"] <= figure["estimate"] <= figure["high"], (model, name)


def test_result_json_is_strict_and_what_was_returned(backtested: BacktestResult) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    text = (backtested.directory / "result.json").read_text(encoding="utf-8")
    written = json.loads(text, parse_constant=refuse)
    assert written | {"directory": str(backtested.directory)} == backtested.result
    assert np.isfinite(list(numbers(written))).all()


def test_the_report_and_the_predictions_lie_beside_it(backtested: BacktestResult) -> None:
    assert {path.name for path in backtested.directory.iterdir()} == {
        *("result.json", "report.html", "predictions.parquet", "run.json", "manifest.json")
    }
    page = (backtested.directory / "report.html").read_text(encoding="utf-8")
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert all(sentence in page for sentence in backtested.result["headline"]["sentences"])
    pd.testing.assert_frame_equal(saved(backtested.directory), backtested.predictions)


# --- the figures, found again ----------------------------------------------------------------------------------------


def test_pooled_figures_are_those_of_scikit_learn(backtested: BacktestResult) -> None:
    rows, pooled = backtested.predictions, backtested.result["pooled"]
    y = rows["left"].to_numpy()
    assert (pooled["n"], pooled["events"], pooled["accounts"]) == (len(y), y.sum(), rows["account_id"].nunique())
    for model, found in pooled["models"].items():
        p = rows[f"probability_{model}"].to_numpy()
        assert found["auc"]["estimate"] == pytest.approx(metrics.roc_auc_score(y, p), abs=1e-12)
        assert found["pr_auc"]["estimate"] == pytest.approx(metrics.average_precision_score(y, p), abs=1e-12)
        assert found["log_loss"]["estimate"] == pytest.approx(metrics.log_loss(y, p), abs=1e-12)
        assert found["brier"]["estimate"] == pytest.approx(metrics.brier_score_loss(y, p), abs=1e-12)


def test_each_origin_has_the_figures_of_its_own_rows(backtested: BacktestResult) -> None:
    rows = backtested.predictions
    for origin in backtested.result["origins"]:
        here = rows[rows["as_of"] == date.fromisoformat(origin["as_of"])]
        assert (origin["n"], origin["events"]) == (len(here), here["left"].sum())
        for model, found in origin["models"].items():
            p = here[f"probability_{model}"]
            assert found["auc"] == pytest.approx(metrics.roc_auc_score(here["left"], p), abs=1e-12)
            assert found["log_loss"] == pytest.approx(metrics.log_loss(here["left"], p), abs=1e-12)


def test_bands_partition_the_rows(backtested: BacktestResult) -> None:
    rows = backtested.predictions
    for band in backtested.result["bands"]:
        inside = rows[(rows["health"] >= band["low"]) & ((rows["health"] < band["high"]) | (band["high"] == 100))]
        assert (band["n"], band["events"]) == (len(inside), inside["left"].sum())
        assert set(inside["band"]) == {band["name"]}
        assert band["rate"]["estimate"] == pytest.approx(inside["left"].mean(), abs=1e-12)


def test_churners_are_the_distinct_exits_of_the_subscriptions(company: Path, backtested: BacktestResult) -> None:
    exits = pd.read_parquet(company.parent / "truth" / "exits.parquet")
    exits = exits[exits["exit_type"] == "voluntary"]
    found = set()
    for account, t in backtested.predictions.loc[backtested.predictions["left"] == 1, ["account_id", "as_of"]].values:
        decided = list(exits.loc[exits["account_id"] == account, "decided"])
        (first,) = [day for day in decided if t + GAP * DAY <= day < t + (GAP + HORIZON) * DAY]
        found.add((account, first))
    assert backtested.result["churners"]["churners"] == len(found)
    for held in backtested.result["churners"]["models"].values():
        assert 0 <= held["held"]["low"] <= held["held"]["estimate"] <= held["held"]["high"] <= len(found)


# --- time ------------------------------------------------------------------------------------------------------------


def test_no_training_row_was_known_after_its_origin(backtested: BacktestResult) -> None:
    run = load_run(backtested.directory.parents[3] / "healthscore.toml")
    assert run.as_of is not None
    wait = (GAP + HORIZON + MATURITY) * DAY
    origins = {date.fromisoformat(origin["as_of"]): origin["train"] for origin in backtested.result["origins"]}
    for t, train in origins.items():
        known = [s for s in run.as_of.dates if s + wait <= t]
        assert (train["first"], train["last"]) == (known[0].isoformat(), known[-1].isoformat())
    # The first dates have too little behind them, the last ones no outcome yet.
    assert max(origins) == max(t for t in run.as_of.dates if t + wait <= DATA_END)
    assert all(t in origins for t in run.as_of.dates if min(origins) <= t <= max(origins))


def test_what_was_trained_on_is_what_was_known(backtested: BacktestResult) -> None:
    dates = pd.DataFrame(backtested.result["snapshots"]).set_index("as_of")
    for origin in backtested.result["origins"]:
        train = dates.loc[origin["train"]["first"] : origin["train"]["last"]]
        assert origin["train"]["n"] == train[["stayed", "exited"]].to_numpy().sum()
        assert origin["train"]["events"] == train["exited"].sum() >= origin["train"]["exiting_accounts"]


def test_immature_dates_are_counted_and_change_no_figure(
    company: Path, backtested: BacktestResult, tmp_path: Path
) -> None:
    run = copy_company(company, tmp_path, "2025-04-01]", "2025-04-01, 2025-06-01]")
    result = backtest(run).result
    assert result["origins"] == backtested.result["origins"]
    last = result["snapshots"][-1]
    assert (last["as_of"], last["stayed"], last["exited"]) == ("2025-06-01", 0, 0)
    assert last["immature"] == last["at_risk"] > 0


def test_the_planted_world_is_found(backtested: BacktestResult) -> None:
    result = backtested.result
    against_nothing = result["differences"]["base_rate"]["log_loss"]
    assert against_nothing["high"] < 0
    assert result["pooled"]["models"][result["chosen"]]["auc"]["low"] > 0.6
    assert result["headline"]["better"] is True
    rates = [band["rate"]["estimate"] for band in result["bands"]]
    assert rates == sorted(rates, reverse=True)


# --- what may not matter ---------------------------------------------------------------------------------------------


def test_row_order_paths_threads_and_rows_after_the_data_end_change_no_figure(
    company: Path, backtested: BacktestResult, tmp_path: Path
) -> None:
    run = copy_company(company, tmp_path / "elsewhere", "[report]", "[report]\nworst = 3")
    run.write_text("threads = 1\n" + run.read_text(encoding="utf-8"), encoding="utf-8")
    for name in ("events.parquet", "subscriptions.parquet", "accounts.parquet", "tickets.csv", "surveys.csv"):
        rewrite(run, name, lambda rows: rows.sample(frac=1.0, random_state=7))

    def with_later(rows: pd.DataFrame) -> pd.DataFrame:
        later = rows.tail(500).copy()
        for column in ("time", "ingested_at"):
            hours = np.where(np.arange(500) < 250, 5, 700)  # clocks that run ahead, and nonsense
            later[column] = pd.Timestamp(DATA_END, tz="UTC") + pd.to_timedelta(hours, unit="h")
        return pd.concat([rows, later])

    rewrite(run, "events.parquet", with_later)
    found = backtest(run, out=tmp_path / "out")
    for part in ("chosen", "pooled", "differences", "churners", "bands", "lead_time", "segments", "curves"):
        assert found.result[part] == backtested.result[part], part
    assert [o["models"] for o in found.result["origins"]] == [o["models"] for o in backtested.result["origins"]]
    pd.testing.assert_frame_equal(found.predictions, backtested.predictions)


# --- too little ------------------------------------------------------------------------------------------------------


def test_too_few_exits_before_any_origin_cannot_support_a_model(company: Path, tmp_path: Path) -> None:
    run = copy_company(company, tmp_path, "minimum_exits = 20", "minimum_exits = 300")
    with pytest.raises(InsufficientDataError, match="no as-of date has 300 different accounts") as refused:
        backtest(run)
    assert refused.value.exit_code == 3
    assert "healthscore validate" in refused.value.remedy
    assert not (tmp_path / "healthscore-out").exists()


def test_too_few_exits_after_the_origins_give_no_figures(company: Path, tmp_path: Path) -> None:
    run = copy_company(company, tmp_path, "2025-01-01, 2025-02-01, 2025-04-01]", "2025-04-01]", "= 20", "= 29")
    with pytest.raises(InsufficientDataError, match="different accounts left after the 1 date") as refused:
        backtest(run)
    assert refused.value.exit_code == 3
