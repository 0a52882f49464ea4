"""Why published scores changed: by component, missing data, model, limit; what a new scale is, and is not."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from healthscore.config import Trend
from healthscore.models.bundle import Bundle, load, save
from healthscore.models.drivers import component_drivers
from healthscore.models.health import ScoreScale
from healthscore.pipelines.publication.history import Scored
from healthscore.pipelines.runs.record import digest_of
from healthscore.pipelines.trend.changes import Ledgers
from healthscore.pipelines.trend.following import trend_of
from scored_history import CONFIGURATION, write_scored

SAVED = Path(__file__).parents[2] / "models" / "bundles" / "format-1" / "bundle"
ACCOUNTS = ("a", "b", "c", "d")
NONE = float("nan")
THEN = {
    "logins 28d": (30.0, 3.0, 12.0, 12.0),
    "nps": (9.0, 9.0, NONE, 7.0),
    "plan basic": (1.0, 1.0, 0.0, 0.0),
    "plan plus": (0.0, 0.0, 1.0, 1.0),
    "days to renewal": (300.0, 300.0, 100.0, 20.0),
}
NOW = {**THEN, "logins 28d": (4.0, 3.0, 12.0, 12.0), "nps": (9.0, NONE, 2.0, 7.0), "days to renewal": (270.0,) * 4}
DAYS = (date(2025, 4, 1), date(2025, 5, 1), date(2025, 6, 1))


@pytest.fixture
def former(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SAVED, tmp_path / "former"))


@pytest.fixture
def anchored_anew(tmp_path: Path, former: Path) -> Path:
    """The same model on another scale, on which every score is lower."""
    save(replace(load(former, threads=1), scale=ScoreScale(35.0, 0.15, 10.0)), tmp_path / "anew")
    return tmp_path / "anew"


def healths(bundle: Bundle, features: Mapping[str, Sequence[float]]) -> dict[str, float]:
    X = np.column_stack([features[name] for name in bundle.model.design.names])
    made = component_drivers(bundle.model, bundle.scale, bundle.model.component_logit(X, bundle.model.design.names))
    return dict(zip(ACCOUNTS, (made.score_tenths / 10.0).tolist(), strict=True))


def scored(folder: Path, as_of: date, features: Mapping[str, Sequence[float]], directory: Path) -> Scored:
    read, places = {"bundle": digest_of(directory)}, {"bundle": str(directory)}
    health = healths(load(directory, threads=1), features)
    return write_scored(folder, as_of, health, features=features, read=read, places=places)


def changes_of(now: Scored, before: Scored) -> pd.DataFrame:
    return Ledgers(now).since(before).long("previous")


def points(changes: pd.DataFrame, account: str) -> dict[tuple[str, str], float]:
    mine = changes[changes["account_id"] == account]
    return {(row["kind"], row["component"]): row["points"] for row in mine.to_dict("records")}


def difference(before: Scored, now: Scored) -> dict[str, int]:
    then, today = (one.scores().set_index("account_id")["health"] for one in (before, now))
    return {name: round((today[name] - then[name]) * 10) for name in ACCOUNTS}


def test_each_account_is_told_what_moved_its_score(tmp_path: Path, former: Path) -> None:
    before, now = scored(tmp_path, DAYS[0], THEN, former), scored(tmp_path, DAYS[1], NOW, former)
    changes = changes_of(now, before)
    moved = difference(before, now)
    assert points(changes, "a") == {("component", "activity"): moved["a"] / 10}
    assert moved["a"] < 0
    assert points(changes, "b") == {("missing", ""): moved["b"] / 10}
    assert points(changes, "c") == {("missing", ""): moved["c"] / 10}
    assert points(changes, "d") == {}  # only its renewal came nearer, which is no merit
    assert set(changes["since"]) == {"previous"}
    assert set(changes["from_as_of"]) == {DAYS[0]}


def test_a_scale_that_is_anchored_anew_is_the_model_and_no_decline(
    tmp_path: Path, former: Path, anchored_anew: Path
) -> None:
    before, between = scored(tmp_path, DAYS[0], THEN, former), scored(tmp_path, DAYS[1], THEN, former)
    now = scored(tmp_path, DAYS[2], THEN, anchored_anew)
    moved = difference(between, now)
    assert min(moved.values()) <= -150
    assert {name: points(changes_of(now, between), name) for name in ACCOUNTS} == {
        name: {("model", ""): fall / 10} for name, fall in moved.items()
    }
    found = trend_of([before, between, now], Trend())
    assert found["trend_rules"].tolist() == [""] * 4
    assert found["change"].tolist() == [moved[name] / 10 for name in found["account_id"]]


def test_a_real_drop_is_found_across_a_new_scale(tmp_path: Path, former: Path, anchored_anew: Path) -> None:
    before, now = scored(tmp_path, DAYS[0], THEN, former), scored(tmp_path, DAYS[1], NOW, anchored_anew)
    found = trend_of([before, now], Trend()).set_index("account_id")
    as_today = healths(load(anchored_anew, threads=1), THEN), healths(load(anchored_anew, threads=1), NOW)
    fell = {name: as_today[0][name] - as_today[1][name] for name in ACCOUNTS}
    assert (found["trend_rules"].str.contains("drop")).to_dict() == {name: fell[name] >= 15 for name in found.index}
    rows = points(changes_of(now, before), "a")
    assert round(10 * sum(rows.values())) == difference(before, now)["a"]
    assert {kind for kind, _ in rows} == {"component", "model"}


def test_what_cannot_be_compared_is_said_and_not_guessed(tmp_path: Path, former: Path, anchored_anew: Path) -> None:
    before, now = scored(tmp_path, DAYS[0], THEN, former), scored(tmp_path, DAYS[1], NOW, anchored_anew)
    (before.directory / "features.parquet").unlink()
    divided = Ledgers(now).since(before)
    assert divided.lost is not None
    assert "were not kept" in divided.lost
    assert str(tmp_path) not in divided.lost  # a publication is the same wherever it is made
    assert dict(zip(divided.ids, divided.shown[:, 0].tolist(), strict=True)) == difference(before, now)
    assert set(trend_of([before, now], Trend())["trend_rules"]) == {""}


def test_an_account_whose_features_were_not_kept_is_not_told_apart(tmp_path: Path, former: Path) -> None:
    before, now = scored(tmp_path, DAYS[0], THEN, former), scored(tmp_path, DAYS[1], NOW, former)
    kept = before.features()
    kept[kept["account_id"] != "a"].to_parquet(before.directory / "features.parquet", index=False)
    changes, moved = changes_of(now, before), difference(before, now)
    assert points(changes, "a") == {("unexplained", ""): moved["a"] / 10}
    assert points(changes, "c") == {("missing", ""): moved["c"] / 10}


def test_a_model_that_is_no_longer_the_one_that_scored_tells_nothing(tmp_path: Path, former: Path) -> None:
    before, now = scored(tmp_path, DAYS[0], THEN, former), scored(tmp_path, DAYS[1], NOW, former)
    with (former / "manifest.json").open("a") as file:
        file.write(" ")
    lost = Ledgers(now).since(before).lost
    assert lost is not None
    assert "no longer the one that it was" in lost


CARD: dict[str, Any] = {
    "name": "ours",
    "components": {
        "use": {"weight": 50, "measures": [{"feature": "logins", "linear": [[0, 0], [20, 100]]}]},
        "tickets": {"weight": 30, "measures": [{"feature": "open", "linear": [[0, 100], [4, 0]]}]},
        "survey": {"weight": 20, "measures": [{"feature": "nps", "linear": [[0, 0], [10, 100]]}]},
    },
    "missing": "neutral",
    "cap": [{"name": "silent", "when": [{"feature": "logins", "at_most": 0}], "score": 20}],
}
MEASURES_THEN: dict[str, list[float]] = {"logins": [20, 20, 10], "open": [0, 2, 0], "nps": [9, NONE, 8]}
MEASURES_NOW: dict[str, list[float]] = {"logins": [10, 20, 0], "open": [0, 2, 0], "nps": [9, 9, 8]}


def carded(
    folder: Path, as_of: date, health: Sequence[float], features: Mapping[str, Sequence[float]], card: Any
) -> Scored:
    scores = dict(zip("abc", health, strict=True))
    configuration = {**CONFIGURATION, "scorecard": card}
    return write_scored(
        folder, as_of, scores, features=features, read={}, configuration=configuration, chosen="scorecard"
    )


def test_a_scorecard_is_told_by_its_components_and_its_rule(tmp_path: Path) -> None:
    before = carded(tmp_path, DAYS[0], [98, 75, 71], MEASURES_THEN, CARD)
    now = carded(tmp_path, DAYS[1], [73, 83, 20], MEASURES_NOW, CARD)
    changes = changes_of(now, before)
    assert points(changes, "a") == {("component", "use"): -25.0}
    assert points(changes, "b") == {("missing", ""): 8.0}
    assert points(changes, "c") == {("component", "use"): -25.0, ("limit", ""): -26.0}


def test_another_scorecard_is_the_row_of_the_model(tmp_path: Path) -> None:
    weighed = zip(CARD["components"].items(), (20, 60, 20), strict=True)
    lighter = {**CARD, "components": {name: {**part, "weight": weight} for (name, part), weight in weighed}}
    before = carded(tmp_path, DAYS[0], [98, 75, 71], MEASURES_THEN, CARD)
    now = carded(tmp_path, DAYS[1], [88, 68, 20], MEASURES_NOW, lighter)
    assert points(changes_of(now, before), "a") == {("component", "use"): -10.0}
    assert points(changes_of(now, before), "b") == {("model", ""): -15.0, ("missing", ""): 8.0}
    found = trend_of([before, now], Trend()).set_index("account_id")
    assert found["trend_rules"].to_dict() == {"a": "", "b": "", "c": "drop"}
