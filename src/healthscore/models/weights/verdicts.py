"""What may be said of a component: supported, not shown, or wrong direction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from scipy.special import stdtr, stdtrit

from healthscore.evaluation.multiple import holm
from healthscore.evaluation.proportions import Estimate

Verdict = Literal["supported", "not shown", "wrong direction"]


def interval_and_chance(effect: float, variance: float, freedom: int, level: float = 0.95) -> tuple[Estimate, float]:
    """Give an effect Student's interval, and the p value of the two-sided test that it is 0."""
    error = float(np.sqrt(variance))
    half = error * float(stdtrit(freedom, 0.5 + level / 2.0))
    chance = 2.0 * float(stdtr(freedom, -abs(effect) / error)) if error > 0.0 else float(effect == 0.0)
    return Estimate(effect, effect - half, effect + half), chance


def verdicts(effects: Sequence[float | None], chances: Sequence[float | None], level: float = 0.05) -> list[Verdict]:
    """Judge several effects together, so that any verdict but *not shown* is wrong with at most the chance `level`.

    Parameters
    ----------
    effects
        Coefficients; positive protects. None where there is none: *not shown*, and no test.
    chances
        p values of the two-sided tests that the effects are 0. Holm's procedure goes over those that are not None.
    """
    shown = holm({number: chance for number, chance in enumerate(chances) if chance is not None}, level)
    answer: list[Verdict] = []
    for number, effect in enumerate(effects):
        if effect is None or not shown.get(number, False):
            answer.append("not shown")
        else:
            answer.append("supported" if effect > 0 else "wrong direction")
    return answer
