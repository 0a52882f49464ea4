"""Trees grown by two processes: as good as those of one, additive by component, the same again; and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from healthscore.errors import ConfigurationError, WorkersError
from healthscore.evaluation.clustered import intervals
from healthscore.models.booster import BoosterPart
from healthscore.models.calibration import date_offsets
from healthscore.models.candidates import Candidates
from healthscore.models.churn import ChurnSettings, fit_candidates
from healthscore.models.churnmodel import ChurnModel
from healthscore.models.design import Flags, logit
from healthscore.models.distributed import Workers, regrown, workers_at

pytest.importorskip("distributed", reason="no Dask: training on workers is not tested")
DAYS = 10
SETTINGS = ChurnSettings(threads=1)


@dataclass(frozen=True)
class Fitted:
    """A book, its training rows, and the model of this process."""

    book: Any
    train: Flags
    candidates: Candidates

    @property
    def model(self) -> ChurnModel:
        return self.candidates.models["additive"]

    def spread(self, workers: Workers, chunks: int = 3) -> Workers:
        """The training rows given out to workers that keep nothing else yet, in chunks of accounts."""
        mine = Workers(workers.client, workers.addresses)
        book, account = self.book, np.repeat(np.arange(len(self.book.y) // DAYS), DAYS)
        y, day = book.y[self.train], book.day[self.train]
        start = np.full(len(book.y), np.nan)
        start[self.train] = logit(y.mean()) + date_offsets(y, day, SETTINGS.calibration)
        for part in np.array_split(np.unique(account), chunks):
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


@pytest.mark.parametrize("metric", ["log_loss", "auc"])
def test_two_processes_are_as_good_as_one(fitted: Fitted, distributed: ChurnModel, metric: str) -> None:
    later, names = fitted.book.where(~fitted.train), fitted.model.design.names
    accounts = np.repeat(np.arange(len(later.y) // 3), 3)
    ours, alone = distributed.probability(later.X, names), fitted.model.probability(later.X, names)
    told = intervals(later.y, {"two": ours, "one": alone}, accounts, [metric], resamples=300, seed=1)
    two, one = told["two"][metric].estimate, told["one"][metric]
    assert two is not None
    assert one.estimate is not None
    assert one.low is not None
    assert one.high is not None
    assert one.low < two < one.high
    assert abs(two - one.estimate) < 0.002
    assert _trees(distributed) != _trees(fitted.model)  # bins of each one's own rows


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
        empty.grow({}, [])


def test_what_fails_in_a_worker_is_told(fitted: Fitted, two: Workers) -> None:
    with pytest.raises(WorkersError, match="a worker failed: LightGBMError"):
        fitted.spread(two).grow({"objective": "nonsense", "verbosity": -1}, [])


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
