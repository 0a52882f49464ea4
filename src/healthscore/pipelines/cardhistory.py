"""A run's scorecard as a score history: what it would have said at every past date, and what became of the accounts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from healthscore.asof import day_of
from healthscore.config import Bands, Scorecard
from healthscore.models.scorecard import CardScores, band_numbers, card_bands
from healthscore.outcomes.snapshots import Label
from healthscore.pipelines.announcements import announced_exits
from healthscore.pipelines.build import Book
from healthscore.pipelines.cards import card_on_book, need_scorecard, risk_of, segments_of, shown
from healthscore.pipelines.validation.histories import Counted, History
from healthscore.pipelines.validation.judged import Scored, scored
from healthscore.pipelines.validation.observed import Observed

REASONS = {
    Label.IMMATURE: "immature",
    Label.EXIT_IN_GAP: "exit_in_gap",
    Label.CENSORED: "left_otherwise",
    Label.NOT_RECORDED: "not_recorded",
}
Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class CardHistory:
    """The scorecard of a book's run on its past.

    Attributes
    ----------
    scores
        Of every row of the book, scored or not.
    history, observed
        Rows with a score, and what became of them.
    rows
        Positions in the book of those whose outcome is known, in the order of `judged`.
    judged
        The same as what is judged, by account; clusters are those of the book in `clustered`.
    bands
        Bands of the scorecard; a variant's own edges count in `judged.band` only.
    """

    book: Book
    scores: CardScores
    history: History
    observed: Observed
    rows: Rows
    judged: Scored
    bands: Bands

    @property
    def clustered(self) -> Scored:
        """What is judged, with the declared person in the place of several accounts."""
        return replace(self.judged, account=self.book.cluster[self.rows].astype(np.intp))


def card_history(book: Book) -> CardHistory:
    """Score every date of the book; scores are those that people see, to one decimal."""
    card, scores = need_scorecard(book.run), card_on_book(book)
    given = np.flatnonzero(~np.isnan(scores.score))
    history = _history(book, given, scores)
    observed = _observed(book, given, history)
    reference = reference_of(book, card, scores)
    bands = card_bands(card, reference)
    named = Bands(names=bands.names, edges=bands.edges, colours=bands.colours)
    report, rows = book.run.report, given[book.label[given] >= 0]
    found = scored(history, observed, named, riskier=False, resamples=report.resamples, seed=book.run.seed)
    judged = replace(
        found,
        at_risk=risk_of(book, found.score),
        band=band_numbers(card, scores.where(rows), reference).astype(np.intp),
    )
    return CardHistory(book, scores, history, observed, rows, judged, named)


def _history(book: Book, given: Rows, scores: CardScores) -> History:
    ids = book.accounts["account_id"].to_numpy(dtype=object)
    segments = np.array([segment or "" for segment in segments_of(book, given)], dtype=object)
    value = book.value[given]
    counted = Counted(len(scores.score))
    counted.drop("no_score", len(scores.score) - len(given))
    return History(
        account=ids[book.panel.account[given]],
        day=book.panel.day[given].astype(np.int64),
        score=shown(scores.score[given]),
        segment=segments if any(segments) else None,
        value=None if np.isnan(value).all() else value,
        counted=counted,
        columns={},
    )


def _observed(book: Book, given: Rows, history: History) -> Observed:
    code = np.unique(history.account.astype(str), return_inverse=True)[1]
    label, exits = book.label[given], announced_exits(book, given)
    left = np.flatnonzero(exits >= 0)
    first = left[np.unique(exits[left], return_index=True)[1]]
    reason = np.full(len(given), "", dtype=object)
    for one, why in REASONS.items():
        reason[label == one] = why
    return Observed(
        row=np.arange(len(given)),
        code=code.astype(np.intp),
        label=np.where(label >= 0, label, -1).astype(np.int8),
        next_exit=exits.astype(np.intp),
        reason=reason,
        exit_code=code[first].astype(np.intp),
        exit_day=book.snapshots.exit_day[book.snapshots.at_risk][given][first].astype(np.int64),
        scores=history.counted,
        exits=Counted(len(first)),
        findings={},
    )


def reference_of(book: Book, card: Scorecard, scores: CardScores) -> NDArray[np.float64] | None:
    """Scores that quartiles are made of: of the last date up to the day that the scorecard names, else of the first."""
    if card.bands.quartiles_of is None:
        return None
    days = np.unique(book.panel.day)
    place = max(int(np.searchsorted(days, day_of(card.bands.quartiles_of), side="right")) - 1, 0)
    return scores.score[book.panel.day == days[place]] if len(days) else np.array([])
