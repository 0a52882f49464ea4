"""Recalibration on a simulated company: what is decided, what is written, and what is never touched."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from company import copy_company, rewrite, write_company
from displayed import said
from healthscore.config import load_run, load_scorecard, shipped_scorecards
from healthscore.errors import ConfigurationError
from healthscore.pipelines.recalibrate import Recalibration, recalibrate

ACCOUNTS = 2000
OUTCOMES = "\n[outcomes."
"""Where the further outcomes begin in the text of a run; they are its last sections but the test's own."""
MISJUDGED = {
    "satisfaction": 5,
    "activity": 5,
    "adoption": 0,
    "support": 0,
    "finance": 20,
    "sentiment": 30,
    "relationship": 40,
}
"""Most of the weight on what the simulated company's exits have least to do with."""
COMPONENT = {
    "label",
    "shap_share",
    "effective",
    "validated",
    "verdict",
    "handcrafted",
    "recommended",
    "drop_one",
    "alone",
}


def with_text(path: Path, weights: dict[str, int]) -> Path:
    """The shipped scorecard of seven components with other weights."""
    text = shipped_scorecards()["seven_components"].read_text(encoding="utf-8")
    for name, weight in weights.items():
        text, found = re.subn(rf"(\[components\.{name}\]\nweight = )\d+", rf"\g<1>{weight}", text)
        assert found == 1
    path.write_text(text, encoding="utf-8")
    return path


def without_outcomes(run: Path) -> None:
    """Leave out the further outcomes, which take their time."""
    text = run.read_text(encoding="utf-8")
    first, last = text.index(OUTCOMES), text.index("\n[model]\n")
    run.write_text(text[:first] + text[last:], encoding="utf-8")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """So many accounts that the answer is plain, and a scorecard, `ours.toml`, beside the run; no further outcomes."""
    run = write_company(tmp_path_factory.mktemp("recalibrated") / "saas", ACCOUNTS)
    without_outcomes(run)
    with_text(run.parent / "ours.toml", MISJUDGED)
    text = run.read_text(encoding="utf-8")
    run.write_text(text.replace('"seven_components"', '"ours.toml"'), encoding="utf-8")
    return run


@pytest.fixture(scope="module")
def changed(company: Path) -> Recalibration:
    """The answer for the misjudged weights, written beside them."""
    return recalibrate(company, write=company.parent / "new.toml")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company that lost sixteen accounts, with the further outcomes of the shipped run."""
    return write_company(tmp_path_factory.mktemp("small") / "saas", 150)


@pytest.fixture(scope="module")
def too_few(small: Path) -> Recalibration:
    return recalibrate(small, write=small.parent / "new.toml")


def test_the_result_has_the_keys_that_were_agreed(changed: Recalibration) -> None:
    result = changed.result
    assert result["decision"] in ("keep", "change", "no evidence")
    for one in result["components"].values():
        assert set(one) == COMPONENT
        assert set(one["validated"]) == {"estimate", "low", "high"}
        assert one["verdict"] in ("supported", "not shown", "wrong direction")
    assert {name: one["handcrafted"] for name, one in result["components"].items()} == MISJUDGED
    assert sum(one["shap_share"] for one in result["components"].values()) == pytest.approx(100)
    assert sum(one["effective"] for one in result["components"].values()) == pytest.approx(100)


def test_the_files_of_a_run_say_the_same(changed: Recalibration) -> None:
    stored = json.loads((changed.directory / "result.json").read_text(encoding="utf-8"))
    assert stored == {key: value for key, value in changed.result.items() if key != "directory"}
    assert (changed.directory / "diff.txt").read_text(encoding="utf-8") == stored["recommended"]["diff"]
    assert "The change, to approve" in (changed.directory / "report.html").read_text(encoding="utf-8")


def test_a_notebook_shows_the_answer_and_the_weights(changed: Recalibration) -> None:
    shown = said(changed).split("\n")
    assert any(changed.result["verdict_sentences"][0] in text for text in shown)
    for one in changed.result["components"].values():
        place = shown.index(one["label"], shown.index("Weights in %"))
        assert float(shown[place + 1]) == pytest.approx(one["handcrafted"], abs=0.5)


def test_misjudged_weights_are_changed_in_steps_of_five(changed: Recalibration) -> None:
    assert changed.result["decision"] == "change"
    recommended = {name: one["recommended"] for name, one in changed.result["components"].items()}
    assert sum(recommended.values()) == pytest.approx(100)
    assert all(weight % 5 == 0 and weight >= 0 for weight in recommended.values())
    assert changed.result["recommended"]["weights"] == recommended
    assert changed.result["gain"]["log_loss"]["bound"] > 0
    assert recommended["adoption"] > 0  # what the company's exits have most to do with
    assert changed.result["verdict_sentences"][0].startswith("Change your weights: ")


def test_only_weights_and_provenance_are_written(company: Path, changed: Recalibration) -> None:
    old = (company.parent / "ours.toml").read_text(encoding="utf-8")
    assert changed.written == company.parent / "new.toml"
    new = changed.written.read_text(encoding="utf-8")
    assert new == (changed.directory / "recalibrated.toml").read_text(encoding="utf-8")
    kept, given = new.split("\n[provenance]")
    expected = with_text(company.parent / "by_hand.toml", {
        name: int(weight) for name, weight in changed.result["recommended"]["weights"].items()
    }).read_text(encoding="utf-8")  # fmt: skip
    assert kept == expected
    assert old == with_text(company.parent / "again.toml", MISJUDGED).read_text(encoding="utf-8")
    assert given.startswith("                   # of the weights; by healthscore recalibrate")


def test_provenance_names_the_history(company: Path, changed: Recalibration) -> None:
    assert changed.written is not None
    given = tomllib.loads(changed.written.read_text(encoding="utf-8"))["provenance"]
    split = changed.result["split"]
    assert given["identity"] == changed.result["identity"] == changed.directory.name
    assert given["replaces"] == "ours 5/5/0/0/20/30/40"
    assert (given["first"], given["last"]) == (date(2024, 5, 1), date(2025, 4, 1))
    assert (given["data_end"], given["origins"]) == (date(2025, 7, 1), 8)
    assert given["events"] >= split["learning"]["events"] + split["later"]["events"]
    validated = {name: one["validated"] for name, one in changed.result["components"].items()}
    for name, (low, high) in given["intervals"].items():
        assert (low, high) == (
            pytest.approx(validated[name]["low"], abs=0.06),
            pytest.approx(validated[name]["high"], abs=0.06),
        )
    assert given["gain"][0] == pytest.approx(changed.result["gain"]["log_loss"]["estimate"], abs=1e-6)


def test_the_written_scorecard_scores(company: Path, changed: Recalibration) -> None:
    assert changed.written is not None
    assert load_scorecard(changed.written).weights_of() == changed.result["recommended"]["weights"]
    run = load_run(company).model_copy(update={"scorecard": load_scorecard(changed.written)})
    assert recalibrated_scores(run).between(0, 100).all()


def recalibrated_scores(run: Any) -> pd.Series[float]:
    """Scores of everybody by the run's scorecard."""
    from healthscore.pipelines.build import build_book
    from healthscore.pipelines.cards import card_on_book
    from healthscore.tables import open_tables

    with open_tables(run) as tables:
        return pd.Series(card_on_book(build_book(run, tables, [20089])).score).dropna()


def test_weights_from_history_are_tested_on_later_dates_only(company: Path, changed: Recalibration) -> None:
    assert changed.written is not None
    variant = '\n[[variant]]\nname = "small"\nsegments = ["smb"]\nweights = { activity = 100 }\n'
    with_variant = company.parent / "with_variant.toml"
    with_variant.write_text(changed.written.read_text(encoding="utf-8") + variant, encoding="utf-8")
    again = recalibrate(company, scorecard=with_variant, write=company.parent / "newer.toml")
    assert (again.result["decision"], again.result["why"]) == ("no evidence", "no later dates")
    assert again.result["gate"]["not_before"] == "2025-07-01"
    assert "only as-of dates from then on test new ones" in again.result["gate"]["sentence"]
    assert again.written is None
    assert not (company.parent / "newer.toml").exists()
    variant = again.result["variants"]["small"]
    assert (variant["decision"], variant["why"]) == ("no evidence", "no later dates")
    assert variant["components"]["activity"]["handcrafted"] == 100
    assert variant["exiting_accounts"] > 0


def test_what_the_list_held_is_paired(changed: Recalibration) -> None:
    gain, later = changed.result["gain"], changed.result["split"]["later"]
    churners = gain["churners"]
    capacity, accounts = changed.result["list_capacity"], later["rows"] / later["dates"]
    assert churners["share"] == pytest.approx(capacity / accounts)
    assert churners["difference"]["estimate"] == pytest.approx(
        churners["new"]["estimate"] - churners["old"]["estimate"]
    )
    assert churners["difference"]["low"] <= churners["difference"]["estimate"] <= churners["difference"]["high"]
    assert 0 <= gain["revenue"]["old"]["estimate"] <= 1


def test_keeping_writes_nothing(company: Path, changed: Recalibration, tmp_path: Path) -> None:
    """Weights that were recommended once are kept, were it not known where they come from."""
    assert changed.written is not None
    source, target = tmp_path / "source.toml", tmp_path / "kept.toml"
    source.write_text(changed.written.read_text(encoding="utf-8").split("\n[provenance]")[0], encoding="utf-8")
    kept = recalibrate(company, scorecard=source, write=target, out=tmp_path)
    assert kept.result["decision"] == "keep"
    assert kept.result["writing"]["why_not"] == "the scorecard in force stays as it is"
    assert kept.written is None
    assert not target.exists()
    assert kept.result["recommended"] is None
    written = sorted(path.name for path in kept.directory.iterdir())
    assert written == ["manifest.json", "report.html", "result.json", "run.json"]
    assert kept.result["verdict_sentences"][0].startswith("Keep your weights: ")


def test_a_file_that_is_no_version_of_it_is_refused_before_anything_is_computed(company: Path, tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"healthscore\.toml is there already and is no version of the scorecard"
    ):
        recalibrate(company, write=company, out=tmp_path)
    assert not list(tmp_path.iterdir())


def test_without_a_scorecard_the_components_of_the_features_are_judged(company: Path, tmp_path: Path) -> None:
    run = load_run(company, out=tmp_path).model_copy(update={"scorecard": None})
    found = recalibrate(run, write=tmp_path / "none.toml")
    assert found.result["scorecard"] is None
    assert {"activity", "adoption", "support", "relationship"} <= set(found.result["components"])
    assert all(one["handcrafted"] is None for one in found.result["components"].values())
    shares = {name: one["shap_share"] for name, one in found.result["components"].items()}
    assert sum(shares.values()) == pytest.approx(100)
    assert max(shares, key=lambda name: shares[name]) == "activity"
    assert found.result["gate"]["sentence"].startswith("The points of each component were learned on")
    assert found.result["writing"]["why_not"].startswith("the run names no scorecard")
    assert not (tmp_path / "none.toml").exists()


def test_too_few_exits_leave_the_scorecard_and_say_so(too_few: Recalibration, small: Path) -> None:
    result = too_few.result
    assert (result["decision"], result["why"]) == ("no evidence", "too few exits")
    assert result["exiting_accounts"] < 50
    assert "No evidence" in result["verdict_sentences"][0]
    assert "50" in result["verdict_sentences"][0]
    for one in result["components"].values():
        assert one["validated"] == {"estimate": None, "low": None, "high": None}
        assert (one["shap_share"], one["recommended"], one["verdict"]) == (None, None, "not shown")
    assert result["recommended"] is None
    assert result["writing"]["why_not"] == "there is no evidence"
    assert not (small.parent / "new.toml").exists()
    as_it_is = result["scorecard"]["as_it_is"]
    assert sum(band["n"] for band in as_it_is["bands"]) == as_it_is["n"]
    assert as_it_is["churners"]["exits"] >= result["exiting_accounts"]


def test_every_outcome_has_a_column(too_few: Recalibration) -> None:
    outcomes = too_few.result["outcomes"]
    assert [one["name"] for one in outcomes] == ["churn", "contraction", "expansion", "complaint", "declining_use"]
    assert [one["own"] for one in outcomes] == [True, False, False, False, False]
    evidence = {one["name"]: one["evidence"] for one in outcomes}
    assert evidence["churn"] == evidence["contraction"] == "too few exits"
    judged = outcomes[-1]
    assert judged["evidence"] == "yes"
    assert judged["events"] >= judged["exiting"] >= 50
    assert judged["components"]["activity"]["verdict"] == "supported"
    said = too_few.result["outcome_sentences"]
    assert said[1].startswith("Before contraction: ")
    assert "too few to judge weights by" in said[1]
    assert "fewer points in" in said[-1]


def test_what_came_after_the_data_end_changes_nothing(small: Path, too_few: Recalibration, tmp_path: Path) -> None:
    run = copy_company(small, tmp_path, 'data = "data"', 'data = "data"')

    def more(frame: pd.DataFrame) -> pd.DataFrame:
        """Everybody is busy after the data end, too."""
        late = frame.sample(500, random_state=1).assign(
            time=pd.Timestamp("2025-07-02", tz="UTC"), ingested_at=pd.Timestamp("2025-07-02 01:00", tz="UTC")
        )
        return pd.concat([frame, late.astype(frame.dtypes.to_dict())], ignore_index=True)

    def signed(frame: pd.DataFrame) -> pd.DataFrame:
        """And half of them give notice."""
        open_end = frame.index[frame["end"].isna()][::2]
        changed = frame.copy()
        changed.loc[open_end, "notice_date"] = date(2025, 7, 2)
        return changed

    rewrite(run, "events.parquet", more)
    rewrite(run, "subscriptions.parquet", signed)
    after = recalibrate(run).result
    told = {"data", "identity", "directory", "writing", "warnings"}
    assert {key: after[key] for key in after if key not in told} == {
        key: too_few.result[key] for key in too_few.result if key not in told
    }
    assert after["data"]["sources"]["usage"]["rows_in"] == too_few.result["data"]["sources"]["usage"]["rows_in"] + 500
