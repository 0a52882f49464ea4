"""Figures of growth are among the metrics that MLflow is told of a training and of a backtest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from healthscore.config import load_run
from healthscore.pipelines import backtest as backtesting
from healthscore.pipelines import train as training
from healthscore.pipelines.growth.recorded import figures_of_backtest, figures_of_training
from healthscore.pipelines.train import TrainResult
from report_samples import backtest_result

TOO_FEW = {"why": "3 different accounts expanded", "warnings": []}


@pytest.fixture
def metrics(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """What a command records, once it has."""
    told: dict[str, float] = {}

    def record(*_: object, metrics: dict[str, float], **rest: object) -> None:
        told.update(metrics)

    for command in (training, backtesting):
        monkeypatch.setattr(command, "record", record)
    return told


def test_a_training_tells_how_well_growth_was_told(
    growing_company: Path, learned: TrainResult, metrics: dict[str, float]
) -> None:
    training._record(load_run(growing_company), "abc", {}, learned.result, learned.directory)
    growth = learned.result["growth"]
    assert metrics["growth.auc"] == growth["skill"]["auc"]["estimate"]
    assert metrics["growth.reference.rate"] == growth["reference"]["rate"]
    assert metrics["reference.rate"] == learned.result["reference"]["rate"]


def test_a_backtest_tells_the_figures_of_growth_beside_those_of_health(
    growing_company: Path, metrics: dict[str, float], tmp_path: Path
) -> None:
    result: dict[str, Any] = dict(backtest_result())
    figures = {"auc": {"estimate": 0.61}, "lift_10": {"estimate": 1.8}, "ece": {"estimate": None}}
    result["growth"] = {"why": None, "chosen": "blend", "pooled": {"models": {"blend": figures, "tenure": {}}}}
    backtesting._record(load_run(growing_company), "abc", {}, result, tmp_path)
    assert {name: value for name, value in metrics.items() if name.startswith("growth.")} == {
        "growth.auc": 0.61,
        "growth.lift_10": 1.8,
    }
    chosen = result["chosen"]
    assert metrics[f"{chosen}.auc"] == result["pooled"]["models"][chosen]["auc"]["estimate"]


@pytest.mark.parametrize("growth", [None, TOO_FEW])
def test_where_there_is_no_growth_nothing_is_told_of_it(growth: dict[str, Any] | None) -> None:
    assert figures_of_training(growth) == figures_of_backtest(growth) == {}
