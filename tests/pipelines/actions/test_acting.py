"""What to do about a scored company: lists that agree with scores, paths that the model verifies, overrides beside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from healthscore.config import PathToGreen, Playbook, Run, Source, library, load_run, load_scorecard, shipped_runs
from healthscore.errors import ConfigurationError, HealthScoreError
from healthscore.features.ready import panel_features
from healthscore.models.bundle import load
from healthscore.models.health import displayed
from healthscore.models.scorecard import score_card
from healthscore.pipelines.actions.acting import ADDED, Acted, act
from healthscore.pipelines.actions.names import levers
from healthscore.pipelines.actions.paths import NONE
from healthscore.pipelines.explain import explain
from healthscore.pipelines.publication.history import Scored
from healthscore.pipelines.score import ScoreResult, score
from healthscore.pipelines.train import TrainResult
from healthscore.tables import open_tables

OVERRIDES = """account_id,health,band,author,reason,made_on,expires_on
{first},91,,Ana,"=they ""promised"" more",2025-04-01,2025-06-30
{second},,healthy,Ben,expired,2025-01-01,2025-02-01
"""


@dataclass(frozen=True)
class Book:
    run: Run
    now: Scored
    scores: pd.DataFrame

    def act(self, **changed: Any) -> Acted:
        run = self.run.model_copy(update=changed)
        with open_tables(run) as tables:
            return act(run, self.now, self.scores, {}, tables)


@pytest.fixture(scope="module")
def book(company: Path, scored: ScoreResult, as_of: date) -> Book:
    return Book(load_run(company), Scored(as_of, scored.directory.name, scored.directory), scored.scores)


@pytest.fixture(scope="module")
def acted(book: Book) -> Acted:
    return book.act()


def test_the_columns_stand_beside_every_row_of_the_scores(book: Book, acted: Acted) -> None:
    assert list(acted.columns) == ["account_id", *ADDED]
    assert list(acted.columns["account_id"]) == list(book.scores["account_id"])
    unscored = acted.columns[book.scores["status"].to_numpy() != "scored"]
    assert unscored[["rank_in_band", "revenue_at_risk", "actions", "priority"]].isna().all(axis=None)


def test_accounts_are_ranked_within_their_band(book: Book, acted: Acted) -> None:
    both = book.scores.merge(acted.columns, on="account_id")
    for _, mine in both[both["status"] == "scored"].groupby("band"):
        ordered = mine.sort_values("rank")
        assert ordered["rank_in_band"].iloc[0] == 1
        assert ordered["rank_in_band"].is_monotonic_increasing


def test_the_worklist_agrees_with_the_columns_and_with_the_lists_of_the_owners(acted: Acted) -> None:
    listed = acted.lists["worklist.csv"]
    assert len(listed)
    first = listed.sort_values(["priority"], kind="stable").drop_duplicates("account_id").set_index("account_id")
    said = acted.columns.dropna(subset=["actions"]).set_index("account_id")
    assert set(first.index) == set(said.index)
    assert (first["priority"].reindex(said.index) == said["priority"]).all()
    index = acted.lists["worklists/index.csv"]
    assert index["listed"].sum() + index["waiting"].sum() == len(listed)
    for name, owner, room in zip(index["file"], index["owner"], index["listed"], strict=True):
        mine = acted.lists[f"worklists/{name}"]
        assert set(mine["owner"]) <= {owner}
        assert len(mine) == room <= 25
        assert list(mine["place"]) == list(range(1, room + 1))
    assert acted.result["listed"] == index["listed"].sum()


def test_a_path_is_what_the_model_says_of_the_changed_account(book: Book, acted: Acted, trained: TrainResult) -> None:
    bundle = load(trained.bundle)
    features = book.now.features().set_index("account_id")
    paths = acted.lists["paths.csv"]
    told = acted.lists["worklist.csv"].drop_duplicates("account_id").set_index("account_id")["path"]
    assert acted.result["paths"]["found"] == paths["account_id"].nunique() > 10
    for account, moved in paths.groupby("account_id"):
        own = features.loc[account].copy()
        np.testing.assert_array_equal(own[moved["feature"]].to_numpy(), moved["value"].to_numpy())
        own[moved["feature"]] = moved["value_then"].to_numpy()
        z = bundle.model.held_logit(own.to_numpy(np.float64)[None], bundle.model.design.names)
        health = float(displayed(bundle.scale.score(z))[0])
        assert health == moved["health_then"].iloc[0]
        assert bundle.bands.of([health])[0] == moved["band_then"].iloc[0] != moved["band"].iloc[0]
        assert str(told[account]).endswith(f": {moved['health'].iloc[0]:.1f} -> {health:.1f}")
    assert (told == NONE).sum() == acted.result["paths"]["none"]


def test_an_explanation_tells_the_path_of_the_worklist(
    company: Path, acted: Acted, trained: TrainResult, as_of: date
) -> None:
    listed = acted.lists["worklist.csv"]
    first = listed[listed["path"].notna()].iloc[0]
    told = explain(first["account_id"], company, as_of=as_of, model=trained.bundle).result["path"]
    assert told["said"] == first["path"]
    moved = acted.lists["paths.csv"].query("account_id == @first.account_id")
    assert [one["feature"] for one in told["features"]] == list(moved["feature"])
    top = acted.columns["account_id"].iloc[np.flatnonzero(acted.columns["rank_in_band"].notna())[-1]]
    assert explain(str(top), company, as_of=as_of, model=trained.bundle).result["path"] is None


def test_a_path_by_a_scorecard_is_what_the_card_says_of_the_changed_account(company: Path, as_of: date) -> None:
    scored = score(company, as_of=as_of, scorecard="seven_components")
    run = load_run(company)
    run = run.model_copy(update={"scorecard": load_scorecard("seven_components")})
    now = Scored(as_of, scored.directory.name, scored.directory)
    said = Book(run, now, scored.scores).act()
    features = now.features().set_index("account_id")
    segments = scored.scores.set_index("account_id")["segment"]
    paths = said.lists["paths.csv"]
    assert said.result["paths"]["found"] == paths["account_id"].nunique() > 10
    assert run.scorecard is not None
    follow = {f"{name}{tail}" for name in run.combinations for tail in ("", "_met")}
    for account, moved in paths.groupby("account_id"):
        own = features.loc[account].copy()
        own[moved["feature"]] = moved["value_then"].to_numpy()
        segment = np.array([segments[account]], object)
        again = score_card(run.scorecard, list(own.index), own.to_numpy(np.float64)[None], segment)
        assert float(displayed(again.score)[0]) == moved["health_then"].iloc[0] > moved["health"].iloc[0]
        assert set(moved["feature"]) <= set(run.scorecard.features) | follow
    assert not said.result["revenue_at_risk"]["by_probability"]


def test_a_path_moves_all_that_is_read_from_the_same_rows_and_nothing_of_the_contract(book: Book) -> None:
    with open_tables(book.run) as tables:
        features = panel_features(book.run, tables)
    names = {feature.name for feature in features}
    moved = levers(book.run, features, names)
    by_lever = {lever: {features[column].signal for column in columns} for lever, columns in moved.items()}
    assert by_lever["usage"] == {"usage", "people", "adoption"}
    assert by_lever["touchpoints"] == {"touchpoints", "decision_makers"}
    assert "mrr" not in by_lever
    assert not {"tenure_days", "praise_without_use"} & {features[c].name for cs in moved.values() for c in cs}
    asked = book.run.model_copy(update={"path_to_green": PathToGreen(actionable=("relationship", "mrr"))})
    assert set(levers(asked, features, names)) == {"touchpoints", "mrr"}


def test_an_override_stands_beside_the_score_and_changes_nothing_else(book: Book, acted: Acted, tmp_path: Path) -> None:
    first, second = acted.lists["worklist.csv"]["account_id"].drop_duplicates().iloc[:2]
    path = tmp_path / "overrides.csv"
    path.write_text(OVERRIDES.format(first=first, second=second), encoding="utf-8")
    source = Source(contract="overrides", path=str(path), time_format="%Y-%m-%d")
    said = book.act(sources={**book.run.sources, "overrides": source})
    mine = said.columns.set_index("account_id").loc[first]
    assert (mine["override_health"], mine["override_band"], mine["override_author"]) == (91.0, "healthy", "Ana")
    assert said.columns["override_author"].notna().sum() == 1
    assert said.result["overrides"] == {"shown": 1, "sources": ["overrides"]}
    theirs = said.lists["worklist.csv"].set_index("account_id").loc[[first]]
    assert set(theirs["override_reason"]) == {'=they "promised" more'}
    others = [column for column in said.columns if not str(column).startswith("override_")]
    pd.testing.assert_frame_equal(said.columns[others], acted.columns[others])
    bare = [column for column in acted.lists["worklist.csv"] if not str(column).startswith("override_")]
    pd.testing.assert_frame_equal(said.lists["worklist.csv"][bare], acted.lists["worklist.csv"][bare])


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ({"segments": ["enterprize"]}, "no segment 'enterprize'.*\n.*did you mean 'enterprise'"),
        (
            {"when": [{"feature": "nps_lst", "at_most": 6}]},
            "no feature 'nps_lst'.*\n.*did you mean 'nps_last'.*; or switch the playbook off",
        ),
    ],
    ids=["segment", "feature"],
)
def test_names_that_only_the_tables_know_are_refused_with_the_nearest(
    book: Book, says: dict[str, Any], expected: str
) -> None:
    with pytest.raises(ConfigurationError, match=expected):
        book.act(playbooks={"it": Playbook(action="do", **says)})


def test_what_a_path_may_change_is_refused_with_the_nearest(book: Book) -> None:
    with pytest.raises(ConfigurationError, match=r"actionable.*'touchpoint'.*\n.*did you mean 'touchpoints'"):
        book.act(path_to_green=PathToGreen(actionable=("touchpoint",)))


def test_without_playbooks_there_are_no_lists_of_owners_and_the_others_stand(book: Book) -> None:
    bare = book.act(playbooks={})
    assert bare.lists["worklist.csv"].empty
    assert bare.columns["actions"].isna().all()
    assert bare.result["playbooks"] == {}
    assert len(bare.lists["revenue_at_risk.csv"]) > 1


def test_scores_whose_features_were_not_kept_have_no_paths_and_say_why(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: Scored) -> pd.DataFrame:
        raise HealthScoreError("no features were kept")

    monkeypatch.setattr(Scored, "features", gone)
    said = book.act()
    assert said.result["paths"]["why_none"] == "no features were kept"
    assert "paths.csv" not in said.lists
    assert said.lists["worklist.csv"]["path"].isna().all()


def test_the_same_again_is_the_same(book: Book, acted: Acted) -> None:
    again = book.act()
    assert again.result == acted.result
    for name, table in acted.lists.items():
        pd.testing.assert_frame_equal(again.lists[name], table)


def test_every_shipped_run_has_playbooks_and_every_shipped_playbook_is_included() -> None:
    there = {path.stem for path in (library() / "pipelines" / "playbooks").glob("*.toml")}
    assert there == {"general", "saas"}
    for name in shipped_runs():
        run = load_run(name)
        assert {"at_risk", "reference"} <= set(run.playbooks), name
