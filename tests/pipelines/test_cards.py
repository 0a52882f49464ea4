"""A scorecard on a book: who scores what at past dates, the rows its weights are judged on, and what scores mean."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from carded import CARD, RUN, drawn, write_carded
from healthscore.config import load_run
from healthscore.errors import ConfigurationError
from healthscore.pipelines.build import Book, build_book
from healthscore.pipelines.cards import card_on_book, card_rows, fit_meaning, need_scorecard, walk_card
from healthscore.tables import open_tables

HEADER = ("account_id", "as_of", "days", "open", "left")
LITERAL = pd.DataFrame(
    [
        ("a", "2024-01-01", 20, 0, 0),
        ("b", "2024-01-01", 10, 2, 1),
        ("c", "2024-01-01", 0, 0, 1),
        ("d", "2024-01-01", None, None, 0),
        ("a", "2024-02-01", 5, None, 1),
        ("b", "2024-02-01", 10, 4, None),
    ],
    columns=HEADER,
)


def book_of(folder: Path, rows: pd.DataFrame, card: str = CARD, run: str = RUN) -> Book:
    loaded = load_run(write_carded(folder, rows, card, run))
    with open_tables(loaded) as tables:
        return build_book(loaded, tables)


def test_accounts_score_by_what_was_known_at_the_date(tmp_path: Path) -> None:
    found = card_on_book(book_of(tmp_path, LITERAL))
    # d: nothing is known; the second a: the weight of tickets goes to use; c: 40 points, held at 30 by its cap
    assert found.score == pytest.approx([100, 50, 30, np.nan, 25, 30], nan_ok=True)
    assert found.uncapped[2] == 40
    assert found.cap.tolist() == [-1, -1, 0, -1, -1, -1]
    some = card_on_book(book_of(tmp_path, LITERAL), np.array([4, 0]))
    assert some.score.tolist() == [25, 100]


def test_weights_are_judged_on_rows_with_a_known_outcome_and_a_score(tmp_path: Path) -> None:
    rows = card_rows(book_of(tmp_path, LITERAL))
    assert rows.components == ("use", "tickets")
    assert rows.s.tolist() == [[100, 100], [50, 50], [0, 100], [25, 25]]
    assert rows.y.tolist() == [0, 1, 1, 1]
    assert rows.weights is not None
    assert rows.weights.tolist() == [0.6, 0.4]
    assert rows.segment is None
    assert np.array_equal(rows.s @ rows.weights, [100, 50, 40, 25])
    assert rows.cluster[0] == rows.cluster[3]
    assert rows.exiting == 3
    assert (rows.known - rows.day).tolist() == [30] * 4


def test_for_a_gain_the_points_are_turned_round(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = book_of(tmp_path, LITERAL)
    plain = card_rows(book)
    monkeypatch.setattr("healthscore.pipelines.cards.is_gain", lambda book: True)
    turned = card_rows(book)
    assert np.array_equal(turned.s, 100 - plain.s)
    assert np.array_equal(turned.y, plain.y)


def test_a_run_without_a_scorecard_says_how_to_name_one(tmp_path: Path) -> None:
    run = load_run(write_carded(tmp_path, LITERAL, run=RUN.replace('scorecard = "card.toml"', "")))
    with pytest.raises(ConfigurationError, match="names no scorecard") as refused:
        need_scorecard(run)
    assert 'scorecard = "NAME"' in refused.value.remedy


# --- what a score means ----------------------------------------------------------------------------------------------


def test_the_meaning_of_a_score_is_that_of_a_logistic_regression() -> None:
    generator = np.random.default_rng(3)
    risk = generator.uniform(0, 100, 4000)
    y = (generator.random(4000) < 1 / (1 + np.exp(4 - 0.05 * risk))).astype(np.int8)
    found = fit_meaning(risk, y)
    oracle = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(risk[:, None], y)
    # The prior of the slope is worth a few parts in ten thousand here.
    assert found.slope == pytest.approx(float(oracle.coef_[0, 0]), rel=1e-3)
    assert found.intercept == pytest.approx(float(oracle.intercept_[0]), rel=1e-3)
    assert found.probability(np.array([0.0, 100.0])) == pytest.approx(
        oracle.predict_proba([[0.0], [100.0]])[:, 1], rel=1e-2
    )


@pytest.mark.parametrize(
    "risk",
    [lambda y: 50.0 - 10.0 * y, lambda y: np.full(len(y), 50.0), lambda y: np.full(len(y), np.nan)],
    ids=["the wrong way", "constant", "never known"],
)
def test_a_score_that_tells_nothing_means_the_base_rate(risk: Callable[[np.ndarray], np.ndarray]) -> None:
    y = np.array([0] * 30 + [1] * 10, dtype=np.int8)
    found = fit_meaning(risk(y), y)
    assert found.slope == 0
    assert found.probability(np.array([0.0, 100.0, np.nan])) == pytest.approx([0.25] * 3, abs=2e-2)


def test_scores_that_part_all_that_left_from_the_others_have_a_finite_meaning() -> None:
    y = np.array([0] * 30 + [1] * 10, dtype=np.int8)
    found = fit_meaning(np.where(y == 1, 80.0, 20.0), y)
    assert 0 < found.slope < 10
    assert found.probability(np.array([20.0]))[0] < 0.01
    assert found.probability(np.array([80.0]))[0] > 0.95
    assert found.probability(np.array([np.nan]))[0] == 0.25


# --- time ------------------------------------------------------------------------------------------------------------


def origins_of(book: Book) -> list[tuple[np.ndarray, np.ndarray]]:
    days = np.unique(book.panel.day)
    return [
        (np.flatnonzero(book.panel.day < day), np.flatnonzero(book.panel.day == day)) for day in days[3:6]
    ]  # a day's outcomes are final at the next


@pytest.mark.parametrize("bands", ["", "\n[bands]\nquartiles_of = 2024-03-01\n"], ids=["edges", "quartiles"])
def test_what_happens_after_an_origin_changes_nothing_there(tmp_path: Path, bands: str) -> None:
    rows = drawn(200)
    before = book_of(tmp_path, rows, CARD + bands)
    origins = origins_of(before)
    later = rows["as_of"] > np.unique(rows["as_of"])[5]
    changed = rows.assign(
        left=np.where(later, 1 - rows["left"], rows["left"]),
        days=np.where(later, 20 - rows["days"], rows["days"]),
    )
    # Outcomes of the tested dates are not known at them either.
    last = rows["as_of"] == np.unique(rows["as_of"])[5]
    changed.loc[last, "left"] = 1 - changed.loc[last, "left"]
    found, again = walk_card(before, origins), walk_card(book_of(tmp_path / "2", changed, CARD + bands), origins)
    for name in ("probability", "band"):
        assert np.array_equal(getattr(found, name), getattr(again, name)), name
    assert found.bands == again.bands
    assert np.array_equal(found.scores.score, again.scores.score)


def test_quartiles_are_those_of_the_last_training_date(tmp_path: Path) -> None:
    book = book_of(tmp_path, drawn(200), CARD + "\n[bands]\nquartiles_of = 2024-08-01\n")
    (train, test) = origins_of(book)[-1]
    found = walk_card(book, [(train, test)])
    reference = card_on_book(book, np.flatnonzero(book.panel.day == book.panel.day[train].max())).score
    assert found.bands.edges == pytest.approx(np.quantile(reference, [0.25, 0.75]), abs=0.0501)
    assert 0.1 < (found.band == 0).mean() < 0.4
