"""Runs as MLflow holds them, in a real local store; and results that are complete without one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mlflow.tracking import MlflowClient

from company import copy_company
from healthscore.config import Tracking, load_run
from healthscore.pipelines.backtest import BacktestResult, backtest
from healthscore.pipelines.tracking import TrackingWarning, record, store
from healthscore.pipelines.train import TrainResult, train

NOTHING: dict[str, Any] = {"parameters": {}, "metrics": {}, "per_origin": {}, "inputs": {}}


@pytest.fixture(autouse=True)
def _no_server_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture(scope="module")
def workplace(company: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory in which a backtest and a training were run with tracking on, as it is by default."""
    directory = tmp_path_factory.mktemp("workplace")
    run = copy_company(company, directory, "[tracking]\nenabled = false\n", "")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.chdir(directory)
        backtest(run)
        train(run)
        yield directory


@pytest.fixture
def client(workplace: Path) -> MlflowClient:
    return MlflowClient(tracking_uri=f"sqlite:///{workplace / 'mlruns' / 'mlflow.db'}")


def recorded(client: MlflowClient, verb: str) -> Any:
    """The one run of a command."""
    experiment = client.get_experiment_by_name("saas")
    assert experiment is not None
    runs = [r for r in client.search_runs([experiment.experiment_id]) if r.data.tags["healthscore.verb"] == verb]
    assert len(runs) == 1
    return runs[0]


def test_a_backtest_is_recorded_with_parameters_figures_and_inputs(
    client: MlflowClient, backtested: BacktestResult
) -> None:
    found, result = recorded(client, "backtest"), backtested.result
    assert found.info.status == "FINISHED"
    assert found.data.params["chosen"] == result["chosen"]
    assert (found.data.params["seed"], found.data.params["outcome.horizon_days"]) == ("1", "60")
    for model, figures in result["pooled"]["models"].items():
        for metric in ("auc", "log_loss", "lift_10"):
            assert found.data.metrics[f"{model}.{metric}"] == pytest.approx(figures[metric]["estimate"])
    assert len(found.data.tags["healthscore.identity"]) == 12
    for source, report in result["data"]["sources"].items():
        assert found.data.tags[f"healthscore.input.{source}"] == report["fingerprint"]


def test_every_origin_is_a_step_of_the_chosen_models_figures(client: MlflowClient, backtested: BacktestResult) -> None:
    found, result = recorded(client, "backtest"), backtested.result
    history = client.get_metric_history(found.info.run_id, "origin_auc")
    assert [(point.step, point.value) for point in sorted(history, key=lambda point: point.step)] == [
        (number, pytest.approx(origin["models"][result["chosen"]]["auc"]))
        for number, origin in enumerate(result["origins"])
    ]


def test_the_report_and_the_bundle_are_kept_with_the_record(
    client: MlflowClient, workplace: Path, trained: TrainResult
) -> None:
    tested, made = recorded(client, "backtest").info.run_id, recorded(client, "train").info.run_id
    assert {file.path for file in client.list_artifacts(tested)} >= {"report.html", "result.json", "manifest.json"}
    assert "bundle/manifest.json" in {file.path for file in client.list_artifacts(made, "bundle")}
    kept = workplace / "mlruns" / "artifacts" / made / "artifacts" / "bundle" / "model.json"
    assert kept.read_bytes() == (trained.bundle / "model.json").read_bytes()
    assert recorded(client, "train").data.params["training.n"] == str(trained.result["training"]["n"])


def test_no_machine_path_is_in_what_is_recorded(client: MlflowClient, workplace: Path) -> None:
    for verb in ("backtest", "train"):
        data = recorded(client, verb).data
        own = {key: value for key, value in data.tags.items() if key.startswith("healthscore.")}
        assert str(workplace) not in json.dumps([data.params, own])


def test_results_are_the_same_with_and_without_tracking(workplace: Path, backtested: BacktestResult) -> None:
    (result,) = (workplace / "healthscore-out" / "saas" / "backtest").glob("*/result.json")
    assert result.parent.name == backtested.directory.name
    assert result.read_bytes() == (backtested.directory / "result.json").read_bytes()


def test_the_environment_decides_where_before_the_run_and_the_run_before_the_local_store(
    company: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = load_run(company)
    assert store(run) == (f"sqlite:///{tmp_path / 'mlruns' / 'mlflow.db'}", (tmp_path / "mlruns/artifacts").as_uri())
    named = run.model_copy(update={"tracking": Tracking(uri="http://tracking.example")})
    assert store(named) == ("http://tracking.example", None)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://elsewhere.example")
    assert store(named) == ("http://elsewhere.example", None)


def test_a_store_named_by_the_environment_is_used(
    company: Path, workplace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    uri = f"sqlite:///{workplace / 'mlruns' / 'mlflow.db'}"  # made above: a new database takes seconds
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    run = load_run(company).model_copy(update={"tracking": Tracking(experiment="elsewhere")})
    kept = tmp_path / "result.json"
    kept.write_text("{}", encoding="utf-8")
    key = record(run, "score", "abc", artifacts=kept, **(NOTHING | {"parameters": {"as of, or so!": "x" * 900}}))
    found = MlflowClient(tracking_uri=uri).get_run(key)
    assert found.data.params == {"as of_ or so_": "x" * 500}
    assert not (tmp_path / "mlruns" / "mlflow.db").exists()


def test_a_record_that_breaks_off_is_marked_as_failed(
    company: Path, workplace: Path, client: MlflowClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workplace)
    run = load_run(company).model_copy(update={"tracking": Tracking(experiment="broken"), "out": tmp_path / "out"})
    with pytest.warns(TrackingWarning, match="not recorded in MLflow: BundleError"):
        assert record(run, "train", "abc", artifacts=tmp_path, bundle=tmp_path, **NOTHING) is None
    experiment = client.get_experiment_by_name("broken")
    assert [found.info.status for found in client.search_runs([experiment.experiment_id])] == ["FAILED"]


def test_what_was_deleted_is_not_begun(
    company: Path, workplace: Path, client: MlflowClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workplace)
    run = load_run(company).model_copy(update={"tracking": Tracking(experiment="deleted"), "out": tmp_path / "out"})
    with pytest.warns(TrackingWarning, match="not recorded in MLflow: FileNotFoundError: .* is no longer there"):
        assert record(run, "score", "abc", artifacts=tmp_path / "not there", **NOTHING) is None
    assert client.search_runs([client.get_experiment_by_name("deleted").experiment_id]) == []


def test_every_source_is_a_dataset_with_its_fingerprint(client: MlflowClient, backtested: BacktestResult) -> None:
    inputs = recorded(client, "backtest").inputs.dataset_inputs
    there = {one.dataset.name: (one.dataset.digest, json.loads(one.dataset.source)["sha256"]) for one in inputs}
    sources = backtested.result["data"]["sources"]
    assert there == {name: (one["fingerprint"][:36], one["fingerprint"]) for name, one in sources.items()}


def test_tables_of_rows_stay_where_they_are(workplace: Path, backtested: BacktestResult) -> None:
    assert list(backtested.directory.rglob("*.parquet"))
    kept = (workplace / "mlruns" / "artifacts").rglob("*")
    assert not [path for path in kept if path.suffix in (".parquet", ".csv")]


def test_the_trained_model_is_a_version_and_the_challenger(client: MlflowClient, trained: TrainResult) -> None:
    found = recorded(client, "train")
    version = client.get_model_version_by_alias("saas", "challenger")
    assert (str(version.version), version.run_id, version.status) == ("1", found.info.run_id, "READY")
    assert version.tags["healthscore.identity"] == trained.result["identity"]
    (logged,) = found.outputs.model_outputs
    assert client.get_logged_model(logged.model_id).status == "READY"


def test_tracking_may_be_off(company: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert record(load_run(company), "score", "abc", artifacts=tmp_path, **NOTHING) is None
    assert list(tmp_path.iterdir()) == []
