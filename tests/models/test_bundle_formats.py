"""Bundles of earlier versions of the package load and score as they did; those of later ones say what to do."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from healthscore.errors import BundleError
from healthscore.models.bundle import FORMAT, load, save
from healthscore.models.drivers import component_drivers

FIRST = Path(__file__).parent / "bundles" / "format-1"
"""Written by the first version of the package: trees and logistic, context, and what was seen, of 60 accounts."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FIRST / "bundle", tmp_path / "bundle"))


def edit(file: Path, **changes: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | changes), encoding="utf-8")


def test_a_bundle_of_the_first_format_scores_as_it_did() -> None:
    expected = json.loads((FIRST / "expected.json").read_text(encoding="utf-8"))
    bundle = load(FIRST / "bundle", threads=1)
    model, names = bundle.model, expected["names"]
    X = np.array(expected["X"], dtype=np.float64)
    components = model.component_logit(X, names)
    assert model.logit(X, names) == pytest.approx(np.array(expected["logit"]), abs=1e-9)
    assert components == pytest.approx(np.array(expected["component_logit"]), abs=1e-9)
    assert model.feature_logit(X, names) == pytest.approx(np.array(expected["feature_logit"]), abs=1e-9)
    health = component_drivers(model, bundle.scale, components).score_tenths / 10
    assert health.tolist() == expected["health"]
    assert bundle.metadata == {"horizon_days": 60, "run": "démo"}
    assert bundle.seen is not None
    assert bundle.seen.unseen(np.array([[1, 1, 0, 0, 1.0], [1, 1, 1, 0, 1]])).tolist() == [[True], [False]]
    assert bundle.refits is None


def test_saved_again_it_is_of_the_present_format(tmp_path: Path) -> None:
    first = load(FIRST / "bundle")
    save(first, tmp_path / "again")
    manifest = json.loads((tmp_path / "again" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["format"] == FORMAT
    assert manifest["written_by"] == f"healthscore {first.versions['healthscore']}"
    X = np.zeros((3, len(first.model.design.names)))
    again = load(tmp_path / "again").model
    assert np.array_equal(again.logit(X, again.design.names), first.model.logit(X, again.design.names))


def test_a_bundle_of_a_later_format_says_who_wrote_it_and_what_to_do(copy: Path) -> None:
    edit(copy / "manifest.json", format=FORMAT + 1, written_by="healthscore 9.9.0", novelty=[])
    with pytest.raises(BundleError) as refused:
        load(copy)
    assert f"format {FORMAT + 1}, written by healthscore 9.9.0" in refused.value.what
    assert "reads formats 1 and 2" in refused.value.what
    assert refused.value.remedy == "install the version of the package that wrote it, or train again with this one"


@pytest.mark.parametrize("author", [None, 7, "a\x1b[31m", "x" * 5000])
def test_a_later_format_by_nobody_is_by_a_later_version(copy: Path, author: Any) -> None:
    edit(copy / "manifest.json", format=FORMAT + 1, written_by=author)
    with pytest.raises(BundleError, match="written by a later version;"):
        load(copy)


@pytest.mark.parametrize("format_", [0, -1, None, "1", 1.0, True, [1]])
def test_what_is_no_format_is_refused(copy: Path, format_: Any) -> None:
    edit(copy / "manifest.json", format=format_)
    with pytest.raises(BundleError, match="where this package reads 1 and 2"):
        load(copy)


def test_a_model_that_this_version_does_not_have_names_the_version_that_has_it(copy: Path) -> None:
    edit(copy / "model.json", name="tomorrow", versions={"healthscore": "9.9.0"})
    data = (copy / "model.json").read_bytes()
    files = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))["files"]
    files["model.json"] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    edit(copy / "manifest.json", files=files)
    with pytest.raises(BundleError, match=r"'tomorrow'.*not one of this version's") as refused:
        load(copy)
    assert refused.value.remedy.startswith("healthscore 9.9.0 wrote it, and this is ")
