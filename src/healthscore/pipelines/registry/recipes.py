"""A version as it was made: its configuration, on the data and dates of today."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import ValidationError

from healthscore.asof import day_of
from healthscore.config import Run
from healthscore.errors import BundleError
from healthscore.outcomes.keys import ALWAYS, KEYS
from healthscore.pipelines.build import Book, build_book
from healthscore.pipelines.progress import Progress
from healthscore.pipelines.publish import RECORD
from healthscore.pipelines.registry.records import Version
from healthscore.tables import open_tables

TODAYS = ("path", "data", "out", "threads", "data_end", "as_of", "split", "report", "tracking")
"""What a version takes from the run as it is now: where and which data, at which dates, how figures are made."""
MEASURED = ("timezone", "sources", "panel", "features", "signals", "combinations", "outcome")
FITTED = ("model", "seed")


@dataclass(frozen=True)
class Recipe:
    """A registered version with the run that makes it.

    Attributes
    ----------
    version
        As it is registered.
    bundle
        Directory of its bundle.
    run
        Its own configuration of signals, outcome and model; the rest of the run as it is now.
    """

    version: Version
    bundle: Path
    run: Run

    @property
    def known_until(self) -> int:
        """Day from which nothing has shaped the version."""
        return day_of(self.version.known_until)

    def book(self, progress: Progress) -> Book:
        """Features and outcomes by the version's configuration, at the run's dates."""
        with open_tables(self.run) as tables:
            return build_book(self.run, tables, progress=progress)

    def measures_as(self, other: Recipe) -> bool:
        """Whether both compute the same features and outcomes."""
        return self._says(MEASURED) == other._says(MEASURED)

    def fits_as(self, other: Recipe) -> bool:
        """Whether both fit the same models on the same features."""
        return self.measures_as(other) and self._says(FITTED) == other._says(FITTED)

    def _says(self, keys: tuple[str, ...]) -> dict[str, Any]:
        return self.run.model_dump(mode="json", include=set(keys))


def recipe_of(run: Run, version: Version, bundle: Path) -> Recipe:
    """The version with the configuration that lies beside its bundle.

    Raises
    ------
    BundleError
        Its configuration is not there, or not one that this version of the package knows.
    """
    path = bundle.parent / RECORD
    here = run.model_dump(include=set(TODAYS))
    try:
        recorded = json.loads(path.read_text(encoding="utf-8"))["configuration"]
        # Its scorecard is left out: it is compared with models elsewhere, and shapes none.
        own = {key: value for key, value in recorded.items() if key not in TODAYS and key != "scorecard"}
        own["outcome"] = _declared(own["outcome"])
        return Recipe(version, bundle, Run.model_validate(own | here))
    except (OSError, ValueError, KeyError, AttributeError) as error:
        said = f"{error.error_count()} of its keys" if isinstance(error, ValidationError) else str(error)
        raise BundleError(
            f"{path} does not say how version {version.version} was made: {said}",
            "restore it from a copy, or promote without a comparison by --force --why TEXT",
        ) from None


def _declared(outcome: dict[str, Any]) -> dict[str, Any]:
    """A recorded outcome without the keys that its kind does not read: it stands there with all defaults."""
    read = ALWAYS | KEYS.get(outcome["kind"], frozenset(outcome))
    return {key: value for key, value in outcome.items() if key in read}


def same_rows(book: Book, rows: NDArray[np.int64], other: Book) -> NDArray[np.int64]:
    """Row of `other` with the same account and date as each of `rows`, shape (n,); -1 where it has none."""
    found: NDArray[np.int64] = _keys(other, np.arange(len(other.label))).get_indexer(_keys(book, rows))
    return found.astype(np.int64)


def _keys(book: Book, rows: NDArray[np.int64]) -> pd.MultiIndex:
    ids = book.accounts["account_id"].to_numpy()[book.panel.account[rows]]
    return pd.MultiIndex.from_arrays([ids, book.panel.day[rows]])
