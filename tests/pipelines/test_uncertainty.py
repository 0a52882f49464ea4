"""Every score has an interval, and training says how far bands and drivers can be relied on."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from company import copy_company
from healthscore.models.bundle import load
from healthscore.pipelines.explain import explain
from healthscore.pipelines.panel import panel
from healthscore.pipelines.score import ScoreResult, score
from healthscore.pipelines.train import TrainResult, train


def test_every_scored_row_has_an_interval_that_holds_its_score(scored: ScoreResult) -> None:
    rows = scored.scores
    rated = rows[rows["status"] == "scored"]
    low, high = rated["health_low"], rated["health_high"]
    assert ((low >= 0) & (low <= rated["health"]) & (rated["health"] <= high) & (high <= 100)).all()
    assert (low < high).mean() > 0.9
    assert rows.loc[rows["status"] != "scored", ["health_low", "health_high"]].isna().to_numpy().all()
    told = scored.result["uncertainty"]
    assert told["median_half_width"] == pytest.approx((high - low).median() / 2, abs=1e-9)
    edges = load(Path(scored.result["directory"]).parents[1] / "train" / rated["model"].iloc[0] / "bundle").bands.edges
    within = [sum(edge <= end for edge in edges) for end in low], [sum(edge <= end for edge in edges) for end in high]
    assert told["in_one_band"] == sum(one == other for one, other in zip(*within, strict=True))


def test_training_says_how_stable_bands_and_drivers_are(company: Path, trained: TrainResult, tmp_path: Path) -> None:
    """By plain loops over the accounts of the reference date, from the bundle alone."""
    told = trained.result["uncertainty"]
    bundle = load(trained.bundle)
    refits, model = bundle.refits, bundle.model
    assert refits is not None
    assert told["refits"] == len(refits) == 10
    found = panel(company, out=tmp_path)
    outcomes = found.outcomes().dropna(subset=["outcome"])
    last = outcomes[outcomes["as_of"] == date.fromisoformat(trained.result["training"]["last"])]
    rows = found.frame().merge(last[["account_id", "as_of"]], on=["account_id", "as_of"], validate="one_to_one")
    names = list(model.design.names)
    X = rows[names].to_numpy(np.float64)
    shown = bundle.bands.of(bundle.scale.score(model.held_logit(X, names)))
    bands = [bundle.bands.of(bundle.scale.score(column)) for column in refits.held_logit(X, names).T]
    kept = [sum(band[i] == shown[i] for band in bands) >= 9 for i in range(len(X))]
    assert told["band_stability"] == pytest.approx(np.mean(kept), abs=1e-12)

    def first(shares: np.ndarray) -> list[int]:
        lost = bundle.scale.slope * (shares - shares.mean(axis=0))
        return [int(row.argmax()) if round(row.max(), 1) > 0 else -1 for row in lost]

    driver = first(model.component_logit(X, names))
    others = [first(shares) for shares in refits.component_logit(X, names)]
    same = [sum(other[i] == driver[i] for other in others) >= 9 for i in range(len(X))]
    assert told["driver_stability"] == pytest.approx(np.mean(same), abs=0.01)
    half = 2.2621571628 * refits.held_logit(X, names).std(axis=1, ddof=1) * 15 / np.log(2)
    assert told["median_half_width"] == pytest.approx(np.median(half), rel=1e-9)
    assert 0 < told["venn_abers"]["mean_width"] < 100
    assert 0 <= told["venn_abers"]["overlap"] <= 1


def test_an_explanation_tells_the_interval(
    company: Path, trained: TrainResult, scored: ScoreResult, as_of: date
) -> None:
    row = scored.scores.iloc[0]
    told = explain(row["account_id"], company, as_of=as_of, model=trained.bundle).result
    assert (told["health_low"], told["health_high"]) == (row["health_low"], row["health_high"])
    assert told["low_confidence"] == (row["low_confidence"] or None)
    leaving = scored.scores.loc[scored.scores["status"] == "leaving", "account_id"].iloc[0]
    told = explain(leaving, company, as_of=as_of, model=trained.bundle).result
    assert (told["health_low"], told["health_high"], told["low_confidence"]) == (None, None, None)


def test_without_refits_there_are_no_intervals_and_the_scores_are_the_same(
    company: Path, scored: ScoreResult, as_of: date, tmp_path: Path
) -> None:
    run = copy_company(company, tmp_path, "refits = 10", "refits = 0")
    bare = train(run)
    assert bare.result["uncertainty"] is None
    assert load(bare.bundle).refits is None
    found = score(run, as_of=as_of, model=bare.bundle)
    assert found.result["uncertainty"] is None
    assert found.scores[["health_low", "health_high"]].isna().to_numpy().all()
    assert found.scores["health"].tolist() == pytest.approx(scored.scores["health"].tolist(), nan_ok=True)
    told = explain(found.scores["account_id"].iloc[0], run, as_of=as_of, model=bare.bundle).result
    assert (told["health_low"], told["health_high"]) == (None, None)
