"""Finished runs by their identity: where they lie, what is recorded of them, and whether they are as published."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from healthscore.config import Run, load_run
from healthscore.errors import ConfigurationError
from healthscore.pipelines.publish import MANIFEST, RECORD, attempts_of
from healthscore.pipelines.runs.record import FORMAT, digest_of

RESULT = "result.json"
OUT = "healthscore-out"
MAXIMUM_BYTES = 64 * 2**20
_MEANT = {"format": int, "identity": str, "verb": str, "arguments": dict, "inputs": dict, "read": dict, "paths": dict}


@dataclass(frozen=True)
class Finished:
    """A finished run.

    Attributes
    ----------
    directory
        Where its results lie: `<out>/<verb>/<identity>`.
    record
        Its `run.json`.
    """

    directory: Path
    record: Mapping[str, Any]

    @property
    def identity(self) -> str:
        """Name of the run."""
        return str(self.record["identity"])

    @property
    def verb(self) -> str:
        """The command that made it."""
        return str(self.record["verb"])

    @property
    def out(self) -> Path:
        """Where results of its run go, as they lie now."""
        return self.directory.parents[1]

    def result(self) -> dict[str, Any]:
        """Its `result.json`."""
        return read_object(self.directory / RESULT)

    def place(self, name: str) -> Path:
        """Where something that was read or written lies; results that were moved are looked for where they are now."""
        paths = self.record["paths"]
        recorded = Path(str(paths[name]))
        below = paths.get("out")
        if not recorded.exists() and below is not None and recorded.is_relative_to(below):
            return self.out / recorded.relative_to(below)
        return recorded

    def forgotten(self) -> int:
        """How many accounts were removed from its files since (`healthscore admin forget`)."""
        return len(read_object(self.directory / MANIFEST).get("forgotten", []))

    def edited(self) -> list[str]:
        """Files that are not, or no longer, what the manifest says, and files that it does not list."""
        listed = read_object(self.directory / MANIFEST).get("files", {})
        found = {path.relative_to(self.directory).as_posix(): path for path in files_in(self.directory)}
        found.pop(MANIFEST, None)
        changed = [
            name
            for name, entry in listed.items()
            if name not in found or not isinstance(entry, dict) or digest_of(found[name]) != entry.get("sha256")
        ]
        return sorted({*changed, *(found.keys() - listed.keys())})


def finished(identity: str | Path, run: Run | str | Path | None = None, *, out: str | Path | None = None) -> Finished:
    """Find a finished run.

    Parameters
    ----------
    identity
        Its name, which is that of its last attempt, or its directory.
    run, out
        The run whose results are searched, or where they lie. With neither: ./healthscore.toml, if there is one, and
        everything below ./healthscore-out.

    Raises
    ------
    ConfigurationError
        There is no such run, or what is recorded of it is damaged, or of a newer version of this package.
    """
    named = Path(identity).expanduser()
    if (named / RECORD).is_file():
        return _opened(named.resolve())
    roots = _roots(run, out)
    runs = sorted(path.parent for root in roots for path in root.glob(f"*/*/{RECORD}"))
    exact = [path for path in runs if path.name == str(identity)]
    found = [attempt for path in exact[:1] for attempt in attempts_of(path.parent, path.name)[-1:]]
    if not found:
        where = ", ".join(map(str, roots)) or "the current directory"
        known = ", ".join(f"{path.name} ({path.parent.name})" for path in runs[-3:])
        raise ConfigurationError(
            f"no run {str(identity)!r} in {where}",
            "name its RUN, its --out, or its directory" + (f"; there are, for example, {known}" if known else ""),
        )
    return _opened(found[0])


def files_in(directory: Path) -> list[Path]:
    """Every file below a directory, sorted."""
    return sorted(path for path in directory.rglob("*") if path.is_file())


def read_object(path: Path) -> dict[str, Any]:
    """A JSON object that a run wrote."""
    try:
        if path.stat().st_size > MAXIMUM_BYTES:
            raise ValueError(f"it holds more than {MAXIMUM_BYTES:,} bytes")
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ValueError("it is no JSON object")
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}", "do the run again") from None
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path} is damaged: {error}", "do the run again") from None
    return found


def _roots(run: Run | str | Path | None, out: str | Path | None) -> list[Path]:
    if out is not None:
        return [Path(out).expanduser().resolve()]
    if run is not None:
        return [(run if isinstance(run, Run) else load_run(run)).out]
    here = [load_run().out] if Path("healthscore.toml").is_file() else []
    below = Path.cwd() / OUT
    return list(dict.fromkeys([*here, below, *(path for path in sorted(below.glob("*")) if path.is_dir())]))


def _opened(directory: Path) -> Finished:
    record = read_object(directory / RECORD)
    told = record.get("format")
    if isinstance(told, int) and told > FORMAT:
        by = record.get("versions", {}).get("healthscore", "a newer version")
        raise ConfigurationError(
            f"{directory / RECORD} was written by healthscore {by}, in a format that this version does not know",
            "install that version",
        )
    for key, kind in _MEANT.items():
        if not isinstance(record.get(key), kind):
            raise ConfigurationError(f"{directory / RECORD} is damaged: {key!r} is missing", "do the run again")
    return Finished(directory, record)
