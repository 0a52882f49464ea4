"""Registering and finding versions, and what a damaged registry says; on tiny models of drawn numbers."""

from __future__ import annotations

import errno
import json
import os
import shutil
import threading
from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from healthscore.config import Run
from healthscore.errors import BundleError, ConfigurationError, WriteError
from healthscore.models.bundle import Bundle, load, save
from healthscore.models.design import logit
from healthscore.models.health import ScoreScale
from healthscore.pipelines.bundles import find_bundle
from healthscore.pipelines.registry import promotion, store, versions
from healthscore.pipelines.registry.promotion import promote, rollback
from healthscore.pipelines.registry.records import Registry
from healthscore.pipelines.registry.scales import crosswalk
from healthscore.pipelines.registry.versions import BUNDLE, register, standing
from registered import Train, force, scores

# --- versions --------------------------------------------------------------------------------------------------------


def test_versions_are_numbered_as_they_come_and_the_same_bundle_keeps_its_number(run: Run, train: Train) -> None:
    first = train(20)
    train(10)
    assert register(run, first).version == 1
    assert [each.version for each in store.read(run).versions] == [1, 2]
    assert [each.identity for each in store.read(run).versions] == ["run20", "run10"]
    assert store.read(run).versions[0].known_until == date(2024, 5, 1)


def test_a_disk_that_is_full_while_a_version_is_registered_is_told_and_the_versions_before_stand(
    run: Run, train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(20)
    before = sorted(store.folder_of(run).rglob("*"))

    def refuse(*given: object, **more: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copyfile", refuse)
        with pytest.raises(WriteError, match=r"cannot be written: No space left on device \(.*bytes are free"):
            train(10)
    assert [each.identity for each in store.read(run).versions] == ["run20"]
    assert sorted(store.folder_of(run).rglob("*")) == before
    assert register(run, run.out / "train" / "run10").version == 2
    assert [each.identity for each in store.read(run).versions] == ["run20", "run10"]


def test_before_anything_is_promoted_the_newest_training_scores(run: Run, train: Train) -> None:
    train(20)
    newest = train(10)
    assert find_bundle(run, None) == newest / BUNDLE
    assert versions.champion(run) is None
    assert standing(run, newest / BUNDLE) == {"version": 2, "alias": "challenger", "champion": None}


def test_then_the_champion_scores_whatever_is_trained(run: Run, train: Train) -> None:
    train(20)
    force(run, 1)
    train(10)
    assert find_bundle(run, None) == find_bundle(run, "champion") == find_bundle(run, "1") == versions.champion(run)
    assert find_bundle(run, "challenger") == find_bundle(run, "2") == store.folder_of(run) / "2" / BUNDLE
    assert standing(run, find_bundle(run, None)) == {"version": 1, "alias": "champion", "champion": 1}


def test_a_directory_may_be_named_too(run: Run, train: Train) -> None:
    directory = train(20)
    assert find_bundle(run, directory) == find_bundle(run, directory / BUNDLE) == directory / BUNDLE


@pytest.mark.parametrize("name", ["champion", "7"])
def test_a_version_that_is_not_there_is_told_with_those_that_are(run: Run, train: Train, name: str) -> None:
    train(20)
    with pytest.raises(BundleError, match="has no") as refused:
        find_bundle(run, name)
    assert "there is version 1" in refused.value.remedy


def test_the_list_says_who_is_who(run: Run, train: Train) -> None:
    for rate in (20, 10, 30):
        train(rate)
    force(run, 2)
    found = versions.versions(run)
    assert (found["champion"], found["challenger"]) == (2, 3)
    assert [each["alias"] for each in found["versions"]] == [None, "champion", "challenger"]
    assert [each["event"] for each in found["events"]] == ["registered"] * 3 + ["promoted"]


# --- score scales ----------------------------------------------------------------------------------------------------


def test_a_challenger_takes_the_scale_of_the_champion_and_nothing_else_of_it_changes(run: Run, train: Train) -> None:
    train(20)
    force(run, 1)
    trained = train(10) / BUNDLE
    placed = find_bundle(run, "2")
    assert load(placed).scale == ScoreScale.relative(0.2)
    assert load(trained).scale == ScoreScale.relative(0.1)
    own, taken = (json.loads((where / "model.json").read_text()) for where in (trained, placed))
    assert {key for key in own if own[key] != taken[key]} == {"scale"}
    force(run, 2)
    assert find_bundle(run, None) == placed
    for p in (0.01, 0.2, 0.7):
        assert float(load(placed).scale.score(logit(p))) == pytest.approx(
            float(load(find_bundle(run, "1")).scale.score(logit(p))), abs=1e-9
        )


def test_a_version_from_before_the_first_champion_takes_its_scale_when_it_is_promoted(run: Run, train: Train) -> None:
    train(20)
    train(10)
    before = (store.folder_of(run) / "2" / BUNDLE / "model.json").read_bytes()
    force(run, 1)
    force(run, 2)
    assert find_bundle(run, None) == store.folder_of(run) / "2-scale-1" / BUNDLE
    assert load(find_bundle(run, None)).scale == ScoreScale.relative(0.2)
    assert (store.folder_of(run) / "2" / BUNDLE / "model.json").read_bytes() == before


def test_anchoring_anew_is_a_scale_of_its_own_number_with_the_way_from_the_old_one(run: Run, train: Train) -> None:
    train(20)
    force(run, 1)
    train(10)
    result = force(run, 2, re_anchor=True)
    assert load(find_bundle(run, None)).scale == ScoreScale.relative(0.1)
    assert result["scale"] | {"crosswalk": None} == {"scale": 2, "before": 1, "crosswalk": None}
    rows = store.read(run).scales[1].crosswalk["scores"][BUNDLE]  # type: ignore[index]
    assert [row["old"] for row in rows] == list(range(0, 101, 5))
    # Odds of 1/4 scored 55; they are 2.25 times those of the new reference, 15 points for each doubling below 55.
    typical = next(row for row in rows if row["old"] == 55)
    assert typical["probability"] == pytest.approx(0.2)
    assert typical["new"] == pytest.approx(55 - 15 * np.log2(2.25), abs=0.05)
    assert all(before["new"] <= after["new"] for before, after in pairwise(rows))


def test_a_place_that_once_scored_is_never_written_again(run: Run, train: Train) -> None:
    train(20)
    train(10)
    force(run, 1)
    force(run, 2)
    place = find_bundle(run, None)
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in place.iterdir()}
    train(30)
    force(run, 3, re_anchor=True)
    force(run, 2)
    assert find_bundle(run, None) == store.folder_of(run) / "2-scale-2" / BUNDLE
    for _ in range(2):
        rollback(run, why="x")
    force(run, 1)
    force(run, 2)
    assert find_bundle(run, None) == place
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in place.iterdir()} == before


def test_a_crosswalk_onto_the_same_scale_changes_nothing() -> None:
    scale = ScoreScale.relative(0.04)
    assert all(row["new"] == row["old"] for row in crosswalk(scale, scale))


def test_a_run_that_asks_for_another_scale_is_told_that_the_old_one_stays(
    run: Run, train: Train, fitted: Bundle
) -> None:
    train(20)
    force(run, 1)
    directory = train(10)
    metadata = dict(load(directory / BUNDLE).metadata) | {"identity": "compact"}
    save(replace(fitted, metadata=metadata, scale=ScoreScale.relative(0.1, 10.0)), directory.parent / "c" / BUNDLE)
    register(run, directory.parent / "c")
    (warning,) = force(run, 3)["warnings"]
    assert "points_to_halve_odds 10" in warning
    assert "--re-anchor" in warning


# --- back again ------------------------------------------------------------------------------------------------------


def test_a_rollback_brings_back_the_very_bundle_that_scored(run: Run, train: Train) -> None:
    train(20)
    force(run, 1)
    bundle = find_bundle(run, None)
    before, scored = {path.name: path.read_bytes() for path in bundle.iterdir()}, scores(bundle)
    train(10)
    force(run, 2, re_anchor=True)
    assert scores(find_bundle(run, None)) != scored
    result = rollback(run, why="odd scores").result
    assert (result["decision"], result["version"], result["before"]) == ("rolled back", 1, 2)
    assert find_bundle(run, None) == bundle
    assert {path.name: path.read_bytes() for path in bundle.iterdir()} == before
    assert scores(find_bundle(run, None)) == scored
    assert store.read(run).events[-1].why == "odd scores"


def test_rollbacks_go_back_one_by_one(run: Run, train: Train) -> None:
    for version, rate in enumerate((20, 10, 30), start=1):
        train(rate)
        force(run, version)
    assert [rollback(run, why="x").result["champion"] for _ in range(2)] == [2, 1]
    with pytest.raises(BundleError, match="version 1 is the first champion"):
        rollback(run, why="x")
    assert store.read(run).challenger is None  # 3 has been champion: it is not proposed again by itself


@pytest.mark.parametrize("why", ["", "  "])
def test_who_goes_against_the_rule_says_why(run: Run, train: Train, why: str) -> None:
    train(20)
    with pytest.raises(ConfigurationError, match="no reason is given") as refused:
        promote(run, force=True, why=why)
    assert "--why" in refused.value.remedy
    with pytest.raises(ConfigurationError, match="no reason is given"):
        promote(run, force=True)
    with pytest.raises(ConfigurationError, match="no reason is given"):
        rollback(run, why=why)
    assert [each.event for each in store.read(run).events] == ["registered"]


@pytest.mark.parametrize("margin", [-0.01, 1.5, float("nan")])
def test_a_margin_is_a_share(run: Run, margin: float) -> None:
    with pytest.raises(ConfigurationError, match="is no share"):
        promote(run, margin=margin)


def test_a_champion_is_not_promoted_again(run: Run, train: Train) -> None:
    train(20)
    force(run, 1)
    with pytest.raises(BundleError, match="version 1 is the champion of small already"):
        force(run, 1)
    with pytest.raises(BundleError, match="has no challenger"):
        promote(run)


# --- what goes wrong -------------------------------------------------------------------------------------------------


def broken(text: str) -> list[str]:
    document = json.loads(text)
    del document["versions"][0]
    return [text[: len(text) // 2], "", "[]", text.replace('"promoted"', '"crowned"'), json.dumps(document)]


@pytest.mark.parametrize("how", range(5))
def test_a_torn_registry_says_what_to_do(run: Run, train: Train, how: int) -> None:
    trained = train(20)
    force(run, 1)
    path = store.folder_of(run) / store.FILE
    path.write_text(broken(path.read_text())[how])
    with pytest.raises(BundleError, match=r"registry\.json is damaged") as refused:
        find_bundle(run, None)
    assert store.PREVIOUS in refused.value.remedy
    assert find_bundle(run, trained) == trained / BUNDLE  # the way out that the remedy names
    assert standing(run, trained / BUNDLE)["version"] is None
    shutil.copy(path.with_name(store.PREVIOUS), path)
    assert store.read(run).champion is None
    assert len(store.read(run).versions) == 1


def test_a_registry_of_a_newer_version_is_told_apart_from_a_torn_one(run: Run, train: Train) -> None:
    train(20)
    path = store.folder_of(run) / store.FILE
    path.write_text(path.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(BundleError, match="has format 2") as refused:
        store.read(run)
    assert "newer" in refused.value.remedy


def test_versions_without_a_registry_are_no_new_beginning(run: Run, train: Train) -> None:
    train(20)
    (store.folder_of(run) / store.FILE).unlink()
    with pytest.raises(BundleError, match=r"registry\.json is missing"):
        train(10)


def test_a_version_that_is_gone_or_another_is_refused_with_the_way_out(run: Run, train: Train) -> None:
    train(20)
    train(10)
    force(run, 1)
    force(run, 2)
    place = find_bundle(run, None)
    manifest = (place / "manifest.json").read_bytes()
    (place / "manifest.json").write_bytes(manifest + b" ")
    with pytest.raises(BundleError, match="is not the bundle that was registered"):
        find_bundle(run, None)
    shutil.rmtree(place.parent)
    with pytest.raises(BundleError, match="version 2 of small, is missing") as refused:
        find_bundle(run, None)
    assert "models rollback" in refused.value.remedy
    rollback(run, why="its files are gone")
    assert find_bundle(run, None) == store.folder_of(run) / "1" / BUNDLE


def test_what_a_killed_process_left_is_in_nobodys_way(run: Run, train: Train) -> None:
    rubbish = store.folder_of(run) / "1" / BUNDLE
    train(20)
    shutil.rmtree(store.folder_of(run))
    rubbish.mkdir(parents=True)
    (rubbish / "model.json").write_text("half")
    (store.folder_of(run) / store.FILE).write_text(json.dumps(Registry().model_dump(mode="json")))
    train(10)
    assert load(find_bundle(run, "1")).metadata["identity"] == "run10"


def test_changes_at_the_same_time_are_all_kept(run: Run, train: Train) -> None:
    for rate in range(10, 15):
        train(rate)
    threads = [threading.Thread(target=force, args=(run, number)) for number in range(1, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = store.read(run).events
    assert sorted(each.version for each in events if each.event == "promoted") == [1, 2, 3, 4, 5]
    assert {each.scale for each in events if each.event == "promoted"} == {1}
    assert len(store.read(run).reigns()) == 5


def test_a_promotion_that_was_overtaken_is_compared_with_the_new_champion(
    run: Run, train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    for rate in (20, 10, 30):
        train(rate)
    force(run, 1)
    seen, examine = [], promotion._examine

    def overtaken(*given: object) -> object:
        found = examine(*given)  # type: ignore[arg-type]
        seen.append(found.champion.version if found.champion else None)
        if len(seen) == 1:
            monkeypatch.setattr(promotion, "_examine", examine)
            force(run, 2)
            monkeypatch.setattr(promotion, "_examine", overtaken)
        return found

    monkeypatch.setattr(promotion, "_examine", overtaken)
    result = force(run, 3)
    assert seen == [1, 2]
    assert result["before"] == 2
