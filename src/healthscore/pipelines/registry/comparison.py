"""Challenger against champion, on dates after everything that had shaped the champion.

The champion is what it is: its bundle, on features by its own configuration. The challenger is a recipe: fitted again
at every one of these dates on what was known then, for its own bundle has learned from what happened at them. Where too
few accounts left since the champion was trained, both recipes are fitted again at all dates of the run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from healthscore.asof import date_of
from healthscore.config.dates import Split
from healthscore.errors import ConfigurationError, InsufficientDataError
from healthscore.evaluation.clustered import Resamples, resample
from healthscore.evaluation.folds import Fold
from healthscore.models.bundle import load
from healthscore.outcomes.snapshots import Label
from healthscore.pipelines.build import Book, iso
from healthscore.pipelines.bundles import same_features
from healthscore.pipelines.progress import Progress
from healthscore.pipelines.registry.recipes import Recipe, same_rows
from healthscore.pipelines.walk import MINIMUM_TEST_EXITS, exiting_accounts, folds_of, tested_rows, walk

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Method = Literal["frozen champion", "both recipes", "one recipe", "base rate"]
CHALLENGER, CHAMPION, BASE_RATE = "challenger", "champion", "base_rate"
METRICS = ("log_loss", "auc", "lift_10")
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Comparison:
    """What both said of the same rows, and what came of them.

    Attributes
    ----------
    method
        How they were made comparable; see the module.
    since
        Different accounts that left on dates after the champion was trained; None without a champion.
    origins
        Days that were compared, rising.
    rows
        Rows of the challenger's book, shape (n,).
    left_out
        Rows that the champion's configuration knows nothing of: accounts that were not at risk by it.
    said
        Figures of both on the same resamples of accounts; the rival is the champion, or without one the base rate.
    """

    method: Method
    rival: str
    since: int | None
    origins: tuple[int, ...]
    rows: Rows
    left_out: int
    events: int
    exiting: int
    said: Resamples

    def bound(self) -> float | None:
        """Upper end of the one-sided 95 % bound of challenger minus rival in log-loss."""
        return self.said.upper_bound(CHALLENGER, "log_loss", minus=self.rival, level=CONFIDENCE)

    def limit(self, margin: float) -> float:
        """What the bound may reach: a share of the champion's log-loss. The base rate must be beaten."""
        loss = self.said.estimates[self.rival]["log_loss"]
        return 0.0 if self.rival == BASE_RATE or loss is None else margin * loss

    def passed(self, margin: float) -> bool:
        """Whether the challenger is shown not to be worse than the margin allows."""
        bound = self.bound()
        if bound is None:
            return False
        return bound < 0 if self.rival == BASE_RATE else bound <= self.limit(margin)

    def as_dict(self, margin: float) -> dict[str, Any]:
        """The section `comparison` of a result."""
        pair = (CHALLENGER, self.rival)
        return {
            "method": self.method,
            "rival": self.rival,
            "origins": [iso(day) for day in self.origins],
            "n": len(self.rows),
            "events": self.events,
            "exiting_accounts": self.exiting,
            "exiting_since_champion": self.since,
            "left_out": self.left_out,
            "models": {name: {metric: self.said.interval(name, metric) for metric in METRICS} for name in pair},
            "difference": {metric: self.said.interval(CHALLENGER, metric, minus=self.rival) for metric in METRICS},
            "upper_bound": self.bound(),
            "margin": {"share": margin, "log_loss": self.limit(margin)},
            "passed": self.passed(margin),
        }


def compare(challenger: Recipe, champion: Recipe | None, books: Books, progress: Progress) -> Comparison:
    """Hold the challenger against the champion; against the base rate where there is none.

    Raises
    ------
    ConfigurationError
        They foretell different things.
    InsufficientDataError
        Too few accounts left at the dates that can be compared.
    BundleError
        The champion's bundle is damaged, or its configuration gives other features than it was trained on.
    """
    book = books.of(challenger)
    if champion is None:
        walked = walk(book, progress)
        pair = _Pair(walked.rows, walked.probability[walked.choice.name], walked.probability[BASE_RATE])
        return _compared("base rate", book, pair, None)
    if champion.version.outcome != challenger.version.outcome:
        told, wanted = (", ".join(f"{k} {v}" for k, v in r.version.outcome.items()) for r in (champion, challenger))
        raise ConfigurationError(
            f"version {champion.version.version} foretells {told}; version {challenger.version.version} {wanted}: "
            "what they say of an account cannot be compared",
            "promote without a comparison by --force --why TEXT, and --re-anchor for a scale of the new outcome",
        )
    untouched = untouched_folds(book, champion)
    since = exiting_accounts(book, np.concatenate([np.zeros(0, np.int64), *(tested_rows(book, f) for f in untouched)]))
    if since >= _needed(book):
        pair = _frozen(book, untouched, champion, books.of(champion), progress)
        return _compared("frozen champion", book, pair, since)
    if challenger.fits_as(champion):
        walked = walk(book, progress)
        p = walked.probability[walked.choice.name]
        return _compared("one recipe", book, _Pair(walked.rows, p, p), since)
    return _compared("both recipes", book, _recipes(book, books.of(champion), progress), since)


def untouched_folds(book: Book, champion: Recipe) -> list[Fold]:
    """Origins of the book after everything that had shaped the champion; what happened after them it cannot know."""
    return [fold for fold in folds_of(book) if fold.test >= champion.known_until]


class Books:
    """The books of recipes, each built once; recipes that measure the same share theirs."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.built: list[tuple[Recipe, Book]] = []

    def of(self, recipe: Recipe) -> Book:
        """The recipe's book."""
        for other, book in self.built:
            if recipe.measures_as(other):
                return replace(book, run=recipe.run)
        self.built.append((recipe, recipe.book(self.progress)))
        return self.built[-1][1]


class _Pair(NamedTuple):
    """Rows of a book with the probability of the challenger and its rival's, which is NaN where that knows nothing."""

    rows: Rows
    challenger: Floats
    rival: Floats


def _needed(book: Book) -> int:
    return min(MINIMUM_TEST_EXITS, book.run.model.minimum_exits)


def _frozen(book: Book, untouched: list[Fold], champion: Recipe, others: Book, progress: Progress) -> _Pair:
    """The champion's bundle against the challenger fitted again at each of the dates."""
    bundle = load(champion.bundle, threads=champion.run.threads)
    names = [feature.name for feature in others.panel.features]
    same_features(bundle, champion.run, champion.bundle, names)
    split = Split(
        train=() if book.run.split is None else book.run.split.train,
        test=tuple(date_of(fold.test) for fold in untouched),
    )
    walked = walk(replace(book, run=book.run.model_copy(update={"split": split})), progress)
    there = same_rows(book, walked.rows, others)
    p = np.full(len(there), np.nan)
    p[there >= 0] = bundle.model.probability(others.panel.X[there[there >= 0]], names)
    return _Pair(walked.rows, walked.probability[walked.choice.name], p)


def _recipes(book: Book, others: Book, progress: Progress) -> _Pair:
    """Both recipes fitted again at every date of the run."""
    walked, rival = walk(book, progress), walk(others, progress)
    predicted = np.full(len(others.label), np.nan)
    predicted[rival.rows] = rival.probability[rival.choice.name]
    there = same_rows(book, walked.rows, others)
    p = np.where(there >= 0, predicted[there], np.nan)
    return _Pair(walked.rows, walked.probability[walked.choice.name], p)


def _compared(method: Method, book: Book, pair: _Pair, since: int | None) -> Comparison:
    """Figures of both on the rows that both know."""
    name = BASE_RATE if since is None else CHAMPION
    both = ~np.isnan(pair.rival)
    rows = pair.rows[both]
    left, y = exiting_accounts(book, rows), (book.label[rows] == Label.EXITED).astype(np.int8)
    if left < _needed(book):
        raise InsufficientDataError(
            f"{book.run.name}: {left} different accounts left among the rows that both versions know, and a "
            f"comparison needs {_needed(book)}",
            "a longer history",
        )
    said = resample(
        y,
        {CHALLENGER: pair.challenger[both], name: pair.rival[both]},
        book.cluster[rows],
        METRICS,
        resamples=book.run.report.resamples,
        seed=book.run.seed,
    )
    origins = tuple(np.unique(book.panel.day[rows]).tolist())
    return Comparison(method, name, since, origins, rows, int((~both).sum()), int(y.sum()), left, said)
