"""Scores of a book at one date by a handcrafted scorecard alone: no model, no training, no outcome needed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from healthscore.asof import day_of
from healthscore.config import Run, Scorecard
from healthscore.models.health import Bands, displayed, percentile, rank
from healthscore.models.scorecard import CardScores, band_numbers, card_bands, card_drivers, card_letters
from healthscore.pipelines.build import Book, period
from healthscore.pipelines.cardchecks import card_warnings, doubts, need_features, need_known
from healthscore.pipelines.cardparts import CardParts, parts_of
from healthscore.pipelines.cards import card_on_book, need_scorecard
from healthscore.pipelines.longtable import DriversTable, Entries
from healthscore.pipelines.progress import Progress
from healthscore.pipelines.recorded import require_recorded
from healthscore.pipelines.scoretable import FEATURES, TEXTS, Rated, everyone, features_table, ids_of
from healthscore.pipelines.standing import customers_book
from healthscore.tables import Tables

Floats = NDArray[np.float64]
NOISE_DIGITS = 9
"""Scores that differ by less are equal, and share a rank: sums in another order differ in their last bits."""


@dataclass(frozen=True)
class CardBook:
    """A book at one date with its scores by the run's scorecard; it holds the accounts that have a score.

    Attributes
    ----------
    parts
        The scores taken apart.
    bands
        The scorecard's own bands.
    band
        Number of each account's band, by the edges of its variant; shape (n,).
    """

    book: Book
    parts: CardParts
    bands: Bands
    band: NDArray[np.int64]

    @property
    def card(self) -> Scorecard:
        """The scorecard."""
        return self.parts.card

    @property
    def scores(self) -> CardScores:
        """What it makes of the accounts."""
        return self.parts.scores


def rate_by_card(run: Run, tables: Tables, as_of: date, progress: Progress) -> Rated:
    """Score the accounts at risk at `as_of`, or the customers where the run has no outcome, by the run's scorecard."""
    card = need_scorecard(run)
    need_features(run, tables)
    book = customers_book(run, tables, [day_of(as_of)], progress)
    reference = _reference(run, card, tables, as_of, book, progress)
    inputs = {name: report.fingerprint for name, report in tables.reports.items()}
    need_known(book, tables, as_of)
    require_recorded(book, as_of)
    with progress("scoring"):
        rated = _rated(book, card, reference)
        scores, drivers = _scores(rated, as_of), _drivers(rated, as_of)
    before = _hindsight(card, as_of)
    result = _result(rated, scores, as_of) | {"warnings": [*before, *card_warnings(rated.parts, as_of)]}
    beside = {FEATURES: features_table(rated.book)}
    return Rated(rated.book, scores, drivers, result, inputs, named(card), rated.parts, before, beside=beside)


def named(card: Scorecard) -> str:
    """What stands for the model of a score."""
    return f"scorecard {card.name}"


def _reference(run: Run, card: Scorecard, tables: Tables, as_of: date, book: Book, progress: Progress) -> Floats | None:
    """Scores at the date whose quartiles are the bands, by what was known then; None where bands have edges."""
    frozen = card.bands.quartiles_of
    if frozen is None:
        return None
    then = book if frozen == as_of else customers_book(run, tables, [day_of(frozen)], progress)
    return np.asarray(card_on_book(then).score, np.float64)


def _rated(book: Book, card: Scorecard, reference: Floats | None) -> CardBook:
    scores = card_on_book(book)
    known = ~np.isnan(scores.score)
    book, scores = book.part(known), scores.where(known)
    names = [feature.name for feature in book.panel.features]
    features = dict(zip(names, book.panel.features, strict=True))
    X = book.panel.X
    parts = CardParts(card, features, names, X, scores, card_drivers(card, scores), parts_of(card, names, X, scores))
    return CardBook(book, parts, card_bands(card, reference), band_numbers(card, scores, reference))


def _scores(rated: CardBook, as_of: date) -> pd.DataFrame:
    """One row per account, as of scores by a model; what only a scorecard has stands before the last column.

    `log_odds` and `probability` are missing: a scorecard says nothing of them.
    """
    book, card, scores, drivers = rated.book, rated.card, rated.scores, rated.parts.drivers
    about = book.about(np.arange(len(book.label)))
    outcome = book.run.outcome
    health = displayed(scores.score)
    order = -np.round(scores.score, NOISE_DIGITS)
    rows = range(len(health))
    frame = pd.DataFrame(
        {
            **{key: about[key] for key in ("account_id", "name", "segment", "owner")},
            "status": "scored",
            "as_of": as_of,
            "gap_days": pd.NA if outcome is None else outcome.gap_days,
            "horizon_days": pd.NA if outcome is None else outcome.horizon_days,
            "health": health,
            "health_low": np.nan,  # no model that could be fitted again
            "health_high": np.nan,
            "band": np.array(card.bands.names, object)[rated.band],
            "grade": card_letters(card).of(health),
            "rank": rank(order),
            "percentile": percentile(order).round(1),
            "log_odds": np.nan,
            "probability": np.nan,
            "value": book.value,
            "drivers_down": ["; ".join(rated.parts.lowering(row)) for row in rows],
            "drivers_up": ["; ".join(rated.parts.raising(row)) for row in rows],
            "low_confidence": doubts(card, scores),
            "points_base": drivers.base_tenths / 10.0,
            **_by_component("points", scores, drivers.points_tenths / 10.0),
            "points_capped": drivers.capped_tenths / 10.0,
            "cap": _names([cap.name for cap in card.cap], scores.cap),
            "variant": _names([variant.name for variant in card.variant], scores.variant),
            "missing": [", ".join(np.array(scores.components)[gone]) for gone in np.isnan(scores.subscores)],
            **_by_component("subscore", scores, displayed(np.nan_to_num(scores.subscores)), scores.subscores),
            **_by_component("weight", scores, displayed(100.0 * scores.weights)),
            "model": named(card),
        }
    )
    return everyone(book, frame, as_of, (*TEXTS, "cap", "variant", "missing"))


def _by_component(
    what: str, scores: CardScores, values: Floats, where_known: Floats | None = None
) -> dict[str, Floats]:
    shown = values if where_known is None else np.where(np.isnan(where_known), np.nan, values)
    return {f"{what}_{name}": shown[:, i] for i, name in enumerate(scores.components)}


def _names(names: list[str], position: NDArray[np.integer]) -> NDArray[np.object_]:
    """Names by their position; "" for -1."""
    found: NDArray[np.object_] = np.array([*names, ""], object)[position]
    return found


def _drivers(rated: CardBook, as_of: date) -> DriversTable:
    """Long table: per account, the base, each component with its sub-score, each feature with its value, the cap."""
    book, scores, drivers = rated.book, rated.scores, rated.parts.drivers
    components = list(scores.components)
    keys, shown = rated.parts.by_feature()
    values = np.column_stack([rated.parts.values(feature) for _, feature in keys])
    caps = [*(cap.name for cap in rated.card.cap), ""]  # the last is no cap, whose number is -1
    number = scores.cap % len(caps)
    capped = [(name, np.flatnonzero(number == cap)) for cap, name in enumerate(caps)]
    entries = (
        Entries("base", [""], [""], np.full((len(number), 1), drivers.base_tenths)),
        Entries("component", components, [""] * len(components), drivers.points_tenths, scores.subscores),
        Entries("feature", [components[c] for c, _ in keys], [feature for _, feature in keys], shown, values),
        *(Entries("capped", [name], [""], drivers.capped_tenths[rows, None], None, rows) for name, rows in capped),
    )
    return DriversTable(as_of, ids_of(book), entries)


def _hindsight(card: Scorecard, as_of: date) -> list[str]:
    """Say so where the scorecard knows what lay in the future at the date."""
    said = []
    if card.provenance is not None and as_of < card.provenance.data_end:
        said.append(
            f"the weights were proposed from what was known up to {card.provenance.data_end}: scores of an earlier "
            "date do not test them, a validation on later dates does"
        )
    if card.bands.quartiles_of is not None and as_of < card.bands.quartiles_of:
        said.append(f"the bands are the quartiles of {card.bands.quartiles_of}, a later date than {as_of}")
    return said


def _result(rated: CardBook, scores: pd.DataFrame, as_of: date) -> dict[str, Any]:
    run, card = rated.book.run, rated.card
    scored = scores[scores["status"] == "scored"]
    return {
        "run": run.name,
        "as_of": as_of,
        "gap_days": None if run.outcome is None else run.outcome.gap_days,
        "horizon_days": None if run.outcome is None else run.outcome.horizon_days,
        "period": None if run.outcome is None else period(run, as_of),
        "accounts": len(scored),
        "unscored": scores.loc[scores["status"] != "scored", "status"].value_counts().to_dict(),
        "bands": {name: int((scored["band"] == name).sum()) for name in rated.bands.names},
        "mean_health": float(scored["health"].mean()),
        "expected_exits": None,
        "band_probability": {
            name: {"low": low, "high": high, "probability": None} for name, low, high in rated.bands.ranges()
        },
        "model": named(card),
        "chosen": "scorecard",
        "uncertainty": None,
        "low_confidence": int((scored["low_confidence"] != "").sum()),
        "scorecard": {
            "name": card.name,
            "title": card.title,
            "purpose": None if card.purpose is None else card.purpose.model_dump(),
            "weights": card.weights_of(),
            "variants": scored.loc[scored["variant"] != "", "variant"].value_counts().to_dict(),
            "caps": scored.loc[scored["cap"] != "", "cap"].value_counts().to_dict(),
            "missing": dict(zip(card.components, np.isnan(rated.scores.subscores).sum(axis=0).tolist(), strict=True)),
        },
    }
