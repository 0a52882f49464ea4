"""A draw of accounts chooses complexity and kappas by the past, as often as the evidence leaves the choice open."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from healthscore.models.calibration import CalibrationSettings, fit_slopes, loss_with_intercepts
from healthscore.models.candidates import Tried
from healthscore.models.churn import ChurnSettings, fit_candidates
from healthscore.models.design import Matrix, Vector, expit
from healthscore.models.redrawn import InnerEvidence

ORIGINS, ROWS = 4, 400
SETTINGS = CalibrationSettings()


def draws(rows: int, count: int, seed: int = 0) -> list[Vector]:
    random = np.random.default_rng(seed)
    return [np.bincount(random.integers(0, rows, rows), minlength=rows).astype(float) for _ in range(count)]


def evidence(*parts: Matrix, seed: int = 1, truth: Vector | None = None) -> InnerEvidence:
    """Rows of four origins, and parts whose levels 1, 2, ... predict what the columns say; truth: the first one's."""
    origin = np.repeat(np.arange(ORIGINS), ROWS)
    z = parts[0][:, 0] if truth is None else truth
    y = (np.random.default_rng(seed).random(len(z)) < expit(z - 1.5)).astype(np.int8)
    tried = [Tried(tuple(float(level) for level in range(1, part.shape[1] + 1)), part, 1.0) for part in parts]
    F = np.column_stack([part[:, 0] for part in parts])
    return InnerEvidence(tried, y, origin, fit_slopes(F, y, origin, SETTINGS).kappas, SETTINGS)


def normal(columns: int, seed: int = 5) -> Matrix:
    return np.random.default_rng(seed).normal(size=(ORIGINS * ROWS, columns))


def test_decisive_evidence_keeps_its_level() -> None:
    signal = normal(1)
    past = evidence(np.hstack([signal, 0.3 * signal, normal(1, 6)]))
    assert {past.redrawn(weight).levels for weight in draws(ORIGINS * ROWS, 100)} == {(1.0,)}


def test_two_levels_that_served_alike_are_mixed() -> None:
    """Both saw half of the truth, and lost the same to the last digit: either is chosen in about half of the draws."""
    first, second = normal(2).T
    past = evidence(np.column_stack([first, second]), truth=first + second)
    half = ROWS // 2
    for number in range(ORIGINS):  # the other half of each origin says the same with the levels exchanged
        one, other = slice(number * ROWS, number * ROWS + half), slice(number * ROWS + half, (number + 1) * ROWS)
        past.tried[0].logits[other] = past.tried[0].logits[one][:, ::-1]
        past.y[other] = past.y[one]
    losses = [loss_with_intercepts(z, past.y, past.origin) for z in past.tried[0].logits.T]
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)
    chosen = [past.redrawn(weight).levels[0] for weight in draws(ORIGINS * ROWS, 200)]
    assert np.mean(np.array(chosen) == 1.0) == pytest.approx(0.5, abs=0.15)


def test_kappas_vary_as_among_books() -> None:
    """Around the book's own, by what they differ among 200 books whose outcomes fell otherwise."""
    truth = normal(1)
    parts = truth, truth + 0.7 * normal(1, 8)
    past = evidence(*parts)
    redrawn = np.array([past.redrawn(weight).kappas for weight in draws(ORIGINS * ROWS, 200)])
    books = np.array([evidence(*parts, seed=seed).kappas for seed in range(200)])
    assert redrawn.mean(axis=0) == pytest.approx(past.kappas, abs=0.25 * float(books.std(axis=0).min()))
    assert redrawn.std(axis=0) == pytest.approx(books.std(axis=0), rel=0.25)
    assert redrawn.min() >= 0


def test_each_part_chooses_for_itself_and_kappas_go_by_what_was_chosen() -> None:
    """By rows repeated as often as they were drawn, an oracle that knows of no weights."""
    first, second = normal(3), normal(2, 9)
    past = evidence(first, second, truth=0.5 * first[:, 0] + 0.6 * first[:, 1] + 0.5 * second[:, 1])
    for weight in draws(ORIGINS * ROWS, 10):
        rows = np.repeat(np.arange(len(weight)), weight.astype(int))
        y, origin = past.y[rows], past.origin[rows]
        levels = [
            int(np.argmin([loss_with_intercepts(z[rows], y, origin) for z in part.T])) for part in (first, second)
        ]
        F = np.column_stack([part[rows, level] for part, level in zip((first, second), levels, strict=True)])
        told = past.redrawn(weight)
        assert told.levels == tuple(level + 1.0 for level in levels)
        assert told.kappas == pytest.approx(fit_slopes(F, y, origin, SETTINGS).kappas, abs=1e-9)


def test_an_origin_at_which_nobody_drawn_left_tells_nothing() -> None:
    past = evidence(np.hstack([normal(1), normal(1, 6)]))
    weight = np.ones(ORIGINS * ROWS)
    weight[(past.origin == 1) & (past.y == 1)] = 0.0
    weight[(past.origin == 3) & (past.y == 0)] = 0.0
    rest = np.isin(past.origin, [0, 2])
    told, without = past.redrawn(weight), past.redrawn(rest.astype(float))
    assert told.levels == without.levels
    assert told.kappas.tolist() == without.kappas.tolist()
    nothing = past.redrawn((past.y == 0).astype(float))
    assert (nothing.levels, nothing.kappas.tolist()) == ((1.0,), past.kappas.tolist())


def test_without_a_past_the_book_s_choice_stays() -> None:
    short = InnerEvidence(
        [Tried((200.0,), np.empty((0, 1)), 200.0), Tried((20.0,), np.empty((0, 1)), 20.0)],
        np.zeros(0, np.int8),
        np.zeros(0, np.int64),
        np.array([0.5, 0.5]),
        SETTINGS,
    )
    told = short.redrawn(np.zeros(0))
    assert (told.levels, told.kappas.tolist()) == ((200.0, 20.0), [0.5, 0.5])


def test_each_account_drawn_once_chooses_what_the_book_chose(book: Any, settings: ChurnSettings) -> None:
    found = fit_candidates(
        book.design, book.X, book.y, book.day, book.known, seed=1, settings=settings, candidates=["blend"]
    )
    model = found.models["blend"]
    tried = [found.tried[part] for part in model.parts]
    rows = found.inner_rows
    origin = np.unique(book.day[rows], return_inverse=True)[1]
    kappas = np.array(model.calibration.kappas)
    past = InnerEvidence(tried, book.y[rows], origin, kappas, settings.calibration)
    told = past.redrawn(np.ones(len(rows)))
    assert [len(each.levels) for each in tried] == [6, 5]
    assert all(each.logits.shape == (len(rows), len(each.levels)) for each in tried)
    assert told.levels == tuple(each.level for each in tried)
    assert told.kappas == pytest.approx(kappas, abs=1e-9)
