"""The tables that scores are published in, whoever made them: a model, or a scorecard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from healthscore.models.bundle import Bundle
from healthscore.outcomes.snapshots import Status
from healthscore.pipelines.build import Book
from healthscore.pipelines.cardparts import CardParts
from healthscore.pipelines.longtable import ChunkedTable, DriversTable, Entries, FeaturesTable
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
        One row per account; one row per account and component, and per feature of those that are told by feature.
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
    drivers: DriversTable
    result: dict[str, Any]
    inputs: Mapping[str, str]
    by: str
    parts: CardParts | None
    hindsight: list[str]
    read: Mapping[str, Path] = field(default_factory=dict)
    beside: Mapping[str, pd.DataFrame | ChunkedTable] = field(default_factory=dict)


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


def ids_of(book: Book) -> pa.Array:
    """Ids of the book's rows, in their order."""
    return book.panel.accounts.take(pa.array(book.panel.account))


def rows_of(book: Book, accounts: Sequence[str]) -> list[int]:
    """Rows of the named accounts in a book of one date; of those that it has no row of, none."""
    code = pc.index_in(pa.array(list(accounts), book.panel.accounts.type), value_set=book.panel.accounts)
    return list(np.flatnonzero(np.isin(book.panel.account, code.drop_null().to_numpy())))


def features_table(book: Book) -> FeaturesTable:
    """What the scores of a book were made from."""
    return FeaturesTable(ids_of(book), [feature.name for feature in book.panel.features], book.panel.X)


def explained_drivers(book: Book, bundle: Bundle, explained: Explained, as_of: date) -> DriversTable:
    """The long table of scores that a model made: the accounts of the book, which `explained` takes apart."""
    drivers, design, told = explained.drivers, bundle.model.design, explained.told
    n, components = len(drivers.score_tenths), drivers.groups
    group_of = [components[group] for group in design.group_of]
    base = np.full((n, 1), drivers.base_tenths)
    entries = (
        Entries("base", [""], [""], base),
        Entries("component", components, [""] * len(components), drivers.points_tenths),
        Entries("feature", group_of, design.names, told.tenths, book.panel.X[told.rows], told.rows),
        Entries("capped", [""], [""], drivers.capped_tenths[:, None]),
    )
    return DriversTable(as_of, ids_of(book), entries)
