"""The run's scorecard on its book: scores at past dates, what they mean, and rows to judge its weights on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from healthscore.config import Run, Scorecard
from healthscore.errors import ConfigurationError
from healthscore.models.design import Labels, Vector, expit, logit
from healthscore.models.health import Bands, displayed
from healthscore.models.newton import fit_bounded_logistic
from healthscore.models.scorecard import CardScores, band_numbers, card_bands, score_card
from healthscore.models.weights.rows import WeightRows
from healthscore.pipelines.build import Book
from healthscore.pipelines.happenings import HAPPENINGS

Floats = NDArray[np.float64]
SCORECARD = "scorecard"
"""What the scorecard is called among models; it is none of them, so nothing ever chooses it for scoring."""
POINTS = 10.0
"""The slope is fitted per ten points of score: log-odds of the order of 1."""
SLOPE_PENALTY = 0.01
"""Ridge on that slope, a prior of 10 log-odds per ten points: no weight beside data, and finite where a few scores part
all that left from all that stayed."""


def need_scorecard(run: Run) -> Scorecard:
    """The run's scorecard, for what cannot work without one."""
    if run.scorecard is None:
        raise ConfigurationError(
            f"{run.path}: the run names no scorecard",
            'add `scorecard = "NAME"` of a shipped one, or the path of a scorecard\'s TOML, at the top of the run',
        )
    return run.scorecard


def without_model(run: Run) -> str:
    """What is left to do where too few exits are known for a model."""
    named = "" if run.scorecard is not None else "; name it in the run first"
    return f"`healthscore validate`: a scorecard is judged from 10 exits on, without a model{named}"


def card_on_book(book: Book, rows: NDArray[np.int64] | None = None) -> CardScores:
    """Score rows of the book (all of them by default) with the run's scorecard, by what was known at their dates.

    Raises
    ------
    ConfigurationError
        The run has no scorecard, or it reads features that the run does not compute.
    """
    card = need_scorecard(book.run)
    chosen = np.arange(len(book.label)) if rows is None else rows
    names = tuple(feature.name for feature in book.panel.features)
    return score_card(card, names, book.panel.X[chosen], segments_of(book, chosen))


def segments_of(book: Book, rows: NDArray[np.int64]) -> NDArray[np.object_]:
    """Segment of the rows' accounts at the rows' dates; None where not given."""
    given = book.about(rows)["segment"]
    found: NDArray[np.object_] = given.astype(object).where(given.notna(), None).to_numpy()
    return found


def card_rows(book: Book, scores: CardScores | None = None) -> WeightRows:
    """Rows whose outcome is known and that have a score, as weights are judged on; `scores` of all rows, if at hand.

    What a healthy account is likelier to do (an expansion) turns the sub-scores round: 100 less the points, so that
    fewer points mean that it is likelier, as everywhere.
    """
    card = need_scorecard(book.run)
    found = card_on_book(book) if scores is None else scores
    rows = np.flatnonzero((book.label >= 0) & ~np.isnan(found.score))
    weights = np.array([card.weights_of()[name] for name in found.components])
    segment = segments_of(book, rows)
    return WeightRows(
        components=found.components,
        s=100.0 - found.filled[rows] if is_gain(book) else found.filled[rows],
        y=book.label[rows],
        day=book.panel.day[rows].astype(np.int64),
        known=book.known_from[rows].astype(np.int64),
        cluster=book.cluster[rows],
        weights=weights / weights.sum(),
        segment=segment if any(segment) else None,
    )


def is_gain(book: Book) -> bool:
    """Whether the outcome is a good one, which healthier accounts are likelier to have."""
    return HAPPENINGS[book.run.need_outcome().kind].gain


def risk_of(book: Book, score: Floats) -> Floats:
    """What the outcome is likelier with: 100 less the score, or the score itself for a gain."""
    return score if is_gain(book) else 100.0 - score


def shown(score: Floats) -> Floats:
    """Scores as displayed, to one decimal; NaN stays."""
    return np.where(np.isnan(score), np.nan, displayed(np.nan_to_num(score)))


@dataclass(frozen=True)
class Meaning:
    """What a score means: `logit P = intercept + slope * risk`, `slope >= 0`; `rate` for accounts without a score."""

    intercept: float
    slope: float
    rate: float

    def probability(self, risk: Floats) -> Floats:
        """Probability of the outcome, shape (n,); NaN risk is an account without a score."""
        return np.where(np.isnan(risk), self.rate, expit(self.intercept + self.slope * np.nan_to_num(risk)))


@dataclass(frozen=True, eq=False)
class CardWalk:
    """The run's scorecard at the rows of a walk over origins, shape (n,) each.

    Attributes
    ----------
    scores
        Scores of the rows.
    probability
        What each score meant by what was known at its origin.
    band
        Number of the row's band, by edges frozen before its origin; -1 without a score.
    bands
        Bands of the last origin: names, colours and edges.
    """

    scores: CardScores
    probability: Floats
    band: NDArray[np.int64]
    bands: Bands


def walk_card(book: Book, origins: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]) -> CardWalk:
    """Score the test rows of origins, given as (training rows, test rows), with nothing learned after any of them.

    A score needs no outcome. What it means, and where quartiles lie, is learned: the one from the training rows, the
    other from the risk set of the last training date.
    """
    card, everyone = need_scorecard(book.run), card_on_book(book)
    risk, probability, band = risk_of(book, everyone.score), [], []
    for train, test in origins:
        meaning = fit_meaning(risk[train], book.label[train])
        probability.append(meaning.probability(risk[test]))
        reference = everyone.score[book.panel.day == book.panel.day[train].max()]
        band.append(band_numbers(card, everyone.where(test), reference))
    rows = np.concatenate([test for _, test in origins])
    return CardWalk(
        everyone.where(rows), np.concatenate(probability), np.concatenate(band), card_bands(card, reference)
    )


def fit_meaning(risk: Floats, y: Labels) -> Meaning:
    """Fit what scores meant on rows whose outcome is known; a score that points the wrong way means the base rate."""
    rate, known = float(y.mean()), ~np.isnan(risk)
    if not known.any() or np.ptp(risk[known]) == 0:
        return Meaning(_log_odds(y), 0.0, rate)
    middle = float(risk[known].mean())
    X = np.column_stack([np.ones(int(known.sum())), (risk[known] - middle) / POINTS])
    start: Vector = np.array([_log_odds(y[known]), 0.0])
    b = fit_bounded_logistic(
        lambda: [(X, y[known])],
        start,
        penalty=np.array([0.0, SLOPE_PENALTY]),
        centre=np.zeros(2),
        lower=np.array([-np.inf, 0.0]),
        upper=np.full(2, np.inf),
    )
    slope = float(b[1]) / POINTS
    return Meaning(float(b[0]) - slope * middle, slope, rate)


def _log_odds(y: Labels) -> float:
    """Log-odds of the share of ones, finite where there are none, or nothing else."""
    return float(logit((float(y.sum()) + 0.5) / (len(y) + 1.0)))
