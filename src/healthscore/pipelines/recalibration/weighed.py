"""What weights are judged on, with a scorecard and without one, for any outcome of a run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from healthscore.models.scorecard import CardScores
from healthscore.models.weights.judgement import MINIMUM_EXITING, Judgement, judge_weights
from healthscore.models.weights.learned import learn_subscores
from healthscore.models.weights.rows import WeightRows
from healthscore.models.weights.splitting import split_day, split_rows
from healthscore.pipelines.build import Book
from healthscore.pipelines.cards import card_on_book, card_rows, need_scorecard
from healthscore.pipelines.walk import design_of
from healthscore.pipelines.weighing.judging import judge_with_shares


@dataclass(frozen=True, eq=False)
class Weighed:
    """Weights held against one outcome.

    Attributes
    ----------
    rows
        What they were judged on: of a scorecard, where its own weights are in force; of learned sub-scores, the rows
        later than those that they were learned on.
    history
        All rows of the book whose outcome is known, by position; of a scorecard, those that have a score.
    scores
        Of the scorecard, at all rows of the book; None without one.
    learned
        Day from which the rows are judged that learned sub-scores were not learned on; None of a scorecard.
    """

    book: Book
    rows: WeightRows
    judgement: Judgement
    history: NDArray[np.int64]
    scores: CardScores | None
    learned: int | None = None


def weigh_card(book: Book, *, later_than: int | None = None, shares: bool = True) -> Weighed:
    """Judge the weights of the run's scorecard against the outcome of the book.

    Accounts for which a variant has other weights say nothing of the scorecard's own, and are left out.

    Parameters
    ----------
    later_than
        The weights in force came from history before this day: the test is on as-of dates from it on.
    shares
        Whether a model of the sub-scores is fitted to show its SHAP shares beside.
    """
    scores = card_on_book(book)
    history, run = np.flatnonzero((book.label >= 0) & ~np.isnan(scores.score)), book.run
    rows = card_rows(book, scores).where(own_weights(book, scores)[history])
    past = None if later_than is None else later_than - 1  # a score of the day itself was never among them
    if shares:
        judgement = judge_with_shares(rows, seed=run.seed, threads=run.threads, later_than=past)
    else:
        judgement = judge_weights(rows, later_than=past)
    return Weighed(book, rows, judgement, history, scores)


def own_weights(book: Book, scores: CardScores) -> NDArray[np.bool_]:
    """For which rows the scorecard's own weights are in force: no variant, or one that has other bands only."""
    others = [place for place, variant in enumerate(need_scorecard(book.run).variant) if variant.weights]
    return ~np.isin(scores.variant, others)


def learning_day(rows: WeightRows) -> int | None:
    """Find the day until which sub-scores are learned, such that enough is left to find weights and to test them.

    The history is divided in three: what was known by that day, and the later dates, which are split once more. Of the
    three, the one with the fewest exits has as many as can be. None where one would have none.
    """
    best: tuple[int, int] | None = None
    for day in np.unique(rows.day).tolist():
        later = rows.where(rows.day >= day)
        inner = split_day(later)
        if inner is not None:
            parts = (rows.where(rows.known <= day), *split_rows(later, inner))
            candidate = (min(part.exiting for part in parts), -day)
            best = candidate if best is None else max(best, candidate)
    return -best[1] if best is not None and best[0] > 0 else None


def weigh_learned(book: Book) -> Weighed:
    """Judge the components of the run's own features: learned on the earlier dates, judged on the later ones."""
    history = np.flatnonzero(book.label >= 0)
    design = design_of(book)
    groups = tuple(np.array(design.groups, dtype=object)[~design.context_groups].tolist())
    rows = WeightRows(
        components=groups,
        s=np.zeros((len(history), len(groups))),
        y=book.label[history],
        day=book.panel.day[history].astype(np.int64),
        known=book.known_from[history].astype(np.int64),
        cluster=book.cluster[history],
    )
    day = learning_day(rows) if rows.exiting >= MINIMUM_EXITING else None
    if day is None:
        return Weighed(book, rows, judge_weights(rows), history, None)
    learned = learn_subscores(
        design,
        book.panel.X[history],
        rows.y,
        rows.day,
        rows.known,
        split_day=day,
        seed=book.run.seed,
        threads=book.run.threads,
    )
    later = np.zeros(len(history), bool)
    later[learned.rows] = True
    judged = WeightRows(
        components=learned.components,
        s=learned.u,
        y=rows.y[later],
        day=rows.day[later],
        known=rows.known[later],
        cluster=rows.cluster[later],
    )
    return Weighed(book, judged, judge_weights(judged, shap_share=learned.shares), history, None, day)
