"""A run that predicts renewals: what it learns from, and how time to renewal enters probabilities and not scores."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from healthscore.config import load_run
from healthscore.errors import ConfigurationError
from healthscore.evaluation.folds import Fold
from healthscore.pipelines.build import Book, build_book
from healthscore.pipelines.check import check
from healthscore.pipelines.fitting import reference_rows
from healthscore.pipelines.score import ScoreResult, score
from healthscore.pipelines.train import TrainResult, train
from healthscore.pipelines.walk import folds_of, training_rows
from healthscore.tables import open_tables

ACCOUNTS = 400
FIRST, END = date(2023, 1, 1), date(2025, 6, 1)
AS_OF = date(2025, 1, 1)
RUN = """
name = "renewals"
data = "."
data_end = 2025-06-01
[as_of]
first = 2023-10-01
last = 2025-05-01
every = "month"
[sources.contracts]
contract = "subscriptions"
path = "contracts.parquet"
[sources.visits]
contract = "events"
path = "visits.parquet"
[features]
windows = [28, 84]
families = ["frequency", "recency"]
tenure = false
[signals.visits]
source = "visits"
component = "activity"
direction = "healthy"
[outcome]
kind = "non_renewal"
source = "contracts"
gap_days = 14
horizon_days = 200
grace_days = 30
[model]
minimum_exits = 20
choose = "additive"
[tracking]
enabled = false
"""


def write_company(folder: Path) -> Path:
    """Yearly terms; who hardly visits does not renew. Two accounts visit alike and are up for renewal apart."""
    rng = np.random.default_rng(4)
    terms, visits = [], []
    for n in range(ACCOUNTS):
        rate = rng.choice([0.02, 0.1, 0.4])
        start = FIRST + timedelta(days=int(rng.integers(0, 365)))
        while start < END:
            renewal = start + timedelta(days=365)
            lost = rng.random() < {0.02: 0.6, 0.1: 0.25, 0.4: 0.05}[float(rate)]
            terms.append((f"a{n}", start, renewal if lost or renewal < END else None, renewal))
            if lost:
                break
            start = renewal
        stop = min(terms[-1][2] or END, END)
        days = [FIRST + timedelta(days=int(d)) for d in np.flatnonzero(rng.random((END - FIRST).days) < rate)]
        visits += [(f"a{n}", day) for day in days if day < stop]
    for twin, begin in (("soon", date(2024, 2, 1)), ("later", date(2024, 6, 1))):
        terms.append((twin, begin, None, begin + timedelta(days=365)))
        visits += [(twin, date(2024, 9, 1) + timedelta(days=4 * k)) for k in range(30)]
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(terms, columns=["account_id", "start", "end", "renewal"]).to_parquet(folder / "contracts.parquet")
    pd.DataFrame(visits, columns=["account_id", "time"]).to_parquet(folder / "visits.parquet")
    (folder / "healthscore.toml").write_text(RUN, encoding="utf-8")
    return folder / "healthscore.toml"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_company(tmp_path_factory.mktemp("renewals"))


@pytest.fixture(scope="module")
def book(company: Path) -> Book:
    run = load_run(company)
    with open_tables(run) as tables:
        return build_book(run, tables)


@pytest.fixture(scope="module")
def trained(company: Path) -> TrainResult:
    return train(company)


@pytest.fixture(scope="module")
def scored(company: Path, trained: TrainResult) -> ScoreResult:
    return score(company, as_of=AS_OF, model=trained.bundle)


def test_a_fold_trains_on_the_rows_whose_renewal_was_known_at_its_origin_and_on_no_others(book: Book) -> None:
    folds = folds_of(book)
    assert folds
    partly = 0
    for fold in folds:
        rows = training_rows(book, fold)
        assert (book.known_from[rows] <= fold.test).all()
        assert (book.label[rows] >= 0).all()
        known = np.isin(book.panel.day, fold.train) & (book.label >= 0)
        partly += int(known.sum()) > len(rows)
    assert partly


def test_the_reference_is_the_last_date_that_is_known_in_full(book: Book) -> None:
    rows = np.flatnonzero(book.label >= 0)
    day = int(book.panel.day[reference_rows(book, rows)][0])
    later = book.panel.day > day
    assert (book.label[book.panel.day == day] != -1).all()
    for other in np.unique(book.panel.day[later]):
        assert (book.label[book.panel.day == other] == -1).any()
    last = Fold(test=int(book.panel.day.max()), train=tuple(np.unique(book.panel.day).tolist()))
    assert len(training_rows(book, last)) > 0


def test_time_to_renewal_is_a_feature_and_marked_as_context(book: Book, trained: TrainResult) -> None:
    assert [feature.name for feature in book.panel.features if feature.context] == ["days_to_renewal"]
    days = book.panel.X[:, -1]
    assert (days.min(), days.max()) == (14, 213)
    assert "in the probability, not in the score" in (trained.directory / "dictionary.md").read_text(encoding="utf-8")


def test_accounts_equal_but_for_the_time_to_their_renewal_score_alike_and_differ_in_probability(
    scored: ScoreResult,
) -> None:
    soon, later = (scored.scores.set_index("account_id").loc[twin] for twin in ("soon", "later"))
    assert soon["health"] == later["health"]
    assert (soon["band"], soon["rank"], soon["drivers_down"]) == (later["band"], later["rank"], later["drivers_down"])
    assert soon["probability"] != later["probability"]


def test_time_to_renewal_earns_no_points_and_the_others_add_up_exactly(scored: ScoreResult) -> None:
    rated = scored.scores[scored.scores["status"] == "scored"]
    points = rated.filter(like="points_")
    assert (rated["points_renewal"] == 0).all()
    assert np.array_equal(np.rint(10 * points.sum(axis=1)), np.rint(10 * rated["health"]))
    told = scored.scores["drivers_down"].fillna("") + scored.scores["drivers_up"].fillna("")
    assert not told.str.contains("renewal").any()
    values = scored.drivers[scored.drivers["feature"] == "days_to_renewal"]
    assert values["points"].eq(0).all()
    assert values["value"].between(14, 213).all()


def test_a_gain_makes_no_health_score(company: Path, tmp_path: Path) -> None:
    growing = company.read_text(encoding="utf-8").replace('kind = "non_renewal"', 'kind = "expansion"')
    path = company.with_name("growth.toml")
    path.write_text(growing, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="expansion is a gain") as raised:
        score(path, as_of=AS_OF, out=tmp_path)
    assert "backtest" in raised.value.remedy


def test_a_date_of_which_little_is_known_yet_warns_of_nothing(company: Path) -> None:
    result = check(company).result
    partly = [row for row in result["base_rates"] if row["immature"] and row["rate"] is not None]
    assert partly
    assert not [text for text in result["warnings"] if "jumps" in text or "more than half" in text]
