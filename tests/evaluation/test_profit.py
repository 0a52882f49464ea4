"""Expected maximum profit against numeric integration over every cut-off, and against published software."""

from __future__ import annotations

from math import lgamma

import numpy as np
import pytest

from healthscore.evaluation.profit import DEFAULT_OFFER, RetentionOffer, expected_maximum_profit
from healthscore.evaluation.rows import ranking, scored_rows

COSTLY_OFFER = RetentionOffer(acceptance_alpha=3, acceptance_beta=5, lifetime_value=100, incentive=8, contact=2)


def profit_of(y: list[int], p: list[float], offer: RetentionOffer = DEFAULT_OFFER) -> float:
    groups = ranking(scored_rows(y, p))
    return expected_maximum_profit(groups.churned, groups.stayed, offer)


def integrated(y: list[int], p: list[float], offer: RetentionOffer) -> float:
    """The oracle: for every gamma try every cut-off, then integrate over the density of gamma by the midpoint rule."""
    steps = 40_000
    gamma = (np.arange(steps) + 0.5) / steps
    a, b = offer.acceptance_alpha, offer.acceptance_beta
    density = np.exp((a - 1) * np.log(gamma) + (b - 1) * np.log1p(-gamma) + lgamma(a + b) - lgamma(a) - lgamma(b))
    best = np.zeros(steps)
    for cut in sorted(set(p)):
        churners = sum(1 for outcome, score in zip(y, p, strict=True) if score >= cut and outcome)
        stayers = sum(1 for outcome, score in zip(y, p, strict=True) if score >= cut and not outcome)
        won = churners * (gamma * (offer.lifetime_value - offer.incentive) - offer.contact)
        best = np.maximum(best, (won - stayers * (offer.incentive + offer.contact)) / len(y))
    return float((best * density).mean())


def random_book(seed: int, n: int = 60) -> tuple[list[int], list[float]]:
    chance = np.random.default_rng(seed)
    x = np.round(chance.normal(size=n), 1)
    return (chance.random(n) < 1 / (1 + np.exp(1.5 - x))).astype(int).tolist(), x.tolist()


@pytest.mark.parametrize("offer", [DEFAULT_OFFER, COSTLY_OFFER])
@pytest.mark.parametrize("seed", range(5))
def test_closed_form_is_the_integral(seed: int, offer: RetentionOffer) -> None:
    y, p = random_book(seed)
    assert profit_of(y, p, offer) == pytest.approx(integrated(y, p, offer), abs=1e-6)


# empulse 0.13.1, empc_score
GOLDEN = [
    ([0, 1, 0, 1], [0.1, 0.9, 0.4, 0.3], DEFAULT_OFFER, 25.25039561224513),
    ([1, 1, 0, 1, 0, 0, 1, 0, 0, 0], [9, 8, 8, 6, 6, 5, 4, 4, 2, 1], DEFAULT_OFFER, 18.00870447966491),
    (*random_book(7, 500), DEFAULT_OFFER, 6.346756697686965),
    (*random_book(7, 500), COSTLY_OFFER, 2.844575566557799),
]


@pytest.mark.parametrize(("y", "p", "offer", "expected"), GOLDEN)
def test_published_software_agrees(y: list[int], p: list[float], offer: RetentionOffer, expected: float) -> None:
    assert profit_of(y, p, offer) == pytest.approx(expected, abs=1e-12)


def test_nothing_to_win_is_worth_nothing() -> None:
    assert profit_of([0, 0, 0], [0.1, 0.2, 0.3]) == 0.0


def test_a_perfect_ranking_earns_the_whole_offer() -> None:
    # One of two leaves and is contacted alone: (gamma (200 - 10) - 1) / 2 on average, gamma 0.3 on average; the cut at
    # gamma = 1 / 190 costs nothing measurable.
    assert profit_of([1, 0], [0.9, 0.1]) == pytest.approx((0.3 * 190 - 1) / 2, abs=1e-9)


def test_nobody_is_not_computable() -> None:
    nobody = np.zeros(0)
    assert np.isnan(expected_maximum_profit(nobody, nobody))
