"""Measure how many days before an account left its score turned red, and what such warnings cost.

One worked example, weekly scores of one account that leaves on day 100:

    day    30      37      44      51      58      65      72      79      86      93     100
    score  red     red     yellow  green   red     red     red     red     red     red    exit

The warning that stood when the account left began on day 58, so the lead is 42 days. The red of days 30 and 37 was
taken back on day 44; it was another alarm, 70 days before the exit. Had day 93 been green, the account would have left
unannounced: lead 0. With `bridge = 14`, day 44 and 51 (21 days from red to red) would still end the first warning,
while a single yellow week (14 days from red to red) would not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from healthscore.errors import InputError
from healthscore.evaluation.proportions import Estimate, Rate, rate
from healthscore.evaluation.rows import Floats, Integers, cluster_codes

Days = NDArray[np.int64]


@dataclass(frozen=True)
class LeadTime:
    """What the red flag announced, and what it cost."""

    exits: int
    """Exits with at least one score before them; `unscored_exits` had none and say nothing about the score."""
    unscored_exits: int
    median_days: Estimate
    """Half of the exits had at least this warning; exits without a standing warning count 0."""
    recall: dict[int, Rate]
    """Per threshold of days: the share with at least this warning, among exits first scored at least that early."""
    accounts: int
    """Accounts with a score."""
    alarms: int
    """How often an account turned red."""
    alarms_per_100_accounts: float | None
    """Over the whole history, not per month."""
    red_share: float | None
    """Share of all scores that are red: the list that the team works through."""
    false_alarms: Rate
    """Alarms not followed by an exit within the time allowed, among the alarms that are `decided`."""
    undecided_alarms: int
    """Alarms too close to the end of the data to know."""

    def as_dict(self) -> dict[str, Any]:
        """Give the figures as plain numbers for JSON."""
        return {
            "exits": self.exits,
            "unscored_exits": self.unscored_exits,
            "median_days": self.median_days.as_dict(),
            "recall": {str(days): share.as_dict() for days, share in self.recall.items()},
            "accounts": self.accounts,
            "alarms": self.alarms,
            "alarms_per_100_accounts": self.alarms_per_100_accounts,
            "red_share": self.red_share,
            "false_alarms": self.false_alarms.as_dict(),
            "undecided_alarms": self.undecided_alarms,
        }


@dataclass(frozen=True)
class _History:
    """Scores in order of account and day, each with the exit that it precedes."""

    account: Integers
    day: Days
    red: NDArray[np.bool_]
    exit: Integers
    """Index of the account's next exit on this day or later, -1 for none; shape (scores,)."""
    exit_account: Integers
    exit_day: Days
    opens: NDArray[np.bool_]
    """First score of an account, or first after an exit: warnings do not reach over it."""


@dataclass(frozen=True)
class _Warnings:
    """Uninterrupted red runs, in order of account and day; shape (runs,)."""

    first: Integers
    """Row of the history at which the account turned red."""
    last: Integers
    """Last red row of the run."""


def lead_time(
    account: ArrayLike,
    day: ArrayLike,
    red: ArrayLike,
    exit_account: ArrayLike,
    exit_day: ArrayLike,
    *,
    data_end: int,
    within: int = 180,
    bridge: int = 0,
    thresholds: Sequence[int] = (30, 60, 90),
    resamples: int = 1000,
    seed: int = 0,
) -> LeadTime:
    """Measure how long before each exit the warning that stood at the end began, and how many warnings were false.

    A *warning* is an uninterrupted run of red scores of one account between two exits. The *lead* of an exit is the
    exit's day less the first day of the warning that still stood at the last score before it; 0 without one. An
    *alarm* is the first day of a warning.

    Parameters
    ----------
    account, day, red
        Score history, one row per account and as-of day (midnight at its start), any order; shape (n,). A score of the
        exit's own day was given before the exit.
    exit_account, exit_day
        Exits of the types that count; shape (e,). Several per account are several spells.
    data_end
        First day that the data do not show.
    within
        Days in which an exit must follow an alarm, or the alarm was false.
    bridge
        Scores other than red do not end a warning when red comes back, or the exit comes, at most so many days after
        the last red. 0: any other score ends it.
    thresholds
        Warnings in days for which recall is given.
    resamples, seed
        For the median's interval, which resamples accounts; the shares have intervals clustered by account.

    Raises
    ------
    InputError
        Two scores of one account on one day, or columns of different lengths.
    """
    history = _history(account, day, red, exit_account, exit_day)
    warnings = _warnings(history, bridge)
    scored, earliest, lead = _leads(history, warnings, bridge)
    owners = history.exit_account[scored]
    recall = {days: rate(lead[earliest >= days] >= days, owners[earliest >= days]) for days in sorted(set(thresholds))}
    false, decided = _judged(history, warnings, within, data_end)
    accounts = int(np.unique(history.account).size)
    alarms = int(warnings.first.size)
    return LeadTime(
        exits=int(scored.size),
        unscored_exits=int(history.exit_day.size - scored.size),
        median_days=_median(lead, owners, resamples, seed),
        recall=recall,
        accounts=accounts,
        alarms=alarms,
        alarms_per_100_accounts=100.0 * alarms / accounts if accounts else None,
        red_share=float(history.red.mean()) if history.red.size else None,
        false_alarms=rate(false[decided], history.account[warnings.first][decided]),
        undecided_alarms=int((~decided).sum()),
    )


def _history(
    account: ArrayLike, day: ArrayLike, red: ArrayLike, exit_account: ArrayLike, exit_day: ArrayLike
) -> _History:
    """Sort scores and exits by account and day, and find the next exit of every score."""
    scored, left = np.asarray(account), np.asarray(exit_account)
    days, exit_days = np.asarray(day, dtype=np.int64), np.asarray(exit_day, dtype=np.int64)
    flags = np.asarray(red, dtype=bool)
    if not scored.shape == days.shape == flags.shape or left.shape != exit_days.shape:
        raise InputError(
            f"lead time: {scored.size} accounts, {days.size} days and {flags.size} flags in the history, "
            f"{left.size} accounts and {exit_days.size} days of exits",
            "pass columns of the same length",
        )
    # An empty column has no type of its own and would turn numeric ids into text when joined.
    joined = np.concatenate([part for part in (scored, left) if part.size]) if scored.size + left.size else scored
    codes = cluster_codes(joined)[0]
    codes, exit_codes = codes[: scored.size], codes[scored.size :]
    order, exit_order = np.lexsort((days, codes)), np.lexsort((exit_days, exit_codes))
    codes, days, flags = codes[order], days[order], flags[order]
    exit_codes, exit_days = exit_codes[exit_order], exit_days[exit_order]
    repeated = (np.diff(codes) == 0) & (np.diff(days) == 0)
    if repeated.any():
        raise InputError(
            f"lead time: {int(repeated.sum())} accounts have two scores on one day",
            "keep one score per account and day",
        )
    lowest = min(days.min(initial=0), exit_days.min(initial=0))
    width = max(days.max(initial=0), exit_days.max(initial=0)) - lowest + 1
    exit_keys = exit_codes * width + (exit_days - lowest)
    following = np.searchsorted(exit_keys, codes * width + (days - lowest), side="left")
    own = following < exit_codes.size
    own[own] = exit_codes[following[own]] == codes[own]
    next_exit = np.where(own, following, -1)
    opens = np.ones(codes.size, dtype=bool)
    opens[1:] = (np.diff(codes) != 0) | (np.diff(next_exit) != 0)
    return _History(codes, days, flags, next_exit, exit_codes, exit_days, opens)


def _warnings(history: _History, bridge: int) -> _Warnings:
    """Join red scores to runs: broken by the end of a spell, or by another colour for longer than `bridge` days."""
    rows = np.flatnonzero(history.red)
    spell = np.cumsum(history.opens)[rows]
    begins = np.ones(rows.size, dtype=bool)
    interrupted = (np.diff(rows) > 1) & (np.diff(history.day[rows]) > bridge)
    begins[1:] = (np.diff(spell) != 0) | interrupted
    ends = np.append(begins[1:], True)[: rows.size]
    return _Warnings(first=rows[begins], last=rows[ends])


def _leads(history: _History, warnings: _Warnings, bridge: int) -> tuple[Integers, Days, Days]:
    """Find, for every exit with a score before it: its index, the days since its first score, its lead in days."""
    opening = np.flatnonzero(history.opens)
    closing = np.append(opening[1:], history.opens.size)[: opening.size] - 1
    leaving = history.exit[opening] >= 0
    opening, closing = opening[leaving], closing[leaving]
    exits = history.exit[opening]
    exit_day = history.exit_day[exits]
    lead = np.zeros(exits.size, dtype=np.int64)
    if warnings.first.size:
        latest = np.searchsorted(warnings.first, closing, side="right") - 1
        inside = (latest >= 0) & (warnings.first[latest] >= opening)
        last = warnings.last[latest]
        stands = inside & ((last == closing) | ((exit_day - history.day[last]) <= bridge))
        lead = np.where(stands, exit_day - history.day[warnings.first[latest]], 0)
    return exits, exit_day - history.day[opening], lead


def _judged(
    history: _History, warnings: _Warnings, within: int, data_end: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Say of each warning whether it was false, and whether the data reach far enough to say so; shape (runs,) each."""
    started = history.day[warnings.first]
    next_exit = history.exit[warnings.first]
    announced = next_exit >= 0
    announced[announced] = history.exit_day[next_exit[announced]] - started[announced] <= within
    return ~announced, announced | (started + within < data_end)


def _median(lead: Days, owners: Integers, resamples: int, seed: int) -> Estimate:
    """Take the lower median of the leads, with a percentile interval over resampled accounts."""
    if not lead.size:
        return Estimate(None, None, None)
    order = np.argsort(lead, kind="stable")
    ranked = lead[order].astype(np.float64)
    codes, accounts = cluster_codes(owners[order])
    estimate = _weighted_median(ranked, np.ones(ranked.size))
    if accounts < 2:
        return Estimate(estimate, None, None)
    generator = np.random.default_rng(seed)
    draws = np.empty(resamples)
    for number in range(resamples):
        counts = np.bincount(generator.integers(0, accounts, accounts), minlength=accounts)
        draws[number] = _weighted_median(ranked, counts[codes].astype(np.float64))
    low, high = np.quantile(draws, [0.025, 0.975])
    return Estimate(estimate, float(low), float(high))


def _weighted_median(ranked: Floats, weight: Floats) -> float:
    """Find the smallest value that half of the weight does not exceed."""
    reached = np.cumsum(weight)
    return float(ranked[np.searchsorted(reached, reached[-1] / 2.0)])
