"""The ledger of a change (T26): exact on more than 10,000 random accounts, and against an oracle in plain loops."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from healthscore.models.churn import ChurnSettings, fit_churn
from healthscore.models.churnmodel import ChurnModel
from healthscore.models.design import Integers, Matrix
from healthscore.models.drivers import component_drivers
from healthscore.models.health import ScoreScale, tenths
from healthscore.models.ledger import Apart, Ledger, Scoring, change_ledger

ACCOUNTS = 12_000


def scoring(model: ChurnModel, scale: ScoreScale) -> Scoring:
    def apart(X: Matrix, rows: Integers) -> Apart:
        made = component_drivers(model, scale, model.component_logit(X, model.design.names))
        return Apart(made.base, made.points, made.capped)

    return apart


def published(apart: Apart) -> Integers:
    return tenths(apart.uncapped + apart.capped)


@pytest.fixture(scope="module")
def later(model: ChurnModel, book: Any) -> Scoring:
    frozen = model.frozen(book.X, book.y, model.design.names)
    assert frozen.reference is not None
    return scoring(frozen, ScoreScale.relative(frozen.reference.rate))


@pytest.fixture(scope="module")
def earlier(books: Callable[..., Any], settings: ChurnSettings) -> Scoring:
    book = books(400, 6, seed=9, base=-1.5)
    model = fit_churn(book.design, book.X, book.y, day=book.day, known=book.known, seed=2, settings=settings)
    frozen = model.frozen(book.X, book.y, model.design.names)
    return scoring(frozen, ScoreScale(60.0, 0.3, 25.0))  # steep: many scores lie at the ends of the scale


@pytest.fixture(scope="module")
def dates(books: Callable[..., Any]) -> tuple[Matrix, Matrix]:
    """Features of the accounts at two dates: much is the same, some values vanish or appear, some accounts vanish."""
    generator = np.random.default_rng(4)
    x1, x2 = books(ACCOUNTS, 1, seed=5).X, books(ACCOUNTS, 1, seed=6).X
    x2 = np.where(generator.random(x2.shape) < 0.5, x1, x2)
    for x in (x1, x2):
        x[generator.random(x.shape) < 0.08] = np.nan
    x2[:500] = x1[:500]
    x1[500:520] = np.nan
    return x1, x2


def loops(later: Scoring, x1: Matrix, x2: Matrix, shown1: Integers, shown2: Integers) -> list[list[float]]:
    """Exact rows of every account, by the formula of the method, number by number."""
    first, last = [list(row) for row in x1.tolist()], [list(row) for row in x2.tolist()]
    for mine, other in zip(first, last, strict=True):
        for column in range(len(mine)):
            if math.isnan(mine[column]) or math.isnan(other[column]):
                mine[column] = other[column] = math.nan
    everyone = np.arange(len(x1))
    made = [later(np.array(x, float), everyone) for x in (x1, x2, first, last)]
    found = []
    for account in range(len(x1)):
        p1, p2, p1_star, p2_star = (apart.points[account].tolist() for apart in made)
        behaviour = [b - a for a, b in zip(p1_star, p2_star, strict=True)]
        missing = (sum(p1_star) - sum(p1)) + (sum(p2) - sum(p2_star))
        score = made[0].base + sum(p1) + made[0].capped[account]
        model = score - (score if math.floor(score * 10 + 0.5) == shown1[account] else shown1[account] / 10)
        found.append([*behaviour, missing, model, made[1].capped[account] - made[0].capped[account]])
    return found


def test_every_row_is_what_plain_loops_find(later: Scoring, earlier: Scoring, dates: tuple[Matrix, Matrix]) -> None:
    x1, x2 = dates
    everyone = np.arange(len(x1))
    shown1, shown2 = published(earlier(x1, everyone)), published(later(x2, everyone))
    ledger = change_ledger(later, later, x1, x2, shown1, shown2)
    np.testing.assert_allclose(ledger.exact, loops(later, x1, x2, shown1, shown2), rtol=0, atol=1e-8)
    exactly_adds_up(ledger, shown1, shown2)
    assert (ledger.exact[:, -1] != 0).any()
    assert (ledger.shown[:, -2] != 0).mean() > 0.8


def test_by_one_model_the_row_of_the_model_is_nothing(later: Scoring, dates: tuple[Matrix, Matrix]) -> None:
    x1, x2 = dates
    everyone = np.arange(len(x1))
    shown1, shown2 = published(later(x1, everyone)), published(later(x2, everyone))
    ledger = change_ledger(later, later, x1, x2, shown1, shown2)
    exactly_adds_up(ledger, shown1, shown2)
    assert not ledger.shown[:, -2].any()
    assert not ledger.shown[:500].any()  # nothing moved


def exactly_adds_up(ledger: Ledger, shown1: Integers, shown2: Integers) -> None:
    assert len(ledger.shown) >= 10_000
    for row, before, after in zip(ledger.shown.tolist(), shown1.tolist(), shown2.tolist(), strict=True):
        assert sum(row) == after - before
    low, high = np.floor(ledger.exact * 10 - 1e-6), np.ceil(ledger.exact * 10 + 1e-6)
    assert ((ledger.shown >= low) & (ledger.shown <= high)).all()
    assert not ledger.shown[ledger.exact == 0].any()


def test_a_component_whose_features_are_the_same_has_no_row(later: Scoring, dates: tuple[Matrix, Matrix]) -> None:
    x1, x2 = dates
    x2 = x2.copy()
    x2[:, :2] = x1[:, :2]  # activity
    everyone = np.arange(len(x1))
    shown1, shown2 = published(later(x1, everyone)), published(later(x2, everyone))
    assert not change_ledger(later, later, x1, x2, shown1, shown2).shown[:, 0].any()


def test_an_account_that_the_scorer_makes_nothing_of_is_left_to_the_scorer() -> None:
    def apart(X: Matrix, rows: Integers) -> Apart:
        return Apart(50.0, X, np.where(np.isnan(X).any(axis=1), np.nan, 0.0))

    ledger = change_ledger(apart, apart, np.array([[np.nan]]), np.array([[4.0]]), np.array([700]), np.array([540]))
    assert ledger.shown.tolist() == [[0, 0, -160, 0]]


def test_the_worked_example() -> None:
    """Log-ins of 20 and a survey, then 8 log-ins and no survey; the earlier model said 71.0, the later one 69.4."""

    def apart(X: Matrix, rows: Integers) -> Apart:
        known = ~np.isnan(X[:, 1])
        return Apart(46.2, np.column_stack([X[:, 0], np.where(known, 3.2, 0.0)]), np.zeros(len(X)))

    ledger = change_ledger(
        apart, apart, np.array([[20.0, 9.0]]), np.array([[8.0, np.nan]]), np.array([710]), np.array([542])
    )
    assert ledger.shown.tolist() == [[-120, 0, -32, -16, 0]]
