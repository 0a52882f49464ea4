"""One small company, and one run of every command on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

import healthscore
from company import amended, write_company

AS_OF = date(2025, 5, 1)


@pytest.fixture(scope="session")
def small_company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = write_company(tmp_path_factory.mktemp("runs") / "saas", 400)
    run.write_text(amended(run.read_text(encoding="utf-8"), "refits = 10", "refits = 2"), encoding="utf-8")
    return run


@pytest.fixture(scope="session")
def done(small_company: Path) -> Mapping[str, Path]:
    """Command -> the directory of its run."""
    trained = healthscore.train(small_company)
    account = "A-000005"
    return {
        "train": trained.directory,
        "check": healthscore.check(small_company).directory,
        "features": healthscore.panel(small_company).directory,
        "score": healthscore.score(small_company, as_of=AS_OF, model=trained.bundle).directory,
        "explain": healthscore.explain(account, small_company, as_of=AS_OF, scorecard="seven_components").directory,
    }
