"""How large a hold-out has to be: against statsmodels, against simulation, and where no book is large enough."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.proportion import power_proportions_2indep, proportions_ztest

from healthscore.errors import ConfigurationError
from healthscore.evaluation.holdout import held_out_of, held_out_size, visible_effect

TABLE = [  # rate, effect, treated per held out
    (0.06, 0.02, 1.0),
    (0.10, 0.05, 3.0),
    (0.30, 0.05, 0.5),
]


@pytest.mark.parametrize(("rate", "effect", "each"), TABLE)
def test_the_size_has_the_power_that_statsmodels_computes(rate: float, effect: float, each: float) -> None:
    n = held_out_size(rate, effect, each)
    found = power_proportions_2indep(effect, rate - effect, nobs1=n, ratio=each, return_results=False)
    assert found == pytest.approx(0.8, abs=0.02)


def test_a_textbook_size() -> None:
    """Fleiss, Levin and Paik (2003), table A.4: 0.25 against 0.40 at 5 % and 80 % needs 152 in each group."""
    assert held_out_size(0.40, 0.15) == pytest.approx(152, abs=1)


def test_so_many_accounts_find_the_effect_four_times_in_five() -> None:
    random = np.random.default_rng(1)
    n = round(held_out_size(0.2, 0.08, 2.0))
    held, treated = random.binomial(n, 0.2, 400), random.binomial(2 * n, 0.12, 400)
    found = [proportions_ztest([a, b], [n, 2 * n])[1] <= 0.05 for a, b in zip(held, treated, strict=True)]
    assert 0.74 <= np.mean(found) <= 0.86


def test_a_book_holds_out_what_the_formula_asks() -> None:
    n = held_out_of(4_000, 0.06, 0.02)
    assert n == 1_399
    assert held_out_size(0.06, 0.02, (4_000 - n) / n) == pytest.approx(n, abs=1.0)
    assert held_out_of(800, 0.06, 0.02) is None


def test_what_a_hold_out_shows_is_what_it_was_made_for() -> None:
    assert visible_effect(0.06, 1_399, 2_601) == pytest.approx(0.02, abs=1e-4)
    assert visible_effect(0.06, 5, 5) is None
    assert visible_effect(0.06, 1, 500) is None


@pytest.mark.parametrize("effect", [0.0, -0.01, 0.07])
def test_impossible_effects_are_refused(effect: float) -> None:
    with pytest.raises(ConfigurationError, match="an effect of"):
        held_out_size(0.06, effect)
