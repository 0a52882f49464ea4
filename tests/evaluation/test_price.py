"""What a restriction costs: signs and words by hand."""

from __future__ import annotations

import numpy as np
import pytest

from healthscore.evaluation.clustered import resample
from healthscore.evaluation.price import Price, price_of
from healthscore.evaluation.proportions import NOT_COMPUTABLE, Estimate


def test_the_price_by_hand() -> None:
    y = [1, 0, 1, 0]
    free, restricted = [0.8, 0.2, 0.6, 0.4], [0.8, 0.2, 0.4, 0.6]
    price = price_of(
        resample(y, {"free": free, "bound": restricted}, list("abcd"), ["auc", "log_loss"], seed=1), "bound", "free"
    )
    # The last churner is ranked before one of two stayers instead of both: 1 of 4 pairs. Two rows lose ln 0.6 - ln 0.4.
    assert price.auc.estimate == pytest.approx(0.25, abs=1e-12)
    assert price.log_loss.estimate == pytest.approx(2 * np.log(0.6 / 0.4) / 4, abs=1e-12)


@pytest.mark.parametrize(
    ("low", "high", "costs"), [(0.001, 0.004, True), (-0.001, 0.004, False), (-0.004, -0.001, False)]
)
def test_a_price_in_the_ranking(low: float, high: float, costs: bool) -> None:
    price = Price(Estimate((low + high) / 2, low, high), NOT_COMPUTABLE, None)
    assert price.in_ranking is costs
    assert price.as_dict()["in_ranking"] is costs


def test_a_restriction_that_mends_has_a_price_below_zero() -> None:
    chance = np.random.default_rng(1)
    p = chance.beta(2, 6, 3000)
    y = chance.random(3000) < p
    noisy = np.clip(p + chance.normal(0, 0.15, 3000), 0.01, 0.99)
    said = resample(y, {"free": noisy, "bound": p}, np.arange(3000), ["auc", "log_loss"], resamples=200, seed=1)
    price = price_of(said, "bound", "free")
    assert price.log_loss.high is not None
    assert price.log_loss.high < 0
    assert (price.proven, price.noticeable) == (False, False)
    assert price_of(said, "free", "bound").proven is True


@pytest.mark.parametrize(
    ("low", "high", "error", "noticeable", "proven"),
    [
        (0.001, 0.003, 0.0005, True, True),
        (-0.001, 0.005, 0.0015, True, None),
        (-0.003, 0.007, 0.0025, False, None),
        (None, None, None, False, None),
    ],
)
def test_what_may_be_said_of_a_price(
    low: float | None, high: float | None, error: float | None, noticeable: bool, proven: bool | None
) -> None:
    price = Price(NOT_COMPUTABLE, Estimate(0.002, low, high), error)
    assert (price.noticeable, price.proven) == (noticeable, proven)
    assert price.as_dict()["log_loss"] == {"estimate": 0.002, "low": low, "high": high}
