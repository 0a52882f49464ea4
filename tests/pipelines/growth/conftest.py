"""One simulated company for all tests of growth, and what the commands make of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from company import write_company
from healthscore.config import load_run
from healthscore.pipelines.build import build_book
from healthscore.pipelines.growth.asked import Growing, growing_of
from healthscore.pipelines.score import ScoreResult, score
from healthscore.pipelines.train import TrainResult, train
from healthscore.tables import open_tables

AS_OF = date(2025, 5, 1)


@pytest.fixture(scope="session")
def growing_company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_company(tmp_path_factory.mktemp("growing") / "saas", growth=True)


@pytest.fixture(scope="session")
def learned(growing_company: Path) -> TrainResult:
    return train(growing_company)


@pytest.fixture(scope="session")
def rated(growing_company: Path, learned: TrainResult) -> ScoreResult:
    return score(growing_company, as_of=AS_OF, model=learned.bundle)


@pytest.fixture(scope="session")
def growing(growing_company: Path) -> Growing:
    run = load_run(growing_company)
    with open_tables(run) as tables:
        found = growing_of(build_book(run, tables), tables)
    assert found is not None
    return found
