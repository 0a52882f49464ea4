"""The audit of a simulated company: its figures against the planted truth, its verdict, and what it writes."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Any

import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from company import copy_company
from displayed import said
from healthscore.errors import InputError, InsufficientDataError
from healthscore.pipelines.audit import AuditResult, audit
from healthscore.pipelines.publication.history import scored_dates
from healthscore.pipelines.score import score_dates
from healthscore.pipelines.train import TrainResult

DATES = [date(2024, month, 1) for month in (9, 10, 12)] + [date(2025, month, 1) for month in (2, 4, 5)]
KNOWN = DATES[:-1]
"""Dates whose window, with its days of grace, is over at the data end."""
CARD_DATES = [date(2024, 12, 1), date(2025, 2, 1)]
SOURCES = """
[sources.interventions]
path = "interventions.parquet"
contract = "interventions"

[sources.opinions]
path = "opinions.csv"
contract = "overrides"

[outcome]"""


@pytest.fixture(scope="module")
def run(company: Path, trained: TrainResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company with interventions and overrides, and a history of scores by a model and by a scorecard."""
    home = tmp_path_factory.mktemp("audited")
    path = copy_company(company, home, "\n[outcome]", SOURCES)
    write_opinions(home / "data" / "opinions.csv", company.parent / "truth")
    score_dates(path, as_of=DATES, model=trained.bundle, backfill=True)
    score_dates(path, as_of=CARD_DATES, scorecard="seven_components", backfill=True)
    return path


def write_opinions(path: Path, truth: Path) -> None:
    """A clairvoyant's overrides of December: who will leave is at risk, and as many who stay are healthy."""
    fates = planted(truth)
    fates = fates[fates["as_of"] == date(2024, 12, 1)]
    left = fates.loc[fates["left"] == 1, "account_id"].tolist()
    stayed = fates.loc[fates["left"] == 0, "account_id"].tolist()[: len(left)]
    rows = [(account, "at risk") for account in left] + [(account, "healthy") for account in stayed]
    frame = pd.DataFrame(rows, columns=["account_id", "band"])
    frame.assign(author="Ana", reason="a feeling", made_on="2024-11-20", expires_on="2024-12-15").to_csv(
        path, index=False
    )


def planted(truth: Path) -> pd.DataFrame:
    """What became of every account at every month, as the simulator knows it."""
    return pd.read_parquet(truth / "truth_subscores.parquet")[["account_id", "as_of", "left"]]


@pytest.fixture(scope="module")
def audited(run: Path) -> AuditResult:
    return audit(run)


@pytest.fixture(scope="module")
def result(audited: AuditResult) -> dict[str, Any]:
    return audited.result


def test_outcomes_are_those_that_were_planted(run: Path, company: Path, result: dict[str, Any]) -> None:
    """AUC, exits and dates follow from the published tables and the simulator's truth, by other code."""
    out = run.parent / "healthscore-out" / "saas"
    published = pd.concat([one.scores() for one in scored_dates(out)])
    joined = published[published["status"] == "scored"].merge(
        planted(company.parent / "truth"), on=["account_id", "as_of"]
    )
    joined = joined[joined["left"].notna() & joined["as_of"].isin(KNOWN)]
    by_date = {row["as_of"]: row["events"] for row in result["needs"]["dates"]}
    for day in KNOWN:
        assert by_date[day.isoformat()] == (joined.loc[joined["as_of"] == day, "left"] == 1).sum()
    auc = roc_auc_score(joined["left"], joined["probability"])
    # The simulator calls the fate of a few accounts unknown that left for other reasons outside of the window.
    assert result["pooled"]["n"] == pytest.approx(len(joined), rel=0.005)
    assert result["pooled"]["models"]["score"]["auc"]["estimate"] == pytest.approx(auc, abs=0.002)


def test_what_is_not_known_yet_is_promised_and_not_judged(result: dict[str, Any]) -> None:
    newest = result["needs"]["dates"][-1]
    assert (newest["as_of"], newest["known"], newest["events"]) == ("2025-05-01", 0, 0)
    (open_date,) = result["promised"]["open"]
    assert open_date["as_of"] == "2025-05-01"
    assert open_date["exits"]["low"] <= open_date["exits"]["estimate"] <= open_date["exits"]["high"]


def test_the_verdict_is_one_of_four_with_reasons(result: dict[str, Any]) -> None:
    verdict = result["verdict"]
    assert verdict["verdict"] in {"keep", "recalibrate", "retrain", "do not trust"}
    assert verdict["judged"]
    assert verdict["reasons"]
    assert {test["name"] for test in result["evidence"]["tests"]} == {"level", "slope", "components"}


def test_a_notebook_shows_the_verdict_and_the_bands(audited: AuditResult) -> None:
    shown = said(audited)
    verdict = audited.result["verdict"]
    assert verdict["headline"] in shown
    assert all(reason in shown for reason in verdict["reasons"])
    assert all(band["name"] in shown for band in audited.result["bands"])


def test_bands_are_held_against_what_they_meant(result: dict[str, Any]) -> None:
    worst = result["bands"][0]
    assert worst["name"] == "at risk"
    assert worst["meant"][0] < worst["meant"][1]
    assert worst["rate"]["estimate"] > result["bands"][-1]["rate"]["estimate"]


def test_the_scorecard_is_compared_on_the_same_rows(result: dict[str, Any]) -> None:
    card = result["scorecard"]
    assert card["name"] == "seven_components"
    shared = [row for row in result["needs"]["dates"] if row["as_of"] in {day.isoformat() for day in CARD_DATES}]
    assert 0.9 * sum(row["known"] for row in shared) <= card["n"] <= sum(row["known"] for row in shared)
    model, other = (card["models"][name]["auc"]["estimate"] for name in ("score", "scorecard"))
    assert card["difference"]["auc"]["estimate"] == pytest.approx(model - other)


def test_a_clairvoyant_was_right(result: dict[str, Any]) -> None:
    overrides = result["overrides"]
    assert overrides["right"] == "person"
    assert overrides["log_loss"]["high"] < 0
    rates = {group["direction"]: group["rate"]["estimate"] for group in overrides["groups"]}
    assert (rates["healthier"], rates["less healthy"]) == (0.0, 1.0)


def test_treated_and_untreated_are_apart(result: dict[str, Any]) -> None:
    groups = {group["group"]: group for group in result["interventions"]["groups"]}
    assert {"treated", "untreated"} <= set(groups)
    assert sum(group["n"] for group in groups.values()) == result["pooled"]["n"]
    assert result["interventions"]["by_lot"] is None or result["interventions"]["by_lot"]["both"] == 0
    sizes = [one["held_out"] for one in result["holdout"]["sizes"] if one["held_out"]]
    assert sizes == sorted(sizes, reverse=True)


def test_what_leavers_had_in_common_is_what_was_planted(result: dict[str, Any]) -> None:
    shown = [row["name"] for row in result["leavers"]["components"] if row["shown"]]
    assert shown[0] in {"activity", "adoption"}
    assert all(row["more"]["estimate"] < 0.5 for row in result["leavers"]["components"] if row["shown"])
    assert result["leavers"]["sentences"]
    assert 0 <= result["never_red"]["rate"]["estimate"] <= 1


def test_a_history_has_moved_where_it_had_to(result: dict[str, Any]) -> None:
    """Accounts grow older: half a year of tenure is a move that everybody made, and no verdict."""
    drift = result["drift"]
    assert (drift["then"], drift["now"]) == ("2024-09-01", "2025-05-01")
    assert drift["tested"] > 50
    assert drift["moved"] == sum(row["shown"] for row in drift["features"])


def test_every_source_says_when_it_last_spoke(result: dict[str, Any]) -> None:
    sources = {one["name"]: one for one in result["sources"]}
    assert sources["usage"]["last"] == "2025-04-30"
    assert sources["usage"]["covered"] > 0.9
    assert not any(one["stale"] for one in sources.values())


def test_the_directory_holds_the_result_the_report_and_the_tables(audited: AuditResult) -> None:
    names = {path.name for path in audited.directory.iterdir()}
    assert {"result.json", "report.html", "run.json", "manifest.json", "dates.csv", "drift.csv", "sources.csv"} <= names
    stored = json.loads((audited.directory / "result.json").read_text(encoding="utf-8"))
    assert stored | {"directory": str(audited.directory)} == audited.result
    html = (audited.directory / "report.html").read_text(encoding="utf-8")
    assert audited.result["verdict"]["headline"] in html
    assert "Content-Security-Policy" in html


def test_the_same_audit_again_is_the_same(run: Path, audited: AuditResult) -> None:
    again = audit(run)
    assert again.directory == audited.directory
    assert again.result == audited.result


def test_scores_may_lie_elsewhere(run: Path, audited: AuditResult, tmp_path: Path) -> None:
    """As when an audit is made again from its record."""
    again = audit(run, as_of=date(2025, 7, 1), published=run.parent / "healthscore-out" / "saas", out=tmp_path)
    assert again.result | {"directory": ""} == audited.result | {"directory": ""}
    assert again.directory.is_relative_to(tmp_path)


def test_the_last_audit_stands_beside_this_one(run: Path, audited: AuditResult, tmp_path: Path) -> None:
    earlier = audit(run, as_of=date(2025, 4, 15))
    assert earlier.result["needs"]["dates"][-1]["as_of"] == "2025-04-01"
    assert earlier.result["pooled"]["n"] < audited.result["pooled"]["n"]
    assert earlier.result["previous"] is None
    now = audit(run)
    before = now.result["previous"]
    assert (before["as_of"], before["verdict"]) == ("2025-04-15", earlier.verdict)
    figures = {one["key"]: one for one in before["figures"]}
    assert figures["auc"]["then"] == earlier.result["pooled"]["models"]["score"]["auc"]
    assert figures["auc"]["now"] == now.result["pooled"]["models"]["score"]["auc"]


def test_before_anything_is_known_nothing_is_judged(run: Path) -> None:
    early = audit(run, as_of=date(2024, 10, 15)).result
    assert (early["verdict"]["verdict"], early["verdict"]["judged"], early["verdict"]["exit_code"]) == (
        "keep",
        False,
        0,
    )
    assert early["pooled"] is None
    assert len(early["promised"]["open"]) == 2


def test_a_history_scored_afterwards_is_not_taken_for_a_test(run: Path, trained: TrainResult, tmp_path: Path) -> None:
    """All dates here lie before the last outcome that the model had learned; its training says so."""
    out = tmp_path / "out"
    copytree(run.parent / "healthscore-out" / "saas", out, ignore=ignore_patterns("audit*"))
    copytree(trained.bundle.parent, out / "train" / trained.bundle.parent.name)
    found = audit(run, out=out).result
    assert found["hindsight"]["rows"] == found["pooled"]["n"]
    assert found["hindsight"]["exits"] == 0
    assert (found["verdict"]["verdict"], found["verdict"]["judged"]) == ("keep", False)
    assert found["hindsight"]["known_until"] in found["verdict"]["reasons"][1]


def test_nothing_published_is_nothing_to_audit(run: Path, tmp_path: Path) -> None:
    with pytest.raises(InsufficientDataError, match="nothing was published") as refused:
        audit(run, out=tmp_path)
    assert refused.value.exit_code == 3
    with pytest.raises(InsufficientDataError, match="nothing was published"):
        audit(run, as_of=date(2024, 1, 1))


def test_a_strange_arm_is_refused(run: Path) -> None:
    text = run.read_text(encoding="utf-8")
    strange = run.parent / "strange.toml"
    strange.write_text(
        text.replace('contract = "interventions"', 'contract = "interventions"\ncolumns = { arm = "\'b\'" }')
    )
    with pytest.raises(InputError, match="of the arm 'b'"):
        audit(strange)
