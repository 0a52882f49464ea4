"""What pipelines call when a run is finished, or a model gets another standing."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from healthscore.config import Run
from healthscore.errors import WriteError
from healthscore.pipelines.tracking.address import redacted, store
from healthscore.pipelines.tracking.catching_up import send_waiting
from healthscore.pipelines.tracking.entry import Alias, Entry
from healthscore.pipelines.tracking.outbox import TrackingWarning, keep
from healthscore.pipelines.tracking.sending import connected


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
    bundle: Path | None = None,
) -> str | None:
    """Record one finished run; returns MLflow's run id, or None where tracking is off or out of reach.

    What is out of reach waits in the outbox; what waits there is sent after the next run that is recorded.

    Parameters
    ----------
    metrics, per_origin
        Figures of the whole run, and of each origin by its number, the earliest first.
    inputs
        Fingerprint of each source.
    artifacts
        A directory, every file of which is kept with the record but tables of rows, or one file.
    bundle
        Directory of the model that the run made: registered as the next version, with the alias `challenger`.
    """
    entry = Entry.of(
        verb,
        identity,
        parameters=parameters,
        metrics=metrics,
        per_origin=per_origin,
        inputs=inputs,
        artifacts=artifacts,
        bundle=bundle,
    )
    return _sent(run, entry)


def set_alias(run: Run, identity: str, alias: str, *, bundle: Path | None = None) -> bool:
    """Move an alias of the registered model to the version of a training run; False where that has to wait.

    Parameters
    ----------
    identity
        Of the training run.
    bundle
        The model as it scores under this alias. Where no version of the run holds these very bytes (its scale was
        anchored anew, say), they are registered as one. Without it, the run's newest version is meant.
    """
    return _sent(run, Alias.of(identity, alias, bundle)) is not None


def _sent(run: Run, entry: Entry | Alias) -> str | None:
    if not run.tracking.enabled:
        return None
    try:
        with connected(run) as connection:
            send_waiting(connection, run)
            return connection.send(entry)
    except Exception as error:  # any failure of a server, a database or a disk that is not ours
        told = redacted(f"not recorded in MLflow: {type(error).__name__}: {error}", store(run)[0])
    try:
        keep(run.out, entry)
        told += "; it waits in the outbox for the next run that is recorded, or for `healthscore runs sync`"
    except (OSError, WriteError) as error:
        told += f"; nor kept for later: {error.what if isinstance(error, WriteError) else error.strerror}"
    warnings.warn(told, TrackingWarning, stacklevel=3)
    return None
