"""Purged walk-forward origins: hand-made plans, and the law of the purge on a thousand random configurations (T9)."""

from __future__ import annotations

import random

import pytest

from healthscore.errors import ConfigurationError
from healthscore.evaluation.folds import Fold, immature, label_known, walk_forward

MONTHS = [0, 31, 59, 90, 120, 151, 181]
"""Month starts of 2023, in days since 1 January."""


def test_worked_example_in_real_dates() -> None:
    folds = walk_forward(MONTHS, gap=7, horizon=60, maturity=14, data_end=201)
    assert folds == [
        Fold(test=90, train=(0,)),  # the label of 1 January is final on day 81, that of 1 February on day 112
        Fold(test=120, train=(0, 31)),  # tested on day 201 exactly, the data's exclusive end
    ]
    assert immature(MONTHS, gap=7, horizon=60, maturity=14, data_end=201) == (151, 181)
    assert immature(MONTHS, gap=7, horizon=60, maturity=14, data_end=200) == (120, 151, 181)


def test_label_is_known_when_the_last_day_of_its_window_has_matured() -> None:
    assert label_known(100, gap=7, horizon=60, maturity=14) == 181


def test_explicit_days_narrow_but_do_not_escape_the_purge() -> None:
    folds = walk_forward(
        MONTHS, gap=0, horizon=60, maturity=0, data_end=1000, train=[0, 31, 120], test=[151, 59, 90, 181]
    )
    assert folds == [
        Fold(test=90, train=(0,)),
        Fold(test=151, train=(0, 31)),
        Fold(test=181, train=(0, 31, 120)),
    ]


def test_scores_without_training_are_tested_at_every_mature_origin() -> None:
    folds = walk_forward([30, 0, 30], gap=0, horizon=30, maturity=0, data_end=60, minimum_train=0)
    assert folds == [Fold(test=0, train=()), Fold(test=30, train=(0,))]


def test_minimum_train_leaves_early_origins_out() -> None:
    folds = walk_forward(range(0, 300, 30), gap=0, horizon=30, maturity=0, data_end=1000, minimum_train=8)
    assert [fold.test for fold in folds] == [240, 270]


@pytest.mark.parametrize(("train", "test", "word"), [([1], None, "train"), (None, [0, 1], "test")])
def test_a_split_day_that_is_no_snapshot_is_refused(train: list[int], test: list[int], word: str) -> None:
    with pytest.raises(ConfigurationError, match=f"1 `{word}` days are not among the 2 as-of days"):
        walk_forward([0, 30], gap=0, horizon=30, maturity=0, data_end=90, train=train, test=test)


@pytest.mark.parametrize(("gap", "horizon", "maturity"), [(-1, 30, 0), (0, 0, 0), (0, 30, -1)])
def test_impossible_lengths_are_refused(gap: int, horizon: int, maturity: int) -> None:
    with pytest.raises(ConfigurationError, match="horizon 1 day or more"):
        walk_forward([0], gap=gap, horizon=horizon, maturity=maturity, data_end=90)


def last_day_of_interest(snapshot: int, gap: int, horizon: int, maturity: int) -> int:
    """The oracle: walk through the label's window day by day and wait for every outcome in it to be recorded."""
    latest = snapshot
    for day in range(snapshot + gap, snapshot + gap + horizon):
        latest = max(latest, day + maturity)
    return latest


def test_no_training_label_needs_a_day_that_the_origin_has_not_seen_in_1000_random_configurations() -> None:
    chance = random.Random(9)
    origins = purged = dropped = 0
    for _ in range(1000):
        gap, horizon, maturity = chance.randint(0, 40), chance.randint(1, 200), chance.randint(0, 90)
        days = chance.sample(range(1500), chance.randint(1, 20))
        data_end = chance.randint(0, 1700)
        train = chance.sample(days, chance.randint(1, len(days))) if chance.random() < 0.4 else None
        test = chance.sample(days, chance.randint(1, len(days))) if chance.random() < 0.4 else None
        minimum = chance.choice([0, 1, 1, 3])
        folds = walk_forward(
            days,
            gap=gap,
            horizon=horizon,
            maturity=maturity,
            data_end=data_end,
            minimum_train=minimum,
            train=train,
            test=test,
        )
        expected = []
        for origin in sorted(days if test is None else test):
            if last_day_of_interest(origin, gap, horizon, maturity) >= data_end:
                dropped += 1
                continue
            # Everything that the training labels look at lies strictly before the origin's midnight.
            allowed = [
                s
                for s in sorted(days if train is None else train)
                if last_day_of_interest(s, gap, horizon, maturity) < origin
            ]
            purged += sum(s < origin for s in (days if train is None else train)) - len(allowed)
            if len(allowed) >= minimum:
                expected.append(Fold(test=origin, train=tuple(allowed)))
        assert folds == expected
        origins += len(folds)
    assert origins > 1000
    assert purged > 1000
    assert dropped > 1000
