"""The simulated company in a real PostgreSQL: check, panel, model and scores equal those over its files, and the
password of the database is in nothing that is written or said."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from company import write_company
from healthscore.config import Run, load_run
from healthscore.pipelines.check import check
from healthscore.pipelines.panel import panel
from healthscore.pipelines.score import score
from healthscore.pipelines.train import train
from loaded_tables import ADDRESS, database, in_database
from postgres_server import PASSWORD, running

ACCOUNTS = 250
FEWER = {"refits": 0}


@dataclass(frozen=True)
class Both:
    """The company's run over its files, and over tables of a database."""

    files: Run
    tables: Run


@pytest.fixture(scope="module", params=["typed", "texts"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """Columns of the company's CSV files have their types in the database, or are texts there too."""
    folder = tmp_path_factory.mktemp("company")
    run = load_run(write_company(folder, ACCOUNTS))
    run = run.model_copy(update={"model": run.model.model_copy(update=FEWER)})
    with running() as server, pytest.MonkeyPatch.context() as patch:
        uri = database(server, "company")
        patch.setenv(ADDRESS, uri)
        moved = in_database(run, uri, typed=request.param == "typed")
        yield Both(
            run.model_copy(update={"out": folder / "of files"}), moved.model_copy(update={"out": folder / "of tables"})
        )


def test_the_check_says_the_same(both: Both) -> None:
    found: list[dict[str, Any]] = [check(run).result for run in (both.files, both.tables)]
    reports = [{name: _told(source) for name, source in result["sources"].items()} for result in found]
    assert reports[1] == reports[0]
    faults = [[(f["source"], f["code"], f["severity"], f["count"]) for f in result["faults"]] for result in found]
    assert faults[1] == faults[0]


def _told(source: dict[str, Any]) -> dict[str, Any]:
    """A source's report without what tells files from tables."""
    return {key: value for key, value in source.items() if key not in ("fingerprint", "findings", "files", "path")}


def test_the_panel_is_the_same(both: Both) -> None:
    mine, theirs = (pd.read_parquet(panel(run).directory / "features.parquet") for run in (both.files, both.tables))
    assert len(mine)
    assert_same(mine, theirs)


@pytest.mark.parametrize("both", ["typed"], indirect=True)
def test_model_and_scores_are_the_same(both: Both, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    scored = []
    for run in (both.files, both.tables):
        train(run)
        found = pd.read_parquet(score(run, as_of=date(2025, 6, 1)).directory / "scores.parquet")
        scored.append(found.drop(columns="model"))  # its identity follows from its inputs, which are files or tables
    assert len(scored[0])
    assert_same(*scored)
    assert told(both.tables.out) == []
    assert PASSWORD not in caplog.text


def assert_same(mine: pd.DataFrame, theirs: pd.DataFrame) -> None:
    """Whole numbers, texts and dates exactly; others within 1e-9."""
    assert list(mine) == list(theirs)
    for column in mine:
        one, other = mine[column], theirs[column]
        if one.dtype.kind == "f":
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9, err_msg=str(column))
        else:
            assert one.astype(str).equals(other.astype(str)), column


def told(out: Path) -> list[str]:
    """Files that hold the database's password, or its address."""
    secrets = [secret.encode() for secret in (PASSWORD, os.environ[ADDRESS])]
    files = [path for path in out.rglob("*") if path.is_file()]
    assert files
    return [str(path) for path in files if any(secret in path.read_bytes() for secret in secrets)]
