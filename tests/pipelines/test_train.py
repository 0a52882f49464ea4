"""Training: everything whose outcome is known, nothing else; a bundle that scores by itself."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from company import copy_company
from displayed import said
from healthscore.config import load_run
from healthscore.errors import InsufficientDataError
from healthscore.models.bundle import load
from healthscore.models.design import expit
from healthscore.pipelines.panel import panel
from healthscore.pipelines.train import TrainResult, train

WAIT = timedelta(days=7 + 60 + 14)


def test_the_documented_keys_are_there(trained: TrainResult) -> None:
    result = trained.result
    assert {"run", "chosen", "choice", "training", "calibration", "reference", "scale", "features"} <= set(result)
    assert {"components", "warnings", "identity", "directory", "bundle"} <= set(result)
    assert trained.bundle == Path(result["bundle"])
    written = json.loads((trained.directory / "result.json").read_text(encoding="utf-8"))
    assert written | {"directory": str(trained.directory), "bundle": str(trained.bundle), "version": 1} == result


def test_it_learned_from_every_known_outcome_and_from_nothing_else(
    company: Path, trained: TrainResult, tmp_path: Path
) -> None:
    outcomes = panel(company, out=tmp_path).outcomes()
    known = outcomes[outcomes["outcome"].notna()]
    training = trained.result["training"]
    assert training["n"] == len(known)
    assert training["events"] == known["outcome"].sum()
    assert training["exiting_accounts"] == known.loc[known["outcome"] == 1, "account_id"].nunique()
    assert (training["first"], training["last"]) == (str(known["as_of"].min()), str(known["as_of"].max()))
    assert date.fromisoformat(training["known_until"]) == known["as_of"].max() + WAIT
    assert date.fromisoformat(training["known_until"]) <= date(2025, 7, 1)


def test_the_reference_is_the_last_known_date_and_scores_55(
    company: Path, trained: TrainResult, tmp_path: Path
) -> None:
    outcomes = panel(company, out=tmp_path).outcomes()
    last = outcomes[(outcomes["as_of"] == date.fromisoformat(trained.result["training"]["last"]))]
    reference = trained.result["reference"]
    assert reference["accounts"] == last["outcome"].notna().sum()
    assert reference["rate"] == pytest.approx(last["outcome"].mean(), abs=1e-12)
    scale = load(trained.bundle).scale
    assert float(scale.score_of(reference["rate"])) == pytest.approx(55.0, abs=1e-9)


def test_the_bundle_alone_gives_the_probabilities(company: Path, trained: TrainResult, tmp_path: Path) -> None:
    bundle = load(trained.bundle)
    features = panel(company, out=tmp_path).frame()
    names = list(bundle.model.design.names)
    X = features[names].to_numpy(np.float64)
    z = bundle.model.logit(X, names)
    components = bundle.model.component_logit(X, names)
    np.testing.assert_allclose(bundle.model.intercept + components.sum(axis=1), z, atol=1e-9)
    known = panel(company, out=tmp_path).outcomes().dropna(subset=["outcome"])
    merged = features.assign(p=expit(z)).merge(known, on=["account_id", "as_of"], validate="one_to_one")
    # The base rate of the history, give or take what is known of seasons.
    assert merged["p"].mean() == pytest.approx(merged["outcome"].mean(), rel=0.35)
    assert merged.loc[merged["outcome"] == 1, "p"].mean() > 1.5 * merged.loc[merged["outcome"] == 0, "p"].mean()


def test_the_bundle_says_where_it_comes_from(company: Path, trained: TrainResult) -> None:
    metadata = load(trained.bundle).metadata
    assert metadata["run"] == "saas"
    assert metadata["identity"] == trained.result["identity"] == trained.directory.name
    assert metadata["outcome"] == {"kind": "churn", "gap_days": 7, "horizon_days": 60}
    assert set(metadata["inputs"]) == set(load_run(company).sources)
    assert all(len(fingerprint) == 64 for fingerprint in metadata["inputs"].values())


def test_the_dictionary_lies_beside_it_and_names_every_feature(trained: TrainResult) -> None:
    text = (trained.directory / "dictionary.md").read_text(encoding="utf-8")
    names = load(trained.bundle).model.design.names
    assert len(names) == trained.result["features"]
    assert [name for name in names if name not in text] == []


def test_training_again_gives_the_same_files(company: Path, trained: TrainResult, tmp_path: Path) -> None:
    run = load_run(copy_company(company, tmp_path)).model_copy(update={"threads": 1})
    again = train(run)
    assert again.directory.name == trained.directory.name
    # `run.json` says where the run lay and how many threads it had; the manifest holds its checksum.
    apart = {trained.directory / "run.json", trained.directory / "manifest.json"}
    files = [path for path in sorted(trained.directory.rglob("*")) if path.is_file() and path not in apart]
    assert "manifest.json" in {path.name for path in files}  # that of the bundle
    for path in files:
        assert (again.directory / path.relative_to(trained.directory)).read_bytes() == path.read_bytes(), path.name


def test_no_file_of_a_bundle_is_anything_but_text(trained: TrainResult) -> None:
    for path in trained.directory.rglob("*"):
        if path.is_file():
            assert path.suffix in (".json", ".txt", ".md")
            path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["logistic", "unconstrained"])
def test_the_run_may_name_the_model(company: Path, tmp_path: Path, name: str) -> None:
    run = copy_company(company, tmp_path, "[model]", f'[model]\nchoose = "{name}"')
    result = train(run).result
    assert result["chosen"] == name
    assert result["choice"]["why"].startswith("the run asks for")


def test_too_few_exits_cannot_support_a_model(company: Path, tmp_path: Path) -> None:
    run = copy_company(company, tmp_path, "minimum_exits = 20", "minimum_exits = 500")
    with pytest.raises(InsufficientDataError, match=r"\d+ different accounts left .* and a model needs 500") as refused:
        train(run)
    assert refused.value.exit_code == 3
    assert "healthscore validate" in refused.value.remedy
    assert not (tmp_path / "healthscore-out").exists()


def test_few_exits_are_warned_of(trained: TrainResult) -> None:
    left = trained.result["training"]["exiting_accounts"]
    assert left < 200
    assert (
        f"{left} accounts left in the training history: below 200, expect wide intervals" in trained.result["warnings"]
    )


def test_a_notebook_shows_what_was_chosen_and_what_it_learned_from(trained: TrainResult) -> None:
    shown = said(trained).split("\n")
    assert shown[1] == trained.result["choice"]["title"]
    assert f"{trained.result['training']['n']:,} of" in " ".join(shown)
    assert all(f"Note: {warning}" in shown for warning in trained.result["warnings"])


def test_an_absolute_scale_is_one_line(company: Path, tmp_path: Path) -> None:
    anchor = "[score]\nanchor = { score = 40, probability = 0.2 }\npoints_to_halve_odds = 10\n[report]"
    scale = load(train(copy_company(company, tmp_path, "[report]", anchor)).bundle).scale
    found = [float(scale.score_of(p)) for p in (0.5, 0.2, 1 / 33)]
    assert found == pytest.approx([20.0, 40.0, 70.0], abs=1e-9)


def test_the_panel_is_what_the_models_see(company: Path, tmp_path: Path) -> None:
    made = panel(company, out=tmp_path)
    features, outcomes = made.frame(), made.outcomes()
    assert made.result["rows"] == len(features) == len(outcomes)
    keys = ["account_id", "as_of"]
    pd.testing.assert_frame_equal(
        features[keys].sort_values(keys, ignore_index=True), outcomes[keys].sort_values(keys, ignore_index=True)
    )
    assert not set(features) & {"outcome", "status", "left"}
    assert [feature["name"] for feature in made.result["features"]] == [name for name in features if name not in keys]
