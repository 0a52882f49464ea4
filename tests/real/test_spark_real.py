"""Online Retail II on Spark: a million invoice lines, the numbers of DuckDB. Skipped without the data, or Java."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from healthscore.asof import day_of
from healthscore.config import AsOf, Run, Tracking, load_run
from healthscore.models.bundle import load
from healthscore.pipelines.build import Book, build_book
from healthscore.pipelines.modelscore import rate_by_model
from healthscore.pipelines.progress import silent
from healthscore.pipelines.train import train
from healthscore.tables import Tables, open_tables
from spark_session import start_spark

DATES = (date(2010, 9, 1), date(2011, 3, 1))
SCORED = date(2011, 6, 1)


@dataclass(frozen=True)
class Both:
    """The shipped run on this machine, and on Spark."""

    run: Run
    local: Tables
    there: Tables


@pytest.fixture(scope="module")
def both(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    start_spark(compiled=True)
    run = load_run("online_retail_ii", data=real_data, out=tmp_path_factory.mktemp("retail"))
    model = run.model.model_copy(update={"refits": 0})
    few = {"as_of": AsOf(dates=DATES), "split": None, "model": model, "tracking": Tracking(enabled=False)}
    run = run.model_copy(update=few)
    with ExitStack() as stack:
        tables = (stack.enter_context(open_tables(run.model_copy(update={"engine": e}))) for e in ("duckdb", "spark"))
        yield Both(run, *tables)


def test_every_row_is_accounted_for_alike(both: Both) -> None:
    assert both.there.reports == both.local.reports
    assert both.there.findings == both.local.findings
    assert both.local.reports["lines"].rows_in > 1_000_000


def test_features_and_outcomes_of_several_dates_are_the_same(both: Both) -> None:
    days = [day_of(as_of) for as_of in DATES]
    expected, found = (build_book(both.run, tables, days) for tables in (both.local, both.there))
    assert_same(found, expected)
    assert len(expected.label) > 1_000


def test_scores_are_the_same_and_are_made_where_the_features_are(both: Both) -> None:
    directory = Path(train(both.run).bundle)
    expected, found = (
        rate_by_model(both.run, tables, SCORED, load(directory), directory, silent)
        for tables in (both.local, both.there)
    )
    assert_same(found.book, expected.book)
    assert found.book.panel.beside is not None
    assert expected.book.panel.beside is None
    pd.testing.assert_frame_equal(found.scores, expected.scores, rtol=0, atol=1e-9)
    assert found.result == expected.result
    assert len(found.scores) > 1_000


def assert_same(found: Book, expected: Book) -> None:
    """Features within 1e-9, and whole numbers of them, rows and outcomes exactly."""
    assert [f.name for f in found.panel.features] == [f.name for f in expected.panel.features]
    np.testing.assert_array_equal(found.snapshots.label, expected.snapshots.label)
    np.testing.assert_array_equal(found.snapshots.status, expected.snapshots.status)
    np.testing.assert_array_equal(found.panel.account, expected.panel.account)
    np.testing.assert_allclose(found.panel.X, expected.panel.X, rtol=0, atol=1e-9)
    whole = (np.rint(expected.panel.X) == expected.panel.X).all(axis=0)  # counts: not even a rounding may differ
    np.testing.assert_array_equal(found.panel.X[:, whole], expected.panel.X[:, whole])
