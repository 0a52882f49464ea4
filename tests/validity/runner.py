"""Measuring what is not measured yet: two processes, one thread each, one line per outcome.

The file of outcomes is only ever appended to. A line that an interrupted run cut short is skipped, and measured again.
"""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from validity.suite import Outcome, Suite

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
Key = tuple[str, int, str]
"""Suite, number of the seed, version of the suite."""
Progress = Callable[[int, int, str], None]
"""Called with (done, in all, suite)."""


def key_of(line: dict[str, Any]) -> Key:
    """Say what a line of the file is the outcome of."""
    return line["suite"], line["seed"], line["version"]


def recorded(path: Path) -> dict[Key, dict[str, Any]]:
    """Read the lines of earlier runs; of two with the same key, the later one."""
    if not path.exists():
        return {}
    lines: dict[Key, dict[str, Any]] = {}
    for text in path.read_text(encoding="utf-8").splitlines():
        try:
            line = json.loads(text)
        except json.JSONDecodeError:
            continue
        lines[key_of(line)] = line
    return lines


def outcomes(suite: Suite, lines: Mapping[Key, dict[str, Any]], seeds: int) -> list[Outcome]:
    """What the first seeds of a suite said, as far as measured with the code as it is."""
    keys = [(suite.name, number, suite.version) for number in range(seeds)]
    return [lines[key]["outcome"] for key in keys if key in lines]


def missing(suites: Iterable[Suite], lines: Mapping[Key, dict[str, Any]], seeds: int | None) -> list[Key]:
    """What is to be measured, the first seeds of every suite first."""
    keys = [
        (suite.name, number, suite.version)
        for suite in suites
        for number in range(suite.seeds if seeds is None else min(seeds, suite.seeds))
    ]
    return sorted((key for key in keys if key not in lines), key=lambda key: key[1])


def measure(key: Key) -> dict[str, Any]:
    """Measure one seed of one suite, in whatever process: the line to keep."""
    from validity.suites import SUITES

    name, number, version = key
    begin = _busy_seconds()
    outcome = SUITES[name].measure(number)
    seconds = round(_busy_seconds() - begin, 2)
    return {"suite": name, "seed": number, "version": version, "seconds": seconds, "outcome": outcome}


def _busy_seconds() -> float:
    """Processor time of this process and of the commands that it ran, whatever else the machine does."""
    return sum(os.times()[:4])


def run(keys: Sequence[Key], path: Path, workers: int, progress: Progress) -> None:
    """Measure and append, outcome by outcome.

    An exception in a suite is an error of the suite or of what it judges: it ends the run, and what was measured stays.
    """
    for variable in ONE_THREAD:
        os.environ[variable] = "1"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        if path.stat().st_size and not _ends_a_line(path):
            file.write("\n")
        for done, line in enumerate(_measured(keys, workers), start=1):
            file.write(json.dumps(line, allow_nan=False) + "\n")
            file.flush()
            progress(done, len(keys), line["suite"])


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _measured(keys: Sequence[Key], workers: int) -> Iterator[dict[str, Any]]:
    if not keys:
        return
    # Spawned, not forked: numerical libraries read how many threads they may use when they are loaded.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context)
    try:
        futures: list[Future[dict[str, Any]]] = [pool.submit(measure, key) for key in keys]
        for future in as_completed(futures):
            yield future.result()
    finally:
        # Also when the run is stopped: what has begun is finished, what has not is for the next run.
        pool.shutdown(cancel_futures=True)
