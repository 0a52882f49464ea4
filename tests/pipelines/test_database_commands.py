"""The other commands of a whole run, in a real PostgreSQL: leaks, backtest, explanation and audit as over files."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from company import write_company
from healthscore.config import Run, load_run
from healthscore.pipelines.audit import AuditResult, audit
from healthscore.pipelines.backtest import backtest
from healthscore.pipelines.check import check
from healthscore.pipelines.explain import Explanation, explain
from healthscore.pipelines.score import score_dates
from healthscore.pipelines.train import train
from loaded_tables import ADDRESS, database, in_database
from postgres_server import running

ACCOUNTS = 250
DATES = [date(2025, month, 1) for month in (1, 2, 4)]
OWN = {"identity", "directory", "fingerprint", "model", "publication", "source"}
"""What follows from whether the inputs are files or tables, at whatever depth of a result."""


@dataclass(frozen=True)
class Scored:
    """A run with a model and a history of scores."""

    run: Run
    bundle: str


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Run, Run]]:
    """The company's run over its files, and over typed tables of a database."""
    folder = tmp_path_factory.mktemp("company")
    run = load_run(write_company(folder, ACCOUNTS))
    model = run.model.model_copy(update={"refits": 0, "minimum_exits": 5})
    report = run.report.model_copy(update={"resamples": 100})
    run = run.model_copy(update={"model": model, "report": report})
    with running() as server, pytest.MonkeyPatch.context() as patch:
        uri = database(server, "company")
        patch.setenv(ADDRESS, uri)
        moved = in_database(run, uri)
        files, tables = (one.model_copy(update={"out": folder / one.engine}) for one in (run, moved))
        yield files, tables


@pytest.fixture(scope="module")
def scored(runs: tuple[Run, Run]) -> list[Scored]:
    made = [Scored(run, str(train(run).bundle)) for run in runs]
    for one in made:
        score_dates(one.run, as_of=DATES, model=one.bundle, backfill=True)
    return made


def test_leaks_are_looked_for_and_found_alike(runs: tuple[Run, Run]) -> None:
    """Rows of usage that came late, and the run does not say so: the column that tells it is found in both."""
    found: list[dict[str, Any]] = []
    for run in runs:
        usage = run.sources["usage"]
        said = {key: column for key, column in usage.columns.items() if key != "known_at"}
        forgetful = {**run.sources, "usage": usage.model_copy(update={"columns": said})}
        found.append(check(run.model_copy(update={"sources": forgetful}), leaks=True).result)
    assert differences(found[0], found[1]) == []
    assert [(leak["code"], leak["where"]) for leak in found[1]["leaks"]] == [("arrival", "usage.ingested_at")]
    assert found[1]["replay"]["cells"] > ACCOUNTS
    unasked = {said.partition(":")[0] for said in found[1]["checked"] if "not asked" in said}
    assert unasked <= {"single features"}, "these are of the panel alone, and need more exits than the company has"


def test_a_backtest_is_the_same(runs: tuple[Run, Run]) -> None:
    mine, theirs = (backtest(run) for run in runs)
    assert differences(mine.result, theirs.result) == []
    pd.testing.assert_frame_equal(theirs.predictions, mine.predictions, rtol=1e-9, atol=1e-9)
    assert len(mine.predictions) > ACCOUNTS


def test_an_explanation_is_the_same(scored: list[Scored]) -> None:
    frame = pd.read_parquet(next(Path(scored[0].run.out).rglob("scores.parquet")))
    account = str(frame.loc[frame["status"] == "scored", "account_id"].iloc[0])
    mine, theirs = (explained(one, account) for one in scored)
    assert differences(mine.result, theirs.result) == []
    pd.testing.assert_frame_equal(theirs.features, mine.features, rtol=1e-9, atol=1e-9)
    assert mine.result["change"] is not None


def explained(one: Scored, account: str) -> Explanation:
    return explain(account, one.run, as_of=DATES[-1], model=one.bundle)


def test_an_audit_is_the_same(scored: list[Scored]) -> None:
    mine, theirs = (audited(one) for one in scored)
    assert differences(mine.result, theirs.result) == []
    assert mine.tables.keys() == theirs.tables.keys()
    assert mine.result["verdict"]["verdict"]


def audited(one: Scored) -> AuditResult:
    return audit(one.run, as_of=date(2025, 7, 1))


def differences(mine: Any, theirs: Any, place: str = "") -> list[str]:
    """Where two results differ: texts, whole numbers and truths at all, others by more than 1e-9."""
    if isinstance(mine, dict) and isinstance(theirs, dict) and mine.keys() == theirs.keys():
        shared = [key for key in mine if key not in OWN]
        return [found for key in shared for found in differences(mine[key], theirs[key], f"{place}.{key}")]
    if isinstance(mine, list) and isinstance(theirs, list) and len(mine) == len(theirs):
        pairs = enumerate(zip(mine, theirs, strict=True))
        return [found for at, (one, other) in pairs for found in differences(one, other, f"{place}[{at}]")]
    if isinstance(mine, float) and isinstance(theirs, float):
        return [] if math.isclose(mine, theirs, rel_tol=1e-9, abs_tol=1e-9) else [f"{place}: {mine} {theirs}"]
    return [] if mine == theirs and type(mine) is type(theirs) else [f"{place}: {mine!r:.300} {theirs!r:.300}"]
