"""Opening what is published: the newest scores, the dates that they are compared with, and results of other commands.

The history is the one that the publication was made from, so that every view tells of the same scores, whatever is
scored meanwhile. Nothing is written.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from threading import Event, RLock
from typing import TYPE_CHECKING, Any

from healthscore.config import Run, Scorecard, load_run, load_scorecard
from healthscore.errors import ConfigurationError, HealthScoreError, InsufficientDataError
from healthscore.models.health import Bands
from healthscore.pipelines.actions.paths import bands_of
from healthscore.pipelines.auditing.kept import entries
from healthscore.pipelines.auditing.material import POINTS, TOTALS
from healthscore.pipelines.happenings import words_of
from healthscore.pipelines.publication.history import (
    SCORES,
    SERIES,
    Scored,
    is_whole,
    published,
    series_in,
    series_of,
)
from healthscore.pipelines.publish import RECORD, current
from healthscore.pipelines.runs.finding import RESULT, read_object
from healthscore.pipelines.trend.scorers import card_of
from healthscore.tables import Tables, open_tables

if TYPE_CHECKING:
    import pandas as pd

    from healthscore.features.dictionary import Feature


@dataclass(frozen=True)
class Told:
    """A result, or why there is none and what to do.

    Attributes
    ----------
    result
        JSON object of a command, or what was taken from it; None where there is none.
    why
        A sentence for whoever looks for it; empty where there is one.
    """

    result: dict[str, Any] | None
    why: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Both, for JSON."""
        return {"result": self.result, "why": self.why}


@dataclass(frozen=True, eq=False)
class Book:
    """What is published of a run. A context manager, for the tables that some views read.

    Attributes
    ----------
    run
        As it scored: with the scorecard, where one did.
    series
        Folder of the scores: `score`, or `score-<scorecard>`.
    directory
        The publication.
    history
        The scores that it was made from, oldest date first; the last are the newest.
    edition
        What `edition_of` said of its files when they were opened.
    """

    run: Run
    series: str
    directory: Path
    history: tuple[Scored, ...]
    edition: str
    _opened: list[Tables] = field(default_factory=list, repr=False)
    _lock: RLock = field(default_factory=RLock, repr=False)
    _closed: Event = field(default_factory=Event, repr=False)

    @cached_property
    def result(self) -> dict[str, Any]:
        """The publication's `result.json`."""
        return read_object(self.directory / RESULT)

    @property
    def now(self) -> Scored:
        """The newest scores, as they were made."""
        return self.history[-1]

    @property
    def publication(self) -> Scored:
        """The newest scores, as they are published: with trend, actions and overrides."""
        return Scored(self.now.as_of, self.directory.name, self.directory)

    @property
    def by_card(self) -> bool:
        """Whether a scorecard scored."""
        return self.series != SERIES

    @property
    def words(self) -> dict[str, str | bool]:
        """Words of the run's outcome; of a run without one, those of accounts that leave."""
        return words_of("churn" if self.run.outcome is None else self.run.outcome.kind)

    @cached_property
    def bands(self) -> Bands:
        """Bands of the scores, the least healthy first."""
        return bands_of(self.result)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of the published columns, in order."""
        import pyarrow.parquet as pq

        return tuple(pq.read_schema(self.directory / SCORES).names)

    @cached_property
    def components(self) -> tuple[str, ...]:
        """Components that the scores have points of, in the order of the scorer."""
        return tuple(one.removeprefix(POINTS) for one in self.columns if one.startswith(POINTS) and one not in TOTALS)

    @cached_property
    def table(self) -> pd.DataFrame:
        """The accounts as `accounts.read_accounts` gives them, read once."""
        from healthscore.pipelines.book.accounts import read_accounts

        return read_accounts(self)

    @cached_property
    def summed(self) -> pd.DataFrame:
        """All dates as `overtime.read_summed` gives them, read once."""
        from healthscore.pipelines.book.overtime import read_summed

        return read_summed(self)

    @cached_property
    def known(self) -> Mapping[str, Feature]:
        """Dictionary entries of the run's features by name.

        Raises
        ------
        InputError
            A source breaks its contract; no view but those that read tables needs it.
        """
        with self.tables() as tables:
            return entries(self.run, tables)

    @contextmanager
    def tables(self) -> Iterator[Tables]:
        """The run's sources, opened when they are first asked for; one reader at a time.

        Raises
        ------
        ConfigurationError
            The book was closed.
        InputError
            A source breaks its contract.
        """
        with self._lock:
            if self._closed.is_set():
                raise ConfigurationError(
                    f"{self.directory} was closed: newer scores were published, or these were changed",
                    "open the book again; in the dashboard, reload the page",
                )
            if not self._opened:
                self._opened.append(open_tables(self.run))
            yield self._opened[0]

    def latest(self, verb: str) -> Told:
        """The newest result of `backtest`, `validate`, `recalibrate` or `audit` of this run."""
        directory = current(self.run.out, verb)
        if directory is None:
            return Told(None, f"nothing is known of it yet: healthscore {verb}")
        try:
            result = read_object(directory / RESULT)
        except HealthScoreError as error:
            return Told(None, f"{error.what}: {error.remedy}")
        if result.get("run") != self.run.name:  # score histories that were given as files are validated here, too
            return Told(None, f"the newest result is of something else: healthscore {verb}")
        return Told(result)

    def close(self) -> None:
        """Release the tables, if any were opened; none are opened from now on."""
        with self._lock:
            self._closed.set()
            while self._opened:
                self._opened.pop().close()

    def __enter__(self) -> Book:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


def open_book(
    run: Run | str | Path | None = None,
    scorecard: Scorecard | str | Path | None = None,
    *,
    data: str | Path | None = None,
    out: str | Path | None = None,
) -> Book:
    """Open what is published of a run.

    Parameters
    ----------
    run
        A TOML file, or the name of a shipped run; None: `healthscore.toml`.
    scorecard
        Whose scores: a scorecard, its file or name. None: those by models or, where there are none, by the run's
        scorecard.
    data, out
        Where the sources lie, and where results are, instead of where the run says.

    Raises
    ------
    InsufficientDataError
        Nothing is published.
    ConfigurationError
        The publication's scores are gone or damaged, or there is no such scorecard.
    """
    run = run if isinstance(run, Run) else load_run(run, data=data, out=out)
    given = scorecard if scorecard is None or isinstance(scorecard, Scorecard) else load_scorecard(scorecard)
    card = given or run.scorecard
    names = [*([None] if given is None else []), *([] if card is None else [card.name])]
    for series in map(series_of, names):
        directory = published(run.out, series)
        if directory is not None:
            history = _history(run.out, series, directory)
            edition = edition_of(directory, history)
            scored = run.model_copy(update={"scorecard": card_of(history[-1])}) if series != SERIES else run
            return Book(scored, series, directory, history, edition)
    others = [name for name in series_in(run.out) if name not in map(series_of, names)]
    there = f"; there are scores in {', '.join(others)}: name their scorecard" if others else ""
    raise InsufficientDataError(
        f"nothing is published by {' or by '.join(name or 'a model' for name in names)} under {run.out}{there}",
        "score a date first: healthscore score --as-of DATE",
    )


def edition_of(directory: Path, history: Iterable[Scored]) -> str:
    """What tells the files of a publication and of its scores from later ones of the same names.

    Forgetting an account rewrites them where they are: each of them, for a manifest is there before its files are.
    """
    places = [directory, *(scored.directory for scored in history)]
    return sha256("\n".join(line for place in places for line in _files(place)).encode()).hexdigest()


def _files(directory: Path) -> Iterator[str]:
    """The files of a directory, or that it has gone."""
    try:
        with os.scandir(directory) as found:
            for entry in sorted(found, key=lambda one: one.name):
                seen = entry.stat()
                yield f"{entry.path} {seen.st_ino} {seen.st_mtime_ns}"
    except FileNotFoundError:
        yield f"{directory} has gone"


def _history(out: Path, series: str, directory: Path) -> tuple[Scored, ...]:
    """The scores that a publication was made from; those that were removed since are left out, but for the newest."""
    said = read_object(directory / RECORD)["arguments"]["scores"]
    named = [Scored(date.fromisoformat(day), name.partition("-")[0], out / series / name) for day, name in said.items()]
    history = [scored for scored in named if is_whole(scored.directory)]
    if not history or history[-1].as_of != named[-1].as_of:
        raise ConfigurationError(
            f"{directory} was made from {named[-1].directory}, which is gone or damaged",
            f"score {named[-1].as_of} again: healthscore score --as-of {named[-1].as_of} --force",
        )
    return tuple(history)
