"""When accounts leave, why, and whether they come back.

Worked example: an account that signed up on 2024-02-05 with a trial of 14 days is at risk from 2024-02-19. In the
week of 2024-06-03 its risk, driven by its states four weeks earlier, strikes: on 2024-06-05 it gives notice for
2024-07-08. The segments are (trial, 02-05, 02-19), (active, 02-19, 07-08, notice 06-05, voluntary); its decision
to leave is dated 06-05.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from healthscore.tables.simulator.population import Population
from healthscore.tables.simulator.recipe import (
    Flags,
    Floats,
    Integers,
    Recipe,
    intercept_for,
    sigmoid,
    stream,
    weekly_rate,
)
from healthscore.tables.simulator.timeline import OPEN, Timeline

TRIAL, ACTIVE, PAUSED = 1, 2, 3
STATUSES = ("none", "trial", "active", "paused")
CAUSES = ("voluntary", "involuntary", "merged", "paused")
VOLUNTARY, INVOLUNTARY, MERGED, PAUSE = range(len(CAUSES))
NOT_ENDED = -1


@dataclass(frozen=True)
class Lives:
    """Segments of constant status, one array element each, sorted by account and start.

    `start` and `end` are day numbers, end exclusive and `OPEN` while it goes on; `notice` is the day on which the
    end was announced, else `OPEN`; `cause` is a position in `CAUSES` or `NOT_ENDED`. `decided` is the day of the
    decision that ended the segment: the notice, else the end.
    `status` (accounts, days) holds the status of every day with data, 0 outside every segment.
    """

    account: Integers
    start: Integers
    end: Integers
    kind: Integers
    notice: Integers
    cause: Integers
    status: NDArray[np.int8]

    @property
    def decided(self) -> Integers:
        """Day of the decision that ended a segment: the earlier of notice and end."""
        return np.minimum(self.notice, self.end)

    def leaving(self, weeks: int) -> Flags:
        """Tell whether an account has given notice by the Monday of a week: (accounts, weeks)."""
        result = np.zeros((len(self.status), weeks), dtype=np.bool_)
        for row in np.flatnonzero(self.notice < OPEN):
            result[self.account[row], -(-self.notice[row] // 7) : -(-self.end[row] // 7)] = True
        return result


def weekly_hazards(recipe: Recipe, latents: Floats, relief: Floats) -> Floats:
    """Probability per account, week and cause: (accounts, weeks, causes).

    `relief` (accounts, weeks) is what interventions, and experiences, take off the log-odds. The intercepts are found
    on a fixed stationary population, so that they belong to the recipe and not to the draw.
    """
    weeks = relief.shape[1]
    reference = stream(0, "reference population").standard_normal((1000, weeks, latents.shape[2]))
    rates = {cause: weekly_rate(recipe.annual_rates[cause]) for cause in CAUSES}
    hazards = np.empty((*relief.shape, len(CAUSES)))
    intercept = intercept_for(recipe.log_odds(reference), rates["voluntary"])
    hazards[:, :, VOLUNTARY] = sigmoid(intercept + recipe.log_odds(latents[:, :weeks]) - relief)
    payment = recipe.involuntary_strength * np.array([component == "finance" for component in recipe.components])
    intercept = intercept_for(-(reference @ payment), rates["involuntary"])
    hazards[:, :, INVOLUNTARY] = sigmoid(intercept - latents[:, :weeks] @ payment)
    hazards[:, :, MERGED] = rates["merged"]
    hazards[:, :, PAUSE] = rates["paused"]
    return hazards


def simulate_lives(
    recipe: Recipe, population: Population, latents: Floats, relief: Floats, timeline: Timeline, seed: int
) -> Lives:
    """Walk through the weeks and let accounts leave, pause and return. See the module's example."""
    random = stream(seed, "lives")
    hazards = weekly_hazards(recipe, latents, relief)
    size = population.size
    paying_from = np.where(population.converts, population.started + population.trial, OPEN)
    on_trial = np.flatnonzero(population.trial > 0)
    nothing = np.full(len(on_trial), OPEN)
    trial_end = (population.started + population.trial)[on_trial]
    rows = [segment_rows(on_trial, population.started[on_trial], trial_end, TRIAL, nothing, NOT_ENDED)]
    for week in range(timeline.weeks):
        thresholds = np.cumsum(hazards[:, week], axis=1)
        cause = (random.random(size)[:, None] >= thresholds).sum(axis=1)
        day = 7 * week + random.integers(0, 7, size)
        ahead = random.integers(21, 46, size)
        announced = (random.random(size) < recipe.notice_share) & (cause == VOLUNTARY)
        back = _return_delay(recipe, random, cause, announced)
        hit = np.flatnonzero((paying_from < 7 * week) & (cause < len(CAUSES)) & (day < timeline.days))
        end = np.where(announced, day + ahead, day)
        notice = np.where(announced, day, OPEN)
        rows.append(segment_rows(hit, paying_from[hit], end[hit], ACTIVE, notice[hit], cause[hit]))
        paying_from[hit] = np.minimum(end + back, OPEN)[hit]
        paused = hit[cause[hit] == PAUSE]
        resumed = np.where(paying_from[paused] < timeline.days, paying_from[paused], OPEN)
        rows.append(segment_rows(paused, end[paused], resumed, PAUSED, np.full(len(paused), OPEN), NOT_ENDED))
    still = np.flatnonzero(paying_from < timeline.days)
    forever = np.full(len(still), OPEN)
    rows.append(segment_rows(still, paying_from[still], forever, ACTIVE, forever, NOT_ENDED))
    return lives_of(np.concatenate(rows), size, timeline.days)


def _return_delay(recipe: Recipe, random: np.random.Generator, cause: Integers, announced: Flags) -> Integers:
    """Days from the end to the return of each account, `OPEN` for those who stay away."""
    size = len(cause)
    draw = random.random(size)
    soon, late = random.integers(1, recipe.grace_days - 3, size), random.integers(30, 150, size)
    pause = random.integers(28, 61, size)
    # A return right after an announced end would leave open whether the notice had been a decision at all.
    in_grace = (draw < recipe.return_in_grace) & ~announced
    later = ~in_grace & (draw < recipe.return_in_grace + recipe.return_later)
    leaver = cause != MERGED
    delay = np.where(leaver & in_grace, soon, np.where(leaver & later, late, OPEN))
    return np.where(cause == PAUSE, pause, delay)


def segment_rows(
    account: Integers, start: Integers, end: Integers, kind: int, notice: Integers, cause: int | Integers
) -> Integers:
    """Stack segments into an integer matrix with one row each."""
    columns = [account, start, end, np.full(len(account), kind), notice, np.broadcast_to(cause, account.shape)]
    return np.stack(columns, axis=1).astype(np.int64)


def lives_of(rows: Integers, size: int, days: int) -> Lives:
    """Sort the segments and paint them on the days."""
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    # A trial that has not started by the end of the data, or a segment of no length, never happened.
    rows = rows[(rows[:, 1] < days) & (rows[:, 1] < rows[:, 2])]
    status = np.zeros((size, days), dtype=np.int8)
    for account, start, end, kind in rows[:, :4].tolist():
        status[account, max(start, 0) : max(end, 0)] = kind
    account, start, end, kind, notice, cause = rows.T
    return Lives(account, start, end, kind, notice, cause, status)
