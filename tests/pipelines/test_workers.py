"""Training with workers: a bundle like any other, and a record of how it came to be."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from company import copy_company
from healthscore.config import load_run
from healthscore.errors import WorkersError
from healthscore.models.bundle import load
from healthscore.pipelines.publish import run_identity
from healthscore.pipelines.runs.reproduce import reproduce
from healthscore.pipelines.score import score
from healthscore.pipelines.train import TrainResult, train

pytest.importorskip("distributed", reason="no Dask: training on workers is not tested")
SAID = '[model]\nmaximum_rows = 2500\nchoose = "additive"\ntrees = { count = 15 }'


@pytest.fixture(scope="module")
def run(company: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The company, of which a sample is fitted here."""
    return copy_company(company, tmp_path_factory.mktemp("workers"), "[model]", SAID, "refits = 10", "refits = 0")


@pytest.fixture(scope="module")
def grown(run: Path) -> TrainResult:
    return train(run, workers="local:2")


def test_the_workers_had_every_known_snapshot_and_this_process_a_sample(grown: TrainResult) -> None:
    training = grown.result["training"]
    assert training["n"] == training["sample"]["rows"] <= 2500
    assert training["workers"]["n"] == sum(training["workers"]["rows"]) == training["sample"]["of_rows"] > 2500
    assert training["workers"]["events"] > training["events"] > 0


def test_the_bundle_scores_like_any_other(run: Path, grown: TrainResult) -> None:
    model = load(grown.bundle).model
    names = model.design.names
    X = np.random.default_rng(1).normal(5, 5, (200, len(names)))
    X[np.random.default_rng(2).random(X.shape) < 0.1] = np.nan
    told = model.intercept + model.component_logit(X, names).sum(axis=1)
    np.testing.assert_allclose(told, model.logit(X, names), atol=1e-9)
    health = score(run, as_of=date(2025, 5, 1), model=grown.bundle).scores["health"].dropna()
    assert health.between(0, 100).all()
    assert health.nunique() > 50


def test_the_record_says_who_grew_them_and_the_identity_how_many(run: Path, grown: TrainResult) -> None:
    record = json.loads((grown.directory / "run.json").read_text(encoding="utf-8"))
    assert record["arguments"] == {"workers": "local:2"}
    alone = run_identity(load_run(run), "train", record["inputs"])
    assert record["identity"] == run_identity(load_run(run), "train", record["inputs"], workers=2) != alone


def test_the_run_is_made_again_byte_by_byte(grown: TrainResult) -> None:
    found = reproduce(grown.directory)
    assert found.identical, found.result


def test_nobody_there_is_told_and_nothing_is_published(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("healthscore.models.workers.SECONDS", 1)
    with pytest.raises(WorkersError, match=r"no workers at tcp://127\.0\.0\.1:9") as raised:
        train(run, out=tmp_path, workers="tcp://127.0.0.1:9")
    assert raised.value.remedy == "name a Dask scheduler, or local:2"
    assert not (tmp_path / "train").exists()
