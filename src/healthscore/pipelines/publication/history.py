"""What was scored at each date: append-only, written once, found through small text files.

    out/score/4f1c.../                 scores of one date: written once, never edited
    out/score/dates/2025-05-01         its identities, oldest first; the last line stands
    out/score/CURRENT                  the scores that stand for the newest date
    out/published/9a07.../             the same with trend, changes, actions, overrides
    out/published/CURRENT              what readers follow

Scores by a scorecard lie in `score-<its name>` and `published-<its name>`, so that none of them supersedes a model's.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from healthscore.errors import HealthScoreError
from healthscore.pipelines.publish import MANIFEST, RECORD, RUN_NAME, current
from healthscore.pipelines.runs.finding import RESULT, read_object

if TYPE_CHECKING:
    import pandas as pd

SERIES, PUBLISHED, DATES = "score", "published", "dates"
SCORES, FEATURES = "scores.parquet", "features.parquet"


@dataclass(frozen=True)
class Scored:
    """The scores that stand for a date.

    Attributes
    ----------
    identity
        Name of the run, which several attempts may share.
    directory
        Where its files lie; its name is the identity, or identity and attempt.
    """

    as_of: date
    identity: str
    directory: Path

    def scores(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Its table of scores: one row per account, scored or with a status instead."""
        return _table(self.directory / SCORES, columns)

    def features(self) -> pd.DataFrame:
        """account_id and one float64 column per feature, as the model read it; scored accounts only.

        Raises
        ------
        HealthScoreError
            The scores are older than the habit of keeping their features.
        """
        path = self.directory / FEATURES
        if not path.is_file():
            raise HealthScoreError(
                f"{self.directory} keeps no features: the scores of {self.as_of} were made by an older version",
                f"score them again: healthscore score --as-of {self.as_of} --backfill --force",
            )
        return _table(path, None)

    def result(self) -> dict[str, Any]:
        """Its `result.json`."""
        return read_object(self.directory / RESULT)

    def digest(self) -> dict[str, str]:
        """What tells these scores from others: their bytes, but for the record of where and by which code."""
        files: dict[str, Any] = read_object(self.directory / MANIFEST)["files"]
        return {name: str(entry["sha256"]) for name, entry in sorted(files.items()) if name != RECORD}

    def record(self) -> dict[str, Any]:
        """Its `run.json`: all that it was made of."""
        return read_object(self.directory / RECORD)


def series_of(card: str | None) -> str:
    """Folder of the scores by the scorecard of this name; by a model, where there is none."""
    return SERIES if card is None else f"{SERIES}-{card}"


def publications_of(series: str) -> str:
    """Folder of the publications of a series of scores."""
    return PUBLISHED + series.removeprefix(SERIES)


def scored_dates(out: Path, series: str = SERIES) -> list[Scored]:
    """The scores that stand, oldest date first; whole runs only."""
    found = [standing_at(out, as_of, series) for as_of in dates_of(out, series)]
    return [scored for scored in found if scored is not None]


def newest(out: Path, series: str = SERIES) -> Scored | None:
    """The scores that stand for the newest date."""
    found = (standing_at(out, as_of, series) for as_of in reversed(dates_of(out, series)))
    return next((scored for scored in found if scored is not None), None)


def standing_at(out: Path, as_of: date, series: str = SERIES) -> Scored | None:
    """The scores that stand for a date: the last of its runs that is whole."""
    for name in reversed(names_at(out, as_of, series)):
        directory = out / series / name
        if is_whole(directory):
            return Scored(as_of, name.partition("-")[0], directory)
    return None


def standing_until(out: Path, as_of: date, series: str = SERIES) -> Scored | None:
    """The scores that stand for a date, or for the newest one before it."""
    found = (standing_at(out, day, series) for day in reversed(dates_of(out, series)) if day <= as_of)
    return next((scored for scored in found if scored is not None), None)


def names_at(out: Path, as_of: date, series: str = SERIES) -> list[str]:
    """Directories of a date's runs, by their names, in the order in which they were published."""
    pointer = out / series / DATES / as_of.isoformat()
    try:
        return [name for name in pointer.read_text(encoding="utf-8").split("\n") if RUN_NAME.fullmatch(name)]
    except FileNotFoundError:
        return []


def published(out: Path, series: str = SERIES) -> Path | None:
    """What readers follow: the directory that `CURRENT` of the publications names; None before there is one."""
    return current(out, publications_of(series))


def series_in(out: Path) -> list[str]:
    """Every series of scores that has a date."""
    return sorted(path.parent.name for path in out.glob(f"{SERIES}*/{DATES}"))


def dates_of(out: Path, series: str = SERIES) -> list[date]:
    """Dates that have a pointer, oldest first; what else lies there, such as temporary files, is none."""
    found = []
    for path in (out / series / DATES).glob("[0-9]*"):
        with contextlib.suppress(ValueError):
            found.append(date.fromisoformat(path.name))
    return sorted(found)


def is_whole(directory: Path) -> bool:
    """Whether all files that the manifest names are there, with as many bytes; `verify` reads them, too."""
    try:
        listed = read_object(directory / MANIFEST)["files"]
        return all((directory / name).stat().st_size == entry["bytes"] for name, entry in listed.items())
    except (HealthScoreError, OSError, KeyError, TypeError, AttributeError):
        return False


def _table(path: Path, columns: Sequence[str] | None) -> pd.DataFrame:
    import pandas as pd

    return pd.read_parquet(path, columns=None if columns is None else list(columns))
