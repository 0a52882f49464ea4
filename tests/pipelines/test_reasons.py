"""Reasons: the most at risk are told the features behind their scores, everybody else the components."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from company import copy_company
from healthscore.models.drivers import Drivers
from healthscore.pipelines import reasons as module
from healthscore.pipelines.explain import explain
from healthscore.pipelines.reasons import chunks_of, explain_rows, highest, reason_texts
from healthscore.pipelines.score import ScoreResult, score
from healthscore.pipelines.train import TrainResult

MOST = 25


@pytest.fixture(scope="module")
def few(company: Path, trained: TrainResult, as_of: date, tmp_path_factory: pytest.TempPathFactory) -> ScoreResult:
    """The same scores, with reasons by feature for a few accounts."""
    run = copy_company(company, tmp_path_factory.mktemp("few"), "[report]", f"[score]\nreasons = {MOST}\n[report]")
    return score(run, as_of=as_of, model=trained.bundle)


def without_sentences(texts: pd.Series) -> pd.Series:
    """Reasons without what stands behind the points of each component."""
    pieces = texts.str.findall(r"(?:^|; )([\w ]+ [+-]\d+\.\d)(?=:|;|$)")
    return pieces.map("; ".join)


def test_only_reasons_depend_on_how_many_are_told(few: ScoreResult, scored: ScoreResult) -> None:
    told = ["drivers_down", "drivers_up"]
    pd.testing.assert_frame_equal(few.scores.drop(columns=told), scored.scores.drop(columns=told), check_exact=True)
    rated = few.scores["status"] == "scored"
    first = rated & (few.scores["rank"] <= MOST)
    assert first.sum() >= MOST
    pd.testing.assert_frame_equal(few.scores.loc[first, told], scored.scores.loc[first, told])
    for column in told:
        rest = few.scores.loc[rated & ~first, column]
        assert not rest.str.contains(":").any()
        expected = without_sentences(scored.scores.loc[rated & ~first, column])
        assert rest.tolist() == expected.tolist()


def test_features_are_tabulated_for_those_most_at_risk(few: ScoreResult, scored: ScoreResult) -> None:
    worst = set(few.scores.loc[few.scores["rank"] <= MOST, "account_id"])
    by_feature = few.drivers["kind"] == "feature"
    assert set(few.drivers.loc[by_feature, "account_id"]) == worst
    keep = (scored.drivers["kind"] != "feature") | scored.drivers["account_id"].isin(worst)
    pd.testing.assert_frame_equal(few.drivers, scored.drivers[keep].reset_index(drop=True), check_exact=True)


def test_an_account_that_is_explained_is_told_by_feature_wherever_it_stands(
    few: ScoreResult, company: Path, trained: TrainResult, as_of: date, tmp_path: Path
) -> None:
    healthiest = str(few.scores[few.scores["status"] == "scored"]["account_id"].iloc[-1])
    run = copy_company(company, tmp_path, "[report]", f"[score]\nreasons = {MOST}\n[report]")
    found = explain(healthiest, run, as_of=as_of, model=trained.bundle).result
    wanted = explain(healthiest, company, as_of=as_of, model=trained.bundle).result
    assert found["features"] == wanted["features"]
    assert len(found["features"]) > len(found["components"])


def test_chunks_change_no_bit(trained: TrainResult, scored: ScoreResult, monkeypatch: pytest.MonkeyPatch) -> None:
    from healthscore.models.bundle import load

    bundle = load(trained.bundle)
    frame = pd.read_parquet(scored.directory / "features.parquet").drop(columns="account_id")
    names, X = list(frame.columns), frame.to_numpy()
    features: Any = [SimpleNamespace(say=lambda value, name=name: f"{name} is {value}") for name in names]
    whole = explain_rows(bundle, X, names, 40)
    said = reason_texts(bundle, whole, X, features)
    monkeypatch.setattr(module, "CHUNK_ROWS", 33)
    parts = explain_rows(bundle, X, names, 40)
    for name in ("logit", "held"):
        assert np.array_equal(getattr(parts, name), getattr(whole, name))
    for name in ("score", "points", "capped", "score_tenths", "points_tenths", "capped_tenths", "base", "groups"):
        assert np.array_equal(getattr(parts.drivers, name), getattr(whole.drivers, name)), name
    for found, wanted in zip(reason_texts(bundle, parts, X, features), said, strict=True):
        assert found.tolist() == wanted.tolist()


@pytest.mark.parametrize(
    ("most", "always", "rows"),
    [(2, (), [1, 3]), (3, (), [0, 1, 3]), (1, (2,), [1, 2]), (1, (1,), [1]), (9, (), list(range(5)))],
)  # fmt: skip
def test_the_highest_first_of_equals_the_first(most: int, always: tuple[int, ...], rows: list[int]) -> None:
    assert highest(np.array([1.0, 5.0, -2.0, 3.0, 1.0]), most, always).tolist() == rows


def test_chunks_cover_every_row_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK_ROWS", 4)
    assert [list(range(11))[rows] for rows in chunks_of(11)] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10]]
    assert [list(range(0))[rows] for rows in chunks_of(0)] == [[]]


def test_texts_by_component_by_hand() -> None:
    tenths = np.array([[-82, 5, 13], [0, 0, 0], [-1, -20, -300], [7, 0, 0]])
    drivers = Drivers(
        ("use", "help desk", "money"), np.zeros(4), 55.0, tenths / 10.0, np.zeros(4), np.zeros(4, int), 550, tenths,
        np.zeros(4, int),
    )  # fmt: skip
    down, up = module._by_component(drivers, slice(0, 4))
    assert down.to_pylist() == ["use -8.2", "", "money -30.0; help desk -2.0; use -0.1", ""]
    assert up.to_pylist() == ["money +1.3; help desk +0.5", "", "", "use +0.7"]
    assert all(re.fullmatch(r"[^:]*", text) for text in [*down.to_pylist(), *up.to_pylist()])
