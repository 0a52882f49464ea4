"""Everything that lies below the results of a run: its directories, and the pointers that name some of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from healthscore.config import Run, load_run
from healthscore.errors import ConfigurationError, HealthScoreError
from healthscore.pipelines import durable
from healthscore.pipelines.publication.history import (
    DATES,
    PUBLISHED,
    SERIES,
    dates_of,
    is_whole,
    names_at,
    series_in,
    standing_at,
)
from healthscore.pipelines.publish import POINTER, RECORD, RUN_NAME, pointed
from healthscore.pipelines.registry.records import Registry
from healthscore.pipelines.registry.store import FOLDER as VERSIONS
from healthscore.pipelines.runs.finding import RESULT, read_object

NOT_RUNS = frozenset({VERSIONS, "deliveries", "outbox"})
"""Folders of results that hold no runs: versions of models, what waits to be sent."""


@dataclass(frozen=True)
class Place:
    """A directory of a run: `<out>/<folder>/<name>`."""

    directory: Path

    @property
    def folder(self) -> str:
        """Name of the folder: the command, or the series of scores or publications."""
        return self.directory.parent.name

    @property
    def name(self) -> str:
        """Identity, and attempt where it is not the first."""
        return self.directory.name

    @property
    def identity(self) -> str:
        """Identity, which all attempts share."""
        return self.name.partition("-")[0]

    @cached_property
    def whole(self) -> bool:
        """Whether all files are there, in their lengths."""
        return is_whole(self.directory)

    @property
    def record(self) -> dict[str, Any]:
        """Its `run.json`; empty where that cannot be read."""
        return _object(self.directory / RECORD)

    @property
    def result(self) -> dict[str, Any]:
        """Its `result.json`; empty where that cannot be read."""
        return _object(self.directory / RESULT)

    @property
    def as_of(self) -> date | None:
        """The date that its scores, or its explanation, are of."""
        said = self.record.get("arguments", {}).get("as_of")
        return date.fromisoformat(said) if isinstance(said, str) else None

    @property
    def bytes(self) -> int:
        """Of all its files."""
        return sum(path.stat().st_size for path in self.directory.rglob("*") if path.is_file())


@dataclass(frozen=True)
class Places:
    """The results of a run that lie in `out`."""

    out: Path

    @cached_property
    def runs(self) -> list[Place]:
        """Every directory of a run, by folder and name."""
        found = [path for folder in self._folders() for path in folder.iterdir() if RUN_NAME.fullmatch(path.name)]
        return [Place(path) for path in sorted(found) if path.is_dir() and (path / RECORD).exists() | _looks(path)]

    @cached_property
    def named(self) -> dict[Path, str]:
        """Directories that a pointer names, with what they are by it: `current`, `stands` for a date, `superseded`."""
        found: dict[Path, str] = {}
        for series in series_in(self.out):
            for day in dates_of(self.out, series):
                names = names_at(self.out, day, series)
                found |= {self.out / series / name: "superseded" for name in names}
                if (standing := standing_at(self.out, day, series)) is not None:
                    found[standing.directory] = "stands"
        for folder in self._folders():
            name = pointed(folder / POINTER)
            if name is not None:
                found[folder / name] = "current"
        return found

    def partial(self) -> Iterator[Path]:
        """What is not finished, or was left by a process that was killed."""
        pattern = f".*{durable.PARTIAL}"
        yield from sorted({*self.out.glob(pattern), *self.out.glob(f"*/{pattern}"), *self.out.glob(f"*/*/{pattern}")})
        yield from sorted(self.out.glob(f"deliveries/*/*/{pattern}"))

    def _folders(self) -> list[Path]:
        if not self.out.is_dir():
            return []
        there = [path for path in sorted(self.out.iterdir()) if path.is_dir() and not path.is_symlink()]
        return [path for path in there if path.name not in NOT_RUNS and not path.name.startswith(".")]


def places(run: Run | str | Path | None, out: str | Path | None) -> Places:
    """The results of a run, or those that lie in `out`.

    Raises
    ------
    ConfigurationError
        There are none.
    """
    if out is None or run is not None:
        run = run if isinstance(run, Run) else load_run(run, out=out)
        found = run.out
    else:
        found = Path(out).expanduser().resolve()
    if not found.is_dir():
        raise ConfigurationError(f"{found} holds no results", "name the RUN that made them, or their --out")
    return Places(found)


def is_scores(folder: str) -> bool:
    """Whether a folder is a series of scores."""
    return folder == SERIES or folder.startswith(f"{SERIES}-")


def is_publications(folder: str) -> bool:
    """Whether a folder holds the publications of a series."""
    return folder == PUBLISHED or folder.startswith(f"{PUBLISHED}-")


def registry_of(out: Path) -> Registry | None:
    """Versions of the run's models; None where there are none.

    Raises
    ------
    HealthScoreError
        The file is damaged.
    """
    from healthscore.pipelines.registry.records import read_registry
    from healthscore.pipelines.registry.store import FILE

    path = out / VERSIONS / FILE
    return read_registry(read_object(path)) if path.exists() else None


def _looks(path: Path) -> bool:
    """Whether a directory without `run.json` is a torn run, not one of the folders that lie beside runs."""
    return path.name != DATES and len(path.name.partition("-")[0]) == 12 and not path.is_symlink()


def _object(path: Path) -> dict[str, Any]:
    try:
        return read_object(path)
    except HealthScoreError:
        return {}
