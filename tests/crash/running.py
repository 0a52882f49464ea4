"""Suites in processes of their own, their outcomes in files, and what is there already not done again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crash.suites import SUITES, Suite


@dataclass(frozen=True)
class Result:
    """What one suite found.

    Attributes
    ----------
    every
        Only every so many-th point was tried; 1 is all.
    tried
        How many states, kills, races...
    wrong
        Those where something was wrong: where, and what.
    """

    every: int
    tried: int
    wrong: list[str]
    seconds: float


def measure(suite: Suite, every: int, path: Path) -> None:
    """Run a suite in this process, and write its outcomes: a line each, and a last one when it is done."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial, begin = path.with_suffix(".partial"), time.monotonic()
    with partial.open("w", encoding="utf-8") as file:
        for outcome in suite.run(every):
            file.write(json.dumps(vars(outcome)) + "\n")
            file.flush()
        last = {"done": True, "every": every, "code": code(), "seconds": time.monotonic() - begin}
        file.write(json.dumps(last) + "\n")
    partial.replace(path)


def code() -> str:
    """Digest of the package's code: other code, other outcomes."""
    from healthscore.pipelines.runs.record import code_digest

    return code_digest()


def result(path: Path) -> Result | None:
    """What a finished suite found; None for one that has not been run, or not to its end."""
    if not path.exists():
        return None
    *lines, last = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    wrong = [f"{line['met']}: {'; '.join(line['problems'])}" for line in lines if line["problems"]]
    return Result(last["every"], len(lines), wrong, last["seconds"])


def missing(suites: Sequence[Suite], folder: Path, every: int) -> list[Suite]:
    """Suites that were not run with the code as it is, or only on fewer points."""
    return [suite for suite in suites if not _stands(folder / f"{suite.key}.jsonl", every)]


def _stands(path: Path, every: int) -> bool:
    if not path.exists():
        return False
    last: dict[str, Any] = json.loads(path.read_text(encoding="utf-8").splitlines()[-1])
    return bool(last["code"] == code() and last["every"] <= every)


def run(suites: Sequence[Suite], folder: Path, every: int, workers: int, progress: Callable[[str], None]) -> None:
    """Run suites, some at a time, each in a process of its own."""
    waiting, running = list(suites), dict[str, subprocess.Popen[bytes]]()
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                suite = waiting.pop(0)
                running[suite.key] = _started(suite, folder, every)
            for key, process in list(running.items()):
                if process.poll() is not None:
                    del running[key]
                    progress(f"{key}: {'done' if process.returncode == 0 else f'ended with {process.returncode}'}")
            time.sleep(0.2)
    finally:
        for process in running.values():
            process.terminate()


def _started(suite: Suite, folder: Path, every: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "crash.running", suite.key, str(every), str(folder / f"{suite.key}.jsonl")]
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))})


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was begun is cleared away
    measure(SUITES[sys.argv[1]], int(sys.argv[2]), Path(sys.argv[3]))
