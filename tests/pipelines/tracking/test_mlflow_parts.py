"""The real parts: a tracking server that is away and comes back, `mlflow models predict`, an endpoint, Spark.

One training, one server and one endpoint for all of it; the commands and the code are those of docs/mlflow.md.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pandas as pd
import pytest
from mlflow.tracking import MlflowClient

from company import copy_company
from documented_pages import PAGES
from healthscore.cli import main
from healthscore.config import Run, Tracking, load_run
from healthscore.pipelines.score import ScoreResult, score
from healthscore.pipelines.tracking import TrackingWarning, set_alias
from healthscore.pipelines.tracking.outbox import waiting
from healthscore.pipelines.train import TrainResult, train

SECRET = "hunter2secret"  # noqa: S105  # nobody's
PATIENCE = 600
"""Seconds for MLflow's own programs to start, on a machine that does other things besides."""
PAGE = PAGES["mlflow.md"]


@dataclass(frozen=True)
class Workplace:
    """A run that was trained and scored while its tracking server was away."""

    run: Run
    trained: TrainResult
    scored: ScoreResult
    seconds: float
    warned: list[str]

    def features(self) -> pd.DataFrame:
        """What the model saw of each account, account_id first."""
        drivers = self.scored.drivers
        of_features = drivers[drivers["kind"] == "feature"].set_index(["account_id", "feature"])["value"]
        return of_features.unstack().rename_axis(columns=None).reset_index()  # noqa: PD010  # nothing is aggregated

    def expected(self, ids: list[str], columns: list[str]) -> pd.DataFrame:
        """What scores.parquet says of the accounts."""
        return self.scored.scores.set_index("account_id")[columns].reindex(ids).reset_index(drop=True)


@pytest.fixture(scope="module")
def workplace(company: Path, as_of: date, tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    directory = tmp_path_factory.mktemp("workplace")
    path = copy_company(company, directory, "[tracking]\nenabled = false\n", "")
    run = load_run(path)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        patch.setenv("MLFLOW_TRACKING_URI", f"http://someone:{SECRET}@127.0.0.1:9")
        start = time.monotonic()
        trained = train(run)
        seconds = time.monotonic() - start
    silent = run.model_copy(update={"tracking": Tracking(enabled=False)})
    scored = score(silent, as_of=as_of, model=trained.bundle)
    told = [str(one.message) for one in warned if one.category is TrackingWarning]
    return Workplace(run, trained, scored, seconds, told)


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a tracking server of this test's own."""
    where = tmp_path_factory.mktemp("server")
    kept = ("--backend-store-uri", f"sqlite:///{where / 'mlflow.db'}", "--artifacts-destination", str(where / "kept"))
    with _answering("server", *kept, "--workers", "1") as address:
        yield address


@pytest.fixture(scope="module")
def synchronised(workplace: Workplace, uri: str) -> MlflowClient:
    """The server, after `healthscore runs sync`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", uri)
        with pytest.raises(SystemExit) as ended:
            main(["runs", "sync", str(workplace.run.path)])
        assert not ended.value.code
        assert set_alias(
            workplace.run, workplace.trained.result["identity"], "champion", bundle=workplace.trained.bundle
        )
    return MlflowClient(tracking_uri=uri)


def _environment(**more: str) -> dict[str, str]:
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "OMP_NUM_THREADS": "1"}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    without_pickle = {"MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"}
    return {**os.environ, **quiet, **without_pickle, "PATH": path, "PYSPARK_PYTHON": sys.executable, **more}


@contextmanager
def _answering(*arguments: str, **more: str) -> Iterator[str]:
    """A program of MLflow on a free port, while it answers; then it is ended with all that it started."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "mlflow", *arguments, "--host", "127.0.0.1", "--port", port]
    started = subprocess.Popen(
        command, env=_environment(**more), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(lambda: started.poll() is None, f"{address}/health")
        yield address
    finally:
        os.killpg(started.pid, signal.SIGKILL)
        started.wait()


def _wait(runs: Callable[[], bool], address: str) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and runs():
        try:
            urllib.request.urlopen(address, timeout=5).close()  # noqa: S310  # an address of this test's own
        except (URLError, OSError):
            time.sleep(0.5)
        else:
            return
    pytest.fail(f"{address} does not answer")


def _shown(command: str) -> list[str]:
    """The words of a command as the page shows it."""
    (line,) = [line for line in PAGE.splitlines() if line.startswith(command)]
    return shlex.split(line)


def _posted(endpoint: str, body: str) -> tuple[int, Any]:
    """Status and content of an endpoint's answer."""
    at = HTTPConnection(endpoint.removeprefix("http://"), timeout=60)
    with closing(at):
        at.request("POST", "/invocations", body, {"Content-Type": "application/json"})
        answer = at.getresponse()
        return answer.status, json.load(answer)


def _as_json(rows: pd.DataFrame) -> str:
    """Rows as an endpoint takes them; pandas' own JSON would round."""
    columns = rows.columns.drop("account_id")
    content = rows[columns].astype(object).where(rows[columns].notna(), None)
    return json.dumps({"dataframe_split": {"columns": list(columns), "data": content.to_numpy().tolist()}})


def test_training_ends_while_the_server_is_away_and_says_so_without_its_password(workplace: Workplace) -> None:
    assert workplace.seconds < 120
    assert len(workplace.warned) == 1
    assert "nobody answers at http://127.0.0.1:9" in workplace.warned[0]
    written = [path for path in workplace.run.out.rglob("*") if path.is_file()]
    assert any(path.parent.name == "outbox" for path in written)
    assert not [path for path in written if SECRET.encode() in path.read_bytes()]
    assert SECRET not in workplace.warned[0]


def test_what_waited_is_recorded_whole_when_the_server_is_back(
    workplace: Workplace, synchronised: MlflowClient, capsys: pytest.CaptureFixture[str]
) -> None:
    assert waiting(workplace.run.out) == []
    (found,) = synchronised.search_runs([synchronised.get_experiment_by_name("saas").experiment_id])
    result = workplace.trained.result
    assert (found.info.status, found.info.run_name) == ("FINISHED", f"train-{result['identity']}")
    assert found.data.params["chosen"] == result["chosen"]
    inputs = json.loads((workplace.trained.directory / "run.json").read_text(encoding="utf-8"))["inputs"]
    datasets = {one.dataset.name: json.loads(one.dataset.source)["sha256"] for one in found.inputs.dataset_inputs}
    assert datasets == inputs
    kept = {file.path for file in synchronised.list_artifacts(found.info.run_id)}
    assert kept >= {"bundle", "dictionary.md", "result.json", "run.json"}
    (version,) = synchronised.search_model_versions("name = 'saas'")
    assert version.run_id == found.info.run_id
    # It was made champion while the server was away, and challenges nobody any more.
    aliases = synchronised.get_registered_model("saas").aliases
    assert {alias: str(number) for alias, number in aliases.items()} == {"champion": str(version.version)}


def test_an_alias_goes_to_the_model_as_it_scores(
    workplace: Workplace, synchronised: MlflowClient, uri: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    identity, bundle = str(workplace.trained.result["identity"]), workplace.trained.bundle
    assert set_alias(workplace.run, identity, "champion", bundle=bundle)
    assert synchronised.get_model_version_by_alias("saas", "champion").version == "1"
    anchored = shutil.copytree(bundle, tmp_path / "bundle")
    (anchored / "note").write_text("other bytes", encoding="utf-8")
    assert set_alias(workplace.run, identity, "anchored", bundle=anchored)
    assert synchronised.get_model_version_by_alias("saas", "anchored").version == "2"
    assert set_alias(workplace.run, identity, "anchored", bundle=bundle)
    assert synchronised.get_model_version_by_alias("saas", "anchored").version == "1"
    assert set_alias(workplace.run, identity, "newest")
    assert synchronised.get_model_version_by_alias("saas", "newest").version == "2"
    with pytest.warns(TrackingWarning, match="no version of the model saas is of the training run unknown"):
        assert not set_alias(workplace.run, "unknown", "champion")
    shutil.rmtree(workplace.run.out / "outbox")


def test_mlflow_models_predict_gives_the_scores_without_pickle(
    workplace: Workplace, synchronised: MlflowClient, uri: str, tmp_path: Path
) -> None:
    rows = workplace.features().head(20)
    (tmp_path / "features.json").write_text(_as_json(rows), encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", *_shown("mlflow models predict ")],
        env=_environment(MLFLOW_TRACKING_URI=uri),
        cwd=tmp_path,
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )
    scores = pd.DataFrame(json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))["predictions"])
    assert {"health", "band", "probability", "health_low", "health_high", "points_base"} <= {*scores.columns}
    expected = workplace.expected(list(rows["account_id"]), list(scores.columns))
    pd.testing.assert_frame_equal(scores, expected, check_dtype=False, rtol=1e-12)


def test_an_endpoint_answers_the_example_and_refuses_rows_without_a_feature(
    workplace: Workplace, synchronised: MlflowClient, uri: str
) -> None:
    del synchronised
    with _answering(*_shown("mlflow models serve ")[1:], MLFLOW_TRACKING_URI=uri) as endpoint:
        rows = workplace.features().head(3)
        status, answer = _posted(endpoint, _as_json(rows))
        assert status == 200
        scores = pd.DataFrame(answer["predictions"])
        expected = workplace.expected(list(rows["account_id"]), list(scores.columns))
        pd.testing.assert_frame_equal(scores, expected, check_dtype=False, rtol=1e-12)
        status, _ = _posted(endpoint, _as_json(rows.drop(columns="tenure_days")))
        assert status == 400


def test_spark_scores_as_the_command_does(
    workplace: Workplace, synchronised: MlflowClient, uri: str, tmp_path: Path
) -> None:
    if shutil.which("java") is None:
        pytest.skip("no Java, so spark_udf is not tested here: apt-get install default-jre-headless")
    del synchronised
    workplace.features().to_parquet(tmp_path / "features.parquet")
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)
    subprocess.run(
        [sys.executable, "-c", code],
        env=_environment(MLFLOW_TRACKING_URI=uri, SPARK_LOCAL_IP="127.0.0.1"),
        cwd=tmp_path,
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )
    scores = pd.read_parquet(tmp_path / "scores")
    assert len(scores) == (workplace.scored.scores["status"] == "scored").sum() > 100
    expected = workplace.expected(list(scores.pop("account_id")), list(scores.columns))
    pd.testing.assert_frame_equal(scores, expected, check_dtype=False, rtol=1e-12)
