"""The long commands are made again byte by byte: a backtest, a recalibration, and scores with growth beside them.

A run of `tune` is in `tests/pipelines/tuning`, where there is a company with enough exits for it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

import healthscore
from company import amended, write_company
from displayed import said
from healthscore.pipelines.runs.reproduce import reproduce
from healthscore.pipelines.score import ScoreResult

ACCOUNTS = 700
QUICK = 'refits = 2\nchoose = "logistic"\ntrees.count = 15'


@pytest.fixture(scope="module")
def growing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company that is asked for growth, whose models are quickly fitted."""
    run = write_company(tmp_path_factory.mktemp("again") / "saas", ACCOUNTS, growth=True)
    run.write_text(amended(run.read_text(encoding="utf-8"), "refits = 10", QUICK, "resamples = 200", "resamples = 100"))
    return run


@pytest.fixture(scope="module")
def rated(growing: Path) -> ScoreResult:
    return healthscore.score(growing, as_of=date(2025, 5, 1), model=healthscore.train(growing).bundle)


@pytest.fixture(scope="module")
def long_runs(growing: Path, rated: ScoreResult) -> Mapping[str, Path]:
    """Command -> the directory of its run."""
    written = growing.parent / "recommended.toml"
    return {
        "backtest": healthscore.backtest(growing).directory,
        "recalibrate": healthscore.recalibrate(growing, write=written).directory,
        "score": rated.directory,
    }


@pytest.mark.parametrize("verb", ["backtest", "recalibrate", "score"])
def test_a_long_run_is_made_again_byte_by_byte(long_runs: Mapping[str, Path], verb: str) -> None:
    found = reproduce(long_runs[verb])
    assert found.identical, found.result
    assert {"result.json", "run.json"} < set(found.result["files"])
    assert f"All {len(found.result['files'])} files are identical" in said(found).splitlines()


def test_scores_of_growth_are_among_what_is_made_again(rated: ScoreResult) -> None:
    assert rated.result["growth"] is not None
    read = json.loads((rated.directory / "run.json").read_text(encoding="utf-8"))["read"]
    assert set(read) == {"bundle", "growth"}


def test_another_model_of_growth_is_named_and_nothing_is_done(rated: ScoreResult, growing: Path) -> None:
    place = Path(json.loads((rated.directory / "run.json").read_text(encoding="utf-8"))["paths"]["growth"])
    manifest = place / "manifest.json"
    before = manifest.read_bytes()
    manifest.write_bytes(before + b" ")
    try:
        made = reproduce(rated.directory)
    finally:
        manifest.write_bytes(before)
    assert set(made.result["read"]) == {"growth"}
    assert not made.result["done_again"]
    assert "It was not done again: what it read is no longer there as it was" in said(made).splitlines()
