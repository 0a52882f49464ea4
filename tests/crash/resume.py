"""C7: a search for settings is killed in the middle of its trials, and goes on."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import search_samples
from crash.kills import Outcome
from crash.serving import ENVIRONMENT
from healthscore.models.tuning.study import Journal, Trial, best

TRIALS = 21


def killed_trials(folder: Path, kills: int, seed: int) -> Iterator[Outcome]:
    """Kill a search in `kills` different trials, resume it each time, and compare it with one that was left alone."""
    drawn = random.Random(seed)
    begin = time.monotonic()
    _finish(folder / "whole.log")
    pause = (time.monotonic() - begin) / TRIALS
    whole = Journal(folder / "whole.log").trials()
    for number, after in enumerate(drawn.sample(range(TRIALS - 1), kills)):
        path = folder / f"{number}.log"
        kept = _kill(path, after, drawn.uniform(0.0, pause / 2))
        _finish(path)
        found = Journal(path).trials()
        wrong = [] if found[: len(kept)] == kept else ["a finished trial was measured again or lost"]
        wrong += [] if len(found) == TRIALS else [f"{len(found)} trials instead of {TRIALS}"]
        wrong += [] if found == whole else ["other trials than those of a search that was left alone"]
        wrong += [] if best(found).place == best(whole).place else ["another setting is chosen"]
        yield Outcome(number, f"killed after {len(kept)} trials", wrong)


def _command(path: Path) -> list[str]:
    return [sys.executable, "-W", "ignore", search_samples.__file__, str(path), str(TRIALS), "1"]


def _environment() -> dict[str, str]:
    places = [str(Path(__file__).parents[1]), *filter(None, sys.path)]
    return {**os.environ, **ENVIRONMENT, "PYTHONPATH": os.pathsep.join(places)}


def _finish(path: Path) -> None:
    subprocess.run(_command(path), env=_environment(), check=True)


def _kill(path: Path, after: int, pause: float) -> list[Trial]:
    """Kill a search `pause` seconds after its journal holds so many trials; returns those that it then holds."""
    running = subprocess.Popen(_command(path), env=_environment())
    lines = 1 + after  # the study's own line comes first
    while running.poll() is None and (not path.exists() or path.read_bytes().count(b"\n") < lines):
        time.sleep(0.002)
    time.sleep(pause)
    running.send_signal(signal.SIGKILL)
    running.wait()
    return Journal(path).trials()
