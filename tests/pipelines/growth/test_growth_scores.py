"""Growth of a simulated company: the mirrored scale, what adds up, who is ready, and what nothing may change."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from company import copy_company, rewrite
from healthscore.models.bundle import load
from healthscore.pipelines.explain import explain
from healthscore.pipelines.growth.asked import Growing
from healthscore.pipelines.growth.learning import GROWTH, learn_growth
from healthscore.pipelines.growth.scoring import DRIVERS, NO_MODEL, READY
from healthscore.pipelines.progress import silent
from healthscore.pipelines.references import FILE
from healthscore.pipelines.registry.versions import BUNDLE
from healthscore.pipelines.score import ScoreResult, score
from healthscore.pipelines.train import TrainResult

AS_OF = date(2025, 5, 1)
COLUMNS = [
    *("growth", "growth_low", "growth_high", "growth_band", "growth_probability"),
    *("growth_drivers", "growth_reason", "ready_for_expansion"),
]


def with_growth(result: ScoreResult) -> pd.DataFrame:
    return result.scores[result.scores["growth"].notna()]


# --- the scale -------------------------------------------------------------------------------------------------------


def test_45_at_the_reference_rate_and_60_at_twice_the_odds(learned: TrainResult, rated: ScoreResult) -> None:
    reference = learned.result["growth"]["reference"]
    scale = load(learned.directory / GROWTH).scale
    odds = reference["rate"] / (1 - reference["rate"])
    found = [float(scale.score_of(odds * k / (1 + odds * k))) for k in (1, 2, 0.5)]
    assert found == pytest.approx([45.0, 60.0, 30.0], abs=1e-9)
    rows = with_growth(rated)
    told = rows["growth_probability"] / (1 - rows["growth_probability"])
    wanted = (45 + 15 * np.log2(told / odds)).clip(0, 100)
    assert (rows["growth"] - wanted).abs().max() <= 0.05 + 1e-9
    assert (
        rows["growth_band"] == np.select([rows["growth"] < 30, rows["growth"] < 60], ["low", "medium"], "high")
    ).all()


def test_the_interval_is_that_of_the_refits_and_holds_the_score(learned: TrainResult, rated: ScoreResult) -> None:
    bundle, rows = load(learned.directory / GROWTH), with_growth(rated).set_index("account_id")
    assert bundle.refits is not None
    X = pd.read_parquet(rated.directory / "features.parquet").set_index("account_id").loc[rows.index]
    spread = bundle.refits.held_logit(X.to_numpy(), list(X.columns)).std(axis=1, ddof=1)
    half = 2.262157 * spread  # of Student's distribution with 9 degrees of freedom, for 10 refits
    z = bundle.model.held_logit(X, list(X.columns))
    assert (rows["growth_low"] - bundle.scale.score(z - half)).abs().max() <= 0.05 + 1e-4
    assert (rows["growth_high"] - bundle.scale.score(z + half)).abs().max() <= 0.05 + 1e-4
    assert ((rows["growth_low"] <= rows["growth"]) & (rows["growth"] <= rows["growth_high"])).all()
    assert rated.scores.loc[rated.scores["growth"].isna(), ["growth_low", "growth_high"]].isna().to_numpy().all()


def test_points_of_growth_add_up_to_it(rated: ScoreResult) -> None:
    drivers = pd.read_parquet(rated.directory / DRIVERS)
    tenths = (drivers["points"] * 10).round().astype("int64")
    rows = with_growth(rated).set_index("account_id")
    whole = tenths[drivers["kind"] != "feature"].groupby(drivers["account_id"]).sum()
    wanted = (rows["growth"] * 10).round().astype("int64").sort_index()
    assert whole.to_dict() == wanted.to_dict()
    keys = [drivers["account_id"], drivers["component"]]
    features = tenths[drivers["kind"] == "feature"].groupby(keys).sum()
    assert features.to_dict() == tenths[drivers["kind"] == "component"].groupby(keys).sum().to_dict()


# --- who has one, and who is ready -----------------------------------------------------------------------------------


def test_an_account_in_its_first_90_days_has_none_with_the_reason(growing_company: Path, rated: ScoreResult) -> None:
    contracts = pd.read_parquet(growing_company.parent / "data" / "subscriptions.parquet")
    began = contracts.groupby("account_id")["start"].min()
    scored = rated.scores[rated.scores["status"] == "scored"].set_index("account_id")
    age = pd.Series({account: (AS_OF - began[account]).days for account in scored.index})
    new = scored[age < 90]
    assert len(new) > 0
    assert new["growth"].isna().all()
    assert set(new["growth_reason"]) == {"in its first 90 days"}
    old = scored[age >= 90]
    assert old["growth"].notna().all()
    assert set(old["growth_reason"]) == {""}
    rest = rated.scores[rated.scores["status"] != "scored"]
    assert (rest["growth_reason"] == rest["status"]).all()
    assert rest[["growth", "growth_band", "growth_probability"]].isna().to_numpy().all()
    assert rated.result["growth"]["accounts"] == len(old)
    assert sum(rated.result["growth"]["unscored"].values()) == len(new) + len(rest)


def test_ready_needs_both_and_a_growth_that_can_be_foretold(rated: ScoreResult) -> None:
    rows, shown = rated.scores, rated.result["growth"]["skill"]["shown"]
    both = (rows["band"] == "healthy") & (rows["growth_band"] == "high")
    assert rows["ready_for_expansion"].dtype == bool
    assert (rows["ready_for_expansion"] == (both.fillna(False) & shown)).all()
    assert rated.result["growth"]["ready"] == rows["ready_for_expansion"].sum()
    listed = pd.read_csv(rated.directory / READY)
    assert (
        listed["account_id"].to_list()
        == (
            rows[rows["ready_for_expansion"]].sort_values(["growth", "account_id"], ascending=[False, True])[
                "account_id"
            ]
        ).to_list()
    )


def test_growth_that_nothing_foretells_makes_nobody_ready(
    growing: Growing, growing_company: Path, learned: TrainResult, tmp_path: Path
) -> None:
    """Outcomes dealt out by lot within each date: the same company, in which expansion follows from nothing."""
    book, random = growing.book, np.random.default_rng(11)
    label = book.label.copy()
    for day in np.unique(book.panel.day):
        inside = np.flatnonzero(book.panel.day == day)
        label[inside] = random.permutation(label[inside])
    dealt = replace(growing, book=replace(book, label=label))
    found = learn_growth(dealt, {}, learned.result["identity"], silent)
    assert found.result is not None
    auc = found.result["skill"]["auc"]
    assert auc["low"] < 0.5 < auc["high"]
    assert not found.result["skill"]["shown"]
    assert len(found.warnings) == 1
    assert found.warnings[0].startswith("growth is not shown to be foretold: out of time its AUC is 0.")
    shutil.copytree(learned.bundle, tmp_path / BUNDLE)
    found.save(tmp_path)
    scored = score(growing_company, as_of=AS_OF, model=tmp_path / BUNDLE, out=tmp_path / "out")
    assert scored.scores["growth"].notna().any()
    assert not scored.scores["ready_for_expansion"].any()
    assert found.warnings[0] in scored.result["warnings"]
    assert len(pd.read_csv(scored.directory / READY)) == 0


def test_too_few_expansions_stop_nothing_and_say_so(growing: Growing) -> None:
    happened = np.flatnonzero(growing.book.label == 1)[:5]
    label = np.where(growing.book.label == 1, 0, growing.book.label).astype(np.int8)
    label[happened] = 1
    few = replace(growing, book=replace(growing.book, label=label))
    found = learn_growth(few, {}, "x", silent)
    accounts = len(np.unique(growing.book.panel.account[happened]))
    why = f"{accounts} different accounts expanded in the labelled history, and a model needs 20"
    assert (found.bundle, found.result, found.warnings) == (None, {"why": why}, [f"no growth score: {why}"])
    assert learn_growth(None, {}, "x", silent).beside({"warnings": ["w"]}) == {"warnings": ["w"], "growth": None}


def test_a_model_without_growth_scores_health_and_says_so(
    growing_company: Path, learned: TrainResult, rated: ScoreResult, tmp_path: Path
) -> None:
    shutil.copytree(learned.bundle, tmp_path / BUNDLE)
    found = score(growing_company, as_of=AS_OF, model=tmp_path / BUNDLE, out=tmp_path / "out")
    pd.testing.assert_series_equal(found.scores["health"], rated.scores["health"])
    assert found.scores.dtypes.to_dict() == rated.scores.dtypes.to_dict()
    assert found.scores[["growth", "growth_band"]].isna().to_numpy().all()
    assert NO_MODEL in set(found.scores["growth_reason"])
    assert not found.scores["ready_for_expansion"].any()
    assert found.result["growth"] is None
    assert any(
        text.startswith("no growth score: the model was trained without one") for text in found.result["warnings"]
    )


# --- what nothing may change -----------------------------------------------------------------------------------------


def test_rows_after_the_date_change_nothing(
    growing_company: Path, learned: TrainResult, rated: ScoreResult, tmp_path: Path
) -> None:
    def grown(rows: pd.DataFrame) -> pd.DataFrame:
        """Everybody still paying at the date pays threefold from then on."""
        open_then = (rows["start"] < AS_OF) & ~(rows["end"] <= AS_OF) & rows["notice_date"].isna()
        last = rows[open_then & (rows["status"] == "active")].drop_duplicates("account_id", keep="last")
        kept = rows[~((rows["start"] >= AS_OF) & rows["account_id"].isin(last["account_id"]))].copy()
        kept.loc[last.index, ["end", "exit_type", "merged_into"]] = [AS_OF, None, None]
        return pd.concat([kept, last.assign(start=AS_OF, end=None, mrr=3 * last["mrr"])], ignore_index=True)

    def busier(rows: pd.DataFrame) -> pd.DataFrame:
        later = rows[rows["time"] >= pd.Timestamp(AS_OF, tz="UTC")]
        return pd.concat([rows, later.assign(time=later["time"] + pd.Timedelta(seconds=1))], ignore_index=True)

    run = copy_company(growing_company, tmp_path)
    rewrite(run, "subscriptions.parquet", grown)
    rewrite(run, "events.parquet", busier)
    found = score(run, as_of=AS_OF, model=learned.bundle)
    pd.testing.assert_frame_equal(found.scores[["account_id", *COLUMNS]], rated.scores[["account_id", *COLUMNS]])
    for key in ("growth", "growth_segments", "references"):
        assert found.result[key] == rated.result[key]
    for name in (DRIVERS, READY, FILE):
        assert (found.directory / name).read_bytes() == (rated.directory / name).read_bytes()


def test_growth_of_an_account_does_not_depend_on_the_others(
    growing_company: Path, learned: TrainResult, rated: ScoreResult, tmp_path: Path
) -> None:
    kept = set(with_growth(rated)["account_id"].iloc[::7])
    run = copy_company(growing_company, tmp_path)
    for path in sorted((run.parent / "data").iterdir()):
        header = pd.read_csv(path, nrows=0) if path.suffix == ".csv" else pd.read_parquet(path)
        if path.suffix in (".csv", ".parquet") and "account_id" in header:
            rewrite(run, path.name, lambda rows: rows[rows["account_id"].isin(kept)])
    found = with_growth(score(run, as_of=AS_OF, model=learned.bundle)).set_index("account_id").sort_index()
    wanted = with_growth(rated).set_index("account_id").loc[found.index]
    assert set(found.index) == kept
    pd.testing.assert_frame_equal(found[COLUMNS], wanted[COLUMNS])


# --- files and explanation -------------------------------------------------------------------------------------------


def test_results_and_files_tell_of_growth(learned: TrainResult, rated: ScoreResult) -> None:
    assert {DRIVERS, READY, FILE} <= set(rated.result["files"])
    written = json.loads((rated.directory / "result.json").read_text(encoding="utf-8"))
    assert {"growth", "growth_segments", "references"} <= set(written)
    growth = written["growth"]
    assert growth["expected_expansions"] == pytest.approx(with_growth(rated)["growth_probability"].sum(), abs=1e-9)
    assert (
        growth["bands"] == with_growth(rated)["growth_band"].value_counts().reindex(growth["bands"]).fillna(0).to_dict()
    )
    assert growth["skill"] == learned.result["growth"]["skill"]
    segments = [one["segment"] for one in written["growth_segments"]["segments"]]
    assert sorted(segments) == ["enterprise", "mid", "smb"]
    ratios = [one["revenue_ratio"]["estimate"] for one in written["growth_segments"]["segments"]]
    assert ratios == sorted(ratios, reverse=True)
    assert (
        sum(one["accounts"] for one in written["growth_segments"]["segments"])
        == (written["growth_segments"]["book"]["accounts"])
    )


def test_references_are_healthy_old_and_pleased(rated: ScoreResult) -> None:
    listed = pd.read_csv(rated.directory / FILE)
    assert len(listed) == rated.result["references"]["accounts"] > 0
    assert (listed["health"] >= 85).all()
    assert (listed["tenure_days"] >= 365).all()
    answers = listed["survey"].dropna()
    assert len(answers) == rated.result["references"]["answered"] > 0
    assert set(answers.str.extract(r"^(\d+) points, the last")[0]) <= {"9", "10"}
    doubted = rated.scores.set_index("account_id").loc[listed["account_id"], "low_confidence"]
    assert set(doubted) <= {""}


def test_explain_shows_both_scores(growing_company: Path, learned: TrainResult, rated: ScoreResult) -> None:
    best = with_growth(rated).sort_values("growth").iloc[-1]
    found = explain(best["account_id"], growing_company, as_of=AS_OF, model=learned.bundle).result
    growth = found["growth"]
    assert (found["health"], growth["growth"]) == (best["health"], best["growth"])
    total = growth["base"] + sum(growth["components"].values()) + growth["capped"]
    assert round(total, 6) == growth["growth"]
    strengths = [abs(one["points"]) for one in growth["features"]]
    assert strengths == sorted(strengths, reverse=True)
    new = rated.scores[rated.scores["growth_reason"] == "in its first 90 days"]["account_id"].iloc[0]
    told = explain(new, growing_company, as_of=AS_OF, model=learned.bundle).result
    assert told["health"] is not None
    assert (told["growth"]["growth"], told["growth"]["reason"]) == (None, "in its first 90 days")
