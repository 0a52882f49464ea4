"""The saved model: a directory of LightGBM text, JSON and checksums. No pickle, nothing that can run.

`model.json` holds everything but the trees, `trees-<part>.txt` the trees of a part, `manifest.json`, written last, the
SHA-256 and size of each. Loading reads every file once, verifies checksum and structure of those same bytes, and only
then lets LightGBM see the text: the native loader crashes the process on a damaged one.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import metadata as distributions
from pathlib import Path
from typing import Any

from healthscore.errors import BundleError, HealthScoreError
from healthscore.models import MODELS, stored, treetext
from healthscore.models.baselines import ConstantPart, CurvePart
from healthscore.models.booster import BoosterPart
from healthscore.models.calibration import Calibration
from healthscore.models.churnmodel import ChurnModel, Reference
from healthscore.models.design import Design
from healthscore.models.health import Bands, ScoreScale
from healthscore.models.logistic import LogisticPart
from healthscore.models.parts import Part
from healthscore.models.seen import Seen

FORMAT = 1
MANIFEST, MODEL = "manifest.json", "model.json"
MANIFEST_BYTES, MODEL_BYTES = 2**20, 64 * 2**20
_REMEDY = "restore the bundle from a copy, or train again"


@dataclass(frozen=True, eq=False)
class Bundle:
    """A model with all that turns its log-odds into scores, and what the caller wants to keep beside it.

    Parameters
    ----------
    metadata
        JSON values: horizon, run, data fingerprint, training dates ...
    versions
        Of this package, LightGBM and NumPy when it was saved; filled in by `save`.
    seen
        What the model learned from, to tell accounts that are unlike it; None where that was not kept.
    """

    model: ChurnModel
    scale: ScoreScale
    bands: Bands = field(default_factory=Bands)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    seen: Seen | None = None


_READERS: dict[str, Callable[[Mapping[str, Any], Design], Part]] = {
    "logistic": LogisticPart.from_json,
    "constant": ConstantPart.from_json,
    "curve": CurvePart.from_json,
}


def save(bundle: Bundle, directory: str | os.PathLike[str]) -> None:
    """Write a bundle into a new or empty directory, its manifest last, every file synced to disk.

    Raises
    ------
    BundleError
        The directory holds something, or the model has no reference population, or metadata are not JSON.
    """
    path = Path(directory)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(path.iterdir()):
        raise BundleError(f"{path} is not empty", "save into a new directory: bundles are never overwritten")
    model = bundle.model
    if model.reference is None:
        raise BundleError("the model has no reference population", "freeze one: ChurnModel.frozen")
    texts = {f"{kind}-{name}.txt": text for name, part in model.parts.items() for kind, text in part.to_files().items()}
    document = {
        "format": FORMAT,
        "name": model.name,
        "design": model.design.to_json(),
        "parts": {name: part.to_json() for name, part in model.parts.items()},
        "calibration": model.calibration.to_json(),
        "reference": model.reference.to_json(),
        "base_rate": model.base_rate,
        "seed": model.seed,
        "scale": bundle.scale.to_json(),
        "bands": bundle.bands.to_json(),
        "seen": None if bundle.seen is None else bundle.seen.to_json(),
        "versions": current_versions(),
        "metadata": dict(bundle.metadata),
    }
    try:
        texts[MODEL] = json.dumps(document, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
    except (TypeError, ValueError) as error:
        raise BundleError(
            f"the bundle's metadata are not JSON: {error}", "keep texts, numbers, lists, objects"
        ) from error
    files = {name: text.encode("utf-8") for name, text in texts.items()}
    entries = {name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)} for name, data in files.items()}
    files[MANIFEST] = (json.dumps({"format": FORMAT, "files": entries}, indent=1) + "\n").encode("utf-8")
    for name, data in files.items():
        _write(path / name, data)
    _sync_directory(path)


def load(directory: str | os.PathLike[str], *, threads: int = 2) -> Bundle:
    """Read a bundle back, verified; its predictions are those of the saved model, bit by bit.

    Raises
    ------
    BundleError
        A file is missing, too large, damaged or of another format; the message names it.
    """
    path = Path(directory)
    manifest = _json(path / MANIFEST, _read(path / MANIFEST, MANIFEST_BYTES))
    with _Naming(path / MANIFEST):
        _check_format(manifest)
        entries = {name: _entry(entry) for name, entry in stored.section(manifest, "files").items()}
    document = _json(path / MODEL, _verified(path, MODEL, entries, MODEL_BYTES))
    with _Naming(path / MODEL):
        _check_format(document)
        design = stored.design(stored.section(document, "design"))
        parts = {
            name: _part(name, part, design, path, entries, threads)
            for name, part in stored.section(document, "parts").items()
        }
        model = _model(document, design, parts)
        scale = ScoreScale.from_json(stored.section(document, "scale"))
        bands = Bands.from_json(stored.section(document, "bands"))
        versions = stored.section(document, "versions")
        known = document.get("seen") is not None
        seen = Seen.from_json(stored.section(document, "seen"), len(design.names)) if known else None
        return Bundle(model, scale, bands, stored.section(document, "metadata"), dict(versions), seen)


def current_versions() -> dict[str, str]:
    """Return the installed versions that a model's numbers depend on."""
    found = {}
    for name in ("healthscore", "lightgbm", "numpy"):
        try:
            found[name] = distributions.version(name)
        except distributions.PackageNotFoundError:  # run from a source tree that was never installed
            found[name] = "unknown"
    return found


def _model(document: Mapping[str, Any], design: Design, parts: dict[str, Part]) -> ChurnModel:
    name = stored.text(document, "name")
    if name not in MODELS or tuple(parts) != MODELS[name].parts:
        raise ValueError(f"a model {name!r} with parts {list(parts)} is not one of this version's")
    calibration = Calibration.from_json(stored.section(document, "calibration"))
    if len(calibration.kappas) != len(parts):
        raise ValueError("one kappa per part is needed")
    reference = Reference.from_json(stored.section(document, "reference"), design)
    seed = stored.integer(document, "seed", low=-(2**63), high=2**63)
    return ChurnModel(name, design, parts, calibration, stored.number(document, "base_rate"), seed, reference)


def _part(
    name: str, document: Any, design: Design, path: Path, entries: Mapping[str, tuple[str, int]], threads: int
) -> Part:
    if not isinstance(document, dict):
        raise ValueError(f"part {name!r} is not an object")
    kind = stored.text(document, "kind")
    if kind == "trees":
        file = f"trees-{name}.txt"
        data = _verified(path, file, entries, treetext.MAXIMUM_BYTES)
        with _Naming(path / file):
            return BoosterPart.from_json(document, design, data.decode("ascii"), str(path / file), threads)
    if kind not in _READERS:
        raise ValueError(f"a part of kind {kind!r} is not one of this version's")
    return _READERS[kind](document, design)


def _check_format(document: Mapping[str, Any]) -> None:
    found = document.get("format")
    if found != FORMAT:
        raise ValueError(f"format {found!r}, where this version of the package reads {FORMAT}")


def _entry(entry: Any) -> tuple[str, int]:
    if not isinstance(entry, dict):
        raise ValueError("an entry of 'files' is not an object")
    if set(entry) != {"sha256", "bytes"}:
        raise ValueError(f"an entry of 'files' has {', '.join(sorted(entry))} and not bytes and sha256")
    return stored.text(entry, "sha256"), stored.integer(entry, "bytes", low=0, high=treetext.MAXIMUM_BYTES)


def _verified(path: Path, name: str, entries: Mapping[str, tuple[str, int]], limit: int) -> bytes:
    """Read a file and compare it with the manifest."""
    if name not in entries:
        raise BundleError(f"{path / MANIFEST} does not list {name}", _REMEDY)
    digest, size = entries[name]
    data = _read(path / name, limit)
    if len(data) != size or hashlib.sha256(data).hexdigest() != digest:
        raise BundleError(f"{path / name} is damaged: it is not what its manifest says", _REMEDY)
    return data


def _read(path: Path, limit: int) -> bytes:
    """Read a regular file, never through a symbolic link, and never more than the limit."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise BundleError(f"{path} is not a regular file", _REMEDY)
            data = file.read(limit + 1)
    except OSError as error:
        raise BundleError(
            f"{path} cannot be read: {error.strerror}", "name a bundle's directory: " + _REMEDY
        ) from error
    if len(data) > limit:
        raise BundleError(f"{path} is larger than {limit} bytes", _REMEDY)
    return data


def _json(path: Path, data: bytes) -> dict[str, Any]:
    with _Naming(path):
        document = json.loads(data.decode("utf-8"))
        if not isinstance(document, dict):
            raise ValueError("not a JSON object")
    return dict(document)


class _Naming:
    """Turns what readers of a file raise into a `BundleError` that names the file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, BundleError):
            return
        # OverflowError: a whole number beyond float64; RecursionError: JSON nested without end.
        if isinstance(error, (ValueError, OverflowError, RecursionError, HealthScoreError)):
            raise BundleError(f"{self.path} is damaged or foreign: {error}", _REMEDY) from error


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
