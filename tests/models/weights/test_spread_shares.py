"""Shares by spread: literal values."""

import numpy as np
import pytest

from healthscore.models.weights.shares import spread_shares


def test_shares_are_those_of_the_standard_deviations() -> None:
    contributions = np.array([[0.0, 5.0, 1.0], [6.0, 5.0, 3.0]])
    assert spread_shares(contributions) == pytest.approx([0.75, 0.0, 0.25])
    assert spread_shares(-2.0 * contributions) == pytest.approx([0.75, 0.0, 0.25])


def test_nothing_moves() -> None:
    assert spread_shares(np.ones((5, 2))) is None
    assert spread_shares(np.ones((0, 2))) is None
