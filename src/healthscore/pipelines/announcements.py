"""Which exit a score announces: several scores of an account may announce the same one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from healthscore.outcomes.snapshots import Label
from healthscore.pipelines.build import Book
from healthscore.pipelines.happenings import HAPPENINGS


def announced_exits(book: Book, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of the exit that each of these rows of the book announces, -1 for none: an account and its day.

    What has no day of its own counts after each score: a silence, say.
    """
    left = book.label[rows] == Label.EXITED
    dated = HAPPENINGS[book.run.need_outcome().kind].dated
    day = book.snapshots.exit_day[book.snapshots.at_risk][rows] if dated else book.panel.day[rows]
    exits = np.full(len(rows), -1, np.int64)
    if left.any():
        pairs = np.stack([book.panel.account[rows][left], day[left]], axis=1)
        exits[left] = np.unique(pairs, axis=0, return_inverse=True)[1].ravel()
    return exits
