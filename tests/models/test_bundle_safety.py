"""Feature names and their order are asserted at every prediction: by every way to get a number out of a bundle."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from healthscore.errors import BundleError
from healthscore.models.bundle import Bundle, load
from healthscore.models.churnmodel import ChurnModel
from healthscore.models.refits import Refits
from mutations.subject import DESIGN, save_subject

NAMES = DESIGN.names
WRONG: dict[str, tuple[str, ...]] = {
    "two swapped": (NAMES[1], NAMES[0], *NAMES[2:]),
    "last two swapped": (*NAMES[:-2], NAMES[-1], NAMES[-2]),
    "reversed": NAMES[::-1],
    "one renamed": (NAMES[0].upper(), *NAMES[1:]),
    "one with a blank more": (f"{NAMES[0]} ", *NAMES[1:]),
    "one twice": (NAMES[0], NAMES[0], *NAMES[2:]),
    "one missing": NAMES[:-1],
    "one more": (*NAMES, "more"),
    "none": (),
}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return load(save_subject(tmp_path_factory.mktemp("subject") / "bundle"), threads=1)


def predictions(owner: type[Any]) -> list[str]:
    """Public methods that take a matrix and say something of its rows: each takes the names of its columns, too."""
    members = inspect.getmembers(owner, inspect.isfunction)
    return [name for name, method in members if name[0] != "_" and "X" in inspect.signature(method).parameters]


def test_every_prediction_takes_names() -> None:
    found = {owner: predictions(owner) for owner in (ChurnModel, Refits)}
    assert {"logit", "held_logit", "component_logit", "feature_logit"} <= set(found[ChurnModel])
    assert {"spread", "held_logit", "component_logit"} <= set(found[Refits])
    for owner, methods in found.items():
        for method in methods:
            assert "names" in inspect.signature(getattr(owner, method)).parameters, f"{owner.__name__}.{method}"


@pytest.mark.parametrize("names", WRONG.values(), ids=WRONG.keys())
@pytest.mark.parametrize("rows", [0, 3])
def test_no_prediction_is_made_of_columns_that_are_not_the_models(
    bundle: Bundle, names: tuple[str, ...], rows: int
) -> None:
    X = np.zeros((rows, max(len(names), 1)))
    assert bundle.refits is not None
    for owner in (bundle.model, bundle.refits):
        for method in predictions(type(owner)):
            if rows == 0 and method in ("spread", "half_widths"):
                continue  # of no rows there is nothing to predict
            with pytest.raises(BundleError):
                _all(getattr(owner, method), X, names)


def _all(predict: Callable[..., Any], X: Any, names: tuple[str, ...]) -> None:
    """Predict; some give one matrix after the other."""
    given = inspect.signature(predict).parameters
    more = {name: X[:, 0] for name in given if name not in ("X", "names") and given[name].default is inspect._empty}
    found = predict(X=X, names=names, **more)
    if inspect.isgenerator(found):
        list(found)


def test_a_matrix_of_another_width_than_its_names_is_refused(bundle: Bundle) -> None:
    for width in (len(NAMES) - 1, len(NAMES) + 1):
        with pytest.raises(BundleError):
            bundle.model.logit(np.zeros((2, width)), NAMES)


@pytest.mark.parametrize("name", ["manifest.json", "model.json", "trees-additive.txt", "refits-additive.txt"])
def test_every_file_of_a_bundle_is_under_its_checksum(tmp_path: Path, name: str) -> None:
    directory = save_subject(tmp_path / "bundle")
    path = directory / name
    path.write_bytes(path.read_bytes().replace(b"0", b"1", 1))
    with pytest.raises(BundleError, match=name.replace(".", r"\.") + "|damaged|format"):
        load(directory)


def forge(directory: Path, **files: str) -> None:
    """Put other texts in place of the bundle's, with checksums that agree."""
    path = directory / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    for name in manifest["files"]:
        data = files.get(name, (directory / name).read_text(encoding="utf-8")).encode()
        (directory / name).write_bytes(data)
        manifest["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    path.write_text(json.dumps(manifest), encoding="utf-8")


@pytest.mark.parametrize("keys", ["constants", "parts.logistic.weights", "parts.logistic.absent"])
def test_numbers_that_no_model_learns_are_refused(tmp_path: Path, keys: str) -> None:
    """Three forged bundles of ten thousand once said what is no number: their refits' spread overflowed."""
    directory = save_subject(tmp_path / "bundle")
    document = json.loads((directory / "model.json").read_text(encoding="utf-8"))
    holder = document["refits"]
    for key in keys.split("."):
        holder = holder[key]
    holder[1] = -1e300
    forge(directory, **{"model.json": json.dumps(document)})
    with pytest.raises(BundleError, match="which no model learns"):
        load(directory)


def test_leaves_that_no_tree_learns_are_refused(tmp_path: Path) -> None:
    directory = save_subject(tmp_path / "bundle")
    text = (directory / "trees-additive.txt").read_text(encoding="utf-8")
    forged = re.sub(r"(?<=leaf_value=)\S+", "1e300", text, count=1)
    sizes = " ".join(str(len(tree)) for tree in re.split(r"(?=Tree=\d+\n)", forged.removesuffix("end of trees\n"))[1:])
    forge(directory, **{"trees-additive.txt": re.sub(r"tree_sizes=.*", f"tree_sizes={sizes}", forged)})
    with pytest.raises(BundleError, match="which no tree learns"):
        load(directory)
