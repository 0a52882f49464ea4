"""Cleaning up: what killed jobs left, and what nothing follows any more.

Never what a pointer or the registry names, never what still waits to be sent, never what a living process is at work
on. The history of scores is removed only by its dates, when somebody asks for it.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from healthscore.config import Run
from healthscore.errors import ConfigurationError
from healthscore.pipelines import durable, locks
from healthscore.pipelines.delivery import outbox
from healthscore.pipelines.publication.history import DATES, dates_of, names_at, newest, series_in
from healthscore.pipelines.publication.pointers import LOCKS, pointing
from healthscore.pipelines.runs.places import Place, Places, places
from healthscore.pipelines.working import LOCK as WORKING

KEEP = 10
"""Superseded or unnamed runs of each kind that stay."""
FOREVER = frozenset({"audit"})
"""Folders whose runs are compared with later ones however old they are."""


@dataclass
class _Cleaning:
    """One cleaning: what was removed so far, or would be."""

    found: Places
    dry: bool
    removed: list[dict[str, Any]] = field(default_factory=list)
    gone: set[Path] = field(default_factory=set)

    def remove(self, path: Path, why: str) -> None:
        """Remove a directory or file; a directory under a temporary name first, so that none is ever torn."""
        if path in self.gone:
            return
        size = _bytes(path)
        self.gone.add(path)
        self.removed.append({"path": str(path), "why": why, "bytes": size})
        if self.dry:
            return
        with durable.refusals(path):
            if path.is_dir() and not path.name.endswith(durable.PARTIAL):
                hidden = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=durable.PARTIAL, dir=path.parent))
                path = path.rename(hidden)
                durable.sync(path.parent)
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def clean_runs(
    run: Run | str | Path | None = None,
    *,
    out: str | Path | None = None,
    keep: int = KEEP,
    before: date | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Remove what is not needed, and say what: the JSON object of `runs gc`.

    Parameters
    ----------
    keep
        How many of the newest stay of each kind that nothing follows: superseded scores of a date, publications that
        were replaced, runs of a command beside its current one.
    before
        Remove the history of scores before this date, too, except the newest scores.
    dry_run
        Remove nothing.

    Raises
    ------
    ConfigurationError
        `keep` is less than 1, or there are no results.
    """
    if keep < 1:
        raise ConfigurationError(f"--keep {keep}: at least 1 is kept, which a job may be about to name", "give 1")
    found = places(run, out)
    cleaning = _Cleaning(found, dry_run)
    _leftovers(cleaning)
    if before is not None:
        _forget_dates(cleaning, before)
    _superseded(cleaning, keep)
    _unnamed(cleaning, keep)
    size = sum(one["bytes"] for one in cleaning.removed)
    return {"out": str(found.out), "dry_run": dry_run, "removed": cleaning.removed, "bytes": size}


def _leftovers(cleaning: _Cleaning) -> None:
    """What killed processes left: partial files and directories, and files of locks that nobody holds."""
    out = cleaning.found.out
    with _sending(out) as nobody_sends:
        for path in cleaning.found.partial():
            if path.is_relative_to(out / outbox.FOLDER) and not nobody_sends:
                continue
            with durable.abandoned(path) as dead:
                if dead:
                    cleaning.remove(path, "left by a job that was stopped")
    if not cleaning.dry:
        for path in [*sorted(out.glob(f"*/{LOCKS}/*")), *out.glob(WORKING)]:
            with locks.attempt(path):
                pass  # which removes its file, if nobody holds it


@contextlib.contextmanager
def _sending(out: Path) -> Iterator[bool]:
    """Whether no process delivers; none begins inside the block, if so."""
    if not (out / outbox.FOLDER).is_dir():
        yield True
        return
    with outbox.alone(out) as mine:
        yield mine


def _forget_dates(cleaning: _Cleaning, before: date) -> None:
    """Remove the scores of earlier dates with their pointers, the pointers first; the newest scores stay."""
    out = cleaning.found.out
    for series in series_in(out):
        latest = newest(out, series)
        for day in dates_of(out, series):
            if day >= before or (latest is not None and day == latest.as_of):
                continue
            names = names_at(out, day, series)
            cleaning.remove(out / series / DATES / day.isoformat(), f"scores before {before}")
            for name in dict.fromkeys(names):
                if (out / series / name).is_dir():
                    cleaning.remove(out / series / name, f"scores before {before}")


def _superseded(cleaning: _Cleaning, keep: int) -> None:
    """Remove scores that others have replaced, all but the last few of each date."""
    out = cleaning.found.out
    for series in series_in(out):
        for day in dates_of(out, series):
            with pointing(out, series):
                names = names_at(out, day, series)
                stay = names[-1 - keep :]
                leave = [name for name in dict.fromkeys(names) if name not in stay]
                if leave and not cleaning.dry:
                    durable.put(out / series / DATES / day.isoformat(), "".join(f"{n}\n" for n in stay).encode())
                for name in leave:
                    if (out / series / name).is_dir():
                        cleaning.remove(out / series / name, f"superseded scores of {day}")


def _unnamed(cleaning: _Cleaning, keep: int) -> None:
    """Remove torn runs, and whole ones that nothing names but the newest of each folder."""
    found = Places(cleaning.found.out)  # as it is now
    waiting = _waiting(found.out)
    by_folder: dict[str, list[Place]] = {}
    for place in found.runs:
        if place.directory in found.named or place.directory in cleaning.gone or place.folder in FOREVER:
            continue
        if not place.whole:
            cleaning.remove(place.directory, "torn, and no pointer names it")
        elif f"{place.folder}/{place.name}" not in waiting:
            by_folder.setdefault(place.folder, []).append(place)
    for runs in by_folder.values():
        runs.sort(key=lambda place: place.directory.stat().st_mtime_ns)
        for place in runs[:-keep]:
            cleaning.remove(place.directory, "no pointer names it")


def _waiting(out: Path) -> str:
    """All that is said of what is still to be sent, and of what was sent last: directories are named there."""
    files = [*out.glob("outbox/*.json"), *out.glob("deliveries/outbox/*/*.json")]
    files += [max(stream.glob("*.json"), default=stream) for stream in out.glob("deliveries/receipts/*")]
    texts = []
    for path in files:
        with contextlib.suppress(OSError):
            texts.append(path.read_text(encoding="utf-8"))
    return "\n".join(texts)


def _bytes(path: Path) -> int:
    inside = path.rglob("*") if path.is_dir() else [path]
    return sum(one.lstat().st_size for one in inside if one.is_file())
