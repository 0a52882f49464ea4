"""Scores that knew what came: of dates before the last outcome that their model had learned.

A history that is scored afterwards (`score --backfill`) is needed for trends and tests nothing: the model has learned
from the very exits that the scores are held against, and ranks them far better than it will ever rank the next ones.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from healthscore.asof import day_of
from healthscore.errors import HealthScoreError
from healthscore.outcomes.snapshots import Label
from healthscore.pipelines.runs.finding import RESULT, read_object

Rows = NDArray[np.int64]
ENOUGH_EXITS = 30
"""Accounts that left, below which a scorer is not judged."""


def known_until(out: Path, training: str) -> date | None:
    """The day up to which a training knew outcomes; None where it is not at hand, as for a scorecard."""
    try:
        return date.fromisoformat(str(read_object(out / "train" / training / RESULT)["training"]["known_until"]))
    except (HealthScoreError, KeyError, TypeError, ValueError):
        return None


def foretold(rows: Rows, day: NDArray[np.int64], until: date | None) -> Rows:
    """Those of the rows whose scores knew no outcome of a later day, by the as-of day of every row."""
    return rows if until is None else rows[day[rows] >= day_of(until)]


def exiting(rows: Rows, label: NDArray[np.int8], cluster: NDArray[Any]) -> int:
    """How many different accounts left after one of these rows."""
    return len(np.unique(cluster[rows[label[rows] == Label.EXITED]]))
