"""Variants from end to end: judged by their own accounts, proposed where a segment differs, nothing else written."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from healthscore.config import load_run, load_scorecard
from healthscore.pipelines.recalibrate import Recalibration, recalibrate
from healthscore.pipelines.recalibration.recommending import variant_name
from healthscore.pipelines.validaterun import validate_run
from varied_company import RIGHT, card_text, write_varied

OTHERS = "Enterprise (EU)"
STATED = """
[[variant]]
name = "large"
segments = ["Enterprise (EU)"]
weights = { tickets = 70, usage = 30 }   # by feel

# how both are read
[bands]
edges = [41, 70]
"""
KEYS = {"proposed", "segments", "sentence", "decision", "why", "components", "joint", "gain", "skill", "split",
        "exiting_accounts"}  # fmt: skip


@pytest.fixture(scope="module")
def proposed(tmp_path_factory: pytest.TempPathFactory) -> Recalibration:
    """The scorecard is right for one segment and has no variant for the other."""
    folder = tmp_path_factory.mktemp("proposed")
    return recalibrate(write_varied(folder), write=folder / "new.toml")


@pytest.fixture(scope="module")
def stated(tmp_path_factory: pytest.TempPathFactory) -> Recalibration:
    """The scorecard has a variant for the other segment, with wrong weights."""
    folder = tmp_path_factory.mktemp("stated")
    return recalibrate(write_varied(folder, more=STATED), write=folder / "new.toml")


def weights(one: dict[str, Any], which: str = "recommended") -> dict[str, float]:
    return {name: component[which] for name, component in one["components"].items()}


def test_a_segment_that_differs_gets_a_variant_and_the_weights_are_kept(proposed: Recalibration) -> None:
    result = proposed.result
    assert (result["decision"], list(result["variants"])) == ("keep", ["enterprise_eu"])
    variant = result["variants"]["enterprise_eu"]
    assert set(variant) == KEYS
    assert (variant["decision"], variant["why"]) == ("change", "later dates agree")
    assert (variant["proposed"], variant["segments"]) == (True, [OTHERS])
    assert weights(variant, "handcrafted") == weights(result) == dict(zip(weights(result), RIGHT, strict=True))
    assert weights(variant)["contact"] > 40
    assert variant["gain"]["log_loss"]["bound"] > 0
    assert variant["exiting_accounts"] >= 50
    said = {one["segment"]: one["variant"] for one in result["weight_segments"]}
    assert said == {OTHERS: {"decision": "change", "why": "later dates agree"}, "smb": None}


def test_the_answer_names_the_variant_in_the_same_sentence(proposed: Recalibration, stated: Recalibration) -> None:
    first = proposed.result["verdict_sentences"][0]
    assert first.startswith("Keep your weights: ")
    assert f"; for {OTHERS}, a variant: tickets 5, contact " in first
    assert "; in the variant large, tickets 70 to " in stated.result["verdict_sentences"][0]


def test_the_scorecard_is_judged_by_the_accounts_without_a_variant(
    proposed: Recalibration, stated: Recalibration
) -> None:
    """In both cases these are the same accounts, whether the variant is new or was there before."""
    for key in ("decision", "why", "exiting_accounts", "split", "skill"):
        assert proposed.result[key] == stated.result[key]
    assert weights(proposed.result, "validated") == weights(stated.result, "validated")


def test_only_the_new_variant_and_its_provenance_are_written(proposed: Recalibration) -> None:
    assert proposed.written is not None
    text = proposed.written.read_text(encoding="utf-8")
    own = {name: int(weight) for name, weight in weights(proposed.result["variants"]["enterprise_eu"]).items()}
    listed = ", ".join(f"{name} = {weight}" for name, weight in own.items())
    assert text.split("\n[provenance]")[0] == (
        f"{card_text()}\n[[variant]]                    # by healthscore recalibrate\n"
        f'name = "enterprise_eu"\nsegments = ["{OTHERS}"]\nweights = {{ {listed} }}\n'
    )
    given = tomllib.loads(text)["provenance"]
    assert given["variants"] == ["enterprise_eu"]
    assert "gain" not in given
    recommended = proposed.result["recommended"]
    assert recommended["weights"] == weights(proposed.result)
    assert recommended["variants"] == {"enterprise_eu": own}
    assert "+[[variant]]" in recommended["diff"]
    card = load_scorecard(proposed.written)
    assert card.weights_of(card.variant[0]) == own


def test_only_the_weights_of_the_variant_are_written(stated: Recalibration) -> None:
    assert stated.written is not None
    variant = stated.result["variants"]["large"]
    assert (variant["decision"], variant["proposed"], variant["segments"]) == ("change", False, [])
    assert weights(variant, "handcrafted") == {"tickets": 70, "usage": 30, "survey": 0, "contact": 0}
    own = ", ".join(f"{name} = {weight:g}" for name, weight in weights(variant).items())
    text = stated.written.read_text(encoding="utf-8").split("\n[provenance]")[0]
    assert text == card_text(more=STATED).replace("tickets = 70, usage = 30", own)


def test_the_list_is_that_of_the_scorecard_with_its_new_variants(proposed: Recalibration) -> None:
    churners = proposed.result["gain"]["churners"]
    assert churners["difference"]["low"] > 0
    assert churners["new"]["estimate"] > churners["old"]["estimate"]


def test_the_report_shows_the_variant(proposed: Recalibration) -> None:
    page = (proposed.directory / "report.html").read_text(encoding="utf-8")
    assert "<h3>Variants</h3>" in page
    assert "Change proposed" in page
    assert "which its own later dates confirm." in page
    assert "What the change would have found" in page


def test_validating_the_run_says_the_same(proposed: Recalibration) -> None:
    folder = proposed.written.parent if proposed.written else Path()
    found = validate_run(folder / "run.toml", out=folder / "validated").result
    for key in ("decision", "variants", "weight_segments", "verdict_sentences", "gain"):
        assert found[key] == proposed.result[key], key


def test_what_was_written_is_kept_where_it_is_not_known_where_it_comes_from(
    proposed: Recalibration, tmp_path: Path
) -> None:
    assert proposed.written is not None
    (tmp_path / "kept.toml").write_text(proposed.written.read_text(encoding="utf-8").split("\n[provenance]")[0])
    run = load_run(proposed.written.parent / "run.toml", out=tmp_path)
    again = recalibrate(run, scorecard=tmp_path / "kept.toml").result
    assert (again["decision"], again["variants"]["enterprise_eu"]["decision"]) == ("keep", "keep")
    assert again["variants"]["enterprise_eu"]["sentence"].startswith("Keep its weights: ")
    assert again["recommended"] is None


def test_the_second_time_variants_are_tested_on_later_dates_too(proposed: Recalibration, tmp_path: Path) -> None:
    assert proposed.written is not None
    run = load_run(proposed.written.parent / "run.toml", out=tmp_path)
    again = recalibrate(run, scorecard=proposed.written).result
    assert (again["why"], again["variants"]["enterprise_eu"]["why"]) == ("no later dates", "no later dates")


def test_a_variant_of_other_bands_that_takes_the_segment_leaves_nothing_to_propose(tmp_path: Path) -> None:
    bands = f'\n[[variant]]\nname = "other_bands"\nsegments = ["{OTHERS}"]\nedges = [30, 60]\n'
    result = recalibrate(write_varied(tmp_path, more=bands)).result
    assert result["variants"] == {}
    assert {one["segment"]: one["differs"] for one in result["weight_segments"]}[OTHERS] == "differs"


@pytest.mark.parametrize(
    ("segment", "taken", "name"),
    [
        ("Enterprise (EU)", (), "enterprise_eu"),
        ("smb", ("smb", "smb_2"), "smb_3"),
        ("50+ seats", (), "segment_50_seats"),
        ("Größe", (), "gr_e"),
        ("大", (), "segment"),
    ],
)
def test_a_variant_is_called_as_its_segment(segment: str, taken: tuple[str, ...], name: str) -> None:
    assert variant_name(segment, taken) == name
