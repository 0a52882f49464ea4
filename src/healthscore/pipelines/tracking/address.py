"""Where runs are recorded: the address, whether anything answers there, and what of it may be told."""

from __future__ import annotations

import os
import socket
import ssl
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from healthscore.config import Run
from healthscore.config.secrets import redacted as redacted  # it belongs to what is told of an address

LOCAL = "mlruns"
ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    # On standard output, where `--json` prints one object and nothing else.
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    # Or it would copy the pyproject.toml of whatever directory the command was given in into the model.
    "MLFLOW_UV_AUTO_DETECT": "false",
    # By MLflow's own defaults, a server that is away holds a job up for minutes.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "PGCONNECT_TIMEOUT": "5",
}
"""Set for MLflow unless the user has set them."""
SERVER_ERROR = 500
PORTS = {"http": 80, "https": 443, "postgresql": 5432, "mysql": 3306, "mssql": 1433}
ANSWERS_WITHIN = 3.0
"""Seconds that a server has to say anything: what it misses waits in the outbox, and nobody waits for it."""
QUESTION = "/api/2.0/mlflow/experiments/search?max_results=1"
"""What a tracking server is asked: a healthy process in front of a hanging database says nothing to this."""
GREETING = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")
"""How a client of PostgreSQL asks whether to encrypt, the first thing that is said; the server answers by a letter."""


def store(run: Run) -> tuple[str, str | None]:
    """Tracking URI (MLFLOW_TRACKING_URI, the run's `uri`, or ``./mlruns``), and where artifacts go if it is local."""
    given = os.environ.get("MLFLOW_TRACKING_URI") or run.tracking.uri
    if given:
        return given, None
    root = Path.cwd() / LOCAL
    return f"sqlite:///{root / 'mlflow.db'}", (root / "artifacts").as_uri()


def knock(uri: str) -> None:
    """See whether anybody answers at an address, and go away; OSError where nobody does in time.

    A moment instead of the minutes for which MLflow and SQLAlchemy try again, also where a server takes connections and
    then says nothing. Addresses without a host (files, SQLite, profiles) pass.
    """
    parts = urlsplit(uri)
    scheme, host = parts.scheme.partition("+")[0], parts.hostname
    port = parts.port or PORTS.get(scheme)
    if not host or port is None:
        return
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        if scheme in ("http", "https"):
            _ask(f"{scheme}://{place}{parts.path.rstrip('/')}{QUESTION}")
        else:
            _greet(host, port, scheme)
    except OSError as error:
        raise OSError(f"nobody answers at {scheme}://{place} ({error})") from error


def _ask(url: str) -> None:
    """Any answer will do but that the server is broken: who may come in is for MLflow's client to find out."""
    try:
        urlopen(url, timeout=ANSWERS_WITHIN).close()  # noqa: S310  # http or https, by the caller
    except HTTPError as answer:
        answer.close()
        if answer.code >= SERVER_ERROR:
            raise OSError(f"it answers {answer.code} {answer.reason}") from None
    except URLError as error:
        if not isinstance(error.reason, ssl.SSLError):
            raise


def _greet(host: str, port: int, scheme: str) -> None:
    """Connect; from PostgreSQL hear a word, too: the system takes connections for a server that hangs."""
    with socket.create_connection((host, port), timeout=ANSWERS_WITHIN) as connection:
        if scheme == "postgresql":
            connection.sendall(GREETING)
            if not connection.recv(1):
                raise OSError("it hangs up")
