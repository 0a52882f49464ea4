"""Bands and letters of a scorecard: between edges, by frozen quartiles, of variants."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cardtexts import THREE, card_of
from healthscore.errors import ConfigurationError, InsufficientDataError
from healthscore.models.health import GRADES
from healthscore.models.scorecard import card_bands, card_letters

NAN = math.nan


def test_letters_are_those_of_every_health_score_unless_the_scorecard_says_otherwise() -> None:
    assert card_letters(card_of(THREE)) == GRADES
    own = card_letters(card_of(THREE + "\n[letters]\nedges = [50, 90]\nnames = ['C', 'B', 'A']"))
    assert own.of([49.94, 49.95, 89.9, 90]).tolist() == ["C", "B", "B", "A"]


def test_bands_of_41_and_71() -> None:
    bands = card_bands(card_of(THREE + "\n[bands]\nedges = [41, 71]"))
    assert bands.of([40.9, 41, 70.9, 71]).tolist() == ["at risk", "needs attention", "needs attention", "healthy"]


QUARTERS = (
    THREE
    + """
[bands]
quartiles_of = 2024-06-01
names = ["fourth", "third", "second", "first"]
colours = ["red", "orange", "yellow", "green"]
"""
)


def test_quartile_bands_are_frozen_on_the_reference() -> None:
    reference = np.append(np.arange(1.0, 101.0), NAN)
    bands = card_bands(card_of(QUARTERS), reference)
    assert bands.edges == (25.8, 50.5, 75.3)  # 25.75, 50.5 and 75.25, as displayed
    assert np.bincount(bands.index(reference[:-1])).tolist() == [25, 25, 25, 25]
    # a book in general decline falls through them
    assert np.bincount(bands.index(reference[:-1] * 0.7), minlength=4).tolist() == [36, 36, 28, 0]


def test_three_names_are_the_lowest_quarter_the_middle_half_and_the_highest_quarter() -> None:
    card = card_of(THREE + "\n[bands]\nquartiles_of = 2024-06-01")
    assert card_bands(card, np.arange(1.0, 101.0)).edges == (25.8, 75.3)


def test_quartiles_that_divide_nobody_are_refused() -> None:
    with pytest.raises(InsufficientDataError, match="nobody has a score on 2024-06-01"):
        card_bands(card_of(QUARTERS), None)
    with pytest.raises(ConfigurationError, match=r"quartiles of 2024-06-01 are 60\.0, 60\.0, 60\.0"):
        card_bands(card_of(QUARTERS), np.full(10, 60.0))
