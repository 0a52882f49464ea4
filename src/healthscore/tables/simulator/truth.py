"""What was planted: sub-scores by month, exits, and the weights that an honest validation must find.

The sub-score of a component at `t` is the state of the last week that was complete before `t`: what somebody who sees
through all noise could know. With it comes the outcome of the account, worked out here from the segments alone, so
that statistical tests may start from known sub-scores, without features and without outcome rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from healthscore.tables.simulator.company import Company, simulate_company
from healthscore.tables.simulator.lives import ACTIVE, CAUSES, PAUSE, VOLUNTARY, Lives
from healthscore.tables.simulator.occasions import LATE_MAX_DAYS, LATE_SHARE
from healthscore.tables.simulator.recipe import (
    Flags,
    Floats,
    Integers,
    Recipe,
    sigmoid,
)
from healthscore.tables.simulator.timeline import OPEN, Timeline, dates, labels

STAYED, LEFT, UNKNOWN = 0, 1, -1


def exits_table(company: Company) -> Any:
    """List every exit: account_id, decided, end, exit_type, returned (first day of the next contract, or empty)."""
    lives = company.lives
    exits = np.flatnonzero((lives.cause >= 0) & (lives.cause != PAUSE))
    following = np.minimum(exits + 1, len(lives.account) - 1)
    again = (following > exits) & (lives.account[following] == lives.account[exits])
    return pa.table(
        {
            "account_id": labels(company.population.ids, lives.account[exits]),
            "decided": dates(lives.decided[exits]),
            "end": dates(lives.end[exits]),
            "exit_type": labels(CAUSES, lives.cause[exits]),
            "returned": dates(lives.start[following], ~again),
        }
    )


def snapshots(recipe: Recipe, lives: Lives, timeline: Timeline, day: int) -> tuple[Flags, NDArray[np.int8]]:
    """Tell who was at risk on `day`, and what became of them: (at risk, outcome), one element per account.

    At risk: paying on that day, for at least a day, without a notice given before it. Outcome: `LEFT` for a
    voluntary decision in [day + gap, day + gap + horizon) that was not undone within the grace period; `UNKNOWN`
    when the account left otherwise before that window ended, left during the gap, or the window is not mature.
    """
    size = len(lives.status)
    current = (lives.kind == ACTIVE) & (lives.start < day) & (lives.decided >= day)
    at_risk = np.zeros(size, dtype=np.bool_)
    at_risk[lives.account[current]] = True
    first, last = day + recipe.gap_days, day + recipe.gap_days + recipe.horizon_days
    outcome = np.full(size, UNKNOWN, dtype=np.int8)
    if last + recipe.grace_days > timeline.days:
        return at_risk, outcome
    outcome[at_risk] = STAYED
    undone = np.zeros(len(lives.account), dtype=np.bool_)
    same = lives.account[1:] == lives.account[:-1]
    undone[:-1] = same & (lives.start[1:] - lives.end[:-1] <= recipe.grace_days) & (lives.cause[:-1] != PAUSE)
    # Latest decision first, so that the earliest one of an account is what remains written.
    for row in np.flatnonzero((lives.cause >= 0) & (lives.decided >= day) & (lives.decided < last) & ~undone)[::-1]:
        in_window = lives.decided[row] >= first
        outcome[lives.account[row]] = LEFT if in_window and lives.cause[row] == VOLUNTARY else UNKNOWN
    outcome[~at_risk] = UNKNOWN
    return at_risk, outcome


def subscores_table(company: Company) -> Any:
    """Write down the sub-scores on the first of every month, for the accounts at risk.

    Columns: account_id, as_of (date), one float64 per component (standard deviation 1, higher is healthier) and
    `left` (int8: 1 left, 0 stayed, null unknown; see `snapshots`).
    """
    account, day, state, outcome = monthly_snapshots(company)
    columns = {
        "account_id": labels(company.population.ids, account),
        "as_of": dates(day),
        **{component: pa.array(state[:, column]) for column, component in enumerate(company.recipe.components)},
        "left": pa.array(outcome, mask=outcome == UNKNOWN),
    }
    return pa.table(columns)


def monthly_snapshots(company: Company) -> tuple[Integers, Integers, Floats, NDArray[np.int8]]:
    """(account, day, sub-scores, outcome) of every account at risk on the first of a month."""
    accounts, days, states, outcomes = [], [], [], []
    for day in company.timeline.month_starts:
        at_risk, outcome = snapshots(company.recipe, company.lives, company.timeline, day)
        member = np.flatnonzero(at_risk)
        accounts.append(member)
        days.append(np.full(len(member), day))
        states.append(company.latents[member, day // 7 - 1 + company.recipe.lead_weeks])
        outcomes.append(outcome[member])
    return np.concatenate(accounts), np.concatenate(days), np.concatenate(states), np.concatenate(outcomes)


def fitted_weights(
    components: Sequence[str], state: Floats, outcome: NDArray[np.int8], origin: Integers
) -> dict[str, float]:
    """Fit `logit P(left) = a_origin - sum_c beta_c s_c` by Newton's method and return beta / sum(beta).

    Every origin has an intercept of its own, so that the curvature is solved origin by origin and no matrix with a
    column per origin is held.
    """
    dates = [(outcome != UNKNOWN) & (origin == day) for day in np.unique(origin[outcome != UNKNOWN])]
    rows = [(-state[chosen], (outcome[chosen] == LEFT).astype(np.float64)) for chosen in dates]
    intercepts = [float(np.log(left.mean() / (1.0 - left.mean()))) for _, left in rows]
    betas = np.zeros(len(components))
    for _ in range(25):
        curvature, slope = np.zeros((len(betas), len(betas))), np.zeros(len(betas))
        steps = []
        for intercept, (risk, left) in zip(intercepts, rows, strict=True):
            probability = sigmoid(intercept + risk @ betas)
            weight = probability * (1.0 - probability)
            mean, missed = risk.T @ weight / weight.sum(), (left - probability).sum() / weight.sum()
            curvature += (risk * weight[:, None]).T @ risk - weight.sum() * np.outer(mean, mean)
            slope += risk.T @ (left - probability) - weight.sum() * mean * missed
            steps.append((mean, missed))
        step = np.linalg.solve(curvature, slope)
        betas = betas + step
        intercepts = [a + missed - mean @ step for a, (mean, missed) in zip(intercepts, steps, strict=True)]
        if float(np.abs(step).max()) < 1e-10:
            break
    return {component: float(beta / betas.sum()) for component, beta in zip(components, betas, strict=True)}


def large_sample(
    recipe: Recipe, accounts: int, months: int | None = None, seed: int = 0
) -> tuple[Integers, Integers, Floats, NDArray[np.int8]]:
    """`monthly_snapshots` with a known outcome, of as many accounts as wished: (account, day, sub-scores, outcome).

    Only states and lives are drawn, 20,000 accounts at a time; for the months that the world has, unless told.
    """
    timeline = Timeline(recipe.months if months is None else months)
    accounts_of, days, states, outcomes = [], [], [], []
    for block in range(-(-accounts // 20_000)):
        size = min(20_000, accounts - 20_000 * block)
        account, day, state, outcome = monthly_snapshots(simulate_company(recipe, size, timeline, seed + block))
        known = outcome != UNKNOWN
        accounts_of.append(20_000 * block + account[known])
        days.append(day[known])
        states.append(state[known])
        outcomes.append(outcome[known])
    return np.concatenate(accounts_of), np.concatenate(days), np.concatenate(states), np.concatenate(outcomes)


def large_sample_weights(recipe: Recipe, accounts: int, months: int | None = None, seed: int = 0) -> dict[str, float]:
    """Weights that validation would find with (nearly) unlimited data on monthly snapshots.

    The `large_sample` of the shipped worlds comes from here with 400,000 accounts.
    """
    _, day, state, outcome = large_sample(recipe, accounts, months, seed)
    return fitted_weights(recipe.components, state, outcome, day)


def describe(company: Company) -> dict[str, Any]:
    """Collect what `truth.json` says. Weights sum to 1, or are all 0 where nothing predicts."""
    recipe, timeline, lives = company.recipe, company.timeline, company.lives
    mature = timeline.days - recipe.gap_days - recipe.horizon_days - recipe.grace_days
    outage = timeline.outage
    exits = {cause: int((lives.cause == code).sum()) for code, cause in enumerate(CAUSES) if code != PAUSE}
    betas = recipe.betas.tolist()
    return {
        "world": recipe.name,
        "title": recipe.title,
        "industry": recipe.industry,
        "seed": company.seed,
        "accounts": company.population.size,
        "months": timeline.months,
        "zone": "UTC",
        "data_start": timeline.date(0).isoformat(),
        "data_end": timeline.end.isoformat(),
        "weights": dict(recipe.weights),
        "weights_large_sample": dict(recipe.large_sample) if recipe.large_sample is not None else None,
        "components": {
            component: {"weight": recipe.weights[component], "beta": beta}
            for component, beta in zip(recipe.components, betas, strict=True)
        },
        "involuntary_beta_finance": recipe.involuntary_strength,
        "treatment_effect": recipe.treatment_effect,
        "gap_days": recipe.gap_days,
        "horizon_days": recipe.horizon_days,
        "maturity_days": recipe.grace_days,
        "grace_days": recipe.grace_days,
        "last_as_of": timeline.date(mature).isoformat(),
        "lead_weeks": recipe.lead_weeks,
        "persistence_weekly": recipe.persistence,
        "annual_rates": dict(recipe.annual_rates),
        "exits": exits,
        "still_open": int(((lives.kind == ACTIVE) & (lives.end >= OPEN)).sum()),
        "outages": [{"start": timeline.date(outage[0]).isoformat(), "end": timeline.date(outage[1]).isoformat()}],
        "late_events": {"share": LATE_SHARE, "max_days": LATE_MAX_DAYS},
    }
