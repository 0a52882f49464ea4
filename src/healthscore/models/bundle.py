"""The saved model: a directory of LightGBM text, JSON and checksums. No pickle, nothing that can run.

`model.json` holds everything but the trees, `trees-<part>.txt` the trees of a part, `refits-<part>.txt` those of the
same part fitted on resampled accounts, `manifest.json`, written last, the SHA-256 and size of each. Loading reads every
file once, verifies checksum and structure of those same bytes, and only then lets LightGBM see the text: the native
loader crashes the process on a damaged one.

Formats: 1 has no refits. 2 has them, and its manifest says which version of the package wrote it. So will that of every
later format, for a version that cannot read it to tell which one can.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import metadata as distributions
from pathlib import Path
from typing import Any

from healthscore.errors import BundleError
from healthscore.models import MODELS, stored, treetext, verified
from healthscore.models.baselines import ConstantPart, CurvePart
from healthscore.models.booster import BoosterPart
from healthscore.models.calibration import Calibration
from healthscore.models.churnmodel import ChurnModel, Reference
from healthscore.models.design import Design
from healthscore.models.health import Bands, ScoreScale
from healthscore.models.logistic import LogisticPart
from healthscore.models.parts import Part
from healthscore.models.refits import Refits
from healthscore.models.seen import Seen
from healthscore.models.verified import MANIFEST, Naming

FORMAT = 2
READ = (1, 2)
MODEL = "model.json"
MODEL_BYTES = 64 * 2**20


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
    refits
        The model fitted again on resampled accounts, to tell how sure a score is; None where that was not done.
    """

    model: ChurnModel
    scale: ScoreScale
    bands: Bands = field(default_factory=Bands)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    seen: Seen | None = None
    refits: Refits | None = None


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
    texts |= {} if bundle.refits is None else bundle.refits.to_files()
    versions = current_versions()
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
        "refits": None if bundle.refits is None else bundle.refits.to_json(),
        "versions": versions,
        "metadata": dict(bundle.metadata),
    }
    try:
        texts[MODEL] = json.dumps(document, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
    except (TypeError, ValueError) as error:
        raise BundleError(
            f"the bundle's metadata are not JSON: {error}", "keep texts, numbers, lists, objects"
        ) from error
    files = {name: text.encode("utf-8") for name, text in texts.items()}
    verified.write(path, files, {"format": FORMAT, "written_by": _author(versions)})


def load(directory: str | os.PathLike[str], *, threads: int = 2) -> Bundle:
    """Read a bundle of this or an earlier format back, verified; its predictions are those of the saved model.

    Raises
    ------
    BundleError
        A file is missing, too large, damaged or of a later format; the message names it.
    """
    path = Path(directory)
    manifest = verified.manifest(path)
    written = _check_format(path, manifest)
    with Naming(path / MANIFEST):
        entries = verified.entries(manifest)
    document = verified.document(path / MODEL, verified.read(path, MODEL, entries, MODEL_BYTES))
    with Naming(path / MODEL, _remedy(document)):
        if document.get("format") != written:
            raise ValueError(f"format {document.get('format')!r}, where the manifest says {written}")
        if written > 1 and manifest.get("written_by") != _author(stored.section(document, "versions")):
            raise ValueError("the manifest says that another version wrote it")
        return _bundle(document, _Trees(path, entries, threads))


@dataclass(frozen=True)
class _Trees:
    """The files of trees of a bundle in the directory `path`."""

    path: Path
    entries: verified.Entries
    threads: int

    def text(self, file: str) -> str:
        return verified.read(self.path, file, self.entries, treetext.MAXIMUM_BYTES).decode("ascii")


def _bundle(document: Mapping[str, Any], files: _Trees) -> Bundle:
    design = stored.design(stored.section(document, "design"))
    parts = {name: _part(name, part, design, files) for name, part in stored.section(document, "parts").items()}
    model = _model(document, design, parts)
    known, refitted = (document.get(key) is not None for key in ("seen", "refits"))
    return Bundle(
        model,
        ScoreScale.from_json(stored.section(document, "scale")),
        Bands.from_json(stored.section(document, "bands")),
        stored.section(document, "metadata"),
        dict(stored.section(document, "versions")),
        Seen.from_json(stored.section(document, "seen"), len(design.names)) if known else None,
        Refits.from_json(stored.section(document, "refits"), model, files.text) if refitted else None,
    )


def current_versions() -> dict[str, str]:
    """Return the installed versions that a model's numbers depend on."""
    found = {}
    for name in ("healthscore", "lightgbm", "numpy"):
        try:
            found[name] = distributions.version(name)
        except distributions.PackageNotFoundError:  # run from a source tree that was never installed
            found[name] = "unknown"
    return found


def _author(versions: Mapping[str, Any]) -> str:
    return f"healthscore {versions.get('healthscore')}"


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


def _part(name: str, document: Any, design: Design, files: _Trees) -> Part:
    if not isinstance(document, dict):
        raise ValueError(f"part {name!r} is not an object")
    kind = stored.text(document, "kind")
    if kind == "trees":
        file = f"trees-{name}.txt"
        text = files.text(file)
        with Naming(files.path / file):
            return BoosterPart.from_json(document, design, text, str(files.path / file), files.threads)
    if kind not in _READERS:
        raise ValueError(f"a part of kind {kind!r} is not one of this version's")
    return _READERS[kind](document, design)


def _check_format(path: Path, manifest: Mapping[str, Any]) -> int:
    """Return the format of a bundle that this version reads.

    Raises
    ------
    BundleError
        It does not: which version wrote the bundle, and what to do.
    """
    found, here = manifest.get("format"), current_versions()["healthscore"]
    if type(found) is int and found in READ:
        return found
    readable = " and ".join(map(str, READ))
    if type(found) is not int or found < FORMAT:
        raise BundleError(f"{path / MANIFEST}: format {found!r}, where this package reads {readable}", verified.REMEDY)
    author = manifest.get("written_by")
    author = author if isinstance(author, str) and author.isprintable() and len(author) < 100 else "a later version"
    raise BundleError(
        f"{path} is a bundle of format {found}, written by {author}; healthscore {here} reads formats {readable}",
        "install the version of the package that wrote it, or train again with this one",
    )


def _remedy(document: Mapping[str, Any]) -> str:
    """What to do about a sound file that this version cannot make sense of: another one wrote it, or it is forged."""
    versions, here = document.get("versions"), current_versions()["healthscore"]
    author = versions.get("healthscore") if isinstance(versions, dict) else None
    if not isinstance(author, str) or author == here or not author.isprintable() or len(author) > 100:
        return verified.REMEDY
    return f"healthscore {author} wrote it, and this is {here}: install that version, or train again"
