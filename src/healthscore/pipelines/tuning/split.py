"""Which of the backtest's dates judge tuned trees, and what tuning may learn from: only what was known before them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from healthscore.errors import ConfigurationError, InsufficientDataError
from healthscore.models.tuning.objective import TuningRows
from healthscore.pipelines.build import Book, more_history
from healthscore.pipelines.fitting import design_of, settings_of
from healthscore.pipelines.happenings import HAPPENINGS
from healthscore.pipelines.walk import (
    MINIMUM_TEST_EXITS,
    exiting_accounts,
    folds_of,
    tested_rows,
    training_rows,
)


@dataclass(frozen=True)
class TuningSplit:
    """A book parted in time.

    Attributes
    ----------
    judged
        Origins that judge, as days, ascending: tuning sees nothing that was not known before the first.
    past
        Rows of the book that tuning sees.
    """

    judged: tuple[int, ...]
    past: NDArray[np.int64]


def split_for_tuning(book: Book) -> TuningSplit:
    """Part the backtest's origins: the last ones judge, so many that half of those that exit are among theirs.

    There are 30 of them at least, or as many as `[model] minimum_exits` asks for. The test dates of a fixed split judge
    all together.

    Raises
    ------
    InsufficientDataError
        There is no origin, or too few exit after all of them.
    """
    folds, run = folds_of(book), book.run
    needed = min(MINIMUM_TEST_EXITS, run.model.minimum_exits)
    tested = [tested_rows(book, fold) for fold in folds]
    total = exiting_accounts(book, np.concatenate(tested)) if tested else 0
    if total < needed:
        did = HAPPENINGS[run.need_outcome().kind].did
        raise InsufficientDataError(
            f"{run.name}: {total} different accounts {did} after the {len(folds)} dates that can be tested, and to "
            f"judge tuned trees takes {needed}",
            more_history(book, "keep the defaults"),
        )
    first = 0 if run.split is not None else _first_judged(book, tested, max(needed, total / 2))
    return TuningSplit(tuple(fold.test for fold in folds[first:]), training_rows(book, folds[first]))


def _first_judged(book: Book, tested: list[NDArray[np.int64]], enough: float) -> int:
    """The latest origin from which on enough different accounts exit."""
    return max(
        first for first in range(len(tested)) if exiting_accounts(book, np.concatenate(tested[first:])) >= enough
    )


def rows_of(book: Book, past: NDArray[np.int64]) -> TuningRows:
    """What the search is given of the book.

    Raises
    ------
    ConfigurationError
        The run's model has no trees.
    """
    choose = book.run.model.choose
    if choose == "logistic":
        raise ConfigurationError(
            f"{book.run.path}: model.choose is {choose!r}, a model without trees", "tune a run whose model has trees"
        )
    return TuningRows(
        design=design_of(book),
        X=book.panel.X[past],
        y=book.label[past],
        day=book.panel.day[past].astype(np.int64),
        known=book.known_from[past].astype(np.int64),
        cluster=book.cluster[past],
        seed=book.run.seed,
        settings=settings_of(book.run),
        additive=choose != "unconstrained",
        blended=choose in ("auto", "blend"),
    )
