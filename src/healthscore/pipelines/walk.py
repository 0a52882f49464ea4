"""Walking forward: at every origin, models of what was known by then score the accounts at risk."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from healthscore.config import Run
from healthscore.errors import InsufficientDataError
from healthscore.evaluation.folds import Fold, known_rows, plan_folds
from healthscore.models.bundle import Bundle
from healthscore.models.candidates import Candidates
from healthscore.models.choice import Choice, choose
from healthscore.models.drivers import component_drivers
from healthscore.models.sharing import Fits
from healthscore.models.summing import in_one_order
from healthscore.pipelines.build import Book, days_of, iso, more_history
from healthscore.pipelines.calibrations import learn_calibrations, recalibrated
from healthscore.pipelines.cards import SCORECARD, CardWalk, walk_card, without_model
from healthscore.pipelines.fitting import fit, freeze
from healthscore.pipelines.happenings import HAPPENINGS
from healthscore.pipelines.progress import Advance, Progress

Floats = NDArray[np.float64]
MINIMUM_TEST_EXITS = 30
"""Different accounts that left after the tested dates, below which there are no figures."""
SIDE_BY_SIDE_ROWS = 200_000
"""Books with fewer rows have their origins fitted side by side."""


@dataclass(frozen=True)
class Walk:
    """Out-of-time predictions, pooled over the origins.

    Attributes
    ----------
    rows
        Rows of the book that were predicted: test origins, outcome known, shape (n,).
    probability
        Per model, shape (n,): churn probability.
    health, points
        Of the chosen model: score to one decimal, shape (n,), and points per component group, shape (n, groups).
    origins
        Per origin: its day, and what it was trained on.
    choice
        The model chosen from what was known before the first origin, and why.
    last
        The chosen model of the last origin as a bundle, for the drivers of its accounts.
    card
        The run's scorecard at the same rows, where it has one; its probability is among the others as "scorecard".
    recalibrated
        Per other calibration of the chosen model, shape (n,): churn probability, NaN where too little was known.
    """

    rows: NDArray[np.int64]
    probability: dict[str, Floats]
    health: Floats
    points: Floats
    groups: tuple[str, ...]
    origins: list[dict[str, Any]]
    choice: Choice
    last: Bundle
    card: CardWalk | None = None
    recalibrated: dict[str, Floats] = field(default_factory=dict)


def folds_of(book: Book) -> list[Fold]:
    """Origins of the run: every mature as-of date with mature training dates before it, or the dates of its split."""
    run, split = book.run, book.run.split
    folds = plan_folds(
        first_known(book),
        data_end=book.data_end,
        minimum_train=run.model.minimum_train_dates,
        train=days_of(split.train) if split and split.train else None,
        test=days_of(split.test) if split else None,
    )
    return [fold for fold in folds if trainable(book, fold)]


def first_known(book: Book) -> dict[int, int]:
    """As-of day -> day on which the first of its labels is final."""
    first = book.snapshots.known_from.min(axis=1, initial=np.iinfo(np.int32).max)
    return dict(zip(book.snapshots.as_ofs, first.tolist(), strict=True))


def trainable(book: Book, fold: Fold) -> bool:
    """Whether enough different accounts had left by the origin for a model (`[model] minimum_exits`)."""
    rows = training_rows(book, fold)
    return exiting_accounts(book, rows) >= book.run.model.minimum_exits


def exiting_accounts(book: Book, rows: NDArray[np.int64]) -> int:
    """Number of different accounts among the rows that left."""
    return len(np.unique(book.panel.account[rows][book.label[rows] == 1]))


def training_rows(book: Book, fold: Fold) -> NDArray[np.int64]:
    """Rows of the fold's training dates whose outcome was known at its origin."""
    return np.flatnonzero(known_rows(fold, book.panel.day, book.known_from) & (book.label >= 0))


def tested_rows(book: Book, fold: Fold) -> NDArray[np.int64]:
    """Rows of the fold's origin whose outcome is known by now."""
    return np.flatnonzero((book.panel.day == fold.test) & (book.label >= 0))


def walk(book: Book, progress: Progress) -> Walk:
    """Fit at every origin, predict its risk set, and keep what came out.

    Origins with the same training rows (a fixed split) share their fit; different ones are fitted side by side.

    Raises
    ------
    InsufficientDataError
        No origin has enough exits before it, or too few accounts left after them all.
    """
    folds = folds_of(book)
    if not folds:
        raise InsufficientDataError(
            _too_little(book), more_history(book, f"a shorter horizon, or {without_model(book.run)}")
        )
    _enough_to_judge(book, folds)
    by_training: dict[bytes, list[Fold]] = {}
    for fold in folds:
        by_training.setdefault(training_rows(book, fold).tobytes(), []).append(fold)
    groups = list(by_training.values())
    training = [training_rows(book, group[0]) for group in groups]
    # Before anything is fitted, so that a fault of the scorecard is told at once.
    card = None if book.run.scorecard is None else walk_card(book, _origins_of(book, groups, training))
    with progress("walking forward over the origins") as advance:
        fits = _fit_all(book, training, advance)
    choice = choose(fits[0], book.cluster[training[0]], book.run.model.choose)
    parts: list[_Part] = []
    origins: list[dict[str, Any]] = []
    for group, candidates, rows in zip(groups, fits, training, strict=True):
        bundle = freeze(book, candidates.models[choice.name], rows)
        learned = learn_calibrations(candidates, choice.name, book.label[rows])
        for fold in group:
            test = tested_rows(book, fold)
            probability, health, points = _predict(book, candidates, bundle, test)
            parts.append(_Part(test, probability, health, points, recalibrated(learned, probability[choice.name])))
            origins.append({"day": fold.test, "train": _described(book, fold, rows)})
    probability = _joined([part.probability for part in parts])
    return Walk(
        rows=np.concatenate([part.rows for part in parts]),
        probability=probability if card is None else probability | {SCORECARD: card.probability},
        health=np.concatenate([part.health for part in parts]),
        points=np.concatenate([part.points for part in parts]),
        groups=bundle.model.design.groups,
        origins=origins,
        choice=choice,
        last=bundle,
        card=card,
        recalibrated=_joined([part.recalibrated for part in parts]),
    )


def _origins_of(
    book: Book, groups: list[list[Fold]], training: list[NDArray[np.int64]]
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Training and test rows of every origin, in the order of the walk."""
    return [(rows, tested_rows(book, fold)) for group, rows in zip(groups, training, strict=True) for fold in group]


def _enough_to_judge(book: Book, folds: list[Fold]) -> None:
    """Refuse a backtest whose figures would be a matter of a few accounts; a run may lower the bar for both ends."""
    needed = min(MINIMUM_TEST_EXITS, book.run.model.minimum_exits)
    tested = np.flatnonzero(np.isin(book.panel.day, [fold.test for fold in folds]) & (book.label >= 0))
    left = exiting_accounts(book, tested)
    if left < needed:
        raise InsufficientDataError(
            f"{book.run.name}: {left} different accounts {_did(book)} after the {len(folds)} "
            f"{'date' if len(folds) == 1 else 'dates'} that can be tested, and figures need {needed}",
            more_history(book, f"more as-of dates, or {without_model(book.run)}"),
        )


class _Part(NamedTuple):
    """What one origin's model said of its risk set."""

    rows: NDArray[np.int64]
    probability: dict[str, Floats]
    health: Floats
    points: Floats
    recalibrated: dict[str, Floats]


def _joined(parts: list[dict[str, Floats]]) -> dict[str, Floats]:
    """Columns of all parts, one below the other."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _fit_all(book: Book, training: list[NDArray[np.int64]], advance: Advance) -> list[Candidates]:
    """Fit the candidates on each set of training rows, on as many threads as the run allows.

    A large book is fitted set by set: its trees use all threads themselves, and copies of its rows would not fit.
    """
    shared = Fits()  # origins replay much of the same past
    total = sum(len(rows) for rows in training)
    done = [0.0] * len(training)

    def fit_one(i: int) -> Candidates:
        def told(fits: int, of: int) -> None:
            done[i] = fits / of * len(training[i]) / total
            advance(sum(done))

        return fit(book, training[i], told, shared)

    workers = book.run.threads if len(book.label) < SIDE_BY_SIDE_ROWS else 1
    with in_one_order(), ThreadPoolExecutor(max_workers=workers) as pool:
        # The longest first, so that no thread is left alone with it at the end.
        order = sorted(range(len(training)), key=lambda i: -len(training[i]))
        fitted = dict(zip(order, pool.map(fit_one, order), strict=True))
    return [fitted[i] for i in range(len(training))]


def _predict(
    book: Book, candidates: Candidates, bundle: Bundle, rows: NDArray[np.int64]
) -> tuple[dict[str, Floats], Floats, Floats]:
    X, names = book.panel.X[rows], bundle.model.design.names
    probability = {name: model.probability(X, names) for name, model in candidates.models.items()}
    drivers = component_drivers(bundle.model, bundle.scale, bundle.model.component_logit(X, names))
    return probability, drivers.score_tenths / 10.0, drivers.points


def _described(book: Book, fold: Fold, rows: NDArray[np.int64]) -> dict[str, Any]:
    return {
        "first": iso(fold.train[0]),
        "last": iso(fold.train[-1]),
        "n": len(rows),
        "events": int(book.label[rows].sum()),
        "exiting_accounts": exiting_accounts(book, rows),
    }


def _did(book: Book) -> str:
    return HAPPENINGS[book.run.need_outcome().kind].did


def _too_little(book: Book) -> str:
    run: Run = book.run
    known = np.flatnonzero(book.label >= 0)
    return (
        f"{run.name}: no as-of date has {run.model.minimum_exits} different accounts of which it was known before it "
        f"that they {_did(book)} ({exiting_accounts(book, known)} {_did(book)} over all {len(book.snapshots.as_ofs)} "
        "dates): this cannot support a "
        "model; a scorecard can still be validated"
    )
