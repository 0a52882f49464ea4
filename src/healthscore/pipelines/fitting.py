"""Fitting on a book: the run's settings, the columns' meaning, and the population that scores are measured from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from healthscore.config import Run
from healthscore.models.booster import BoosterSettings
from healthscore.models.bundle import Bundle
from healthscore.models.choice import Choice
from healthscore.models.churn import Candidates, ChurnSettings, fit_candidates
from healthscore.models.churnmodel import ChurnModel
from healthscore.models.design import Design
from healthscore.models.health import Bands, ScoreScale
from healthscore.models.sharing import Fits, SharedRows
from healthscore.outcomes.snapshots import Label
from healthscore.pipelines.build import Book, iso
from healthscore.pipelines.happenings import HAPPENINGS


def design_of(book: Book) -> Design:
    """Names, components and directions of the book's features, for the models."""
    features = book.panel.features
    healthier = 1 if HAPPENINGS[book.run.need_outcome().kind].gain else -1  # what is healthy makes a gain likelier
    return Design(
        names=tuple(feature.name for feature in features),
        components=tuple(feature.component for feature in features),
        monotone=tuple(healthier * feature.healthy for feature in features),
        joint=book.run.model.joint,
        context=tuple(feature.name for feature in features if feature.context),
    )


def fit(book: Book, rows: NDArray[np.int64], progress: Any = None, shared: Fits | None = None) -> Candidates:
    """Fit every candidate and baseline on the given rows of the book (their outcomes must be known).

    `shared` holds what was fitted on other rows of the same book, as far as it is wanted here again.
    """
    names = {feature.name for feature in book.panel.features}
    recency = next((f.name for f in book.panel.features if f.name.endswith("_recency")), None)
    return fit_candidates(
        design_of(book),
        book.panel.X[rows],
        book.label[rows],
        book.panel.day[rows],
        book.known_from[rows],
        seed=book.run.seed,
        settings=settings_of(book.run),
        recency=recency,
        tenure="tenure_days" if "tenure_days" in names else None,
        progress=progress,
        shared=None if shared is None else SharedRows(rows, shared),
    )


def settings_of(run: Run) -> ChurnSettings:
    """How the run's models are fitted: the defaults, but for what its `[model]` section says."""
    return ChurnSettings(
        booster=BoosterSettings().but(run.model.trees.model_dump(exclude_none=True)),
        threads=run.threads,
        levels_by_date=run.model.levels_by_date,
    )


def freeze(book: Book, model: ChurnModel, rows: NDArray[np.int64]) -> Bundle:
    """The model with its reference population (`reference_rows`) and its score scale, the mirrored one for a gain."""
    run = book.run
    reference = reference_rows(book, rows)
    frozen = model.frozen(book.panel.X[reference], book.label[reference], model.design.names)
    rate = model.base_rate if frozen.reference is None else frozen.reference.rate
    if HAPPENINGS[run.need_outcome().kind].gain:
        scale = ScoreScale.growth(rate)
    elif run.score.anchor is not None:
        scale = ScoreScale(run.score.anchor.score, run.score.anchor.probability, run.score.points_to_halve_odds)
    else:
        scale = ScoreScale(run.score.reference_score, rate, run.score.points_to_halve_odds)
    return Bundle(frozen, scale, Bands(run.bands.names, run.bands.edges, run.bands.colours))


def reference_rows(book: Book, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """The risk set of the last date among `rows`, as far as its outcomes are known.

    Where labels are final on days of their own, the last dates hold only the accounts that were due soon; the reference
    is then the last of the dates that are known most completely.
    """
    days, known = np.unique(book.panel.day[rows], return_counts=True)
    due = book.panel.day[(book.label >= 0) | (book.label == Label.IMMATURE)]
    share = known / (np.searchsorted(due, days, side="right") - np.searchsorted(due, days))
    last = days[np.flatnonzero(share == share.max())[-1]]
    reference: NDArray[np.int64] = rows[book.panel.day[rows] == last]
    return reference


def provenance(
    book: Book, rows: NDArray[np.int64], choice: Choice, inputs: Mapping[str, str], identity: str
) -> dict[str, Any]:
    """Where a model comes from: what a bundle keeps as its metadata."""
    outcome = book.run.need_outcome()
    days = book.panel.day[rows]
    return {
        "run": book.run.name,
        "identity": identity,
        "outcome": {"kind": outcome.kind, "gap_days": outcome.gap_days, "horizon_days": outcome.horizon_days},
        "trained": {
            "first": iso(int(days.min())),
            "last": iso(int(days.max())),
            "known_until": iso(int(book.known_from[rows].max())),
        },
        "inputs": dict(inputs),
        "why": choice.why,
    }
