"""Online Retail II in a real PostgreSQL: a million invoice lines, the numbers of DuckDB. Skipped without either."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from healthscore.asof import day_of
from healthscore.config import load_run
from healthscore.pipelines.build import build_book
from healthscore.tables import open_tables
from loaded_tables import ADDRESS, database, in_database
from postgres_server import running

DATES = (date(2010, 9, 1), date(2011, 6, 1))


def test_checks_features_and_outcomes_are_the_same(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = load_run("online_retail_ii", data=real_data, out=tmp_path)
    with running() as server:
        uri = database(server, "retail")
        monkeypatch.setenv(ADDRESS, uri)
        with open_tables(run) as local, open_tables(in_database(run, uri)) as there:
            for name, report in local.reports.items():
                other = there.reports[name]
                assert (other.rows_in, other.used, other.accounts) == (report.rows_in, report.used, report.accounts)
                assert (other.quarantined, other.dropped) == (report.quarantined, report.dropped)
                assert (other.first_day, other.last_day) == (report.first_day, report.last_day)
            assert local.reports["lines"].rows_in > 1_000_000
            days = [day_of(as_of) for as_of in DATES]
            expected, found = (
                build_book(tables_run, tables, days) for tables_run, tables in ((run, local), (run, there))
            )
    assert [f.name for f in found.panel.features] == [f.name for f in expected.panel.features]
    np.testing.assert_array_equal(found.snapshots.label, expected.snapshots.label)
    np.testing.assert_array_equal(found.snapshots.status, expected.snapshots.status)
    np.testing.assert_array_equal(found.panel.account, expected.panel.account)
    np.testing.assert_allclose(found.panel.X, expected.panel.X, rtol=0, atol=1e-9)
    whole = (np.rint(expected.panel.X) == expected.panel.X).all(axis=0)  # counts: not even a rounding may differ
    np.testing.assert_array_equal(found.panel.X[:, whole], expected.panel.X[:, whole])
    assert len(expected.label) > 1_000
