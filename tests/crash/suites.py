"""All that is tried, by the numbers of the design: what, how often, and what is to be found."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from crash import full, kills, losses, outage, races, resume, sameness
from crash.kills import Outcome
from crash.workspace import ACTIONS, MEMORY, Place, place

MEMORY_TEST = "test_memory.py"
KILLS = {"train": 1, "score": 1, "publish": 1, "backtest": 1, "backfill": 4, "rescore": 4}
TEARS = {"train": 1, "score": 3, "publish": 3, "backtest": 1}
"""Each so many-th operation of which command is one to be killed at, and each so many-th write to be torn."""
TIMES = {"train": 200, "score": 400, "publish": 200, "backtest": 200}
"""How often each is killed at a random time: a thousand times in all."""
FULL = ("train", "score", "publish", "backtest")
WHOLE_EVERY = 10
"""After each so many-th power loss, the command is run again; a reader looks after each."""


@dataclass(frozen=True)
class Suite:
    """One line of the table.

    Attributes
    ----------
    test
        Its number in the design: C1 to C11.
    name, target
        What is done to which command, and what is to be found.
    run
        Gives the outcomes; its argument says to take every so many-th point only, 1 for all.
    """

    test: str
    name: str
    target: str
    run: Callable[[int], Iterator[Outcome]]

    @property
    def key(self) -> str:
        """What its file of results is called."""
        return f"{self.test}-{self.name}".replace(" ", "-").replace(",", "")


Trial = Callable[[Place, int], Iterator[Outcome]]


def _at(trial: Trial, every: int) -> Iterator[Outcome]:
    with place() as made:
        yield from trial(made, every)


def _in_folder(trial: Callable[[Path, int], Iterator[Outcome]], every: int) -> Iterator[Outcome]:
    with tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as folder:
        yield from trial(Path(folder), every)


def _suite(test: str, name: str, target: str, trial: Trial) -> Suite:
    return Suite(test, name, target, partial(_at, trial))


def _memory(every: int) -> Iterator[Outcome]:
    """C10 is a test of its own, and here on all its rows."""
    here = Path(__file__)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(here.with_name(MEMORY_TEST))]
    environment = {**os.environ, "HEALTHSCORE_LONG_TESTS": "1"}
    done = subprocess.run(command, env=environment, cwd=here.parents[2], check=False, capture_output=True, text=True)
    yield Outcome(1, MEMORY_TEST, [] if done.returncode == 0 else [done.stdout[-300:]])


def _each(stride: int) -> str:
    return "every" if stride == 1 else {3: "every 3rd"}.get(stride, f"every {stride}th")


def _killed(made: Place, every: int, *, name: str, mode: str, stride: int) -> Iterator[Outcome]:
    yield from kills.killed_at_every(made, ACTIONS[name], mode, every * stride)


def _killed_sometime(made: Place, every: int, *, name: str) -> Iterator[Outcome]:
    yield from kills.killed_at_times(made, ACTIONS[name], TIMES[name] // every, seed=2)


def _lost(made: Place, every: int, *, name: str) -> Iterator[Outcome]:
    yield from losses.lost_anywhere(made, ACTIONS[name], every, WHOLE_EVERY)


def _refused(made: Place, every: int, *, name: str, error: int, once: bool = False) -> Iterator[Outcome]:
    yield from full.refused(made, ACTIONS[name], error, full.POINTS // every, once=once)


def _really_full(made: Place, every: int, *, name: str) -> Iterator[Outcome]:
    if full.can_mount(made.root / "mounted"):
        yield from full.really_full(made, ACTIONS[name], full.POINTS // every)


def _hindered(made: Place, every: int, *, name: str, mode: str) -> Iterator[Outcome]:
    yield from full.hindered(made, ACTIONS[name], mode, full.POINTS // every)


def _suites() -> Iterator[Suite]:
    intact = "old or new is read; run again, all bytes alike; nothing left over"
    for name, stride in KILLS.items():
        told = f"{name} killed before {_each(stride)} operation"
        yield _suite("C1", told, intact, partial(_killed, name=name, mode="kill", stride=stride))
    for name, stride in TEARS.items():
        told = f"{name} killed in the middle of {_each(stride)} write"
        yield _suite("C1", told, intact, partial(_killed, name=name, mode="tear", stride=stride))
    for name, times in TIMES.items():
        yield _suite("C2", f"{name} killed at {times} random times", intact, partial(_killed_sometime, name=name))
    for name in ACTIONS:
        yield _suite("C3", f"{name} and the power goes", "nothing torn; done stays done", partial(_lost, name=name))
    refusal = "exit 2, path and bytes named; the old is read; nothing left over"
    for name in FULL:
        for error in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            told = f"{name} refused by {errno.errorcode[error]} from an operation on"
            yield _suite("C4", told, refusal, partial(_refused, name=name, error=error))
        once = partial(_refused, name=name, error=errno.EIO, once=True)
        yield _suite("C4", f"{name} refused by EIO once", refusal, once)
        yield _suite("C4", f"{name} on a tmpfs that is too small", refusal, partial(_really_full, name=name))
        for mode, told in (("fail", "interrupted by a signal"), ("short", "with half a write")):
            yield _suite("C4", f"{name} {told}", "nothing is lost", partial(_hindered, name=name, mode=mode))
    yield from _others()


def _others() -> Iterator[Suite]:
    yield _suite("C5", "two jobs for one date", "one computes, the other says so within 5 s; nothing mixed",
                 lambda made, every: races.same_date(made, 200 // every, seed=5))  # fmt: skip
    yield _suite("C5", "two jobs for two dates", "both land; nothing mixed",
                 lambda made, every: races.other_dates(made, 200 // every, seed=5))  # fmt: skip
    yield _suite("C6", "the holder of the lock is killed", "the next does not wait 5 s",
                 lambda made, every: races.after_a_death(made, 100 // every, seed=6))  # fmt: skip
    tuning = partial(_in_folder, lambda folder, every: resume.killed_trials(folder, 20 // every, seed=7))
    yield Suite("C7", "tuning killed in 20 trials and resumed", "trials and choice as if left alone", tuning)
    same = partial(_in_folder, lambda folder, every: sameness.varied(folder))
    yield Suite("C8", "other settings, orders and files", "the same bytes; probabilities within 1e-12", same)
    yield _suite("C9", "twelve dates in other orders", "every file as in order of time",
                 lambda made, every: sameness.in_any_order(made, 12 // every, seed=9))  # fmt: skip
    yield Suite("C10", "memory that is limited", "done, or refused with an estimate", _memory)
    yield _suite("C11", "MLflow away, broken or locked", "scores as ever, a warning, told later",
                 lambda made, every: outage.outages(made))  # fmt: skip


SUITES = {suite.key: suite for suite in _suites()}
