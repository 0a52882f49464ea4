"""What made published scores, ready to score other rows of features: a model's bundle, or a scorecard."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from healthscore.config import Run, Scorecard
from healthscore.errors import HealthScoreError
from healthscore.models.bundle import Bundle, load
from healthscore.models.drivers import component_drivers
from healthscore.models.health import tenths
from healthscore.models.ledger import Apart
from healthscore.models.scorecard import FULL, score_card
from healthscore.pipelines.publication.history import FEATURES, Scored
from healthscore.pipelines.runs.finding import Finished
from healthscore.pipelines.runs.record import configuration_of, digest_of

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]
CHUNK_ROWS = 65_536
MEASURED = ("timezone", "panel", "features", "signals", "combinations")
"""Sections of a run that say how features are computed, beside its sources."""


@dataclass(frozen=True, eq=False)
class ModelScorer:
    """A model with its scale; what else is known of an account is nothing to it."""

    bundle: Bundle

    @property
    def reads(self) -> tuple[str, ...]:
        """Features that it needs, in their order."""
        return self.bundle.model.design.names

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the components."""
        return self.bundle.model.design.groups

    def apart(self, X: Floats, segment: Texts | None) -> Apart:
        """Take the scores of rows of features apart."""
        del segment
        components = self.bundle.model.component_logit(X, self.reads)
        made = component_drivers(self.bundle.model, self.bundle.scale, components)
        return Apart(made.base, made.points, made.capped)


@dataclass(frozen=True, eq=False)
class CardScorer:
    """A scorecard; it may weigh segments differently. Rows of which it knows nothing have no score."""

    card: Scorecard

    @property
    def reads(self) -> tuple[str, ...]:
        """Features that it needs."""
        return self.card.features

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the components."""
        return tuple(self.card.components)

    def apart(self, X: Floats, segment: Texts | None) -> Apart:
        """Take the scores of rows of features apart."""
        scores = score_card(self.card, self.reads, X, segment)
        return Apart(FULL, scores.weights * (scores.filled - FULL), scores.score - scores.uncapped)


Scorer = ModelScorer | CardScorer


def scorer_of(scored: Scored, threads: int = 1) -> Scorer:
    """What made these scores, as it was then.

    Raises
    ------
    HealthScoreError
        Its bundle is gone, or is no longer the one that scored.
    """
    record = scored.record()
    if "bundle" not in record["read"]:
        return CardScorer(card_of(scored))
    directory = Finished(scored.directory, record).place("bundle")
    if not directory.is_dir() or digest_of(directory) != record["read"]["bundle"]:
        raise HealthScoreError(f"the model that scored {scored.as_of} is gone, or is no longer the one that it was")
    return ModelScorer(load(directory, threads=threads))


def features_of(scored: Scored) -> pd.DataFrame:
    """Features of the accounts that have a score.

    Raises
    ------
    HealthScoreError
        They were not kept. Told without where they would lie: a publication is the same wherever it is made.
    """
    if not (scored.directory / FEATURES).is_file():
        raise HealthScoreError(f"the features of {scored.as_of} were not kept: an older version scored that date")
    return scored.features()


def card_of(scored: Scored) -> Scorecard:
    """The scorecard that made these scores."""
    return Scorecard.model_validate(scored.record()["configuration"]["scorecard"])


def made_by(scored: Scored) -> str:
    """A text that two scores share if and only if one scorer made both: the same model and scale, or the same card."""
    record = scored.record()
    bundle = record["read"].get("bundle")
    return bundle or json.dumps(record["configuration"]["scorecard"], sort_keys=True)


def measured_by(scored: Scored) -> str:
    """A text that two scores share if and only if their features were computed alike, wherever the files lay."""
    return _measured(scored.record()["configuration"])


def measured_as(run: Run) -> str:
    """The same of a run."""
    return _measured(configuration_of(run))


def _measured(configuration: Mapping[str, Any]) -> str:
    sources = {name: _without_path(source) for name, source in configuration["sources"].items()}
    said = {key: configuration[key] for key in MEASURED if key in configuration}
    return json.dumps(said | {"sources": sources}, sort_keys=True)


def _without_path(source: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in source.items() if key != "path"}


def lacking(scorer: Scorer, features: Iterable[str]) -> list[str]:
    """Features that the scorer needs and that are not there."""
    there = set(features)
    return [name for name in scorer.reads if name not in there]


def matrix_of(scorer: Scorer, features: pd.DataFrame) -> Floats:
    """The features that the scorer reads, in its order, shape (n, p)."""
    return np.ascontiguousarray(features[list(scorer.reads)].to_numpy(np.float64))


def segments_in(table: pd.DataFrame) -> Texts:
    """Segments of a table of scores; None where not given."""
    given = table["segment"].astype(object)
    segments: Texts = given.where(given.notna(), None).to_numpy()
    return segments


def scored_again(scorer: Scorer, X: Floats, segment: Texts) -> Floats:
    """Scores of rows of features to one decimal, shape (n,); NaN where a scorecard makes none of them."""
    found = np.full(len(X), np.nan)
    for rows in chunks(np.arange(len(X))):
        apart = scorer.apart(X[rows], segment[rows])
        score = apart.uncapped + apart.capped
        found[rows] = np.where(np.isnan(score), np.nan, tenths(np.nan_to_num(score)) / 10.0)
    return found


def chunks(rows: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Rows in parts that are scored at once, so that memory does not grow with the book."""
    return (rows[low : low + CHUNK_ROWS] for low in range(0, len(rows), CHUNK_ROWS))
