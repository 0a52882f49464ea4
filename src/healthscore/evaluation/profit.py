"""Expected maximum profit: what the ranking is worth when the team contacts the accounts that repay it.

Offer an incentive of cost `d` to each contacted account, at a contact cost `f`. A churner accepts with probability
gamma and is then worth `CLV`; a stayer takes the incentive and stays. With `delta = d / CLV`, `phi = f / CLV`, one more
contact is worth `CLV (gamma (1 - delta) - phi)` on a churner and `-CLV (delta + phi)` on a stayer. Nobody knows gamma,
so it is Beta(alpha, beta) and the profit of the best cut-off for each gamma is averaged over it.

T. Verbraken, W. Verbeke, B. Baesens, "A novel profit maximizing metric for measuring classification performance of
customer churn prediction models", IEEE TKDE 25 (2013) 961-973, with its default parameters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc

from healthscore.evaluation.rows import Floats


@dataclass(frozen=True)
class RetentionOffer:
    """What a retention campaign costs and wins, in one currency; the defaults are those of the paper."""

    acceptance_alpha: float = 6.0
    acceptance_beta: float = 14.0
    lifetime_value: float = 200.0
    incentive: float = 10.0
    contact: float = 1.0


DEFAULT_OFFER = RetentionOffer()


def expected_maximum_profit(churned: Floats, stayed: Floats, offer: RetentionOffer = DEFAULT_OFFER) -> float:
    """Average the profit per account of the best cut-off over what is not known about the offer's acceptance.

    The convex hull of the ROC curve is a sequence of pieces with falling churn rate. A piece with the share `a` of
    churners and `b` of stayers among all accounts is worth contacting when

        gamma > gamma* = ((delta + phi) b / a + phi) / (1 - delta),

    and the integral of `CLV [a (gamma (1 - delta) - phi) - b (delta + phi)]` over Beta(alpha, beta) above `gamma*` is
    `CLV [(1 - delta) a E (1 - I(gamma*; alpha + 1, beta)) - (phi a + (delta + phi) b) (1 - I(gamma*; alpha, beta))]`
    with `E = alpha / (alpha + beta)` and `I` the regularised incomplete beta function. The metric is the sum over the
    pieces: a closed form.

    Parameters
    ----------
    churned, stayed
        Weight of churners and stayers per tie group, highest risk first; shape (groups,).
    offer
        Costs and gains.

    Returns
    -------
    Currency per account, >= 0; NaN without accounts.
    """
    from scipy.optimize import isotonic_regression

    weight = churned + stayed
    filled = weight > 0
    if not filled.any():
        return float("nan")
    churned, stayed, weight = churned[filled], stayed[filled], weight[filled]
    # The hull's pieces are the blocks of the falling regression of the churn rate on the rank.
    pieces = isotonic_regression(churned / weight, weights=weight, increasing=False).blocks[:-1]
    total = float(weight.sum())
    a = np.add.reduceat(churned, pieces) / total
    b = np.add.reduceat(stayed, pieces) / total
    delta, phi = offer.incentive / offer.lifetime_value, offer.contact / offer.lifetime_value
    odds_against = np.divide(b, a, out=np.full_like(a, np.inf), where=a > 0)
    threshold = np.clip(((delta + phi) * odds_against + phi) / (1.0 - delta), 0.0, 1.0)
    alpha, beta = offer.acceptance_alpha, offer.acceptance_beta
    accepted = alpha / (alpha + beta) * (1.0 - betainc(alpha + 1.0, beta, threshold))
    contacted = 1.0 - betainc(alpha, beta, threshold)
    worth = (1.0 - delta) * a * accepted - (phi * a + (delta + phi) * b) * contacted
    return float(offer.lifetime_value * worth.sum())
