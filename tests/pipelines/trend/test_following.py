"""The trend of a simulated company: ledgers of real scores add up, whoever scored, and explain tells the same."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from company import amended, write_company
from healthscore.cli.trend import show_change, show_movers
from healthscore.config import load_run
from healthscore.models.bundle import load, save
from healthscore.models.health import ScoreScale
from healthscore.pipelines.explain import explain
from healthscore.pipelines.publication.history import Scored, scored_dates
from healthscore.pipelines.runs.reproduce import reproduce
from healthscore.pipelines.score import score
from healthscore.pipelines.train import TrainResult, train
from healthscore.pipelines.trend.following import Followed, follow
from healthscore.tables import open_tables

DATES = (date(2025, 3, 1), date(2025, 4, 1), date(2025, 5, 1))


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A smaller company than that of other tests, by a quicker model: it is opened some twenty times here."""
    run = write_company(tmp_path_factory.mktemp("followed") / "saas", 200)
    quick = 'refits = 2\nchoose = "blend"\ntrees.count = 15'
    text = amended(run.read_text(encoding="utf-8"), "refits = 10", quick, "minimum_exits = 20", "minimum_exits = 5")
    run.write_text(text, encoding="utf-8")
    return run


@pytest.fixture(scope="module")
def trained(company: Path) -> TrainResult:
    return train(company)


@pytest.fixture(scope="module")
def out(company: Path, trained: TrainResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where three dates were scored, one after the other."""
    out = tmp_path_factory.mktemp("followed") / "out"
    for as_of in DATES:
        score(company, as_of=as_of, model=trained.bundle, out=out)
    return out


@pytest.fixture(scope="module")
def followed(company: Path, out: Path) -> Followed:
    return follow(load_run(company, out=out), scored_dates(out))


def adds_up(found: Followed, history: list[Scored]) -> None:
    """Rows of each account, in whole tenths, are the difference of the scores as they were displayed."""
    now = history[-1].scores().set_index("account_id")["health"]
    assert len(found.changes)
    for since, changes in found.changes.groupby("since"):
        moved = (changes["points"] * 10).round().astype(int).groupby(changes["account_id"]).sum()
        told = found.columns.set_index("account_id")
        dates = told[f"{since}_as_of"].dropna()
        for day in set(dates):
            then = next(one for one in history if one.as_of == day).scores().set_index("account_id")["health"]
            accounts = dates.index[dates == day]
            difference = ((now[accounts] - then[accounts]) * 10).round().astype(int)
            assert (moved.reindex(accounts).fillna(0) == difference).all()
            column = "change" if since == "previous" else f"change_{since}"
            assert np.allclose(told.loc[accounts, column] * 10, difference)


def test_the_ledgers_of_real_scores_add_up(followed: Followed, out: Path) -> None:
    adds_up(followed, scored_dates(out))
    assert set(followed.changes["since"]) == {"previous", "month"}
    assert "model" not in set(followed.changes["kind"])
    assert followed.result["said"] == []
    assert (followed.result["previous"], followed.result["week"]) == (DATES[1], None)


def test_every_decline_names_what_caused_it(followed: Followed) -> None:
    fell = followed.columns[followed.columns["change"] < 0]
    assert len(fell) > 30
    assert fell["change_reason"].str.match(r"^[a-z ]+ -\d+\.\d$").all()


def test_a_publication_holds_the_trend_and_the_ledger(out: Path, followed: Followed) -> None:
    published = out / "published" / (out / "published" / "CURRENT").read_text().strip()
    pd.testing.assert_frame_equal(pd.read_parquet(published / "changes.parquet"), followed.changes)
    assert (published / "changes.csv").is_file()
    scores = pd.read_parquet(published / "scores.parquet").set_index("account_id")
    told = followed.columns.set_index("account_id")
    pd.testing.assert_series_equal(scores.loc[told.index, "trend"], told["trend"])


def test_a_scale_that_is_anchored_anew_drops_nobody(
    company: Path, trained: TrainResult, out: Path, tmp_path: Path
) -> None:
    bundle = load(trained.bundle, threads=1)
    save(replace(bundle, scale=ScoreScale(40.0, bundle.scale.anchor_probability, 15.0)), tmp_path / "anew")
    own = Path(shutil.copytree(out, tmp_path / "out"))
    score(company, as_of=date(2025, 5, 2), model=tmp_path / "anew", out=own)
    history = scored_dates(own)
    found = follow(load_run(company, out=own), history)
    adds_up(found, history)
    rows = found.changes[found.changes["since"] == "previous"]
    by_model = rows[rows["kind"] == "model"].set_index("account_id")["points"]
    assert by_model.median() == pytest.approx(-15.0)
    before = follow(load_run(company, out=own), history[:-1]).columns.set_index("account_id")["trend_rules"]
    after = found.columns.set_index("account_id")["trend_rules"]
    newly = [name for name in after.index if "drop" in after[name].split(";") and not before.get(name, "")]
    assert len(newly) < 0.02 * len(after)
    assert any("another model or scale" in text for text in found.result["said"])


def test_features_computed_in_another_way_are_computed_again(
    company: Path, trained: TrainResult, out: Path, tmp_path: Path
) -> None:
    """A signal's label changes no value: computed again from the tables, everything is as it was."""
    text = amended(company.read_text(encoding="utf-8"), 'data = "data"', f'data = "{company.parent / "data"}"')
    path = tmp_path / "healthscore.toml"
    path.write_text(text + '\n[signals.usage]\nlabel = "things done"\n', encoding="utf-8")
    own = Path(shutil.copytree(out, tmp_path / "out"))
    score(path, as_of=date(2025, 5, 2), model=trained.bundle, out=own)
    run, history = load_run(path, out=own), scored_dates(own)
    lost = follow(run, history)
    assert set(lost.changes["kind"]) == {"unexplained"}
    assert any("computed in another way" in text for text in lost.result["said"])
    with open_tables(run) as tables:
        found = follow(run, history, tables)
    adds_up(lost, history)
    adds_up(found, history)
    assert set(found.changes["kind"]) <= {"component", "missing", "limit"}


def test_explain_tells_the_same_and_the_terminal_shows_it(
    company: Path, trained: TrainResult, followed: Followed, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    account = followed.columns.sort_values("change")["account_id"].iloc[0]
    change = explain(account, company, as_of=DATES[2], model=trained.bundle, out=out).result["change"]
    rows = followed.changes[(followed.changes["account_id"] == account) & (followed.changes["since"] == "previous")]
    told = {(row["kind"], row["component"]): row["points"] for row in change["rows"]}
    assert told == {(row["kind"], row["component"]): row["points"] for row in rows.to_dict("records")}
    told_first = followed.columns.set_index("account_id").loc[account, "change_reason"]
    assert change["first"] == told_first
    assert change["features"][0]["before"] != change["features"][0]["now"]
    show_change(change)
    show_movers(followed.result)
    shown = capsys.readouterr().out
    assert f"Why it changed: {change['points']:+.1f} points since 2025-04-01" in " ".join(shown.split())
    assert f"{account}   {told_first}" in shown


def test_the_first_score_of_an_account_has_no_change(company: Path, trained: TrainResult, out: Path) -> None:
    account = scored_dates(out)[0].scores(["account_id"])["account_id"].iloc[0]
    assert explain(account, company, as_of=DATES[0], model=trained.bundle, out=out).result["change"] is None


def test_by_a_scorecard_the_ledger_adds_up_too(company: Path, tmp_path: Path) -> None:
    for as_of in DATES[1:]:
        score(company, as_of=as_of, scorecard="seven_components", out=tmp_path)
    history = scored_dates(tmp_path, "score-seven_components")
    found = follow(load_run(company, out=tmp_path), history)
    adds_up(found, history)
    account = found.columns.sort_values("change")["account_id"].iloc[0]
    change = explain(account, company, as_of=DATES[2], scorecard="seven_components", out=tmp_path).result["change"]
    assert change["points"] == found.columns["change"].min()
    assert sum(round(row["points"] * 10) for row in change["rows"]) == round(change["points"] * 10)


def test_an_explanation_of_a_change_is_made_again_as_it_was(
    company: Path, trained: TrainResult, out: Path, followed: Followed, tmp_path: Path
) -> None:
    account = followed.columns.sort_values("change")["account_id"].iloc[0]
    own = Path(shutil.copytree(out, tmp_path / "out"))
    made = explain(account, company, as_of=DATES[2], model=trained.bundle, out=own)
    assert made.result["change"]["since"] == "2025-04-01"
    score(company, as_of=date(2025, 4, 15), model=trained.bundle, out=own, backfill=True)
    assert reproduce(made.directory).identical
    later = explain(account, company, as_of=DATES[2], model=trained.bundle, out=own)
    assert later.result["change"]["since"] == "2025-04-15"
    assert later.directory != made.directory
