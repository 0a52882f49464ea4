"""Bins and fits that are used again are the very ones that would have been made anew."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import numpy as np
import pytest

from healthscore.models.bins import LastBins
from healthscore.models.booster import BoosterRecipe, BoosterSettings
from healthscore.models.candidates import Candidates
from healthscore.models.churn import ChurnSettings, fit_candidates
from healthscore.models.sharing import Fits, SharedRows

SETTINGS = ChurnSettings(booster=replace(BoosterSettings(), trees_tried=(10, 20)), threads=1)


@pytest.fixture(scope="module")
def past(books: Any) -> Any:
    return books(250, 9, seed=4)


def counted(monkeypatch: pytest.MonkeyPatch, method: str) -> list[int]:
    """One element for each time that a recipe's method is called from now on."""
    calls, original = list[int](), getattr(BoosterRecipe, method)

    def called(*arguments: Any, **named: Any) -> Any:
        calls.append(1)
        return original(*arguments, **named)

    monkeypatch.setattr(BoosterRecipe, method, called)
    return calls


def trees(recipe: BoosterRecipe, book: Any) -> str:
    part = recipe.path(book.design, book.X, book.y, (20.0,), seed=1)(20.0)
    return part.to_files()["trees"]


def test_twins_grow_on_one_set_of_bins_as_on_bins_of_their_own(past: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = counted(monkeypatch, "binned")
    bins = LastBins()
    for additive in (True, False):
        shared = BoosterRecipe(SETTINGS.booster, additive, threads=1, bins=bins)
        assert trees(shared, past) == trees(replace(shared, bins=None), past)
    assert len(made) == 3  # two alone, and one for both


def test_bins_are_made_anew_for_other_arrays_and_other_numbers_of_bins(past: Any) -> None:
    bins = LastBins()
    other = replace(past, X=past.X * np.linspace(0.5, 1.5, len(past.X))[:, None])
    coarse = replace(SETTINGS.booster, maximum_bins=15)
    for book, settings in [(past, SETTINGS.booster), (other, SETTINGS.booster), (other, coarse), (past, coarse)]:
        recipe = BoosterRecipe(settings, threads=1, bins=bins)
        assert trees(recipe, book) == trees(replace(recipe, bins=None), book)


def test_bins_do_not_outlive_the_features() -> None:
    bins, made = LastBins(), object()
    X, y = np.zeros((3, 1)), np.zeros(3, np.int8)
    assert bins.of((X, y, None), 127, lambda: made) is made  # type: ignore[arg-type,return-value]  # any object will do
    del X
    gc.collect()
    assert bins._rows is None


def fitted(book: Any, rows: np.ndarray, shared: SharedRows | None) -> Candidates:
    return fit_candidates(
        book.design, book.X[rows], book.y[rows], book.day[rows], book.known[rows],
        seed=1, settings=SETTINGS, recency="days since reply", shared=shared,
    )  # fmt: skip


def written(found: Candidates) -> dict[str, Any]:
    """Everything of every model, as it is saved, and what was said of the past."""
    return {
        name: (
            model.calibration.to_json(),
            {part: (each.to_json(), each.to_files()) for part, each in model.parts.items()},
            found.inner_logit[name].tolist(),
            found.inner_loss[name].tolist(),
        )
        for name, model in found.models.items()
    }


def test_origins_that_share_their_past_fit_what_each_would_fit_alone(
    past: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    grown = counted(monkeypatch, "path")
    origins = [np.flatnonzero(past.known <= day) for day in (210, 240)]
    alone = [fitted(past, rows, None) for rows in origins]
    needed, fits = len(grown), Fits()
    together = [fitted(past, rows, SharedRows(rows, fits)) for rows in origins]
    assert [written(each) for each in together] == [written(each) for each in alone]
    assert len(grown) - needed < needed


def test_one_makes_and_the_others_wait() -> None:
    fits, made, together = Fits(), list[int](), Barrier(4)

    def make() -> str:
        made.append(1)
        return "made"

    def ask() -> str:
        together.wait()
        return fits.once("key", make)

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask) for _ in range(4)]
    assert [each.result() for each in asked] == ["made"] * 4
    assert made == [1]
    assert fits.begun("key")
    assert not fits.begun("another")


def test_an_error_is_everybodys() -> None:
    fits = Fits()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            fits.once("key", lambda: 1 // 0)


def test_rows_have_one_name_wherever_they_are_seen_from() -> None:
    book = SharedRows(np.arange(10))
    later = SharedRows(np.array([3, 5, 8]))
    assert later.name(np.array([1, 2])) == book.name(np.array([5, 8]))
    assert later.name(np.array([1, 2])) != book.name(np.array([1, 2]))
