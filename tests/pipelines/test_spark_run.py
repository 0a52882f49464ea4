"""A run on Spark gives the numbers of DuckDB: checks, features, outcomes, scores. Skipped, visibly, without Java.

What a cluster does that DuckDB does not is parted here in earnest: other processes of Python compute the panel and the
scores from what Spark sends them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from company import write_company
from healthscore.asof import day_of
from healthscore.config import Run, load_run
from healthscore.features import distributed
from healthscore.models.bundle import load
from healthscore.pipelines.modelscore import rate_by_model
from healthscore.pipelines.panel import _write
from healthscore.pipelines.progress import silent
from healthscore.pipelines.train import TrainResult
from healthscore.tables import Tables, open_tables
from spark_session import start_spark

ACCOUNTS = 60
KEYS = ["account_id", "as_of"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return load_run(write_company(tmp_path_factory.mktemp("small"), ACCOUNTS))


@pytest.fixture(scope="module")
def local(run: Run) -> Iterable[Tables]:
    with open_tables(run) as tables:
        yield tables


@pytest.fixture(scope="module")
def there(run: Run) -> Iterable[Tables]:
    start_spark()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distributed, "PART_ACCOUNTS", ACCOUNTS // 2)
        with open_tables(run.model_copy(update={"engine": "spark"})) as tables:
            yield tables


def test_every_row_of_every_source_is_accounted_for_alike(local: Tables, there: Tables) -> None:
    assert there.reports == local.reports
    assert there.findings == local.findings


def test_features_and_outcomes_are_the_same(run: Run, local: Tables, there: Tables, tmp_path: Path) -> None:
    written = {}
    for name, tables in (("local", local), ("there", there)):
        folder = tmp_path / name
        folder.mkdir()
        written[name] = _write(run, tables, folder, silent)
    assert written["there"] == written["local"]
    for file in ("features.parquet", "outcomes.parquet"):
        found, expected = (
            pd.read_parquet(tmp_path / name / file).sort_values(KEYS, ignore_index=True) for name in ("there", "local")
        )
        assert len(expected) > ACCOUNTS
        pd.testing.assert_frame_equal(found, expected, check_exact=True)


def test_scores_are_the_same_and_are_made_where_the_features_are(
    run: Run, local: Tables, there: Tables, trained: TrainResult
) -> None:
    as_of = max(run.as_of.dates) if run.as_of is not None else None
    assert as_of is not None
    bundle = load(trained.bundle)
    expected, found = (
        rate_by_model(run, tables, as_of, bundle, Path(trained.bundle), silent) for tables in (local, there)
    )
    assert found.book.panel.beside is not None
    assert expected.book.panel.beside is None
    assert found.book.snapshots.as_ofs == (day_of(as_of),)
    np.testing.assert_array_equal(found.book.panel.X, expected.book.panel.X)
    pd.testing.assert_frame_equal(found.scores, expected.scores, rtol=0, atol=1e-9)
    assert found.result == expected.result
