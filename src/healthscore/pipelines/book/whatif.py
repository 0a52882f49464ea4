"""What if the scorecard had other weights: bands, capture and churn per band on history, at once.

Sub-scores do not depend on weights. They are computed once, for every account and date; other weights are then one
weighted sum of them, through the very code that scores.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from healthscore.asof import date_of
from healthscore.config import Run, Scorecard
from healthscore.errors import ConfigurationError
from healthscore.evaluation.metrics import METRICS
from healthscore.evaluation.proportions import Rate, rate, rates
from healthscore.models.scorecard import CardScores, band_numbers, card_bands, score_subscores
from healthscore.pipelines.announcements import announced_exits
from healthscore.pipelines.build import Book as Past
from healthscore.pipelines.build import build_book
from healthscore.pipelines.cardchecks import need_features
from healthscore.pipelines.cardhistory import reference_of
from healthscore.pipelines.cards import card_on_book, need_scorecard, risk_of, segments_of, shown
from healthscore.pipelines.progress import Progress, silent
from healthscore.pipelines.validation.judged import Scored, churners
from healthscore.pipelines.views import tone
from healthscore.pipelines.wording import meant
from healthscore.tables import open_tables

if TYPE_CHECKING:
    from healthscore.pipelines.book.opening import Book

WHOLE = 100.0
FIGURES = ("auc", "capture_10", "revenue_capture_10")
Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class WhatIf:
    """A scorecard on the past of a run, ready for other weights.

    Attributes
    ----------
    card
        The scorecard as it is.
    past
        Every account at risk at every date, with what became of it; its panel holds what hard rules and variants read.
    scores
        What the scorecard makes of them, by row of the past.
    """

    card: Scorecard
    past: Past
    scores: CardScores

    @classmethod
    def of(cls, past: Past) -> WhatIf:
        """Compute the sub-scores of the scorecard of a past's run; of its features, only what weights need is held."""
        card, scores, panel = need_scorecard(past.run), card_on_book(past), past.panel
        asked = {one.feature for rules in (card.cap, card.variant) for rule in rules for one in rule.when}
        own = [place for place, feature in enumerate(panel.features) if feature.name in asked]
        features = tuple(panel.features[place] for place in own)
        held = replace(panel, X=np.ascontiguousarray(panel.X[:, own]), features=features, beside=None)
        return cls(card, replace(past, panel=held), scores)

    def figures(self, weights: Mapping[str, float] | None = None) -> dict[str, Any]:
        """What the score would have been worth with these weights.

        Parameters
        ----------
        weights
            Component -> 0 or more; what is not named is 0, and they are taken as shares of their sum. None: as the
            scorecard says. Variants that have weights of their own keep them.

        Returns
        -------
        `weights` in per cent; `n`, `events`, `accounts` and `rate` of the scores whose outcome is known; `figures` by
        metric, None where not computable; `churners`: how many left, and how many of them the worst-scored tenth of
        each date held; `bands` from the least healthy: name, tone, low, high, n, events, accounts, share, rate, and
        `latest`, how many accounts it has at the newest date, `as_of`.

        Raises
        ------
        ConfigurationError
            A weight is of no component, negative or no number, or all are 0.
        """
        card = self.card if weights is None else weighted(self.card, weights)
        scores = self._scores(card)
        reference = reference_of(self.past, card, scores)
        rows = self._judged(card, scores, reference)
        base = rate(rows.label, rows.account)
        value = rows.value
        known = [name for name in FIGURES if value is not None or not name.startswith("revenue")]
        return {
            "weights": card.weights_of(),
            **_counted(base),
            "figures": {name: METRICS[name].function(rows.label, rows.at_risk, None, value) for name in known},
            "churners": _churners(rows),
            "bands": self._bands(card, scores, reference, rows),
            "as_of": date_of(int(self._days[-1])),
        }

    @cached_property
    def _days(self) -> Rows:
        return self.past.panel.day.astype(np.int64)

    @cached_property
    def _segments(self) -> NDArray[np.object_]:
        return segments_of(self.past, np.arange(len(self.past.label)))

    @cached_property
    def _exits(self) -> Rows:
        return announced_exits(self.past, np.arange(len(self.past.label)))

    def _scores(self, card: Scorecard) -> CardScores:
        if card is self.card:
            return self.scores
        panel = self.past.panel
        names = [feature.name for feature in panel.features]
        return score_subscores(card, self.scores.subscores, names, panel.X, self._segments)

    def _judged(self, card: Scorecard, scores: CardScores, reference: NDArray[np.float64] | None) -> Scored:
        """The rows whose outcome is known and that have a score, as `cardhistory.card_history` collects them."""
        rows = np.flatnonzero((self.past.label >= 0) & ~np.isnan(scores.score))
        score, value = shown(scores.score[rows]), self.past.value[rows]
        return Scored(
            account=self.past.cluster[rows].astype(np.intp),
            day=self._days[rows],
            score=score,
            at_risk=risk_of(self.past, score),
            label=self.past.label[rows],
            exit=self._exits[rows].astype(np.intp),
            band=band_numbers(card, scores.where(rows), reference).astype(np.intp),
            segment=None,
            value=None if np.isnan(value).all() else np.nan_to_num(value),
            resamples=0,
            seed=self.past.run.seed,
        )

    def _bands(
        self, card: Scorecard, scores: CardScores, reference: NDArray[np.float64] | None, rows: Scored
    ) -> list[dict[str, Any]]:
        newest = scores.where(self._days == self._days[-1])
        latest = np.bincount(band_numbers(card, newest, reference) + 1, minlength=len(card.bands.names) + 1)[1:]
        found, nobody = rates(rows.label, rows.band, rows.account), rate([], [])
        return [
            {
                "name": name,
                "tone": tone(place, len(card.bands.names)),
                "low": low,
                "high": high,
                **_counted(found.get(place, nobody)),
                "share": float((rows.band == place).mean()) if rows.band.size else None,
                "latest": int(latest[place]),
            }
            for place, (name, low, high) in enumerate(card_bands(card, reference).ranges())
        ]


def _counted(one: Rate) -> dict[str, Any]:
    """A rate of whole rows, as plain numbers."""
    return one.as_dict() | {"n": int(one.n), "events": int(one.events)}


def _churners(rows: Scored) -> dict[str, Any]:
    said = churners(rows)
    return {"all": said["churners"], "share": said["share"], "held": said["models"]["score"]["held"]}


def weighted(card: Scorecard, weights: Mapping[str, float]) -> Scorecard:
    """The scorecard with other weights, as shares of their sum; what is not named weighs nothing.

    Raises
    ------
    ConfigurationError
        A weight is of no component, negative or no number, or all are 0.
    """
    for name, weight in weights.items():
        if name not in card.components:
            raise ConfigurationError(f"scorecard {card.name!r} has no component {name!r}", meant(name, card.components))
        if not 0 <= weight < np.inf:
            raise ConfigurationError(f"the weight of {name!r} is {weight}", "give 0 or more")
    total = sum(weights.values())
    if not total > 0:
        raise ConfigurationError("all weights are 0", "give one of them at least some weight")
    shares = {name: weights.get(name, 0.0) * (WHOLE / total) for name in card.components}
    parts = {name: part.model_copy(update={"weight": shares[name]}) for name, part in card.components.items()}
    return card.model_copy(update={"components": parts})


def open_what_if(book: Book, progress: Progress = silent) -> WhatIf:
    """Read the past of a book's run; takes as long as the features of all its dates, once.

    Raises
    ------
    ConfigurationError
        The run has no scorecard, no outcome, or no dates; the scorecard reads what the run does not measure.
    InputError
        A source breaks its contract.
    """
    run: Run = book.run
    need_scorecard(run)
    run.need_outcome()
    with open_tables(run) as tables:  # its own: whoever reads rows of the book's does not wait for it
        need_features(run, tables)
        return WhatIf.of(build_book(run, tables, progress=progress))
