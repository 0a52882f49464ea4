"""The short part of the mutations, and that a silent change, a fault and a death would be seen."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest

from healthscore.errors import BundleError
from mutations.batch import MODES, behaviour, mutate, verdict
from mutations.mutating import JSON, TREES, Mutation
from mutations.running import Tally, run
from mutations.subject import DESIGN, save_subject


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_subject(tmp_path_factory.mktemp("subject") / "bundle")


@pytest.mark.parametrize("mode", MODES)
def test_sixty_mutated_bundles_are_refused_or_sound(subject: Path, mode: str) -> None:
    tally = Tally()
    run(subject, mode, 0, 60, tally)
    assert tally.wrong == []
    assert tally.counts.total() == 60
    assert tally.counts[f"{mode} refused"] > 40
    assert mode == "forged" or tally.counts["damaged other"] == 0


def test_the_subject_has_every_kind_of_file(subject: Path) -> None:
    files = {path.name for path in subject.iterdir()}
    assert files == {"manifest.json", "model.json", "trees-additive.txt", "refits-additive.txt"}
    document = json.loads((subject / "model.json").read_text(encoding="utf-8"))
    assert all(document[key] for key in ("design", "parts", "calibration", "reference", "seen", "refits", "metadata"))
    assert set(document["parts"]) == {"additive", "logistic"}


def test_a_mutation_is_the_same_whenever_it_is_made(subject: Path, tmp_path: Path) -> None:
    made = []
    for attempt in ("one", "other"):
        copy = Path(shutil.copytree(subject, tmp_path / attempt))
        mutate(copy, "forged", 17)
        made.append({path.name: path.read_bytes() for path in copy.iterdir()})
    assert made[0] == made[1]


@pytest.mark.parametrize("kind", list(dict.fromkeys([*TREES, *JSON])))
def test_every_kind_of_mutation_changes_the_file(subject: Path, kind: Mutation) -> None:
    name = "model.json" if kind in JSON else "trees-additive.txt"
    data = (subject / name).read_bytes()
    assert any(kind(data, random.Random(seed)) != data for seed in range(5))


def test_another_number_in_a_sound_model_is_seen(subject: Path, tmp_path: Path) -> None:
    """What a forger can do who writes a manifest of his own: told apart by the digest of what the bundle says."""
    sound, scratch = behaviour(subject), tmp_path / "scratch"
    scratch.mkdir()
    found = {verdict(subject, scratch, "forged", number, DESIGN.names, sound)[0] for number in range(40)}
    assert "refused" in found
    assert found <= {"refused", "unchanged", "other"}
    assert behaviour(subject) == sound


def test_other_names_or_another_order_are_refused_at_the_first_prediction(subject: Path) -> None:
    for names in (DESIGN.names[::-1], ("clicks", *DESIGN.names[1:]), DESIGN.names[:-1], (*DESIGN.names, "more")):
        with pytest.raises(BundleError, match=r"names|order|expected|missing|position|column"):
            behaviour(subject, names)


def test_a_silent_change_a_fault_and_a_death_are_wrong(subject: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tally = Tally()
    for mode, said in (("damaged", "other"), ("forged", "fault"), ("forged", "other"), ("damaged", "refused")):
        tally.add(mode, 1, said, "how")
    assert tally.wrong == ["damaged 1: other: how", "forged 1: fault: how"]
    monkeypatch.setattr("mutations.running.ENVIRONMENT", {"PYTHONPATH": "/nowhere"})
    died = Tally()
    run(subject, "forged", 0, 1, died)
    assert dict(died.counts) == {"forged died": 1}
