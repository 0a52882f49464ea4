"""Sending what waits in the outbox."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

from healthscore.config import Run, load_run
from healthscore.errors import ConfigurationError
from healthscore.pipelines.tracking.address import redacted, store
from healthscore.pipelines.tracking.entry import Alias, Entry
from healthscore.pipelines.tracking.outbox import OUTBOX, TrackingWarning, alone, read, waiting
from healthscore.pipelines.tracking.sending import Connection, connected


@dataclass(frozen=True)
class Synchronised:
    """Names of the entries that were sent, and of those that still wait."""

    sent: tuple[str, ...]
    waiting: tuple[str, ...]


def synchronise(
    run: Run | str | Path | None = None, *, data: str | Path | None = None, out: str | Path | None = None
) -> Synchronised:
    """Send everything that could not be recorded in MLflow when it was done.

    Raises
    ------
    ConfigurationError
        Tracking is switched off in the run, or cannot be reached: everything still waits.
    """
    run = run if isinstance(run, Run) else load_run(run, data=data, out=out)
    if not run.tracking.enabled:
        raise ConfigurationError(f"{run.name}: [tracking] enabled = false", "set it to true in the run")
    if not waiting(run.out):
        return Synchronised((), ())
    try:
        with connected(run) as connection:
            return send_waiting(connection, run)
    except Exception as error:  # any failure of a server, a database or a disk that is not ours
        told = redacted(f"{type(error).__name__}: {error}", store(run)[0])
        raise ConfigurationError(
            f"MLflow is out of reach ({told}); waiting in {run.out / OUTBOX}: {len(waiting(run.out))}",
            "start the server, or set MLFLOW_TRACKING_URI, and do it again",
        ) from None


def send_waiting(connection: Connection, run: Run) -> Synchronised:
    """Send the entries in the order in which they were made; one that fails keeps its place, with a warning."""
    if not waiting(run.out):
        return Synchronised((), ())
    sent: list[str] = []
    with alone(run.out) as nobody_else:
        for path, entry in _entries(run.out) if nobody_else else []:
            try:
                connection.send(entry, again=True)
                path.unlink()
                sent.append(path.stem)
            except Exception as error:  # of the server, or of this entry: those after it may still go through
                _warn(run, f"{path.stem} still waits in the outbox: {type(error).__name__}: {error}")
                connection.require_answer()  # or every entry would wait for a server that went away meanwhile
    return Synchronised(tuple(sent), tuple(path.stem for path in waiting(run.out)))


def _entries(out: Path) -> list[tuple[Path, Entry | Alias]]:
    """Everything that waits, runs before the aliases that name their models, each the oldest first."""
    found: list[tuple[Path, Entry | Alias]] = []
    for path in waiting(out):
        try:
            found.append((path, read(path, out)))
        except (ValueError, OSError) as error:
            warnings.warn(str(error), TrackingWarning, stacklevel=4)
    return sorted(found, key=lambda one: (isinstance(one[1], Alias), one[1].at))


def _warn(run: Run, text: str) -> None:
    warnings.warn(redacted(text, store(run)[0]), TrackingWarning, stacklevel=4)
