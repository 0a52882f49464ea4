"""Runs, models and aliases, sent to MLflow by its client."""

from __future__ import annotations

import json
import logging
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from healthscore.config import Run
from healthscore.pipelines.tracking.address import ENVIRONMENT, LOCAL, knock, store
from healthscore.pipelines.tracking.entry import Alias, Entry
from healthscore.pipelines.tracking.models import Registered

ROWS = (".parquet", ".csv", ".arrow", ".feather")
"""Tables of accounts: they stay where they are. What is recorded are figures, pages, and the model."""
MOST = 1000
"""Metrics that MLflow takes at once."""
LONGEST_DIGEST = 36
DATABASE_TRIES = 2
"""MLflow tries ten times to connect to a database, over 100 seconds, and has no setting for it."""


@contextmanager
def connected(run: Run) -> Iterator[Connection]:
    """A connection to where the run is recorded; whatever goes wrong is raised."""
    for variable, value in ENVIRONMENT.items():
        os.environ.setdefault(variable, value)
    uri, location = store(run)
    knock(uri)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's own deprecations are not our user's business
        from mlflow.store.db import utils as databases
        from mlflow.tracking import MlflowClient

        databases.MAX_RETRY_COUNT = DATABASE_TRIES
        # After the import, which sets it itself. Failures are raised; its warnings (of a pip that is not there, say)
        # are not our user's business.
        logging.getLogger("mlflow").setLevel(logging.ERROR)

        if location is not None:
            (Path.cwd() / LOCAL).mkdir(exist_ok=True)
        client = MlflowClient(tracking_uri=uri)
        name = run.tracking.experiment or run.name
        experiment = client.get_experiment_by_name(name)
        number = experiment.experiment_id if experiment else client.create_experiment(name, artifact_location=location)
        yield Connection(client, str(number), Registered(client, str(number), _key(re.sub("[/:]", "-", name))))


@dataclass(frozen=True)
class Connection:
    """An experiment of a tracking server, and the registered model of the same name."""

    client: Any
    experiment: str
    registered: Registered

    def send(self, entry: Entry | Alias, *, again: bool = False) -> str:
        """Record a run, or move an alias; returns MLflow's id of it.

        With `again`, an entry that was sent and not yet taken out of the outbox when the process ended is not recorded
        twice.
        """
        if isinstance(entry, Alias):
            return self.registered.point(entry)
        return (self._recorded(entry) if again else None) or self._record(entry)

    def require_answer(self) -> None:
        """Raise OSError where the server went away meanwhile."""
        knock(self.client.tracking_uri)

    def _recorded(self, entry: Entry) -> str | None:
        same = f"tags.`healthscore.entry` = '{_entry_tag(entry)}' and attributes.status = 'FINISHED'"
        found = self.client.search_runs([self.experiment], filter_string=same, max_results=1)
        return str(found[0].info.run_id) if found else None

    def _record(self, entry: Entry) -> str:
        for needed in (entry.artifacts, entry.bundle):
            if needed is not None and not needed.exists():  # deleted while it waited: no run of MLflow is begun
                raise FileNotFoundError(f"{needed} is no longer there, and cannot be recorded")
        made = self.client.create_run(self.experiment, run_name=entry.name, start_time=entry.at)
        key = str(made.info.run_id)
        try:
            self._describe(key, entry)
            self._keep_files(key, entry.artifacts)
            if entry.bundle is not None:
                self.registered.challenge(entry, entry.bundle, key)
        except BaseException:
            with suppress(Exception):
                self.client.set_terminated(key, "FAILED")  # or it would stand there as running for ever
            raise
        self.client.set_terminated(key)
        return key

    def _describe(self, key: str, entry: Entry) -> None:
        """Parameters, tags, figures and inputs."""
        from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag

        tags = {"verb": entry.verb, "identity": entry.identity, "entry": _entry_tag(entry)}
        tags |= {f"input.{source}": fingerprint for source, fingerprint in entry.inputs.items()}
        values = [Metric(_key(metric), value, entry.at, 0) for metric, value in entry.metrics.items()]
        values += [
            Metric(_key(f"origin_{metric}"), value, entry.at, origin)
            for origin, figures in entry.per_origin.items()
            for metric, value in figures.items()
        ]
        self.client.log_batch(
            key,
            params=[Param(_key(name), value) for name, value in entry.parameters.items()],
            tags=[RunTag(_key(f"healthscore.{name}"), value) for name, value in tags.items()],
        )
        for low in range(0, len(values), MOST):
            self.client.log_batch(key, metrics=values[low : low + MOST])
        datasets = [
            Dataset(source, fingerprint[:LONGEST_DIGEST], "source", json.dumps({"sha256": fingerprint}))
            for source, fingerprint in entry.inputs.items()
        ]
        if datasets:
            context = [InputTag("mlflow.data.context", entry.verb)]
            self.client.log_inputs(key, [DatasetInput(dataset, context) for dataset in datasets])

    def _keep_files(self, key: str, kept: Path) -> None:
        """Keep a directory's files but for tables of rows, or one file."""
        if not kept.is_dir():
            self.client.log_artifact(key, str(kept))
            return
        for file in sorted(path for path in kept.rglob("*") if path.is_file() and path.suffix not in ROWS):
            folder = file.parent.relative_to(kept).as_posix()
            self.client.log_artifact(key, str(file), None if folder == "." else folder)


def _entry_tag(entry: Entry) -> str:
    return f"{entry.name}-{entry.at}"


def _key(name: str) -> str:
    """A name with only the characters that MLflow allows."""
    return re.sub(r"[^A-Za-z0-9_\-. /]", "_", name)[:250]
