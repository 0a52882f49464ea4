"""Whether what was published is as it was published: every file by its checksum, every pointer, every version."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from healthscore.config import Run
from healthscore.errors import ConfigurationError, HealthScoreError
from healthscore.pipelines.publication.history import DATES, dates_of, is_whole, names_at, series_in
from healthscore.pipelines.publish import MANIFEST, POINTER, pointed
from healthscore.pipelines.registry.store import FOLDER as VERSIONS
from healthscore.pipelines.registry.store import digests_in
from healthscore.pipelines.runs.finding import files_in, read_object
from healthscore.pipelines.runs.places import Place, Places, places, registry_of
from healthscore.pipelines.runs.record import digest_of


@dataclass(frozen=True)
class Verification:
    """What was found; `result` is the JSON object of the command: runs, files, pointers that were looked at, faults."""

    result: dict[str, Any]

    @property
    def sound(self) -> bool:
        """Whether everything is as it was published."""
        return not self.result["faults"]


def verify_runs(
    name: str | None = None, run: Run | str | Path | None = None, *, out: str | Path | None = None
) -> Verification:
    """Check every manifest, checksum and pointer, or those of one run.

    Parameters
    ----------
    name
        A run by its name or directory; everything that lies there when None.

    Raises
    ------
    ConfigurationError
        There are no results, or there is no such run.
    """
    if name is not None and Path(name).expanduser().is_dir():
        place = Place(Path(name).expanduser().resolve())
        return _verified(place.directory.parents[1], [place], 0, [])
    found = places(run, out)
    if name is None:
        pointers, faults = _pointers(found)
        return _verified(found.out, found.runs, pointers, [*faults, *_versions(found)])
    chosen = [place for place in found.runs if name in (place.name, place.identity)]
    if not chosen:
        raise ConfigurationError(f"no run {name!r} in {found.out}", "`healthscore runs list` has their names")
    return _verified(found.out, chosen, 0, [])


def faults_in(directory: Path) -> list[dict[str, str]]:
    """Files of a directory that are not what its manifest says: missing, changed, extra, or the manifest itself."""
    manifest = directory / MANIFEST
    try:
        listed = read_object(manifest)["files"]
        entries = {str(name): str(entry["sha256"]) for name, entry in listed.items()}
    except (HealthScoreError, KeyError, TypeError, AttributeError) as error:
        return [_fault(manifest, "missing" if not manifest.exists() else f"damaged: {str(error).splitlines()[0]}")]
    there = {path.relative_to(directory).as_posix(): path for path in files_in(directory) if path != manifest}
    found = [_fault(directory / name, "missing") for name in entries if name not in there]
    found += [_fault(path, "not listed in the manifest") for name, path in there.items() if name not in entries]
    changed = (path for name, path in there.items() if name in entries and not _same(path, entries[name]))
    return sorted([*found, *(_fault(path, "not what was published") for path in changed)], key=lambda one: one["path"])


def _same(path: Path, digest: str) -> bool:
    try:
        return not path.is_symlink() and digest_of(path) == digest
    except OSError:
        return False


def _verified(out: Path, runs: list[Place], pointers: int, faults: list[dict[str, str]]) -> Verification:
    found = [fault for place in runs for fault in faults_in(place.directory)]
    files = sum(len(files_in(place.directory)) for place in runs)
    looked = {"out": str(out), "runs": len(runs), "files": files, "pointers": pointers}
    return Verification(looked | {"faults": [*faults, *found]})


def _pointers(found: Places) -> tuple[int, list[dict[str, str]]]:
    """How many pointers there are, and those that name nothing whole."""
    count, faults = 0, []
    for series in series_in(found.out):
        for day in dates_of(found.out, series):
            count += 1
            path, names = found.out / series / DATES / day.isoformat(), names_at(found.out, day, series)
            if not names:
                faults.append(_fault(path, "names no run"))
            faults += [
                _fault(path, f"names {name}, which is not whole or not there")
                for name in names
                if not is_whole(found.out / series / name)
            ]
    for path in sorted(found.out.glob(f"*/{POINTER}")):
        count += 1
        name = pointed(path)
        if name is None or not is_whole(path.parent / name):
            faults.append(_fault(path, f"names {name or 'no run'}, which is not whole or not there"))
    return count, faults


def _versions(found: Places) -> list[dict[str, str]]:
    """Bundles of registered versions that are not what was registered, or not what their own manifests say."""
    try:
        registry = registry_of(found.out)
    except (HealthScoreError, ValueError) as error:
        return [_fault(found.out / VERSIONS, f"the registry is damaged: {str(error).splitlines()[0]}")]
    faults = []
    for event in () if registry is None else registry.events:
        directory = found.out / VERSIONS / event.directory
        there = digests_in(directory)
        for name, digest in event.digests.items():
            if there.get(name) != digest:
                faults.append(_fault(directory / name, "not the bundle that was registered"))
            else:
                faults += faults_in(directory / name)
    return [dict(pairs) for pairs in dict.fromkeys(tuple(fault.items()) for fault in faults)]


def _fault(path: Path, what: str) -> dict[str, str]:
    return {"path": str(path), "what": what}
