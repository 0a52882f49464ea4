"""The tables that scores are published in, whoever made them: a model, or a scorecard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from healthscore.models.bundle import Bundle
from healthscore.outcomes.snapshots import Status
from healthscore.pipelines.build import Book
from healthscore.pipelines.cardparts import CardParts
from healthscore.pipelines.reasons import Explained

FEATURES = "features.parquet"
"""Name of the file of the features as they were read, beside the scores that were made from them."""

UNSCORED = {
    Status.LEAVING: "leaving",
    Status.TRIAL: "trial",
    Status.PAUSED: "paused",
    Status.NO_FEATURES: "no features",
}
"""Accounts that are customers and get a status instead of a score."""

TEXTS = (
    *("account_id", "name", "segment", "owner", "status", "band", "grade", "drivers_down", "drivers_up"),
    *("low_confidence", "model"),
)
"""Columns of texts in the table of scores."""


@dataclass(frozen=True)
class Rated:
    """The accounts of a book at one date with their scores, ready to be published.

    Attributes
    ----------
    book
        Who is scored, with their features.
    scores, drivers
        One row per account; one row per account and component, and per account and feature.
    result
        The JSON object of the command `score`, but for its identity.
    inputs
        Fingerprint of each source.
    by
        What scored: identity of a model, or name of a scorecard. The run's identity follows from it.
    parts
        The scores taken apart, where a scorecard made them.
    hindsight
        Warnings where it knows more than could be known at the date.
    read
        What was read beside the sources: the model's bundle, and that of growth.
    beside
        Further tables that are published with the scores, by the name of their file.
    """

    book: Book
    scores: pd.DataFrame
    drivers: pd.DataFrame
    result: dict[str, Any]
    inputs: Mapping[str, str]
    by: str
    parts: CardParts | None
    hindsight: list[str]
    read: Mapping[str, Path] = field(default_factory=dict)
    beside: Mapping[str, pd.DataFrame] = field(default_factory=dict)


def everyone(book: Book, frame: pd.DataFrame, as_of: date, texts: Sequence[str] = TEXTS) -> pd.DataFrame:
    """The scored accounts by rank, then those that have a status instead.

    Every date has the same types, whether or not it has accounts without a score, names, or owners.
    """
    frame = frame.sort_values(["rank", "account_id"], ignore_index=True)
    both = pd.concat([frame, _unscored(book, frame, as_of)], ignore_index=True)
    days = "Int64" if book.run.outcome is None else "int64"
    return both.astype({"rank": "Int64", "gap_days": days, "horizon_days": days} | dict.fromkeys(texts, "str"))


def _unscored(book: Book, frame: pd.DataFrame, as_of: date) -> pd.DataFrame:
    status = book.snapshots.status[0]
    rows = np.flatnonzero(np.isin(status, list(UNSCORED)))
    about = book.directory.at(rows, book.snapshots.as_ofs[0])
    left = pd.DataFrame(
        {
            **{key: about[key] for key in ("account_id", "name", "segment", "owner")},
            "status": [UNSCORED[Status(code)] for code in status[rows]],
            "as_of": as_of,
            "gap_days": frame["gap_days"].iloc[0],
            "horizon_days": frame["horizon_days"].iloc[0],
            "value": book.snapshots.value[0][rows],
        }
    )
    return left.reindex(columns=frame.columns).astype({c: frame[c].dtype for c in frame if frame[c].dtype.kind == "f"})


def features_table(book: Book) -> pd.DataFrame:
    """What the scores were made from: a row per scored account with its id and each feature, NaN where not known."""
    names = [feature.name for feature in book.panel.features]
    frame = pd.DataFrame(book.panel.X, columns=names)
    frame.insert(0, "account_id", book.accounts["account_id"].to_numpy()[book.panel.account])
    return frame


def drivers_table(as_of: date, parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The long table: per account the base, each component, each feature with its value, and what is cut off.

    `parts` are of `long_rows` over all accounts, in the order in which they stand within each account.
    """
    frame = pd.concat(parts, ignore_index=True)
    frame.insert(1, "as_of", as_of)
    return frame.sort_values("account_id", kind="stable", ignore_index=True)


def explained_drivers(book: Book, bundle: Bundle, explained: Explained, as_of: date) -> pd.DataFrame:
    """The long table of scores that a model made: the accounts of the book, which `explained` takes apart."""
    drivers, design = explained.drivers, bundle.model.design
    ids = book.accounts["account_id"].to_numpy()[book.panel.account]
    group_of = np.asarray(drivers.groups)[design.group_of]
    parts = [
        long_rows(ids, "base", [""], [""], np.full((len(ids), 1), drivers.base_tenths), None),
        long_rows(ids, "component", drivers.groups, [""] * len(drivers.groups), drivers.points_tenths, None),
        long_rows(ids, "feature", group_of, design.names, explained.feature_tenths, book.panel.X),
        long_rows(ids, "capped", [""], [""], drivers.capped_tenths[:, None], None),
    ]
    return drivers_table(as_of, parts)


def long_rows(ids: Any, kind: str, components: Any, features: Any, tenths: Any, values: Any) -> pd.DataFrame:
    """Rows of the long table: per account one for each of `width` entries.

    Parameters
    ----------
    ids
        Of the accounts, shape (n,).
    components, features
        Names of the entries, shape (width,), or (n, width) where they differ by account.
    tenths
        Points in whole tenths, shape (n, width).
    values
        Shape (n, width), or None where the entries have none.
    """
    n, width = tenths.shape
    return pd.DataFrame(
        {
            "account_id": np.repeat(ids, width),
            "kind": kind,
            "component": np.broadcast_to(np.asarray(components, object), (n, width)).ravel(),
            "feature": np.broadcast_to(np.asarray(features, object), (n, width)).ravel(),
            "value": np.full(n * width, np.nan) if values is None else values.ravel(),
            "points": tenths.ravel() / 10.0,
        }
    )
