"""The shipped runs on public data: the floors they must reach, the ceilings above which a leak is suspected, the traps.

Skipped, visibly, where the data are not there. A run takes a minute or two.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from healthscore.asof import day_of
from healthscore.config import Run, Tracking, load_run
from healthscore.evaluation.proportions import Estimate
from healthscore.outcomes.snapshots import Status
from healthscore.pipelines.build import Book, build_book
from healthscore.pipelines.diagnosis import calibration_section, prevalence_section
from healthscore.pipelines.judge import Judge
from healthscore.pipelines.progress import silent
from healthscore.pipelines.walk import walk
from healthscore.tables import open_tables

RESAMPLES = 200


@dataclass(frozen=True)
class Judged:
    """A shipped run with its verdict; `dropped` counts rows by source and rule, `facts` are asked of its tables."""

    run: Run
    book: Book
    judge: Judge
    dropped: dict[str, dict[str, int]]
    facts: list[dict[str, Any]]

    def figure(self, metric: str, model: str | None = None) -> Estimate:
        """A pooled figure of the chosen model, or of another."""
        return self.judge.resamples.interval(model or self.judge.chosen, metric)

    def estimate(self, metric: str) -> float:
        """A pooled figure of the chosen model, without its interval."""
        found = self.figure(metric).estimate
        assert found is not None
        return found

    def is_worse_than(self, rival: str) -> bool:
        """Whether the chosen model predicts worse than a rival by more than chance explains (log-loss, paired)."""
        difference = self.judge.resamples.interval(self.judge.chosen, "log_loss", minus=rival)
        assert difference.low is not None
        return difference.low > 0.0

    def is_purged(self) -> bool:
        """Whether every label that an origin learned from was final at that origin."""
        outcome = self.run.need_outcome()
        wait = outcome.gap_days + outcome.horizon_days + outcome.maturity
        last = [(day_of(date.fromisoformat(o["train"]["last"])), o["day"]) for o in self.judge.walk.origins]
        return all(trained + wait <= origin for trained, origin in last)


def judged(name: str, data: Path, out: Path, question: str = "SELECT 1") -> Judged:
    """Run the backtest of a shipped run, without its report; `question` is asked of its tables by `{source}`."""
    run = load_run(name, data=data, out=out)
    report = run.report.model_copy(update={"resamples": RESAMPLES})
    run = run.model_copy(update={"report": report, "tracking": Tracking(enabled=False)})
    with open_tables(run) as tables:
        book = build_book(run, tables)
        facts = tables.engine.query(question.format(**{source: tables.relation(source) for source in run.sources}))
        dropped = {source: dict(report.dropped) for source, report in tables.reports.items()}
        assert all(not report.quarantined for report in tables.reports.values())
    return Judged(run, book, Judge(book, walk(book, silent)), dropped, facts.to_pylist())


def between(figure: float, floor: float, ceiling: float) -> bool:
    """Whether a figure is as good as it must be, and not better than can be believed: that is a leak until shown."""
    return floor <= figure <= ceiling


# --- CDNOW -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cdnow(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    return judged("cdnow", real_data, tmp_path_factory.mktemp("cdnow"))


def test_cdnow_predicts_better_than_the_published_pareto_nbd(cdnow: Judged) -> None:
    # Pareto/NBD with its published parameters: AUC 0.7998, log-loss 0.4208.
    assert between(cdnow.estimate("auc"), 0.803, 0.83)
    assert between(-cdnow.estimate("log_loss"), -0.4208, -0.40)


def test_cdnow_is_not_worse_than_the_logistic(cdnow: Judged) -> None:
    assert not cdnow.is_worse_than("logistic")


def test_cdnow_is_judged_on_all_customers_by_what_1997_taught(cdnow: Judged) -> None:
    assert cdnow.judge.pooled()["n"] == cdnow.judge.pooled()["accounts"] == 23_570
    (origin,) = cdnow.judge.walk.origins
    assert origin["day"] == day_of(date(1998, 1, 1))
    assert origin["train"]["last"] < "1998"
    assert cdnow.is_purged()


def test_cdnow_does_not_learn_the_calendar(cdnow: Judged) -> None:
    assert not [feature.name for feature in cdnow.book.panel.features if "tenure" in feature.name]


# --- Online Retail II ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def retail(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    guests = "SELECT count(*) FILTER (WHERE account_id IS NULL) AS guests FROM {lines}"
    return judged("online_retail_ii", real_data, tmp_path_factory.mktemp("retail"), guests)


def test_online_retail_reaches_its_floor(retail: Judged) -> None:
    assert between(retail.estimate("auc"), 0.778, 0.81)
    assert between(-retail.estimate("log_loss"), -0.562, -0.53)


def test_online_retail_is_not_worse_than_the_logistic(retail: Judged) -> None:
    assert not retail.is_worse_than("logistic")


def test_online_retail_tells_that_the_rate_moved_with_the_season(retail: Judged) -> None:
    # Learned on June to March; from July to September fewer and fewer stay away for three months: Christmas is near.
    moved = prevalence_section(retail.judge)
    assert [origin["shifted"] for origin in moved["origins"]] == [False, True, True, True]
    assert "3 of 4 dates" in moved["sentence"]


def test_online_retail_no_calibration_of_past_dates_would_have_been_better(retail: Judged) -> None:
    # Each carries the level of autumn and winter into summer; the model's own map does not.
    section = calibration_section(retail.judge)
    assert section["n"] == len(retail.judge.y)
    assert all(other.low > 0.03 for other in section["others"].values())
    assert all(0.85 < origin["calibration_slope"].estimate < 1.2 for origin in section["origins"])


def test_online_retail_is_tested_on_four_months_and_learns_from_purged_ones(retail: Judged) -> None:
    assert [o["day"] for o in retail.judge.walk.origins] == [day_of(date(2011, month, 1)) for month in (6, 7, 8, 9)]
    assert retail.is_purged()
    assert {o["train"]["first"] for o in retail.judge.walk.origins} == {"2010-06-01"}
    assert max(o["train"]["last"] for o in retail.judge.walk.origins) == "2011-03-01"


def test_online_retail_leaves_the_overlap_of_the_sheets_and_the_guests_out(retail: Judged) -> None:
    # The publisher's figures: 22,523 lines stand in both sheets; guests have no customer id.
    assert retail.dropped["lines"] == {"where": 22_523, "anonymous": 235_287}
    assert retail.facts == [{"guests": 0}]


def test_online_retail_cancelling_is_not_buying(retail: Judged) -> None:
    assert retail.run.need_outcome().where == "units > 0"
    components = {f.component for f in retail.book.panel.features if f.signal == "returns"}
    assert components == {"returns"}


# --- OULAD -----------------------------------------------------------------------------------------------------------

AFTER_WITHDRAWAL = """
SELECT account_id, max("end") AS "end", count(*) FILTER (WHERE day >= "end") AS clicks_after
FROM {registrations} JOIN {clicks} USING (account_id)
WHERE exit_type = 'voluntary' GROUP BY account_id
"""


@pytest.fixture(scope="module")
def oulad(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    return judged("oulad", real_data, tmp_path_factory.mktemp("oulad"), AFTER_WITHDRAWAL)


def test_oulad_with_what_was_due_is_beyond_the_reference(oulad: Judged) -> None:
    assert 0.72 <= oulad.estimate("auc") <= 0.80, "far better than anybody has seen would be a leak"
    assert oulad.estimate("lift_10") >= 3.2


def test_oulad_is_clustered_by_student(oulad: Judged) -> None:
    accounts, students = len(oulad.book.accounts), oulad.book.accounts["person_id"].nunique()
    assert students < accounts
    judge = oulad.judge
    assert len(np.unique(judge.cluster)) < len(np.unique(judge.account))
    assert len(np.unique(oulad.book.cluster)) <= students


def test_oulad_learns_from_one_presentation_and_is_tested_on_others(oulad: Judged) -> None:
    segment = oulad.book.accounts["segment"].to_numpy()
    trained = [o["train"]["last"] for o in oulad.judge.walk.origins]
    learned = oulad.book.panel.day <= day_of(date.fromisoformat(max(trained)))
    assert set(segment[oulad.book.panel.account[learned]]) == {"BBB 2013B"}
    assert set(segment[oulad.judge.account]) == {"AAA 2013J", "AAA 2014J", "BBB 2013J"}
    assert oulad.is_purged()


def test_oulad_never_reads_the_final_result(oulad: Judged) -> None:
    assert "final_result" not in oulad.run.model_dump_json()


def test_oulad_clicks_after_a_withdrawal_are_seen_by_nobody(oulad: Judged) -> None:
    assert sum(row["clicks_after"] for row in oulad.facts) > 0  # else there is no trap
    ends = {row["account_id"]: row["end"] for row in oulad.facts}
    ids = oulad.book.accounts["account_id"].to_list()
    at_risk = oulad.book.snapshots.status == Status.AT_RISK
    for t, row in zip(oulad.book.snapshots.as_ofs, at_risk, strict=True):
        # Clicks are seen up to t: who withdrew before it is no longer scored.
        assert all(t <= ends.get(ids[account], t) for account in np.flatnonzero(row))
