"""Online Retail II on Spark: a million invoice lines, the numbers of DuckDB. Skipped without the data, or Java."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from healthscore.asof import day_of
from healthscore.config import load_run
from healthscore.pipelines.build import build_book
from healthscore.tables import open_tables
from spark_session import start_spark

pytestmark = pytest.mark.skipif(
    "HEALTHSCORE_SPARK" not in os.environ, reason="minutes of Spark: set HEALTHSCORE_SPARK to run them"
)

DATES = (date(2010, 9, 1), date(2011, 6, 1))


def test_checks_features_and_outcomes_are_the_same(real_data: Path, tmp_path: Path) -> None:
    start_spark()
    run = load_run("online_retail_ii", data=real_data, out=tmp_path)
    with open_tables(run) as local, open_tables(run.model_copy(update={"engine": "spark"})) as there:
        assert there.reports == local.reports
        assert local.reports["lines"].rows_in > 1_000_000
        expected, found = (build_book(run, tables, [day_of(as_of) for as_of in DATES]) for tables in (local, there))
    assert [f.name for f in found.panel.features] == [f.name for f in expected.panel.features]
    np.testing.assert_array_equal(found.snapshots.label, expected.snapshots.label)
    np.testing.assert_array_equal(found.snapshots.status, expected.snapshots.status)
    np.testing.assert_array_equal(found.panel.account, expected.panel.account)
    np.testing.assert_allclose(found.panel.X, expected.panel.X, rtol=0, atol=1e-9)
    whole = (np.rint(expected.panel.X) == expected.panel.X).all(axis=0)  # counts: not even a rounding may differ
    np.testing.assert_array_equal(found.panel.X[:, whole], expected.panel.X[:, whole])
    assert len(expected.label) > 1_000
