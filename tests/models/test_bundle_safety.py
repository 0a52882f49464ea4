"""Feature names and their order are asserted at every prediction: by every way to get a number out of a bundle."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from healthscore.errors import BundleError
from healthscore.models.bundle import Bundle, load
from healthscore.models.churnmodel import ChurnModel
from healthscore.models.refits import Refits
from mutations.batch import mutate
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


@pytest.mark.parametrize("number", [811, 1405, 1789])
def test_numbers_that_no_model_learns_are_refused(tmp_path: Path, number: int) -> None:
    """Forged bundles that once said what is no number: huge constants and coefficients of refits."""
    directory = save_subject(tmp_path / "bundle")
    mutate(directory, "forged", number)
    with pytest.raises(BundleError, match="which no model learns"):
        load(directory)
