"""The model of growth of a version: promoted, rolled back and checked with that of health."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from healthscore.config import Run
from healthscore.errors import BundleError
from healthscore.models.bundle import load
from healthscore.models.health import ScoreScale
from healthscore.pipelines.bundles import find_bundle
from healthscore.pipelines.growth.learning import GROWTH
from healthscore.pipelines.growth.scoring import find_growth
from healthscore.pipelines.registry import store
from healthscore.pipelines.registry.promotion import rollback
from healthscore.pipelines.registry.versions import BUNDLE, standing
from registered import Train, force


def growth_of(run: Run, model: str | None = None) -> Path:
    """The model of growth that scores beside a version."""
    bundle = find_bundle(run, model)
    found = find_growth(run, bundle, load(bundle).metadata["identity"])
    assert found is not None
    return found


def bytes_below(directory: Path) -> dict[str, bytes]:
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in directory.rglob("*.*")}


# --- which one scores ------------------------------------------------------------------------------------------------


def test_growth_scores_by_the_version_that_health_scores_by(run: Run, train: Train) -> None:
    train(20, growth=4)
    force(run, 1)
    train(10, growth=8)
    assert growth_of(run) == growth_of(run, "champion") == store.folder_of(run) / "1" / GROWTH
    assert growth_of(run, "challenger") == store.folder_of(run) / "2" / GROWTH
    force(run, 2)
    assert growth_of(run) == store.folder_of(run) / "2" / GROWTH


def test_every_bundle_of_a_version_is_registered_with_its_digest(run: Run, train: Train) -> None:
    train(20, growth=4)
    train(10)
    with_growth, without = store.read(run).events
    places = {name: store.folder_of(run) / "1" / name for name in (BUNDLE, GROWTH)}
    assert with_growth.digests == {name: store.digest_of_bundle(place) for name, place in places.items()}
    assert set(without.digests) == {BUNDLE}


def test_a_rollback_brings_back_the_very_model_of_growth_that_scored(run: Run, train: Train) -> None:
    train(20, growth=4)
    force(run, 1)
    before, told = bytes_below(find_bundle(run, None).parent), load(growth_of(run)).scale.score_of(0.1)
    train(10, growth=8)
    force(run, 2, re_anchor=True)
    assert load(growth_of(run)).scale.score_of(0.1) != told
    rollback(run, why="odd growth scores")
    assert growth_of(run) == store.folder_of(run) / "1" / GROWTH
    assert bytes_below(find_bundle(run, None).parent) == before
    assert load(growth_of(run)).scale.score_of(0.1) == told


def test_back_at_a_version_without_growth_nothing_scores_growth(run: Run, train: Train) -> None:
    train(20)
    force(run, 1)
    train(10, growth=8)
    force(run, 2)
    rollback(run, why="x")
    assert find_growth(run, find_bundle(run, None), "run20") is None


# --- the scale -------------------------------------------------------------------------------------------------------


def test_growth_takes_the_champions_scale_of_growth(run: Run, train: Train) -> None:
    train(20, growth=4)
    force(run, 1)
    train(10, growth=8)
    assert load(growth_of(run, "2")).scale == ScoreScale.growth(0.04)
    result = force(run, 2)
    assert result["scale"] == {"scale": 1, "before": 1, "crosswalk": None}
    assert load(growth_of(run)).scale == ScoreScale.growth(0.04)


def test_anchoring_anew_anchors_growth_too_with_the_way_from_the_old_scores(run: Run, train: Train) -> None:
    train(20, growth=4)
    force(run, 1)
    train(10, growth=8)
    walk = force(run, 2, re_anchor=True)["scale"]["crosswalk"]["scores"]
    assert load(growth_of(run)).scale == ScoreScale.growth(0.08)
    assert set(walk) == {BUNDLE, GROWTH}
    rows = {row["old"]: row for row in walk[GROWTH]}
    assert rows[45]["probability"] == pytest.approx(0.04)
    assert rows[45]["new"] == pytest.approx(float(ScoreScale.growth(0.08).score_of(0.04)), abs=0.05)


def test_growth_that_came_after_the_first_champion_brings_its_scale_and_the_next_takes_it(
    run: Run, train: Train
) -> None:
    train(20)
    force(run, 1)
    train(10, growth=8)
    train(30, growth=5)  # registered on scale 1 while that says nothing of growth
    force(run, 2)
    assert store.read(run).scales[0].scales == {BUNDLE: ScoreScale.relative(0.2), GROWTH: ScoreScale.growth(0.08)}
    registered = bytes_below(store.folder_of(run) / "3")
    force(run, 3)
    assert load(growth_of(run)).scale == ScoreScale.growth(0.08)
    assert growth_of(run) == store.folder_of(run) / "3-scale-1" / GROWTH
    assert bytes_below(store.folder_of(run) / "3") == registered


def test_a_version_without_growth_that_anchors_anew_leaves_the_scale_of_growth_as_it_is(run: Run, train: Train) -> None:
    train(20, growth=4)
    force(run, 1)
    train(10)
    force(run, 2, re_anchor=True)
    train(30, growth=9)
    force(run, 3)
    assert load(growth_of(run)).scale == ScoreScale.growth(0.04)


# --- what goes wrong -------------------------------------------------------------------------------------------------


def test_another_model_of_growth_is_refused_though_its_own_checksums_agree(run: Run, train: Train) -> None:
    train(20, growth=4)
    other = train(10, growth=8)
    force(run, 1)
    force(run, 2)
    rollback(run, why="x")
    place = growth_of(run)
    shutil.rmtree(place)
    shutil.copytree(other / GROWTH, place)
    assert load(place).scale == ScoreScale.growth(0.08)
    for model in (None, "champion", "1"):
        with pytest.raises(BundleError, match=r"1/growth, version 1 of small, is not the bundle that was registered"):
            find_bundle(run, model)
    assert standing(run, store.folder_of(run) / "1" / BUNDLE)["version"] == 1


def test_a_model_of_growth_that_is_gone_is_not_taken_from_elsewhere(run: Run, train: Train) -> None:
    trained = train(20, growth=4)
    force(run, 1)
    shutil.rmtree(store.folder_of(run) / "1" / GROWTH)
    assert (trained / GROWTH).is_dir()
    with pytest.raises(BundleError, match=r"1/growth, version 1 of small, is missing") as refused:
        find_bundle(run, None)
    assert "restore the directory" in refused.value.remedy


def test_a_model_of_growth_that_was_put_beside_a_version_is_refused(run: Run, train: Train) -> None:
    train(20)
    other = train(10, growth=8)
    force(run, 1)
    shutil.copytree(other / GROWTH, store.folder_of(run) / "1" / GROWTH)
    with pytest.raises(BundleError, match="is not the bundle that was registered"):
        find_bundle(run, None)


@pytest.mark.parametrize("damaged", ["manifest.json", "model.json"])
def test_nothing_is_promoted_or_brought_back_with_a_damaged_model_of_growth(
    run: Run, train: Train, damaged: str
) -> None:
    train(20, growth=4)
    force(run, 1)
    train(10, growth=8)
    force(run, 2)
    (store.folder_of(run) / "1" / GROWTH / damaged).write_text("{}")
    before = store.read(run).events
    with pytest.raises(BundleError, match="1/growth"):
        rollback(run, why="x")
    with pytest.raises(BundleError, match="1/growth"):
        force(run, 1)
    assert store.read(run).events == before
