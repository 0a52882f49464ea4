"""A panel that is computed in parts is bit by bit that of one machine."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from company import write_company
from healthscore.config import Run, load_run
from healthscore.features.distributed import DistributedPlan
from healthscore.features.panel import PanelPlan
from healthscore.features.ready import plan_panel
from healthscore.pipelines.build import account_ids, as_ofs_of, data_end_of
from healthscore.tables import ENGINES, Tables, open_tables
from parted_engine import PARTS, PartedDuckDB


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return load_run(write_company(tmp_path_factory.mktemp("company"), 200))


@pytest.fixture(scope="module")
def parted(run: Run) -> Iterable[Tables]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ENGINES, "duckdb", PartedDuckDB)
        tables = open_tables(run)
    with tables:
        yield tables


@pytest.fixture(scope="module")
def local(run: Run) -> Iterable[Tables]:
    with open_tables(run) as tables:
        yield tables


@pytest.fixture(scope="module")
def plans(run: Run, parted: Tables, local: Tables) -> tuple[DistributedPlan, PanelPlan]:
    book = account_ids(run, local), as_ofs_of(run, local), data_end_of(run, local)
    there, here = plan_panel(run, parted, *book), plan_panel(run, local, *book)
    assert isinstance(there, DistributedPlan)
    assert isinstance(here, PanelPlan)
    return there, here


def test_the_rows_that_a_panel_may_have_are_the_same(plans: tuple[DistributedPlan, PanelPlan]) -> None:
    there, here = plans
    assert here.seen().any()
    np.testing.assert_array_equal(there.seen(), here.seen())


def test_every_bit_of_every_feature_is_the_same(plans: tuple[DistributedPlan, PanelPlan]) -> None:
    there, here = plans
    rows = here.seen()
    made, expected = there.build(rows), here.build(rows)
    assert [feature.name for feature in made.features] == [feature.name for feature in expected.features]
    np.testing.assert_array_equal(made.account, expected.account)
    np.testing.assert_array_equal(made.day, expected.day)
    np.testing.assert_array_equal(made.X.view(np.int64), expected.X.view(np.int64))


def test_only_the_chosen_rows_are_computed(plans: tuple[DistributedPlan, PanelPlan]) -> None:
    there, here = plans
    rows = np.random.default_rng(1).random(here.seen().shape) < 0.1
    rows[0] = False
    chunks = list(there.chunks(rows))
    assert sum(len(chunk.X) for chunk in chunks) == rows.sum()
    assert len(chunks) >= PARTS


def test_a_panel_without_rows_is_one_part_of_none(plans: tuple[DistributedPlan, PanelPlan]) -> None:
    there, here = plans
    chunks = list(there.chunks(np.zeros_like(here.seen())))
    assert chunks
    assert all(chunk.X.shape == (0, len(there.features)) for chunk in chunks)


def test_what_is_computed_beside_the_features_keeps_their_order(run: Run, parted: Tables, local: Tables) -> None:
    book = account_ids(run, local), as_ofs_of(run, local), data_end_of(run, local)
    plan = DistributedPlan(run, parted, *book, beside=count_of_known)
    panel = plan.build(plan.seen())
    assert panel.beside is not None
    np.testing.assert_array_equal(panel.beside, count_of_known(panel.X))


def count_of_known(X: np.ndarray) -> np.ndarray:
    known: np.ndarray = (~np.isnan(X)).sum(axis=1, keepdims=True)
    return known.astype(np.float64)


def test_no_query_that_is_answered_once_grows_with_the_accounts(run: Run, parted: Tables, local: Tables) -> None:
    book = account_ids(run, local), as_ofs_of(run, local), data_end_of(run, local)
    plan = DistributedPlan(run, parted, *book)
    days = len(as_ofs_of(run, local))
    assert plan._there.answers
    assert plan._queries
    assert all(answer.num_rows < 100 * days for answer in plan._there.answers.values())
