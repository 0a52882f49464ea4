"""Versions with growth on a company: what scores, what is refused, and what a rollback brings back."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from healthscore.config import Run, load_run
from healthscore.errors import BundleError
from healthscore.models.bundle import load, save
from healthscore.models.health import ScoreScale
from healthscore.pipelines.growth.learning import GROWTH
from healthscore.pipelines.registry.promotion import rollback
from healthscore.pipelines.registry.versions import BUNDLE, register
from healthscore.pipelines.score import score
from healthscore.pipelines.train import TrainResult
from registered import Registered

AS_OF = date(2025, 5, 1)
COLUMNS = ["growth", "growth_band", "growth_probability", "growth_drivers", "ready_for_expansion"]


@pytest.fixture
def registered(growing_company: Path, learned: TrainResult, tmp_path: Path) -> Registered:
    """Version 1 as it was trained, the champion, and version 2: another training, with scales anchored elsewhere."""
    run: Run = load_run(growing_company).model_copy(update={"out": tmp_path / "out"})
    first, second = (run.out / "train" / name for name in (str(learned.result["identity"]), "another"))
    shutil.copytree(learned.directory, first)
    register(run, first)
    shutil.copytree(learned.directory, second)
    for name, scale in ((BUNDLE, ScoreScale.relative(0.3)), (GROWTH, ScoreScale.growth(0.3))):
        trained = load(second / name)
        shutil.rmtree(second / name)
        save(replace(trained, metadata={**trained.metadata, "identity": "another"}, scale=scale), second / name)
    register(run, second)
    return Registered(run).enthroned(1)


def test_a_rollback_brings_back_health_and_growth_together(registered: Registered) -> None:
    before = score(registered.run, as_of=AS_OF)
    between = score(registered.enthroned(2).run, as_of=AS_OF)
    rollback(registered.run, why="a test")
    after = score(registered.run, as_of=AS_OF)
    assert [each.result["version"] for each in (before, between, after)] == [1, 2, 1]
    assert before.directory == after.directory != between.directory
    assert before.scores[COLUMNS].equals(after.scores[COLUMNS])
    for column in ("health", "growth"):
        assert not before.scores[column].equals(between.scores[column]), column


def test_a_score_by_another_scale_of_growth_alone_is_another_result(registered: Registered, tmp_path: Path) -> None:
    one = score(registered.run, as_of=AS_OF, model=registered.folder / "1" / BUNDLE)
    shutil.copytree(registered.folder / "1" / BUNDLE, tmp_path / "beside" / BUNDLE)
    shutil.copytree(registered.folder / "2" / GROWTH, tmp_path / "beside" / GROWTH)
    other = score(registered.run, as_of=AS_OF, model=tmp_path / "beside" / BUNDLE)
    assert one.scores["health"].equals(other.scores["health"])
    assert not one.scores["growth"].equals(other.scores["growth"])
    assert one.directory != other.directory


def test_a_version_whose_model_of_growth_is_another_scores_nothing(registered: Registered) -> None:
    shutil.rmtree(registered.folder / "1" / GROWTH)
    shutil.copytree(registered.folder / "2" / GROWTH, registered.folder / "1" / GROWTH)
    with pytest.raises(BundleError, match=r"growth, version 1 of .* is not the bundle that was registered"):
        score(registered.run, as_of=AS_OF)
    assert not (registered.run.out / "score").exists()
