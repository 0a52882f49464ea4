"""How many accounts would have to be left alone, by lot, to see whether what is done for the others changes anything.

Two rates are compared, that of the held out (`r`) and that of the treated (`r - d`). The test is two-sided at 5 %, and
it is to find a difference of `d` with a chance of 80 % (the power). With `k` treated accounts per held-out one, the
hold-out needs (Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, 2003, section 4.3)

    n = (z_(1-a/2) sqrt((1 + 1/k) m (1 - m)) + z_power sqrt(r (1 - r) + (r - d)(1 - r + d) / k))^2 / d^2,

with `m = (r + k (r - d)) / (1 + k)`, the rate of both together. In a book of `N` accounts `k = (N - n) / n`.

Worked example: 6 % leave, and calls are hoped to save 2 points. In a book of 4,000 accounts, 1,399 have to be left
alone; 500 show a difference of 2.7 points.
"""

from __future__ import annotations

from math import ceil, sqrt

from scipy.special import ndtri

from healthscore.errors import ConfigurationError

POWER = 0.8
LEVEL = 0.95


def held_out_size(
    rate: float, effect: float, treated_each: float = 1.0, *, power: float = POWER, level: float = LEVEL
) -> float:
    """Accounts to hold out; not rounded.

    Parameters
    ----------
    rate
        Share of the held out to which it will happen, 0 to 1.
    effect
        Points by which that of the treated is lower, as a share: 0.02 are two points.
    treated_each
        Treated accounts per held-out one (`k`).

    Raises
    ------
    ConfigurationError
        The effect is none, or larger than the rate.
    """
    if not 0.0 < effect <= rate < 1.0:
        raise ConfigurationError(
            f"an effect of {effect:g} on a rate of {rate:g}", "give an effect above 0 and up to the rate, below 1"
        )
    lower = rate - effect
    both = (rate + treated_each * lower) / (1.0 + treated_each)
    under_null = float(ndtri(0.5 + level / 2.0)) * sqrt((1.0 + 1.0 / treated_each) * both * (1.0 - both))
    under_effect = float(ndtri(power)) * sqrt(rate * (1.0 - rate) + lower * (1.0 - lower) / treated_each)
    return ((under_null + under_effect) / effect) ** 2


def held_out_of(book: int, rate: float, effect: float, *, power: float = POWER, level: float = LEVEL) -> int | None:
    """Accounts of a book to hold out, the others being treated; None where the book is too small for the effect."""
    from scipy.optimize import brentq

    def short(held_out: float) -> float:
        needed = held_out_size(rate, effect, (book - held_out) / held_out, power=power, level=level)
        return held_out - needed

    # Half and half is the most that a lot can tell; from there down to few, the need rises faster than what is held.
    if book < 4 or short(book / 2.0) < 0.0:
        return None
    return 1 if short(1.0) >= 0.0 else ceil(brentq(short, 1.0, book / 2.0))


def visible_effect(
    rate: float, held_out: int, treated: int, *, power: float = POWER, level: float = LEVEL
) -> float | None:
    """Smallest difference that so many accounts show with that chance, as a share; None where not even all would."""
    from scipy.optimize import brentq

    if min(held_out, treated) < 2 or not 0.0 < rate < 1.0:
        return None

    def short(effect: float) -> float:
        return held_out - held_out_size(rate, effect, treated / held_out, power=power, level=level)

    return None if short(rate) < 0.0 else float(brentq(short, rate * 1e-6, rate))
