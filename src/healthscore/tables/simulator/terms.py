"""When customers with terms of a year leave: at a renewal, and at no other time.

Worked example: a client since 2023-05-10 comes up for renewal on 2024-05-10. It makes up its mind on 2024-03-20, in the
week of 2024-03-18, by its states four weeks earlier: it leaves. The segment is (active, 2023-05-10, 2024-05-10,
notice 2024-03-20, voluntary), or without a notice where it simply lets the term run out.
"""

from __future__ import annotations

import numpy as np

from healthscore.tables.simulator.lives import ACTIVE, INVOLUNTARY, NOT_ENDED, VOLUNTARY, Lives, lives_of, segment_rows
from healthscore.tables.simulator.population import Population
from healthscore.tables.simulator.recipe import Floats, Integers, Recipe, intercept_for, sigmoid, stream
from healthscore.tables.simulator.timeline import OPEN, Timeline, anniversary

SOONEST_DAYS, LATEST_DAYS = 35, 70
"""How long before a renewal a customer makes up its mind."""


def simulate_terms(
    recipe: Recipe, population: Population, latents: Floats, relief: Floats, timeline: Timeline, seed: int
) -> Lives:
    """Walk through the renewals of every account until one is lost. See the module's example.

    The yearly rates are shares of renewals lost (voluntary) and of accounts that cease between them (involuntary).
    """
    random = stream(seed, "terms")
    size = population.size
    reference = stream(0, "reference population").standard_normal((1000, 20, latents.shape[2]))
    intercept = intercept_for(recipe.log_odds(reference), recipe.annual_rates["voluntary"])
    odds = intercept + recipe.log_odds(latents[:, : relief.shape[1]]) - relief
    end, notice = np.full(size, OPEN), np.full(size, OPEN)
    cause = np.full(size, NOT_ENDED)
    for year in range(1, 2 + timeline.days // 365 + int(-population.started.min()) // 365):
        renewal = anniversary(population.started, year)
        decision = renewal - random.integers(SOONEST_DAYS, LATEST_DAYS, size)
        week = np.clip(decision // 7, 0, timeline.weeks - 1)
        lost = random.random(size) < sigmoid(odds[np.arange(size), week])
        announced = random.random(size) < recipe.notice_share
        now = lost & (cause == NOT_ENDED) & (decision >= 0) & (decision < timeline.days)
        end[now], cause[now] = renewal[now], VOLUNTARY
        notice[now & announced] = decision[now & announced]
    ceased = _ceasing_days(recipe, random, population.started, timeline)
    sooner = ceased < np.minimum(end, notice)
    end[sooner], notice[sooner], cause[sooner] = ceased[sooner], OPEN, INVOLUNTARY
    # What is decided and neither announced nor over is not known to anybody when the data end.
    unknown = (end >= timeline.days) & (notice >= OPEN)
    end[unknown], cause[unknown] = OPEN, NOT_ENDED
    end, notice, cause = (column[population.parent] for column in (end, notice, cause))
    rows = segment_rows(np.arange(size), population.started, end, ACTIVE, notice, cause)
    return lives_of(rows, size, timeline.days)


def _ceasing_days(recipe: Recipe, random: np.random.Generator, started: Integers, timeline: Timeline) -> Integers:
    """Day with data on which each account ceases to exist; `OPEN` for nearly all of them."""
    rate = recipe.annual_rates["involuntary"] / 365.25
    day = np.maximum(started, 0) + random.exponential(1.0 / rate if rate else np.inf, len(started))
    return np.where(day < timeline.days, np.minimum(day, OPEN), OPEN).astype(np.int64)
