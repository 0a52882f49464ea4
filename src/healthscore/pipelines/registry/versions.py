"""Registering what was trained, and finding what is to score."""

from __future__ import annotations

from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from healthscore.config import Run, load_run
from healthscore.errors import BundleError
from healthscore.models.bundle import load
from healthscore.pipelines.registry.records import Event, Registry, Version
from healthscore.pipelines.registry.scales import own_scales, place
from healthscore.pipelines.registry.store import author, change, digest_of_bundle, digests_in, folder_of, read

BUNDLE = "bundle"
"""Name of the model's directory, in that of its training run and in that of its version."""
CHAMPION, CHALLENGER = "champion", "challenger"


def register(run: Run, trained: Path) -> Version:
    """Register a training run as the next version, on the champion's score scale where there is a champion.

    Training again gives the same bundle, which keeps its number. A version scores by default when it is promoted.

    Parameters
    ----------
    run
        The run that was trained.
    trained
        Directory of the training run.

    Raises
    ------
    BundleError
        The registry is damaged; what was trained lies where it was.
    """
    digest, scales = digest_of_bundle(trained / BUNDLE), own_scales(trained)
    bundle = load(trained / BUNDLE, threads=1)

    def step(before: Registry) -> Registry:
        if any(each.digest == digest for each in before.versions):
            return before
        version = Version(
            version=len(before.versions) + 1,
            identity=bundle.metadata["identity"],
            digest=str(digest),
            model=bundle.model.name,
            features=len(bundle.model.design.names),
            outcome=bundle.metadata["outcome"],
            **bundle.metadata["trained"],
            package=version_of("healthscore"),
            scales=scales,
        )
        directory = folder_of(run) / str(version.version)
        place(trained, directory, scales if before.scale is None else before.scale.scales)
        event = Event(
            event="registered",
            version=version.version,
            directory=directory.name,
            digests=digests_in(directory),
            scale=None if before.scale is None else before.scale.scale,
            author=author(),
        )
        return before.then(event, version=version)

    return next(each for each in change(run, step).versions if each.digest == digest)


def champion(run: Run) -> Path | None:
    """Directory of the champion's bundle; None where no version was ever promoted."""
    reigning = read(run).champion
    return None if reigning is None else bundle_of(run, reigning)


def named(run: Run, name: str) -> Path | None:
    """Directory of the bundle of a version by its number, or of the champion or the challenger; None for other names.

    Raises
    ------
    BundleError
        There is no such version, or its directory is not what was registered.
    """
    if name not in (CHAMPION, CHALLENGER) and not (name.isascii() and name.isdigit()):
        return None
    registry = read(run)
    if name == CHAMPION and registry.champion is not None:
        return bundle_of(run, registry.champion)
    if name == CHALLENGER and registry.challenger is not None:
        return bundle_of(run, registry.placed(registry.challenger.version))
    if name.isdigit() and registry.numbered(int(name)) is not None:
        return bundle_of(run, registry.placed(int(name)))
    raise BundleError(f"{run.name} has no {name if name.isalpha() else f'version {name}'}", none_such(registry))


def wanted(run: Run, registry: Registry, version: int | None) -> Version:
    """The version that is to be promoted.

    Raises
    ------
    BundleError
        There is none of that number, no challenger, or it is the champion already.
    """
    if version is not None:
        found = registry.numbered(version)
        if found is None:
            raise BundleError(f"{run.name} has no version {version}", none_such(registry))
    else:
        found = registry.challenger
        if found is None:
            raise BundleError(
                f"{run.name} has no challenger", none_such(registry) + "; `--version N` names an older one"
            )
    if registry.champion is not None and registry.champion.version == found.version:
        raise BundleError(f"version {found.version} is the champion of {run.name} already", "there is nothing to do")
    return found


def none_such(registry: Registry) -> str:
    """What to name instead of a version that is not there."""
    if not registry.versions:
        return "`healthscore train` registers versions"
    numbers = ", ".join(str(each.version) for each in registry.versions)
    return (
        f"there {'are versions' if len(registry.versions) > 1 else 'is version'} {numbers}: `healthscore models list`"
    )


def bundle_of(run: Run, placed: Event) -> Path:
    """Directory of the bundle that an event placed, after a look whether it and what scores beside it are the ones.

    Raises
    ------
    BundleError
        One of the version's bundles is missing, or another than was registered.
    """
    directory = folder_of(run) / placed.directory
    found = digests_in(directory)
    other = [name for name in sorted({*found, *placed.digests}) if found.get(name) != placed.digests.get(name)]
    if not other:
        return directory / BUNDLE
    wrong = "is not the bundle that was registered" if other[0] in found else "is missing"
    raise BundleError(
        f"{directory / other[0]}, version {placed.version} of {run.name}, {wrong}",
        "restore the directory from a copy, or go back to the version before by `healthscore models rollback --why "
        "TEXT`, or promote another (`healthscore models list`)",
    )


def standing(run: Run, bundle: Path | None) -> dict[str, Any]:
    """Which version a bundle is, by its bytes, whether it is the champion or the challenger, and which is champion.

    Keys of a result, each None where there is none: no version of the run, or something else than a bundle, scored.
    """
    nothing = {"version": None, "alias": None, "champion": None}
    if bundle is None:
        return nothing
    try:
        registry = read(run)
    except BundleError:  # who names a bundle by its directory can score by it all the same
        return nothing
    digest = digest_of_bundle(bundle)
    found = next((event.version for event in registry.events if event.digests.get(BUNDLE) == digest), None)
    found = found or next((each.version for each in registry.versions if each.digest == digest), None)
    return {
        "version": found,
        "alias": None if found is None else registry.alias(found),
        "champion": None if registry.champion is None else registry.champion.version,
    }


def versions(
    run: Run | str | Path | None = None, *, data: str | Path | None = None, out: str | Path | None = None
) -> dict[str, Any]:
    """Versions, scales and history of a run: the JSON object of `models list`."""
    run = run if isinstance(run, Run) else load_run(run, data=data, out=out)
    registry = read(run)
    reigning, next_one = registry.champion, registry.challenger
    return {
        "run": run.name,
        "champion": None if reigning is None else reigning.version,
        "challenger": None if next_one is None else next_one.version,
        "versions": [
            each.model_dump(mode="json")
            | {
                "alias": registry.alias(each.version),
                "scale": registry.placed(each.version).scale,
                "bundle": str(folder_of(run) / registry.placed(each.version).directory / BUNDLE),
            }
            for each in registry.versions
        ],
        "scales": [each.model_dump(mode="json") for each in registry.scales],
        "events": [each.model_dump(mode="json") for each in registry.events],
    }
