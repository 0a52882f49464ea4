"""A bundle as a model that MLflow serves: the scores of the package, no path of this machine, no customer's row."""

from __future__ import annotations

import json
import warnings
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from healthscore.config import load_run
from healthscore.errors import BundleError, InputError
from healthscore.models.bundle import load
from healthscore.pipelines.build import build_book
from healthscore.pipelines.predictions import predictions
from healthscore.pipelines.score import ScoreResult
from healthscore.pipelines.tracking.servable import example_rows, save_servable
from healthscore.pipelines.train import TrainResult
from healthscore.tables import open_tables


@pytest.fixture(scope="module")
def features(scored: ScoreResult) -> pd.DataFrame:
    """What the model saw of each account."""
    values = scored.drivers[scored.drivers["kind"] == "feature"].set_index(["account_id", "feature"])["value"]
    return values.unstack()  # noqa: PD010  # nothing is aggregated


@pytest.fixture(scope="module")
def saved(trained: TrainResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("served") / "model"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's own, when it is imported
        from mlflow.models import Model

        save_servable(trained.bundle, target, Model())
    return target


def test_predictions_are_the_columns_of_scores_and_the_same_bits(
    trained: TrainResult, scored: ScoreResult, features: pd.DataFrame
) -> None:
    found = predictions(load(trained.bundle), features)
    expected = scored.scores.set_index("account_id").loc[features.index, list(found.columns)]
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, check_exact=True)
    assert np.abs(found.filter(regex="^points_").sum(axis=1) - found["health"]).max() < 1e-9
    assert ("health_low" in found) == (load(trained.bundle).refits is not None)


def test_order_and_further_columns_do_not_matter_and_a_missing_column_does(
    trained: TrainResult, features: pd.DataFrame
) -> None:
    bundle = load(trained.bundle)
    found = predictions(bundle, features)
    shuffled = features[features.columns[::-1]].assign(account_id="x")
    pd.testing.assert_frame_equal(predictions(bundle, shuffled), found, check_exact=True)
    with pytest.raises(BundleError, match="features are missing, first: tenure_days"):
        predictions(bundle, features.drop(columns="tenure_days"))
    with pytest.raises(InputError, match="'tenure_days' is infinite"):
        predictions(bundle, features.assign(tenure_days=float("inf")))
    assert list(predictions(bundle, features.iloc[:0])) == list(found)


def test_the_saved_model_loads_without_pickle_and_gives_the_same(
    saved: Path, trained: TrainResult, features: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow.pyfunc

    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    served = mlflow.pyfunc.load_model(str(saved))
    found = served.predict(features)
    pd.testing.assert_frame_equal(found, predictions(load(trained.bundle), features), check_exact=True)
    assert served.metadata.get_input_schema().input_names() == list(load(trained.bundle).model.design.names)
    assert served.metadata.get_output_schema().input_names() == list(found.columns)
    assert not [path for path in saved.rglob("*") if path.suffix in (".pkl", ".pickle")]


def test_no_path_of_this_machine_is_in_the_model(saved: Path, trained: TrainResult) -> None:
    package = Path(load.__code__.co_filename).parents[2]
    for path in (path for path in saved.rglob("*") if path.is_file()):
        text = path.read_text(encoding="utf-8")
        assert not [place for place in (saved, trained.directory, package, Path.home()) if f"{place}/" in text], path


def test_the_example_is_nobody(trained: TrainResult, company: Path, saved: Path, as_of: date) -> None:
    example = example_rows(load(trained.bundle))
    run = load_run(company)
    with open_tables(run) as tables:
        book = build_book(run, tables)
    names = [feature.name for feature in book.panel.features]
    assert names == list(example)
    for row in example.to_numpy():
        shared = ((row == book.panel.X) | (np.isnan(book.panel.X) & np.isnan(row))).mean(axis=1)
        assert shared.max() < 0.9
    given: Any = json.loads((saved / "serving_input_example.json").read_text(encoding="utf-8"))
    assert given["dataframe_split"]["columns"] == names
    assert example.notna().to_numpy().all(axis=1).tolist() == [True, True, False]
