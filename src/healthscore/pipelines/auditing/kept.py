"""Features of published scores, as they were kept beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from healthscore.config import Run
from healthscore.errors import HealthScoreError
from healthscore.features.dictionary import Feature
from healthscore.features.ready import panel_features
from healthscore.pipelines.auditing.material import Floats, Material, Rows
from healthscore.tables import Tables

MOST_ACCOUNTS = 20_000
"""Accounts that features are compared on; of more, as many are drawn: a difference that they do not show is too small
to matter."""


@dataclass(frozen=True)
class Kept:
    """Features of some published rows.

    Attributes
    ----------
    rows
        Rows of the material, shape (k,).
    names
        The features that all dates have, in the order of the last date.
    columns
        Values by feature, shape (k,) each; NaN where missing.
    """

    rows: Rows
    names: tuple[str, ...]
    columns: tuple[Floats, ...]


def kept_features(material: Material, rows: Rows) -> Kept:
    """Read the features of published rows, of a sample of the accounts where there are many.

    Raises
    ------
    HealthScoreError
        A date was scored before features were kept.
    """
    rows = sampled(material, rows)
    day = material.day[rows]
    frames = []
    for one in np.unique(day):
        scored = material.history[material.days.index(int(one))]
        frame = scored.features().drop_duplicates("account_id").set_index("account_id")
        frames.append(frame.reindex(material.ids[rows[day == one]]))
    names = [name for name in map(str, frames[-1]) if all(name in frame for frame in frames)] if frames else []
    columns = tuple(np.concatenate([frame[name].to_numpy(np.float64) for frame in frames]) for name in names)
    return Kept(rows, tuple(names), columns)


def sampled(material: Material, rows: Rows) -> Rows:
    """Rows of at most so many accounts, drawn by the run's seed."""
    cluster = material.book.cluster[rows]
    distinct = np.unique(cluster)
    if len(distinct) <= MOST_ACCOUNTS:
        return rows
    drawn = np.random.default_rng(material.run.seed).choice(distinct, MOST_ACCOUNTS, replace=False)
    chosen: NDArray[np.bool_] = np.isin(cluster, drawn)
    return rows[chosen]


def kept_or_why(material: Material, rows: Rows) -> tuple[Kept | None, str]:
    """The features of the rows; where they were not kept, None and the reason in a sentence."""
    try:
        return kept_features(material, rows), ""
    except HealthScoreError as error:
        return None, error.what


def entries(run: Run, tables: Tables) -> dict[str, Feature]:
    """Dictionary entries of the run's features by name."""
    return {feature.name: feature for feature in panel_features(run, tables)}


def labels_of(known: dict[str, Feature], names: Sequence[str]) -> list[dict[str, str]]:
    """Name, component and meaning of features; the meaning of one that is measured no longer is its name."""
    return [
        {
            "name": name,
            "component": known[name].component if name in known else "",
            "label": known[name].label if name in known else name,
        }
        for name in names
    ]
