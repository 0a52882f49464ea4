"""From a judgement to a scorecard: the weights, where they come from, and what the team's list would have held."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from healthscore.asof import date_of
from healthscore.config import Scorecard
from healthscore.config.scorecards import Provenance
from healthscore.evaluation.announced import TARGETED_SHARE
from healthscore.models.scorecard import score_card
from healthscore.models.weights.judgement import Judgement
from healthscore.pipelines.announcements import announced_exits
from healthscore.pipelines.build import Book
from healthscore.pipelines.cards import risk_of, segments_of, shown
from healthscore.pipelines.recalibration.rewriting import with_weights
from healthscore.pipelines.recalibration.weighed import Weighed
from healthscore.pipelines.weighing.gain import found_gain
from healthscore.pipelines.weighing.result import per_cent
from healthscore.pipelines.weighing.sentences import SAME, weight_text

Floats = NDArray[np.float64]


def recommended_weights(card: Scorecard, judgement: Judgement) -> dict[str, float]:
    """Weights in per cent by component: those to use from now on, as the scorecard states them where they stay."""
    weights = {}
    for one in judgement.components:
        stated, new = card.components[one.name].weight, per_cent(one.recommended)
        weights[one.name] = stated if new is None or abs(new - stated) < SAME else round(new, 2)
    return weights


def provenance_of(card: Scorecard, weighed: Weighed, identity: str) -> Provenance:
    """Where the recommended weights come from."""
    book, rows, judgement = weighed.book, weighed.rows, weighed.judgement
    gain = judgement.gain
    estimate = None if gain is None else gain.difference.estimate
    bounds = {
        one.name: (_tenths(one.validated.weight.low), _tenths(one.validated.weight.high))
        for one in judgement.components
        if one.validated is not None
    }
    return Provenance(
        run=book.run.name,
        identity=identity,
        replaces=f"{card.name} {'/'.join(weight_text(weight) for weight in card.weights_of().values())}",
        first=date_of(int(rows.day.min())),
        last=date_of(int(rows.day.max())),
        data_end=date_of(book.data_end),
        origins=len(np.unique(rows.day)),
        events=int(rows.y.sum()),
        intervals=bounds,
        gain=None if gain is None or estimate is None else (round(estimate, 6), _rounded(gain.bound, 6)),
    )


def list_gain(weighed: Weighed, weights: dict[str, float]) -> dict[str, Any]:
    """What the list that the team can work held on the later dates, by the scores in force and by new weights.

    Scores as they are published: missing policy, variants and hard rules included. The list has `[report] capacity`
    accounts per date, the worst-scored tenth where the run declares none.
    """
    book, judgement = weighed.book, weighed.judgement
    if weighed.scores is None or judgement.split_day is None:
        return {}
    later = weighed.history[book.panel.day[weighed.history] >= judgement.split_day]
    old = weighed.scores.score[later]
    new = _scored(book, with_weights(_card(book), weights, None), later)
    both = ~np.isnan(new)  # where all that is known has lost its weight, there is no score any more
    later, old, new = later[both], old[both], new[both]
    value = book.value[later]
    return found_gain(
        book.label[later] == 1,
        -risk_of(book, shown(old)),
        -risk_of(book, shown(new)),
        book.panel.day[later],
        announced_exits(book, later),
        book.cluster[later],
        value=None if np.isnan(value).all() else np.nan_to_num(value),
        share=list_share(book, later),
        capacity=book.run.report.capacity,
        resamples=book.run.report.resamples,
        seed=book.run.seed,
    )


def list_share(book: Book, rows: NDArray[np.int64]) -> float:
    """Part of the accounts of an average date that the team can work; a tenth where the run does not say."""
    capacity = book.run.report.capacity
    if capacity is None or not len(rows):
        return TARGETED_SHARE
    return min(1.0, capacity * len(np.unique(book.panel.day[rows])) / len(rows))


def _scored(book: Book, card: Scorecard, rows: NDArray[np.int64]) -> Floats:
    names = tuple(feature.name for feature in book.panel.features)
    return score_card(card, names, book.panel.X[rows], segments_of(book, rows)).score


def _card(book: Book) -> Scorecard:
    assert book.run.scorecard is not None  # noqa: S101 - there are scores by it
    return book.run.scorecard


def _tenths(share: float | None) -> float | None:
    return _rounded(per_cent(share), 1)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
