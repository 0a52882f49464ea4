"""Runs recorded in MLflow: parameters, figures per origin, inputs, artifacts. The only mlflow import.

Tracking never stops a job: when it cannot be reached, the run is done without it and says so.
"""

from __future__ import annotations

import logging
import os
import re
import warnings
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from healthscore.config import Run

LOCAL = "mlruns"
ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # By MLflow's own defaults, a server that is away holds a job up for minutes.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
}
"""Set for MLflow unless the user has set them."""


class TrackingWarning(UserWarning):
    """A run could not be recorded; its results are complete."""


def store(run: Run) -> tuple[str, str | None]:
    """Tracking URI (MLFLOW_TRACKING_URI, the run's `uri`, or ``./mlruns``), and where artifacts go if it is local."""
    given = os.environ.get("MLFLOW_TRACKING_URI") or run.tracking.uri
    if given:
        return given, None
    root = Path.cwd() / LOCAL
    return f"sqlite:///{root / 'mlflow.db'}", (root / "artifacts").as_uri()


def record(
    run: Run,
    verb: str,
    identity: str,
    *,
    parameters: Mapping[str, Any],
    metrics: Mapping[str, float],
    per_origin: Mapping[int, Mapping[str, float]],
    inputs: Mapping[str, str],
    artifacts: Path,
) -> str | None:
    """Record one finished run; returns MLflow's run id, or None where tracking is off or out of reach.

    Parameters
    ----------
    metrics, per_origin
        Figures of the whole run, and of each origin by its number, the earliest first.
    inputs
        Fingerprint of each source.
    artifacts
        A directory, every file of which is kept with the record, or one file.
    """
    if not run.tracking.enabled:
        return None
    for variable, value in ENVIRONMENT.items():
        os.environ.setdefault(variable, value)
    try:
        return _record(run, verb, identity, parameters, metrics, per_origin, inputs, artifacts)
    except Exception as error:  # any failure of a server, a database or a disk that is not ours
        told = redacted(f"{type(error).__name__}: {error}", store(run)[0])
        warnings.warn(f"not recorded in MLflow: {told}", TrackingWarning, stacklevel=2)
        return None


def redacted(text: str, uri: str) -> str:
    """The text without what a tracking URI says before its host: user, password, token."""
    secret = re.search(r"://[^/@\s:]*:([^/@\s]{3,})@", uri)
    if secret is not None:
        text = text.replace(secret[1], "***")
    return re.sub(r"(?<=://)[^/@\s]+@", "***@", text)


def _record(
    run: Run,
    verb: str,
    identity: str,
    parameters: Mapping[str, Any],
    metrics: Mapping[str, float],
    per_origin: Mapping[int, Mapping[str, float]],
    inputs: Mapping[str, str],
    artifacts: Path,
) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's own deprecations are not our user's business
        from mlflow.entities import Metric, Param, RunTag
        from mlflow.tracking import MlflowClient

        logging.getLogger("mlflow").setLevel(logging.WARNING)  # after the import, which sets it itself

        uri, location = store(run)
        if location is not None:
            (Path.cwd() / LOCAL).mkdir(exist_ok=True)
        client = MlflowClient(tracking_uri=uri)
        name = run.tracking.experiment or run.name
        experiment = client.get_experiment_by_name(name)
        number = experiment.experiment_id if experiment else client.create_experiment(name, artifact_location=location)
        tags = {"healthscore.verb": verb, "healthscore.identity": identity}
        tags |= {f"healthscore.input.{source}": fingerprint for source, fingerprint in inputs.items()}
        made = client.create_run(number, run_name=f"{verb}-{identity}")
        key, at = made.info.run_id, made.info.start_time
        values = [Metric(_key(metric), value, at, 0) for metric, value in metrics.items()]
        values += [
            Metric(_key(f"origin_{metric}"), value, at, origin)
            for origin, figures in per_origin.items()
            for metric, value in figures.items()
        ]
        try:
            client.log_batch(key, params=[Param(_key(k), str(v)[:500]) for k, v in parameters.items()])
            client.log_batch(key, tags=[RunTag(_key(k), v) for k, v in tags.items()])
            for low in range(0, len(values), 1000):
                client.log_batch(key, metrics=values[low : low + 1000])
            (client.log_artifacts if artifacts.is_dir() else client.log_artifact)(key, str(artifacts))
        except Exception:
            with suppress(Exception):
                client.set_terminated(key, "FAILED")  # or it would stand there as running for ever
            raise
        client.set_terminated(key)
    return str(key)


def _key(name: str) -> str:
    """A name with only the characters that MLflow allows."""
    return re.sub(r"[^A-Za-z0-9_\-. /]", "_", name)[:250]
