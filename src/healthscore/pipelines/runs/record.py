"""`run.json`: everything that a run's results follow from, written into its directory.

Configuration, arguments, seed, fingerprints of the inputs and of what else was read, versions, platform. Never the
clock: the same work on the same machine writes the same bytes, but for `paths`.
"""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Mapping
from functools import cache
from importlib import metadata as distributions
from pathlib import Path
from typing import Any

import healthscore
from healthscore.config import PANEL, Run
from healthscore.pipelines.publish import AFTERWARDS

FORMAT = 1
_CODE = (".py", ".c", ".h", ".j2", ".toml")
_ELSEWHERE = {"path", "data", "out", "tracking", "deliveries"}
_PROJECT = re.compile(r"[A-Za-z0-9._-]+")


def run_record(
    run: Run | None,
    verb: str,
    identity: str,
    inputs: Mapping[str, str],
    *,
    arguments: Mapping[str, Any] | None = None,
    read: Mapping[str, Path] | None = None,
    texts: Mapping[str, str] | None = None,
    places: Mapping[str, Path] | None = None,
    afterwards: bool = False,
) -> dict[str, Any]:
    """Say what a run is made of.

    Parameters
    ----------
    run
        Its configuration; None where files were named instead of a run.
    verb, identity
        The command, and the name of the run's directory.
    inputs
        Fingerprint of each source.
    arguments
        What the caller said beside the run: as-of date, account, ...
    read
        Files and directories that were read beside the sources, by what they were read for: a bundle, a scorecard.
    texts
        What such a file held, where a run may itself replace the file.
    places
        Where something was written to, beside the run's own directory.
    afterwards
        Whether what the run says of the use of scores is a part of it.
    """
    read, places = read or {}, places or {}
    where = {} if run is None else {"configuration": run.path, "data": run.data, "out": run.out}
    return {
        "format": FORMAT,
        "identity": identity,
        "verb": verb,
        "arguments": dict(arguments or {}),
        "configuration": None if run is None else configuration_of(run, afterwards=afterwards),
        "seed": None if run is None else run.seed,
        "threads": None if run is None else run.threads,
        "inputs": dict(inputs),
        "read": {name: digest_of(path) for name, path in read.items()},
        "texts": dict(texts or {}),
        "versions": versions(),
        "code": code_digest(),
        "platform": platform_of(),
        "paths": {name: str(path) for name, path in {**where, **read, **places}.items()},
    }


def configuration_of(run: Run, *, afterwards: bool = False) -> dict[str, Any]:
    """All that the run says, its includes and its scorecard among it; what it does not say follows from the version.

    Without where things lie and where they are sent, which says nothing of the results: without `[deliveries]`, and
    without `[tracking]`, whose address may hold a password. Defaults are not filled in: some keys mean something by
    standing there. `afterwards` adds what the run says of the use of scores, which no score follows from.
    """
    left_out = _ELSEWHERE if afterwards else _ELSEWHERE | AFTERWARDS
    described = run.model_dump(mode="json", exclude=left_out, exclude_unset=True)
    if run.panel is not None:
        del described["sources"][PANEL]  # made of [panel] again when the configuration is read
    return described


def digest_of(path: Path) -> str:
    """SHA-256 of a file's bytes; of a directory, that of the names and digests of all files in it."""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    files = sorted(file for file in path.rglob("*") if file.is_file())
    lines = [f"{file.relative_to(path).as_posix()} {hashlib.sha256(file.read_bytes()).hexdigest()}" for file in files]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@cache
def versions() -> dict[str, str]:
    """Version of Python, of this package and of every package that it asks for."""
    found = {"python": platform.python_version()}
    try:
        asked = distributions.requires("healthscore") or []
        found["healthscore"] = distributions.version("healthscore")
    except distributions.PackageNotFoundError:  # run from a source tree that was never installed
        return found | {"healthscore": "unknown"}
    for requirement in sorted(asked, key=str.lower):
        name = _PROJECT.match(requirement)
        if name is not None:
            found[name[0].lower()] = _version_of(name[0])
    return found


def _version_of(name: str) -> str:
    try:
        return distributions.version(name)
    except distributions.PackageNotFoundError:  # asked for on other platforms only
        return "none"


@cache
def code_digest() -> str:
    """SHA-256 of this package's own code and templates: two checkouts of one version may differ."""
    root = Path(healthscore.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.suffix in _CODE):
        digest.update(f"{path.relative_to(root).as_posix()} ".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def platform_of() -> dict[str, str]:
    """What bit-for-bit equality may depend on: system, processor family, C library, interpreter."""
    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "libc": " ".join(platform.libc_ver()).strip(),
        "interpreter": platform.python_implementation(),
    }
