"""Rules for the course of a score: which accounts dropped, declined or recovered, by how much and since when.

All look at comparable scores (see `courses`), so that another model, or another scale, drops nobody.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from healthscore.config.trend import Decline, Drop, Recovery, SuddenDrop
from healthscore.pipelines.trend.courses import ABSENT, Courses

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
SLACK = 1e-3
"""Comparable scores are sums in single precision: 15.0 points are 15.0 points."""


@dataclass(frozen=True, eq=False)
class Found:
    """What a rule says of n accounts.

    Attributes
    ----------
    holds
        Whether it holds, shape (n,).
    points
        By how much the score is now above (below: negative) where it started, in tenths as a float, shape (n,).
    start
        Position of the date where it started, shape (n,); -1 where it does not hold.
    scores
        How many scores in a row, where the rule counts them; 0 else.
    """

    holds: NDArray[np.bool_]
    points: Floats
    start: Integers
    scores: Integers


def dropped(courses: Courses, rule: Drop) -> Found:
    """Fallen by so many points below the highest score of the last days, inside a band or across its edge."""
    return _against_extreme(courses, rule.points, rule.within_days, -1)


def recovered(courses: Courses, rule: Recovery) -> Found:
    """Risen from below the top band: above the lowest score of the last days, or in a row of rising scores."""
    quick = _against_extreme(courses, rule.points, rule.within_days, +1)
    row = _in_a_row(courses, rule.scores, rule.points, rule.step, rule.every_days, +1)
    better = row.holds & (~quick.holds | (row.points > quick.points))
    both = Found(
        quick.holds | row.holds,
        np.where(better, row.points, quick.points),
        np.where(better, row.start, quick.start),
        np.where(better, row.scores, 0),
    )
    low = courses.alike[both.start, np.arange(len(both.start))] < courses.edges[:, -1] - SLACK
    return _only(both, both.holds & low)


def declined(courses: Courses, rule: Decline) -> Found:
    """Fallen from score to score, so many times in a row, and by so many points in all."""
    return _in_a_row(courses, rule.scores, rule.points, rule.step, rule.every_days, -1)


def dropped_suddenly(courses: Courses, rule: SuddenDrop) -> Found:
    """Fallen since the previous score, by an account that had been in the top band for long."""
    alike, days = courses.alike, courses.days
    n = alike.shape[1]
    previous = previous_of(courses)
    there = previous >= 0
    fall = np.where(there, alike[-1] - alike[previous, np.arange(n)], 0.0)
    healthy_since, going_on = np.full(n, days[-1]), there.copy()
    for at in range(len(days) - 2, -1, -1):
        known = ~np.isnan(alike[at])
        going_on &= ~known | (alike[at] >= courses.edges[:, -1] - SLACK)
        healthy_since = np.where(going_on & known, days[at], healthy_since)
    long_healthy = days[previous] - healthy_since >= rule.healthy_days
    found = Found(there & long_healthy & (fall <= -rule.points + SLACK), _tenths(fall), previous, np.zeros(n, np.int64))
    return _only(found, found.holds)


def previous_of(courses: Courses, *, published: bool = False) -> Integers:
    """Position of each account's score before today's, shape (n,), -1 where there is none (that compares)."""
    there = (courses.shown != ABSENT)[:-1] if published else ~np.isnan(courses.alike[:-1])
    last = len(there) - 1 - np.argmax(there[::-1], axis=0) if len(there) else np.zeros(there.shape[1], np.int64)
    return np.where(there.any(axis=0), last, -1).astype(np.int64)


def _against_extreme(courses: Courses, points: float, within_days: int, sign: int) -> Found:
    """Today's score against the highest (`sign` -1) or the lowest (+1) of the last days; the latest such date."""
    recent = np.flatnonzero(courses.days[:-1] >= courses.days[-1] - within_days)
    n = courses.alike.shape[1]
    if not len(recent):
        return Found(np.zeros(n, bool), np.zeros(n), np.full(n, -1), np.zeros(n, np.int64))
    scores = courses.alike[recent]
    start = np.where(np.isnan(scores), -np.inf, -sign * scores)
    latest = len(recent) - 1 - np.argmax(start[::-1], axis=0)
    change = courses.alike[-1] - scores[latest, np.arange(n)]
    found = Found(sign * change >= points - SLACK, _tenths(change), recent[latest], np.zeros(n, np.int64))
    return _only(found, found.holds)


def _in_a_row(
    courses: Courses, scores: int, points: float, step: float, every_days: tuple[int, ...], sign: int
) -> Found:
    """The longest row of scores that ends today, each `step` beyond the one before; the distance with most points."""
    rows = [_row(courses, days, step, sign) for days in every_days]
    change = np.array([row.points for row in rows])
    fits = np.array([row.holds & (row.scores >= scores) for row in rows]) & (sign * change >= points - SLACK)
    best = np.argmax(np.where(fits, sign * change, -np.inf), axis=0)
    which = np.arange(change.shape[1])
    found = Found(
        np.asarray(fits.any(axis=0), np.bool_),
        change[best, which],
        np.array([row.start for row in rows])[best, which],
        np.array([row.scores for row in rows])[best, which],
    )
    return _only(found, found.holds)


def _row(courses: Courses, every_days: int, step: float, sign: int) -> Found:
    """Going back from today in steps of at least so many days, as long as each older score is `step` nearer to it."""
    alike, days = courses.alike, courses.days
    n = alike.shape[1]
    value, day, count = alike[-1].copy(), np.full(n, days[-1]), np.ones(n, np.int64)
    at, going_on = np.full(n, len(days) - 1), np.ones(n, bool)
    for index in range(len(days) - 2, -1, -1):
        asked = going_on & ~np.isnan(alike[index]) & (day - days[index] >= every_days)
        goes_on = asked & (sign * (value - alike[index]) >= step - SLACK)
        going_on &= ~asked | goes_on
        value, day = np.where(goes_on, alike[index], value), np.where(goes_on, days[index], day)
        count, at = count + goes_on, np.where(goes_on, index, at)
    return Found(count > 1, _tenths(alike[-1] - value), at, count)


def _only(found: Found, holds: NDArray[np.bool_]) -> Found:
    return Found(
        holds, np.where(holds, found.points, 0.0), np.where(holds, found.start, -1), np.where(holds, found.scores, 0)
    )


def _tenths(change: NDArray[np.floating]) -> Floats:
    return np.asarray(np.round(change, 1), np.float64)
