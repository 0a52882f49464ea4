"""From a judgement to a scorecard: the weights, where they come from, and what the team's list would have held."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from healthscore.asof import date_of
from healthscore.config import Scorecard
from healthscore.config.scorecards import Provenance, Variant
from healthscore.evaluation.announced import TARGETED_SHARE
from healthscore.models.scorecard import score_card
from healthscore.models.weights.judgement import Judgement
from healthscore.pipelines.announcements import announced_exits
from healthscore.pipelines.build import Book
from healthscore.pipelines.cards import risk_of, segments_of, shown
from healthscore.pipelines.recalibration.rewriting import with_weights
from healthscore.pipelines.recalibration.weighed import Weighed
from healthscore.pipelines.weighing.gain import found_gain
from healthscore.pipelines.weighing.result import per_cent, weighing_result
from healthscore.pipelines.weighing.sentences import SAME, weight_text
from healthscore.pipelines.weighing.variants import variant_result, with_variants

Floats = NDArray[np.float64]
LONGEST = 40
"""Letters of a segment in the name of its variant."""


@dataclass(frozen=True)
class Recommendation:
    """Weights to use from now on, in per cent by component.

    Attributes
    ----------
    weights
        The scorecard's own.
    variants
        All variants of the scorecard in their order, new ones last; None where none is other or new.
    touched, added
        Names of those that are other or new, and of those that are new.
    since
        The later dates of everything that is to change start on this day.
    """

    weights: dict[str, float]
    variants: tuple[Variant, ...] | None
    touched: tuple[str, ...]
    added: tuple[str, ...]
    since: int

    def as_dict(self) -> dict[str, Any]:
        """As a result has it: the scorecard's weights, and those of the variants that are other or new."""
        own = {variant.name: dict(variant.weights) for variant in self.variants or ()}
        return {"weights": self.weights, "variants": {name: own[name] for name in self.touched}}


def weighing_of(
    weighed: Weighed, new: Recommendation | None, alone: Mapping[str, Mapping[str, Any]], words: Mapping[str, Any]
) -> dict[str, Any]:
    """The keys of `weighing_result`, and `variants`; `alone` says what each component is worth alone."""
    labels = {name: name.replace("_", " ") for name in weighed.rows.components}
    found = None if new is None else list_gain(weighed, new)
    said = weighing_result(weighed.judgement, labels=labels, alone=alone, found=found, words=words)
    names = iter(() if new is None else new.added)
    variants = {
        next(names) if one.proposed else one.name: variant_result(
            one.judgement, (one.name,) if one.proposed else (), labels=labels, words=words
        )
        for one in weighed.variants
    }
    return with_variants(said, variants, weighed.refused, words)


def recommendation(card: Scorecard, weighed: Weighed) -> Recommendation | None:
    """What to change, as the scorecard states it where it stays; None where nothing is."""
    changing = [one for one in weighed.variants if one.judgement.decision == "change"]
    judgements = [weighed.judgement, *(one.judgement for one in changing)]
    days = [one.split_day for one in judgements if one.decision == "change" and one.split_day is not None]
    if not days:
        return None
    weights = recommended_weights(card.weights_of(), weighed.judgement)
    variants = {variant.name: variant for variant in card.variant}
    touched, added = [], []
    for one in changing:
        name, variant = one.name, variants.get(one.name)
        if one.proposed or variant is None:
            name = variant_name(one.name, variants)
            own = recommended_weights(weights, one.judgement)
            variants[name] = Variant(name=name, segments=(one.name,), weights=own)
            added.append(name)
        else:
            own = recommended_weights(card.weights_of(variant), one.judgement)
            variants[name] = variant.model_copy(update={"weights": own})
        touched.append(name)
    stated = tuple(variants.values()) if touched else None
    return Recommendation(weights, stated, tuple(touched), tuple(added), max(days))


def variant_name(segment: str, taken: Container[str]) -> str:
    """What the variant of a segment is called: its name in the letters of names, numbered where there is such a one."""
    plain = re.sub(r"[^a-z0-9]+", "_", segment.lower()).strip("_")[:LONGEST]
    name = plain if plain[:1].isalpha() else f"segment_{plain}".rstrip("_")
    numbered = (f"{name}_{number}" for number in count(2))
    return next(one for one in chain([name], numbered) if one not in taken)


def recommended_weights(stated: Mapping[str, float], judgement: Judgement) -> dict[str, float]:
    """Weights in per cent by component: those to use from now on, as they are stated where they stay."""
    weights = {}
    for one in judgement.components:
        old, new = stated[one.name], per_cent(one.recommended)
        weights[one.name] = old if new is None or abs(new - old) < SAME else round(new, 2)
    return weights


def provenance_of(card: Scorecard, weighed: Weighed, identity: str, touched: Sequence[str] = ()) -> Provenance:
    """Where the recommended weights come from; `touched` are the variants that have such."""
    book, rows, judgement = weighed.book, weighed.rows, weighed.judgement
    gain = judgement.gain if judgement.decision == "change" else None
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
        variants=tuple(touched),
        intervals=bounds,
        gain=None if gain is None or estimate is None else (round(estimate, 6), _rounded(gain.bound, 6)),
    )


def list_gain(weighed: Weighed, new_weights: Recommendation) -> dict[str, Any]:
    """What the list that the team can work held on the later dates, by the scores in force and by new weights.

    Scores as they are published: missing policy, variants and hard rules included. The list has `[report] capacity`
    accounts per date, the worst-scored tenth where the run declares none.
    """
    book = weighed.book
    if weighed.scores is None:
        return {}
    later = weighed.history[book.panel.day[weighed.history] >= new_weights.since]
    old = weighed.scores.score[later]
    new = _scored(book, with_weights(_card(book), new_weights.weights, None, new_weights.variants), later)
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
