"""Mutations number `first` to `first + count` of a bundle, in this process: a line per mutation begun and ended.

Run as a command by `running`, in a process that may die.
"""

from __future__ import annotations

import hashlib
import json
import random
import resource
import shutil
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from healthscore.errors import BundleError
from healthscore.models.bundle import load
from mutations.mutating import JSON, TREES, edited_json

MODES = ("damaged", "forged")
"""Checksums as they were; a manifest that agrees with the damage."""
MEMORY = 4 * 2**30


def mutate(directory: Path, mode: str, number: int) -> str:
    """Spoil a bundle; returns what was done. The same mode and number always do the same."""
    rng = random.Random(f"{mode} {number}")
    names = sorted(path.name for path in directory.iterdir())
    data = [name for name in names if name != "manifest.json"]
    if rng.random() < 0.05:
        return _swapped(directory, mode, names, rng)
    name = rng.choice(names if mode == "damaged" else data)
    kinds = JSON if name.endswith(".json") else TREES
    kind = rng.choice(kinds)
    path = directory / name
    path.write_bytes(kind(path.read_bytes(), rng))
    done = f"{kind.__name__} of {name}"
    if mode == "forged":
        _declare(directory)
        if rng.random() < 0.1:  # the manifest itself, otherwise in order
            manifest = directory / "manifest.json"
            manifest.write_bytes(edited_json(manifest.read_bytes(), rng))
            done += " and edited_json of manifest.json"
    return done


def _swapped(directory: Path, mode: str, names: Sequence[str], rng: random.Random) -> str:
    one, other = rng.sample(names, 2)
    first, second = (directory / one).read_bytes(), (directory / other).read_bytes()
    (directory / one).write_bytes(second)
    (directory / other).write_bytes(first)
    if mode == "forged" and "manifest.json" not in (one, other):
        _declare(directory)
    return f"{one} and {other} swapped"


def _declare(directory: Path) -> None:
    """Write a manifest that agrees with whatever the files now hold."""
    path = directory / "manifest.json"
    manifest = json.loads(path.read_bytes())
    for name in manifest["files"]:
        data = (directory / name).read_bytes()
        manifest["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    path.write_text(json.dumps(manifest), encoding="utf-8")


def behaviour(directory: Path, names: Sequence[str] | None = None) -> str:
    """Digest of all that a bundle says of forty made-up accounts whose features have these names, bit by bit.

    Raises
    ------
    BundleError
        It is refused, when it is loaded or at the first prediction.
    ArithmeticError
        It is taken and says something that is no number.
    """
    bundle = load(directory, threads=1)
    model = bundle.model
    names = model.design.names if names is None else names
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, len(names))) * rng.choice([1, 10, 300], size=(40, 1))
    X[rng.random(X.shape) < 0.2] = np.nan
    components = model.component_logit(X, names)
    said = [model.logit(X, names), model.held_logit(X, names), components, model.feature_logit(X, names)]
    said.append(bundle.scale.score(said[1]))
    if bundle.refits is not None:
        said += [bundle.refits.half_widths(X, names), *bundle.refits.component_logit(X, names)]
    if not all(np.isfinite(one).all() for one in said):
        raise ArithmeticError("a prediction that is no number")
    if not np.allclose(model.logit_from_components(components), said[0], rtol=1e-9, atol=1e-6):
        raise ArithmeticError("components that do not add up")
    digest = hashlib.sha256(b"".join(np.ascontiguousarray(one).tobytes() for one in said))
    digest.update(repr((bundle.bands.of(said[4]).tolist(), bundle.bands)).encode())
    if bundle.seen is not None:
        digest.update(bundle.seen.beyond(X).tobytes() + bundle.seen.unseen(X).tobytes())
    return digest.hexdigest()


def verdict(bundle: Path, scratch: Path, mode: str, number: int, names: Sequence[str], sound: str) -> tuple[str, str]:
    """Spoil a copy; what became of it (refused, unchanged, other: a sound model of other numbers, fault), and how."""
    copy = scratch / "bundle"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(bundle, copy)
    done = mutate(copy, mode, number)
    try:
        return ("unchanged" if behaviour(copy, names) == sound else "other"), done
    except BundleError:
        return "refused", done
    except Exception as error:  # anything else is a fault of the package: it is told, with the mutation that did it
        return "fault", f"{done}: {type(error).__name__}: {error}"[:300]


def main() -> None:
    """Take bundle, mode, first and count from the command line."""
    bundle, mode, first, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("ignore")
    names, sound = load(bundle, threads=1).model.design.names, behaviour(bundle)
    with tempfile.TemporaryDirectory() as scratch:
        for number in range(first, first + count):
            sys.stdout.write(json.dumps({"number": number}) + "\n")
            sys.stdout.flush()
            found, done = verdict(bundle, Path(scratch), mode, number, names, sound)
            sys.stdout.write(json.dumps({"number": number, "verdict": found, "done": done}) + "\n")


if __name__ == "__main__":
    main()
