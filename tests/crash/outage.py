"""C11: MLflow does not answer, answers by errors, or its database is locked. Scores are as good as ever."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from crash.book import RUN
from crash.kills import Outcome
from crash.reader import differences, tree
from crash.workspace import SCORE_NEW, Place

URI = "MLFLOW_TRACKING_URI"
NOBODY = "http://127.0.0.1:9"


class _Broken(BaseHTTPRequestHandler):
    """Answers everything by 500."""

    def _refuse(self) -> None:
        self.send_error(500)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _refuse  # noqa: N815 - names of the library

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def _nobody(folder: Path) -> Iterator[str]:
    yield NOBODY


@contextmanager
def _broken(folder: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Broken) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def _locked(folder: Path) -> Iterator[str]:
    path = folder / "locked.db"
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("begin exclusive")
        yield f"sqlite:///{path}"
        connection.execute("rollback")
    finally:
        connection.close()


OUTAGES: dict[str, Callable[[Path], AbstractContextManager[str]]] = {
    "nobody answers": _nobody,
    "answers by 500": _broken,
    "a locked SQLite database": _locked,
}


def outages(place: Place) -> Iterator[Outcome]:
    """Train and score in every outage; the results are those without MLflow, and what was to be told waits."""
    folder = place.root / "mlflow"
    folder.mkdir()
    run = place.run.with_name("tracked.toml")
    run.write_text(RUN.replace("enabled = false", "enabled = true"), encoding="utf-8")
    place.reset(place.trained())
    place.well(SCORE_NEW)
    wanted = tree(place.out)
    for number, (name, outage) in enumerate(OUTAGES.items()):
        place.reset(place.trained())
        with outage(folder) as uri:
            ended = place.do(f"score {run} --as-of {{new}}", environment={URI: uri})
        wrong = [] if ended.code == 0 else [f"exit {ended.code}: {ended.output[-300:]}"]
        wrong += [] if "not recorded in MLflow" in ended.output else [f"no warning: {ended.output[-300:]}"]
        waiting = sorted(path.name for path in (place.out / "outbox").glob("*.json"))
        wrong += [] if len(waiting) == 1 else [f"the outbox holds {waiting}"]
        good = f"sqlite:///{folder / f'{number}.db'}"
        synced = place.do(f"runs sync {run}", environment={URI: good})
        if synced.code != 0 or list((place.out / "outbox").glob("*.json")):
            wrong.append(f"later: exit {synced.code}: {synced.output[-300:]}")
        found = {path: digest for path, digest in tree(place.out).items() if not path.startswith("outbox")}
        yield Outcome(number, name, wrong + _but_for_paths(found, wanted))


def _but_for_paths(found: dict[str, str], wanted: dict[str, str]) -> list[str]:
    """Differences but for `run.json`, which names the configuration's file, and the manifest over it."""
    names = ("run.json", "manifest.json")
    return [each for each in differences(found, wanted) if each.split(" ")[0].rpartition("/")[2] not in names]
