"""The search: trial after trial, or several at a time, until there are as many as were asked for.

Trial `k` knows of trials 0 to `k - W` and no others, where `W` trials run at a time: whichever of them ends first, the
same settings are tried.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from healthscore.errors import HealthScoreError
from healthscore.models.design import Vector
from healthscore.models.tuning.folds import LEAST_SAMPLE, SAMPLE_SHARE
from healthscore.models.tuning.objective import (
    PATIENCE,
    SAMPLE_TREES,
    Measured,
    Objective,
    TuningRows,
    partner_logits,
)
from healthscore.models.tuning.space import SPACE, place_of, settings_with
from healthscore.models.tuning.study import (
    RANDOM_TRIALS,
    SAMPLED_PER_MEASURED,
    TRIALS_BEFORE_PRUNING,
    Journal,
    Pruning,
    Trial,
    propose,
    worth_measuring,
)
from healthscore.models.walkforward import rarer

RULES = {
    "space": {name: list(ends) for name, ends in SPACE.items()},
    "random": RANDOM_TRIALS,
    "patience": PATIENCE,
    "sample": [*LEAST_SAMPLE, SAMPLE_SHARE, SAMPLE_TREES, SAMPLED_PER_MEASURED],
    "before_pruning": TRIALS_BEFORE_PRUNING,
}
"""What is tried, and when it is given up: trials found by other rules are another study's."""

Measure = Callable[[int, Sequence[Trial]], Trial]
"""Measures the trial of a number, given those that it may know of."""


class WorkerError(HealthScoreError):
    """A process that measured trials ended before it was done: out of memory, most likely."""


@dataclass(frozen=True)
class Search:
    """How far to search.

    Parameters
    ----------
    trials
        How many finished trials there shall be, those already in the journal among them.
    workers
        Processes that measure a trial each.
    enough
        Asked before each new trial; True begins no more. The default, trial 0, is always measured.
    """

    trials: int
    workers: int = 1
    enough: Callable[[], bool] = lambda: False


def run_search(rows: TuningRows, journal: Journal, search: Search, advance: Callable[[float], None]) -> list[Trial]:
    """Measure what the journal lacks, write each trial into it as it ends, and give all by number.

    Raises
    ------
    InsufficientDataError
        Too little happened in the past to compare settings by.
    WorkerError
        A worker died; what it was measuring is lost, and nothing else.
    """
    done = {trial.number: trial for trial in journal.trials() if trial.number < search.trials}
    advance(len(done) / search.trials)
    if len(done) < search.trials:
        partner = partner_logits(rows)
        finished = _one_by_one if search.workers == 1 else _side_by_side
        for trial in finished(rows, partner, journal, search, done):
            journal.add(trial)
            done[trial.number] = trial
            advance(len(done) / search.trials)
    return [done[number] for number in sorted(done)]


def measurer(rows: TuningRows, partner: list[Vector] | None) -> Measure:
    """Measure trials on these rows, whose bins they share."""
    objective = Objective(rows, partner)
    untuned = rows.settings.booster

    def measure(number: int, known: Sequence[Trial]) -> Trial:
        place = propose(number, known, rows.seed) if number else place_of(untuned, rarer(rows.y))
        settings = settings_with(place, untuned) if number else untuned
        sample = objective.sampled(settings)
        if sample is not None and number and not worth_measuring(sample.loss, known):
            return Trial(number, place, (), sample.trees, pruned=True, sample=sample.loss)
        pruning, losses, last = Pruning(known), list[float](), Measured(np.nan, 0, 0)
        pruned = False
        for last in objective.measure(settings):
            losses.append(last.loss)
            # After the last fold there is nothing left to save, and the trial is a candidate.
            telling = last.events >= rows.settings.minimum_events_to_choose and len(losses) < objective.folds
            pruned = telling and pruning.gives_up(losses)
            if pruned:
                break
        return Trial(number, place, tuple(losses), last.trees, pruned, None if sample is None else sample.loss)

    return measure


def _one_by_one(
    rows: TuningRows, partner: list[Vector] | None, journal: Journal, search: Search, done: dict[int, Trial]
) -> Iterator[Trial]:
    measure = measurer(rows, partner)
    for number in _missing(search, done):
        if number and search.enough():
            return
        yield measure(number, _known(done, number, 1))


def _side_by_side(
    rows: TuningRows, partner: list[Vector] | None, journal: Journal, search: Search, done: dict[int, Trial]
) -> Iterator[Trial]:
    """Keep every worker busy, as far as the trials that the next one must know of are there."""
    waiting, running = _missing(search, done), set[Future[Trial]]()
    with _pool(rows, partner, journal.path.parent, search.workers) as submit:
        try:
            while waiting or running:
                while waiting and len(running) < search.workers and _known_through(done, waiting[0] - search.workers):
                    if waiting[0] and search.enough():
                        waiting = []
                        break
                    number = waiting.pop(0)
                    running.add(submit(number, _known(done, number, search.workers)))
                ended, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in ended)
        except BrokenProcessPool:
            raise WorkerError(
                "a worker ended while it measured a setting; it may have been short of memory",
                "run the command again, with fewer --workers: finished trials are kept",
            ) from None


def _missing(search: Search, done: dict[int, Trial]) -> list[int]:
    return [number for number in range(search.trials) if number not in done]


def _known(done: dict[int, Trial], number: int, workers: int) -> list[Trial]:
    return [done[earlier] for earlier in range(number - workers + 1)]


def _known_through(done: dict[int, Trial], last: int) -> bool:
    return all(number in done for number in range(last + 1))


@contextmanager
def _pool(
    rows: TuningRows, partner: list[Vector] | None, directory: Path, workers: int
) -> Iterator[Callable[[int, Sequence[Trial]], Future[Trial]]]:
    """Processes that read the features from one file, which they share."""
    matrix = directory / f"rows-{os.getpid()}.npy"
    for left in directory.glob("rows-*.npy"):  # of a process that was killed
        left.unlink(missing_ok=True)
    np.save(matrix, rows.X)
    bare = replace(rows.on(max(1, rows.settings.threads // workers)), X=rows.X[:0])
    # Not forked: LightGBM's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(bare, partner, matrix))
    try:
        yield lambda number, known: pool.submit(_measured, number, known)
    finally:
        pool.shutdown(cancel_futures=True)
        matrix.unlink(missing_ok=True)


_measure: Measure | None = None
"""In a worker: how it measures, made once when it starts."""


def _start(rows: TuningRows, partner: list[Vector] | None, matrix: Path) -> None:
    global _measure
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _measure = measurer(replace(rows, X=np.load(matrix, mmap_mode="r")), partner)


def _end_with_parent() -> None:
    """A worker whose parent was killed would otherwise wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _measured(number: int, known: Sequence[Trial]) -> Trial:
    if _measure is None:
        raise RuntimeError("a worker was asked before it had started")
    return _measure(number, known)
