"""What a world is made of: the planted truth, and the few stages in which worlds differ.

Every account carries one latent state per component: a weekly autoregression with mean 0 and standard
deviation 1, higher is healthier. The states drive what the tables show (with noise) and, `lead_weeks` later, the
weekly odds of deciding to leave::

    logit P(decide to leave in week w) = intercept + risk(latents in week w - lead_weeks)
    risk(z) = -strength * sum_c weight_c * z_c                       (worlds may put another function here)

Since all states have the same spread and the same persistence, `weight_c` is at once the share of the coefficient
and the share of the spread, at every horizon.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from healthscore.tables.simulator.clientele import SOFTWARE, Clientele

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

COMPONENTS = ("activity", "adoption", "satisfaction", "support", "finance", "relationship")
ACTIVITY, ADOPTION, SATISFACTION, SUPPORT, FINANCE, RELATIONSHIP = range(len(COMPONENTS))

PLANTED_WEIGHTS: Mapping[str, float] = {
    "activity": 0.40,
    "adoption": 0.25,
    "satisfaction": 0.15,
    "support": 0.10,
    "finance": 0.0,
    "relationship": 0.10,
}
"""The default weights. Finance is planted as exactly nothing: an honest validation must not find it."""

GAP_DAYS, HORIZON_DAYS, GRACE_DAYS = 7, 60, 14
"""The outcome for which the truth is written by default: a decision to leave in [t + 7, t + 67)."""


def stream(seed: int, *stage: str) -> np.random.Generator:
    """Open the random numbers of one stage.

    Each stage has its own, so that a world which changes one stage leaves what the others draw as it is.
    """
    return np.random.default_rng([seed, *(zlib.crc32(part.encode()) for part in stage)])


@dataclass(frozen=True)
class Recipe:
    """One world: planted weights and the stages that it changes.

    Parameters
    ----------
    name, title
        The name on the command line, and what is planted, in words.
    weights
        Share of each component in the log-odds of leaving: sums to 1, or all 0 where nothing predicts. Its keys, in
        their order, are the components of the world.
    strength
        Sum of the coefficients on the log-odds per standard deviation of the states.
    risk
        (latents (accounts, weeks, components), recipe) -> (accounts, weeks) log-odds without the intercept.
        `None` is the linear risk of the module's docstring.
    annual_rates
        Yearly rate per cause, of an account of average risk: voluntary, involuntary, merged, paused.
    involuntary_strength
        Coefficient of the finance state on the log-odds of an involuntary exit.
    lead_weeks, persistence
        How long a state precedes its effect; correlation of a state with itself one week later.
    notice_share
        Share of voluntary exits that are announced three to six weeks ahead.
    return_in_grace, return_later
        Shares of exits after which the account is back within the grace period (only unannounced ones), or
        weeks to months later.
    treatment_effect
        What an intervention takes off the log-odds of leaving for the next eight weeks.
    holdout_share
        Share of accounts that are only recorded when an intervention would be due, drawn at random.
    usage_season
        (day number since the start) -> log multiplier of usage, for worlds with seasons.
    industry
        What kind of company it is, by name of `industries.INDUSTRIES`, and so the tables that its systems export.
    clientele
        Whom it serves.
    months
        Length of the history, unless another is asked for.
    yearly_terms
        Whether customers can leave only when a term of a year is over; they decide one to two months before.
    shocks
        (recipe, latents (accounts, lead_weeks + weeks, components), seed) -> (accounts, weeks): what single
        experiences add to the log-odds of leaving.
    leaks, honest
        Names in `leaks.LEAKS` of what the finished tables tell of the future; or, `honest`, their honest twins.
    gap_days, horizon_days, grace_days
        The outcome for which the truth is written: a decision to leave in [t + gap, t + gap + horizon).
    large_sample
        Weights that an unlimited sample would give for the outcome above on monthly snapshots
        (`truth.large_sample_weights`, stored because it takes a while).
    """

    name: str
    title: str
    weights: Mapping[str, float]
    strength: float = 3.5
    risk: Callable[[Floats, Recipe], Floats] | None = None
    annual_rates: Mapping[str, float] = field(
        default_factory=lambda: {"voluntary": 0.23, "involuntary": 0.02, "merged": 0.01, "paused": 0.02}
    )
    involuntary_strength: float = 0.0
    lead_weeks: int = 4
    persistence: float = 0.97
    notice_share: float = 0.6
    return_in_grace: float = 0.06
    return_later: float = 0.08
    treatment_effect: float = 0.0
    holdout_share: float = 0.0
    usage_season: Callable[[Integers], Floats] | None = None
    industry: str = "saas"
    clientele: Clientele = SOFTWARE
    months: int = 18
    yearly_terms: bool = False
    shocks: Callable[[Recipe, Floats, int], Floats] | None = None
    leaks: tuple[str, ...] = ()
    honest: bool = False
    gap_days: int = GAP_DAYS
    horizon_days: int = HORIZON_DAYS
    grace_days: int = GRACE_DAYS
    large_sample: Mapping[str, float] | None = None

    @property
    def components(self) -> tuple[str, ...]:
        """Names of the states, in the order of the last axis of the latents."""
        return tuple(self.weights)

    @property
    def betas(self) -> Floats:
        """Coefficient per component on the log-odds of leaving, per standard deviation; positive protects."""
        return np.array([self.strength * weight for weight in self.weights.values()])

    def log_odds(self, latents: Floats) -> Floats:
        """Log-odds of leaving, without the intercept: (accounts, weeks, components) -> (accounts, weeks)."""
        if self.risk is not None:
            return self.risk(latents, self)
        return -(latents @ self.betas)


def simulate_latents(recipe: Recipe, accounts: int, weeks: int, seed: int) -> Floats:
    """Draw the states: (accounts, lead_weeks + weeks, components), standard normal at every week.

    Row `w + lead_weeks` belongs to week `w`; the rows before are the past that drives the first weeks' exits.
    """
    random = stream(seed, "latents")
    total = weeks + recipe.lead_weeks
    states = random.standard_normal((total, accounts, len(recipe.components)))
    spread = float(np.sqrt(1.0 - recipe.persistence**2))
    for week in range(1, total):
        states[week] = recipe.persistence * states[week - 1] + spread * states[week]
    return np.ascontiguousarray(states.transpose(1, 0, 2))


def weekly_rate(annual: float) -> float:
    """Turn a yearly share of exits into a weekly probability."""
    return float(-np.log1p(-annual) / (365.25 / 7))


def intercept_for(log_odds: Floats, rate: float) -> float:
    """Find the intercept at which the mean of sigmoid(intercept + log_odds) is `rate` (bisection)."""
    low, high = -40.0, 40.0
    for _ in range(60):
        middle = (low + high) / 2
        if float(np.mean(sigmoid(middle + log_odds))) < rate:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def sigmoid(logit: Floats) -> Floats:
    """1 / (1 + exp(-logit)); far below -700 it is simply 0."""
    return 1.0 / (1.0 + np.exp(-np.clip(logit, -700.0, 700.0)))
