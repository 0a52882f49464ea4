"""What weights are judged on, with a scorecard and without one, for any outcome of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from healthscore.models.scorecard import CardScores
from healthscore.models.weights.judgement import MINIMUM_EXITING, Judgement, judge_weights
from healthscore.models.weights.learned import learn_subscores
from healthscore.models.weights.rows import WeightRows
from healthscore.models.weights.splitting import split_day, split_rows
from healthscore.models.weights.variants import segment_variants
from healthscore.pipelines.build import Book
from healthscore.pipelines.cards import card_on_book, card_rows, need_scorecard
from healthscore.pipelines.fitting import design_of
from healthscore.pipelines.weighing.judging import judge_with_shares


@dataclass(frozen=True, eq=False)
class WeighedVariant:
    """Weights of some accounts only.

    Attributes
    ----------
    name
        Of a variant of the scorecard, or of the segment that a new one is proposed for (`proposed`).
    rows
        Its accounts, with the weights that its own are held against: those in force for them or, of a new one, those
        that the scorecard would give them otherwise.
    """

    name: str
    rows: WeightRows
    judgement: Judgement
    proposed: bool = False


@dataclass(frozen=True, eq=False)
class Weighed:
    """Weights held against one outcome.

    Attributes
    ----------
    rows
        What they were judged on: of a scorecard, where its own weights are in force, and no new variant is proposed; of
        learned sub-scores, the rows later than those that they were learned on.
    history
        All rows of the book whose outcome is known, by position; of a scorecard, those that have a score.
    scores
        Of the scorecard, at all rows of the book; None without one.
    learned
        Day from which the rows are judged that learned sub-scores were not learned on; None of a scorecard.
    variants
        Of the scorecard, those with weights of their own in its order, then new ones.
    refused
        Segments that differ, but whose later dates do not confirm weights of their own.
    """

    book: Book
    rows: WeightRows
    judgement: Judgement
    history: NDArray[np.int64]
    scores: CardScores | None
    learned: int | None = None
    variants: tuple[WeighedVariant, ...] = ()
    refused: Mapping[str, Judgement] = field(default_factory=dict)


def weigh_variants(book: Book, *, later_than: int | None = None) -> Weighed:
    """Judge the weights of the run's scorecard and of each of its variants, and find segments that need a new one.

    Each is judged on its own accounts; those of a new variant say nothing of the scorecard's own weights any more.
    `later_than` as in `weigh_card`.
    """
    found, card = weigh_card(book, later_than=later_than), need_scorecard(book.run)
    assert found.scores is not None  # noqa: S101 - a scorecard has scores
    judge = partial(judge_with_shares, seed=book.run.seed, threads=book.run.threads, later_than=_day_before(later_than))
    every, taken = card_rows(book, found.scores), found.scores.variant[found.history]
    variants = []
    for place, variant in enumerate(card.variant):
        if variant.weights:
            weights = np.array([card.weights_of(variant)[name] for name in every.components])
            rows = replace(every.where(taken == place), weights=weights / weights.sum(), segment=None)
            variants.append(WeighedVariant(variant.name, rows, judge(rows)))
    # A variant that only has other bands takes its accounts all the same: the first that fits counts.
    reachable = taken[own_weights(book, found.scores)[found.history]] < 0
    new = segment_variants(found.rows, found.judgement, judge, reachable)
    for name, (judgement, own) in new.proposed.items():
        variants.append(WeighedVariant(name, own, judgement, proposed=True))
    rows = found.rows.where(new.kept)
    return replace(found, rows=rows, judgement=new.card, variants=tuple(variants), refused=new.refused)


def weigh_card(book: Book, *, later_than: int | None = None, shares: bool = True) -> Weighed:
    """Judge the weights of the run's scorecard against the outcome of the book, without its variants.

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
    past = _day_before(later_than)
    if shares:
        judgement = judge_with_shares(rows, seed=run.seed, threads=run.threads, later_than=past)
    else:
        judgement = judge_weights(rows, later_than=past)
    return Weighed(book, rows, judgement, history, scores)


def _day_before(day: int | None) -> int | None:
    """Scores of the day itself were never among what ended before it."""
    return None if day is None else day - 1


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
