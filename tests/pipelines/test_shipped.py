"""A model that scores where the features are gives the scores of one that scores here."""

from __future__ import annotations

import pickle
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from healthscore.config import load_run
from healthscore.errors import BundleError
from healthscore.models.bundle import load
from healthscore.pipelines.modelscore import rate_by_model
from healthscore.pipelines.progress import silent
from healthscore.pipelines.shipped import ShippedModel
from healthscore.pipelines.train import TrainResult
from healthscore.tables import ENGINES, open_tables
from parted_engine import PartedDuckDB


def test_a_model_that_travelled_gives_the_same_points(trained: TrainResult) -> None:
    model = load(trained.bundle).model
    X = np.random.default_rng(5).normal(size=(40, len(model.design.names)))
    travelled = pickle.loads(pickle.dumps(ShippedModel.of(Path(trained.bundle), model.design.names)))  # noqa: S301 - made here
    np.testing.assert_array_equal(travelled(X), model.component_logit(X, model.design.names))


def test_a_model_that_was_damaged_on_its_way_is_refused(trained: TrainResult) -> None:
    shipped = ShippedModel.of(Path(trained.bundle), ("a",))
    files = tuple((name, content.replace(b"1", b"2")) for name, content in shipped.files)
    with pytest.raises(BundleError):
        ShippedModel(files, ("a",))(np.zeros((1, 1)))


def test_scores_do_not_depend_on_where_they_are_computed(
    company: Path, trained: TrainResult, as_of: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, bundle, directory = load_run(company), load(trained.bundle), Path(trained.bundle)
    with open_tables(run) as tables:
        expected = rate_by_model(run, tables, as_of, bundle, directory, silent)
    monkeypatch.setitem(ENGINES, "duckdb", PartedDuckDB)
    with open_tables(run) as tables:
        found = rate_by_model(run, tables, as_of, bundle, directory, silent)
    assert expected.book.panel.beside is None
    assert found.book.panel.beside is not None
    pd.testing.assert_frame_equal(found.scores, expected.scores, rtol=0, atol=1e-9)
    assert found.result == expected.result
