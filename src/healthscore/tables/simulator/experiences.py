"""The moment of truth: claims, how they were handled, and what that does to the wish to stay.

Drawn before the lives, because it decides them; the table of claims is written from the same rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from healthscore.tables.simulator.recipe import Floats, Integers, Recipe, stream

WEEKLY_CLAIMS = 0.008
PROMISED_DAYS = (14, 29)
FELT_WEEKS = 26
BROKEN, KEPT = 1.8, -0.6
"""What a claim adds to the log-odds of leaving in the half year after its promised day: promise broken, or kept."""


@dataclass(frozen=True)
class Claims:
    """One element per claim, by account and day; days are day numbers.

    `promised` is the day by which the insurer wants to have settled, `settled` the day on which it did.
    """

    account: Integers
    reported: Integers
    promised: Integers
    settled: Integers
    cents: Integers


def simulate_claims(recipe: Recipe, latents: Floats, seed: int) -> Claims:
    """Draw claims for everybody and every week, customer or not: the state `claims` decides how they are handled."""
    random = stream(seed, "claims")
    handling = latents[:, recipe.lead_weeks :, recipe.components.index("claims")]
    account, week = np.nonzero(random.random(handling.shape) < WEEKLY_CLAIMS)
    size = len(account)
    reported = 7 * week + random.integers(0, 7, size)
    promised = random.integers(*PROMISED_DAYS, size)
    taken = promised * np.exp(random.normal(-0.1, 0.35, size) - 0.45 * handling[account, week])
    settled = reported + np.maximum(1, np.round(taken)).astype(np.int64)
    cents = np.round(random.lognormal(np.log(90_000.0), 1.0, size)).astype(np.int64)
    return Claims(account, reported, reported + promised, settled, cents)


def claim_shocks(recipe: Recipe, latents: Floats, seed: int) -> Floats:
    """What claims add to the log-odds of leaving: (accounts, weeks). Of several that are felt, the worst counts."""
    claims = simulate_claims(recipe, latents, seed)
    weeks = latents.shape[1] - recipe.lead_weeks
    felt = np.full((len(latents), weeks + FELT_WEEKS), -np.inf)
    effect = np.where(claims.settled > claims.promised, BROKEN, KEPT)
    # From the day on which the promise was kept or broken.
    first = np.minimum(claims.settled, claims.promised) // 7 + 1
    inside = first < weeks
    for later in range(FELT_WEEKS):
        np.maximum.at(felt, (claims.account[inside], first[inside] + later), effect[inside])
    felt = felt[:, :weeks]
    shocks: Floats = np.where(np.isfinite(felt), felt, 0.0)
    return shocks
