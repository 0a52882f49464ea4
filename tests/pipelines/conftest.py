"""One simulated company for all tests of pipelines, and what the commands make of it.

Everything here is made once per test process: files that use it are few, so that parallel runs make it rarely.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from company import write_company
from healthscore.pipelines.backtest import BacktestResult, backtest
from healthscore.pipelines.score import ScoreResult, score
from healthscore.pipelines.train import TrainResult, train

AS_OF = date(2025, 5, 1)


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of a simulated company; tests that change its tables copy it first."""
    return write_company(tmp_path_factory.mktemp("company") / "saas")


@pytest.fixture(scope="session")
def backtested(company: Path) -> BacktestResult:
    return backtest(company)


@pytest.fixture(scope="session")
def trained(company: Path) -> TrainResult:
    return train(company)


@pytest.fixture(scope="session")
def as_of() -> date:
    """Two months before the data end, so that there is a future to hide."""
    return AS_OF


@pytest.fixture(scope="session")
def scored(company: Path, trained: TrainResult, as_of: date) -> ScoreResult:
    return score(company, as_of=as_of, model=trained.bundle)
