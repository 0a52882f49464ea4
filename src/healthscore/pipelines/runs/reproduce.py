"""Is a finished run what its record says? Done again from the record alone, and compared byte by byte."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from healthscore.config import Run
from healthscore.display import Display, Displayed
from healthscore.pipelines.progress import Progress, silent
from healthscore.pipelines.publish import MANIFEST
from healthscore.pipelines.runs.again import Again, configured, do_again, stand_ins
from healthscore.pipelines.runs.finding import Finished, files_in, finished
from healthscore.pipelines.runs.flat import Pairs, differing
from healthscore.pipelines.runs.record import code_digest, digest_of, platform_of, versions
from healthscore.pipelines.runs.telling import content_of, told

ENVIRONMENT = ("versions", "code", "platform")


@dataclass(frozen=True, repr=False)
class Reproduction(Displayed):
    """Whether a run could be made again; `result` is the JSON object of the command."""

    result: dict[str, Any]

    def display(self) -> Display:
        """What a notebook shows."""
        from healthscore.pipelines.displays.kept import reproduction_display

        return reproduction_display(self.result)

    @property
    def identical(self) -> bool:
        """Whether every file came out the same, byte for byte."""
        return bool(self.result["identical"])


def reproduce(
    identity: str | Path,
    run: Run | str | Path | None = None,
    *,
    data: str | Path | None = None,
    out: str | Path | None = None,
    progress: Progress = silent,
) -> Reproduction:
    """Do a finished run again from its `run.json`, somewhere temporary, and compare every file.

    Nothing is published, and MLflow is not told. Paths, which say where and not what, are left out of the comparison.

    Parameters
    ----------
    identity
        Name of the run, or its directory.
    run, out
        Where to look for it, see `finding.finished`.
    data
        Root of the sources, where they were moved since.

    Raises
    ------
    ConfigurationError
        There is no such run, its record is damaged, or runs of its kind cannot be done again.
    """
    done = finished(identity, run, out=out)
    result: dict[str, Any] = {
        "identity": done.identity,
        "verb": done.verb,
        "directory": str(done.directory),
        "identical": False,
        "done_again": False,
        "edited": done.edited(),
        "forgotten": done.forgotten(),
        "environment": _pairs(differing(_environment(done.record), environment_now())),
    }
    with tempfile.TemporaryDirectory(prefix="healthscore-") as folder:
        scratch = Path(folder).resolve()
        again = Again(done, configured(done, scratch, data=data), scratch, progress)
        with progress("checking what was read"):
            result["inputs"] = _pairs(differing(done.record["inputs"], _inputs_now(done, again.run)))
            result["read"] = _pairs(differing(done.record["read"], _read_now(done)))
        if not result["inputs"] and not result["read"]:
            new = do_again(again)
            files = _compared(done.directory, new, stand_ins(done, scratch))
            result |= {"done_again": True, "files": files}
            result["identical"] = not result["edited"] and all(said == "identical" for said in files.values())
    return Reproduction(result)


def environment_now() -> dict[str, Any]:
    """Versions, code and platform, as they are here and now."""
    return {"versions": versions(), "code": code_digest(), "platform": platform_of()}


def _environment(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: record.get(name) for name in ENVIRONMENT}


def _inputs_now(done: Finished, run: Run | None) -> dict[str, str]:
    """Fingerprints of the same sources, or digests of the same files, as they are now; without those that are gone."""
    if run is None:
        files = {name: done.place(name) for name in done.record["inputs"]}
        return {name: digest_of(path) for name, path in files.items() if path.is_file()}
    from healthscore.tables import inspect_tables

    with inspect_tables(run) as tables:  # which raises nothing where a source is broken by now
        return {name: report.fingerprint for name, report in tables.reports.items()}


def _read_now(done: Finished) -> dict[str, str]:
    places = {name: done.place(name) for name in done.record["read"]}
    return {name: digest_of(path) for name, path in places.items() if path.exists()}


def _compared(old: Path, new: Path, stand_ins: Mapping[str, str]) -> dict[str, str]:
    """File -> `identical`, or what differs. The manifest follows from the files, and from the paths in `run.json`."""
    before, after = ({path.relative_to(root).as_posix(): path for path in files_in(root)} for root in (old, new))
    found = {}
    for name in sorted({*before, *after} - {MANIFEST}):
        if name not in after:
            found[name] = "was not made again"
        elif name not in before:
            found[name] = "was not there before"
        else:
            one, other = content_of(before[name], stand_ins), content_of(after[name], stand_ins)
            found[name] = "identical" if one == other else told(before[name], after[name], one, other)
    return found


def _pairs(pairs: Pairs) -> dict[str, dict[str, Any]]:
    return {key: {"then": then, "now": now} for key, (then, now) in pairs.items()}
