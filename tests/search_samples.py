"""A small past to search on, for the tests of tuning and for the processes that they kill."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from healthscore.models.churn import ChurnSettings
from healthscore.models.design import Design, expit
from healthscore.models.tuning.objective import TuningRows
from healthscore.models.tuning.search import Search, run_search
from healthscore.models.tuning.study import Journal, Trial

ACCOUNTS, DAYS = 120, 7


def past(*, seed: int = 1, days: int = DAYS, wait: int = 60) -> TuningRows:
    """Three components, two of which matter; monthly dates, each outcome known after `wait` days."""
    rng = np.random.default_rng(seed)
    n = ACCOUNTS * days
    X = rng.normal(size=(n, 4))
    X[rng.random(n) < 0.2, 3] = np.nan
    design = Design(("a", "b", "c", "d"), ("use", "use", "tickets", "survey"), (-1, 0, 1, 0))
    y = (rng.random(n) < expit(-1.5 - 0.8 * X[:, 0] + 0.5 * X[:, 2])).astype(np.int8)
    day = np.tile(np.arange(days) * 30, ACCOUNTS)
    cluster = np.repeat(np.arange(ACCOUNTS), days)
    return TuningRows(design, X, y, day, day + wait, cluster, 7, ChurnSettings(threads=1))


def search(path: Path, trials: int, workers: int = 1, rows: TuningRows | None = None) -> list[Trial]:
    return run_search(rows or past(), Journal(path), Search(trials, workers), lambda share: None)


if __name__ == "__main__":
    search(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
