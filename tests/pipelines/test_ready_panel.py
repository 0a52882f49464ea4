"""A ready-made panel instead of raw tables: every command takes it, and says the same as on the tables."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from company import SETTINGS, amended
from healthscore.config import load_run
from healthscore.errors import ConfigurationError, InsufficientDataError
from healthscore.pipelines.backtest import BacktestResult, backtest
from healthscore.pipelines.build import build_book
from healthscore.pipelines.check import check
from healthscore.pipelines.explain import explain
from healthscore.pipelines.panel import PanelResult, panel
from healthscore.pipelines.score import ScoreResult, score
from healthscore.pipelines.train import TrainResult, train
from healthscore.tables import open_tables

LAST = date(2025, 4, 1)


@pytest.fixture(scope="module")
def made(company: Path) -> PanelResult:
    return panel(company)


def ready_run(made: PanelResult, folder: Path, *replacements: str, more: str = "") -> Path:
    """The run that was written beside the panel, with the settings of the company's."""
    folder.mkdir(parents=True, exist_ok=True)
    text = (made.directory / "panel.toml").read_text(encoding="utf-8")
    path = folder / "ready.toml"
    text = amended(text, 'timezone = "UTC"', f'timezone = "UTC"\ndata = {json.dumps(str(made.directory))}')
    text = amended(text, '"scorecard.toml"', json.dumps(str(made.directory / "scorecard.toml")))
    path.write_text(amended(text, *replacements) + "[report]\ncapacity = 50\nresamples = 200\n" + SETTINGS + more)
    return path


@pytest.fixture(scope="module")
def ready(made: PanelResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ready_run(made, tmp_path_factory.mktemp("ready"))


@pytest.fixture(scope="module")
def ready_trained(ready: Path) -> TrainResult:
    return train(ready)


@pytest.fixture(scope="module")
def ready_scored(ready: Path, ready_trained: TrainResult) -> ScoreResult:
    return score(ready, as_of=LAST, model=ready_trained.bundle)


# --- the same as on the raw tables -----------------------------------------------------------------------------------


def test_a_backtest_on_the_panel_equals_the_one_on_the_raw_tables(backtested: BacktestResult, ready: Path) -> None:
    found = backtest(ready)
    pd.testing.assert_frame_equal(found.predictions, backtested.predictions, rtol=0, atol=1e-12)
    for model, figures in backtested.result["pooled"]["models"].items():
        for metric, figure in figures.items():
            assert found.result["pooled"]["models"][model][metric] == pytest.approx(figure, abs=1e-12), (model, metric)
    assert "followed by the recorded outcome" in found.result["headline"]["sentences"][0]
    assert found.result["outcome"]["sentence"] == "the recorded outcome between day 7 and day 67 after the score"
    assert (found.directory / "report.html").is_file()


def test_scores_on_the_panel_equal_those_on_the_raw_tables(
    company: Path, trained: TrainResult, ready_scored: ScoreResult, tmp_path: Path
) -> None:
    # Into a history of its own: others score the company at later dates.
    raw = score(company, as_of=LAST, model=trained.bundle, out=tmp_path).scores
    raw = raw[raw["status"] == "scored"].set_index("account_id")
    found = ready_scored.scores.set_index("account_id")
    assert list(found.index) == list(raw.index)
    for column in ("health", "probability", "value", "band", *(c for c in map(str, raw) if c.startswith("points_"))):
        pd.testing.assert_series_equal(found[column], raw[column], rtol=0, atol=1e-12)


def test_features_of_a_panel_are_the_panel(made: PanelResult, ready: Path) -> None:
    again = panel(ready)
    pd.testing.assert_frame_equal(again.frame(), made.frame())
    assert (again.directory / "dictionary.md").read_text(encoding="utf-8").count("| panel |") == len(
        made.result["features"]
    )


def test_an_explanation_names_the_columns(ready: Path, ready_trained: TrainResult, ready_scored: ScoreResult) -> None:
    account = str(ready_scored.scores["account_id"][0])
    told = explain(account, ready, as_of=LAST, model=ready_trained.bundle)
    assert told.result["health"] == ready_scored.scores["health"][0]
    given = told.features["value"].notna()
    assert given.any()
    assert all(row["sentence"].startswith(f"{row['feature']} is ") for row in told.features[given].to_dict("records"))
    missing = told.features[~given]
    assert all(missing["sentence"] == "not given (" + missing["feature"] + ")")


def test_check_reports_the_panel_like_every_table(ready: Path) -> None:
    found = check(ready).result
    assert found["ok"], found["faults"]
    source = found["sources"]["panel"]
    assert source["rows_in"] == source["used"]
    assert (source["first_date"], source["last_date"]) == ("2024-05-01", "2025-04-01")
    assert [row["as_of"] for row in found["base_rates"]][-1] == "2025-04-01"


# --- dates -----------------------------------------------------------------------------------------------------------


def test_dates_that_the_panel_lacks_are_an_error(
    made: PanelResult, ready: Path, ready_trained: TrainResult, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match="no row as of 2025-03-01; it holds 8 dates") as caught:
        score(ready, as_of=date(2025, 3, 1), model=ready_trained.bundle, backfill=True)
    assert "2025-04-01" in caught.value.remedy
    other = ready_run(made, tmp_path, more='[as_of]\nfirst = 2024-05-01\nlast = 2025-04-01\nevery = "month"\n')
    with pytest.raises(ConfigurationError, match="no row as of 2024-06-01 and 3 more"):
        panel(other)
    assert any("no row as of 2024-06-01" in fault["rule"] for fault in check(other).result["faults"])


def test_a_run_may_take_some_of_the_dates(made: PanelResult, tmp_path: Path) -> None:
    some = panel(ready_run(made, tmp_path, more="[as_of]\ndates = [2024-08-01, 2024-07-01]\n"))
    assert some.result["as_ofs"] == ["2024-07-01", "2024-08-01"]
    assert some.result["rows"] == sum(made.frame()["as_of"].isin([date(2024, 7, 1), date(2024, 8, 1)]))


def test_without_a_data_end_only_windows_before_the_last_date_are_over(made: PanelResult, tmp_path: Path) -> None:
    """0 in a row whose window is open may only mean "not yet"."""
    path = ready_run(made, tmp_path, "data_end = 2025-07-01\n", "")
    rates = check(path).result["base_rates"]
    # The last date, 1 April, is the first that is not covered; 81 days before it lies 10 January.
    assert [row["as_of"] for row in rates if row["immature"]] == ["2025-02-01", "2025-04-01"]
    assert check(path).result["data_end"] == "2025-04-01"
    few = "[as_of]\ndates = [2025-02-01, 2025-04-01]\n"
    late = ready_run(made, tmp_path / "late", "data_end = 2025-07-01\n", "", more=few)
    with pytest.raises(InsufficientDataError) as caught:
        train(late)
    assert caught.value.remedy.startswith("declare `data_end`")
    assert any("declare `data_end`" in warning for warning in check(late).result["warnings"])


# --- an outcome of raw tables beside the panel -----------------------------------------------------------------------


def test_accounts_at_risk_without_features_are_counted_and_left_out(
    company: Path, made: PanelResult, tmp_path: Path
) -> None:
    data = company.parent / "data"
    frame = made.frame()
    gone = frame.index[frame["as_of"] == date(2025, 4, 1)][:5]
    frame.drop(index=gone).to_parquet(tmp_path / "features.parquet", index=False)
    shutil.copy(made.directory / "scorecard.toml", tmp_path)
    (tmp_path / "panel.toml").write_text(
        (made.directory / "panel.toml")
        .read_text(encoding="utf-8")
        .replace('value = "value"\n', "")
        .replace('outcome = "outcome"\n', "")
        .replace("lookup = [{", "# lookup = [{")
        .split("[outcome]")[0]
        + f"""
[sources.subscriptions]
contract = "subscriptions"
path = {json.dumps(str(data / "subscriptions.parquet"))}
columns = {{ notice = "notice_date", value = "mrr" }}

[outcome]
kind = "churn"
source = "subscriptions"
gap_days = 7
horizon_days = 60
grace_days = 14
types = ["voluntary"]
{SETTINGS}""",
        encoding="utf-8",
    )
    run = load_run(tmp_path / "panel.toml")
    with open_tables(run) as tables:
        book = build_book(run, tables)
    assert [row["no_features"] for row in book.snapshots.counts()] == [0] * 7 + [5]
    assert len(book.label) == len(book.panel.X) == len(frame) - 5
    raw = load_run(company)
    with open_tables(raw) as tables:
        whole = build_book(raw, tables)
    kept = np.ones(len(frame), bool)
    kept[np.flatnonzero(book.panel.day.max() == whole.panel.day)[:5]] = False
    assert np.array_equal(book.label, whole.label[kept])
    rates = check(run).result["base_rates"]
    assert [row["no_features"] for row in rates][-1] == 5
