"""Trees grown by two processes: as good as those of one, additive by component, the same again; what fails is told."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from threading import Thread
from typing import Any

import numpy as np
import pytest

from healthscore.errors import ConfigurationError, WorkersError
from healthscore.evaluation.clustered import Estimate, paired_difference
from healthscore.models.booster import BoosterPart, BoosterSettings
from healthscore.models.calibration import date_offsets
from healthscore.models.candidates import Candidates
from healthscore.models.churn import ChurnSettings, fit_candidates
from healthscore.models.churnmodel import ChurnModel
from healthscore.models.design import Flags, logit
from healthscore.models.distributed import grow, regrown
from healthscore.models.walkforward import InnerSettings
from healthscore.models.workers import Workers, workers_at

pytest.importorskip("distributed", reason="no Dask: training on workers is not tested")
DAYS = 10
SETTINGS = ChurnSettings(
    booster=BoosterSettings().but({"count": 60}), inner=InnerSettings(maximum_origins=2), threads=1
)
MARGINS = {"log_loss": 0.0005, "auc": 0.001}
"""What differs by less is as good. That the difference is 0 is not asked: bins of other rows are another model, and an
interval that resamples accounts says how well its difference is known, however small that is."""


@dataclass(frozen=True)
class Fitted:
    """A book, its training rows, and the model of this process."""

    book: Any
    train: Flags
    candidates: Candidates

    @property
    def model(self) -> ChurnModel:
        return self.candidates.models["additive"]

    def spread(self, workers: Workers, *, every: int = 1) -> Workers:
        """The training rows of every so-manieth account, given out in three chunks to workers that keep nothing yet."""
        mine = Workers(workers.client, workers.addresses)
        book, account = self.book, np.repeat(np.arange(len(self.book.y) // DAYS), DAYS)
        y, day = book.y[self.train], book.day[self.train]
        start = np.full(len(book.y), np.nan)
        start[self.train] = logit(y.mean()) + date_offsets(y, day, SETTINGS.calibration)
        for part in np.array_split(np.unique(account)[::every], 3):
            rows = np.isin(account, part) & self.train
            mine.keep(book.X[rows], book.y[rows], start[rows], account[rows])
        return mine

    def grown(self, workers: Workers) -> ChurnModel:
        book, rows = self.book, self.train
        return regrown(self.model, self.candidates, book.X[rows], book.y[rows], book.day[rows], workers, SETTINGS)


@pytest.fixture(scope="module")
def fitted(books: Callable[..., Any]) -> Fitted:
    book = books(accounts=1500, days=DAYS, seed=4)
    train = book.day < 30 * (DAYS - 3)
    past = book.where(train)
    candidates = fit_candidates(
        book.design, past.X, past.y, past.day, past.known, seed=1, settings=SETTINGS,
        candidates=["additive"],
    )  # fmt: skip
    return Fitted(book, train, candidates)


@pytest.fixture(scope="module")
def two() -> Iterator[Workers]:
    with workers_at("local:2", threads=2) as workers:
        yield workers


@pytest.fixture(scope="module")
def distributed(fitted: Fitted, two: Workers) -> ChurnModel:
    return fitted.grown(fitted.spread(two))


def _trees(model: ChurnModel) -> tuple[str, ...]:
    (part,) = model.parts.values()
    assert isinstance(part, BoosterPart)
    return tuple(tree.body for tree in part.trees)


def _difference(fitted: Fitted, model: ChurnModel, metric: str) -> Estimate:
    """Of a model and that of this process on later dates, with its interval by account."""
    later, names = fitted.book.where(~fitted.train), fitted.model.design.names
    accounts = np.repeat(np.arange(len(later.y) // 3), 3)
    theirs, alone = model.probability(later.X, names), fitted.model.probability(later.X, names)
    return paired_difference(later.y, theirs, alone, accounts, metric, resamples=300, seed=1)


@pytest.mark.parametrize("metric", MARGINS)
def test_two_processes_are_as_good_as_one(fitted: Fitted, distributed: ChurnModel, metric: str) -> None:
    found = _difference(fitted, distributed, metric)
    assert found.low is not None
    assert found.high is not None
    assert -MARGINS[metric] < found.low <= found.high < MARGINS[metric]
    assert _trees(distributed) != _trees(fitted.model)  # bins of each one's own rows


def test_trees_of_half_the_accounts_are_not_as_good(fitted: Fitted, two: Workers) -> None:
    """The margins would notice that the rows of one of two processes were never used."""
    alone = Workers(two.client, two.addresses[:1])
    found = _difference(fitted, fitted.grown(fitted.spread(alone, every=2)), "log_loss")
    assert found.high is not None
    assert found.high > MARGINS["log_loss"], found


def test_every_tree_is_of_one_component_and_the_points_add_up(fitted: Fitted, distributed: ChurnModel) -> None:
    design, X = fitted.model.design, fitted.book.X
    (part,) = distributed.parts.values()
    assert isinstance(part, BoosterPart)
    assert {len(set(design.group_of[list(tree.columns)])) for tree in part.trees} == {1}
    shares = distributed.component_logit(X, design.names)
    np.testing.assert_allclose(
        distributed.intercept + shares.sum(axis=1), distributed.logit(X, design.names), atol=1e-9
    )


def test_declared_directions_hold(fitted: Fitted, distributed: ChurnModel) -> None:
    design, X = fitted.model.design, fitted.book.X[:300].copy()
    for column in np.flatnonzero(design.monotone):
        steps = np.repeat(X, 20, axis=0)
        steps[:, column] = np.tile(np.linspace(0, 60, 20), len(X))
        change = np.diff(distributed.logit(steps, design.names).reshape(len(X), 20), axis=1)
        assert (change * design.monotone[column] >= -1e-12).all()


def test_as_many_processes_with_the_same_rows_give_the_same_trees(
    fitted: Fitted, two: Workers, distributed: ChurnModel
) -> None:
    assert _trees(fitted.grown(fitted.spread(two))) == _trees(distributed)


def test_one_process_with_rows_in_their_order_grows_what_is_grown_here(fitted: Fitted, two: Workers) -> None:
    """Counting other columns' gains as 0 is the same as forbidding them."""
    alone = Workers(two.client, two.addresses[:1])
    assert _trees(fitted.grown(fitted.spread(alone))) == _trees(fitted.model)


def test_an_account_is_with_one_process_and_no_row_with_two(fitted: Fitted, two: Workers) -> None:
    spread = fitted.spread(two)
    assert sum(spread.rows) == fitted.train.sum()
    assert spread.rows == [int(fitted.train.sum()) // 2] * 2  # every second account
    assert spread.incomplete is not None
    np.testing.assert_array_equal(spread.incomplete, np.isnan(fitted.book.X[fitted.train]).any(axis=0))


def test_a_worker_without_rows_is_refused(fitted: Fitted, two: Workers) -> None:
    empty = Workers(two.client, two.addresses)
    empty.keep(fitted.book.X[:5], fitted.book.y[:5], np.zeros(5), np.zeros(5, np.int64))
    with pytest.raises(WorkersError, match="1 of 2 workers have no rows"):
        grow(empty, {}, [])


def test_what_fails_in_a_worker_is_told(fitted: Fitted, two: Workers) -> None:
    with pytest.raises(WorkersError, match="a worker failed: LightGBMError"):
        grow(fitted.spread(two), {"objective": "nonsense", "verbosity": -1}, [])


def _kill_while_it_grows(workers: Workers, address: str) -> None:
    process = workers.client.run(os.getpid, workers=[address])[address]
    while not any("_grow" in str(key) for key in workers.client.processing()[address]):
        time.sleep(0.1)
    time.sleep(1)
    os.kill(process, signal.SIGKILL)


def test_a_worker_that_dies_while_trees_grow_is_told_and_nobody_waits_for_it(
    fitted: Fitted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("healthscore.models.workers.GLANCE", 1)
    with workers_at("local:2", threads=2) as workers:
        spread, endless = fitted.spread(workers), [[1.0] * len(fitted.book.design.names)] * 20_000
        Thread(target=_kill_while_it_grows, args=(workers, workers.addresses[1]), daemon=True).start()
        with pytest.raises(WorkersError, match="a worker failed: "):
            grow(spread, {"objective": "binary", "verbosity": -1, "num_leaves": 4}, endless)
        with pytest.raises(WorkersError, match=f"{workers.addresses[1]} died, or cannot be reached"):
            fitted.spread(workers)


@pytest.mark.parametrize("address", ["local:", "local:0", "local:two"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationError, match="write it as local:2"), workers_at(address, threads=2):
        pass


def test_columns_that_are_complete_in_the_sample_alone_are_not_filled(fitted: Fitted, two: Workers) -> None:
    spread = fitted.spread(two)
    assert spread.incomplete is not None
    spread.incomplete = spread.incomplete | (np.arange(7) == 0)
    (part,) = fitted.grown(spread).parts.values()
    (before,) = fitted.model.parts.values()
    assert isinstance(part, BoosterPart)
    assert isinstance(before, BoosterPart)
    assert not np.isnan(before.observed[0])
    assert np.isnan(part.observed[0])
    assert replace(part, observed=before.observed).intercept == before.intercept
