"""The scorecard as it is, on every date whose outcomes are known: what can be said of it in the smallest book."""

from __future__ import annotations

from typing import Any

import numpy as np

from healthscore.config import Scorecard
from healthscore.evaluation.announced import churners_found
from healthscore.evaluation.clustered import resample
from healthscore.evaluation.proportions import NOT_COMPUTABLE, rate, rates
from healthscore.models.scorecard import band_numbers, card_bands
from healthscore.pipelines.announcements import announced_exits
from healthscore.pipelines.cardfigures import CardRows
from healthscore.pipelines.cards import is_gain, risk_of, shown
from healthscore.pipelines.recalibration.recommending import list_share
from healthscore.pipelines.recalibration.weighed import Weighed
from healthscore.pipelines.recalibration.writing import origin_of


def about_card(card: Scorecard) -> dict[str, Any]:
    """What the scorecard says of itself."""
    return {
        "name": card.name,
        "title": card.called,
        "file": origin_of(card).name,
        "weights": card.weights_of(),
        "variants": [variant.name for variant in card.variant if variant.weights],
        "purpose": None if card.purpose is None else card.purpose.model_dump(mode="json"),
        "provenance": None if card.provenance is None else card.provenance.model_dump(mode="json"),
    }


def card_as_it_is(card: Scorecard, weighed: Weighed) -> dict[str, Any]:
    """AUC of the score, the leavers that the team's list held, the rate of every band, components alone, hard rules.

    Bands by quartiles are frozen before each date in a backtest and have no rates here.
    """
    book, rows = weighed.book, weighed.history
    assert weighed.scores is not None  # noqa: S101 - a scorecard has scores
    scores, y, cluster, report = weighed.scores.where(rows), book.label[rows], book.cluster[rows], book.run.report
    risk = risk_of(book, shown(scores.score))
    drawn = {"resamples": report.resamples, "seed": book.run.seed}
    auc = NOT_COMPUTABLE
    if 0 < y.sum() < len(y):
        auc = resample(y, {"score": risk}, cluster, ["auc"], **drawn).interval("score", "auc")
    share = list_share(book, rows)
    exits = announced_exits(book, rows)
    held = churners_found(y, risk, book.panel.day[rows], exits, cluster, share=share)
    return {
        "n": len(y),
        "events": int(y.sum()),
        "accounts": len(np.unique(cluster)),
        "rate": rate(y, cluster).rate.as_dict(),
        "auc": auc.as_dict(),
        "churners": {"share": share, "exits": int(held.n), "held": held.rate.times(held.n).as_dict()},
        "bands": _bands(card, weighed),
        **_parts(card, weighed, drawn),
    }


def _parts(card: Scorecard, weighed: Weighed, drawn: dict[str, int]) -> dict[str, Any]:
    book, rows = weighed.book, weighed.history
    assert weighed.scores is not None  # noqa: S101 - a scorecard has scores
    days, gain = book.panel.day[rows].astype(np.int64), is_gain(book)
    said = CardRows(
        card, weighed.scores.where(rows), book.label[rows], days, book.cluster[rows], gain, **drawn
    ).section()
    return {key: said[key] for key in ("components", "caps", "capping", "unscored")}


def _bands(card: Scorecard, weighed: Weighed) -> list[dict[str, Any]]:
    """Rate of every band, the lowest first; empty where bands have no edges of their own, and for a gain."""
    book, rows = weighed.book, weighed.history
    if card.bands.quartiles_of is not None or is_gain(book) or weighed.scores is None:
        return []
    found = rates(book.label[rows], band_numbers(card, weighed.scores.where(rows)), book.cluster[rows])
    bands = card_bands(card)
    return [
        {"name": name, "colour": bands.colours[i], "low": low, "high": high, **found.get(i, rate([], [])).as_dict()}
        for i, (name, low, high) in enumerate(bands.ranges())
    ]
