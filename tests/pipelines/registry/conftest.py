"""Three versions of a small company's model, trained once; every test gets a copy of its own.

1 learned from the dates up to August 2024. 2 is made like it and learned from all dates. 3 learned from all dates and
sees little: whether surveys were answered. And tiny models of drawn numbers, for what does not ask what a model knows.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import healthscore
from healthscore.config import AsOf, Run, load_run
from healthscore.config.sections import Trees
from healthscore.models.bundle import Bundle
from healthscore.models.churn import ChurnSettings, fit_churn
from healthscore.models.design import Design
from healthscore.models.health import ScoreScale
from registered import NAMES, Registered, Train

EARLY = tuple(date(2024, month, 1) for month in range(1, 9))
LATE = (*EARLY, date(2024, 11, 1), date(2025, 2, 1), date(2025, 4, 1))
TELLING, BLIND = ("usage", "nps", "tickets", "invoices"), ("questions",)


def measured(run: Run, names: tuple[str, ...]) -> Run:
    """The run with some of its signals only, and without the tables that nothing reads then."""
    signals = {name: run.signals[name] for name in names}
    read = {signal.source for signal in signals.values()} | {run.need_outcome().source}
    sources = {name: each for name, each in run.sources.items() if name in read or each.contract == "accounts"}
    return run.model_copy(update={"signals": signals, "combinations": {}, "sources": sources, "playbooks": {}})


@pytest.fixture(scope="session")
def trained_versions(company: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run over all dates, with three versions registered and no champion."""
    full = load_run(company, out=tmp_path_factory.mktemp("versions"))
    quick = {"refits": 0, "choose": "logistic", "trees": Trees(count=15)}
    model = full.model.model_copy(update=quick)
    shared: dict[str, Any] = {"scorecard": None, "outcomes": {}, "growth": None, "threads": 1, "model": model}
    late = measured(full.model_copy(update=shared | {"as_of": AsOf(dates=LATE)}), TELLING)
    blind = measured(full.model_copy(update=shared | {"as_of": AsOf(dates=LATE)}), BLIND)
    for run in (late.model_copy(update={"as_of": AsOf(dates=EARLY)}), late, blind):
        healthscore.train(run)
    return late


@pytest.fixture
def registered(trained_versions: Run, tmp_path: Path) -> Registered:
    """The three versions, for a test to do with what it likes."""
    shutil.copytree(trained_versions.out, tmp_path / "out")
    return Registered(trained_versions.model_copy(update={"out": tmp_path / "out"}))


@pytest.fixture(scope="session")
def registered_once(trained_versions: Run, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Registered]:
    """Makes such copies for fixtures that several tests share."""

    def copied() -> Registered:
        out = tmp_path_factory.mktemp("registered") / "out"
        shutil.copytree(trained_versions.out, out)
        return Registered(trained_versions.model_copy(update={"out": out}))

    return copied


@pytest.fixture(scope="session")
def fitted() -> Bundle:
    generator = np.random.default_rng(3)
    X = generator.poisson(4.0, (400, 2)).astype(float)
    y = (generator.random(400) < 1 / (1 + np.exp(X[:, 0] - X[:, 1]))).astype(np.int8)
    day = np.repeat([0, 30], 200)
    design = Design(NAMES, ("activity", "support"), (0, 0))
    model = fit_churn(design, X, y, day=day, known=day + 60, seed=1, settings=ChurnSettings(threads=1), name="logistic")
    return Bundle(model, ScoreScale.relative(0.2))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    sources = {"usage": {"contract": "events", "path": "usage.csv"}}
    outcome = {"kind": "churn", "source": "usage", "horizon_days": 60}
    where = {"path": tmp_path / "healthscore.toml", "data": tmp_path, "out": tmp_path / "out"}
    described = {"name": "small", "sources": sources, "outcome": outcome, "tracking": {"enabled": False}}
    return Run.model_validate(described | where)


@pytest.fixture
def train(run: Run, fitted: Bundle) -> Train:
    """Trains tiny versions and registers them."""
    return Train(run, fitted)
