"""What of a score's course is told: drops, declines, recoveries, falling activity, and a band that does not flicker."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from healthscore.config.section import Name, Section

Points = Annotated[float, Field(gt=0, le=100)]
Days = Annotated[int, Field(ge=1, le=366)]
RULES = ("drop", "sudden_drop", "decline", "activity_drop", "recovery")
"""Names of the rules, as the column `trend_rules` has them, the most urgent first."""


class Drop(Section):
    """At least so many points below the highest score of the last days: on the default scale, doubled odds."""

    points: Points = 15.0
    within_days: Days = 31


class Decline(Section):
    """So many scores in a row, each at least `step` points below the one before, and as many points in all.

    Scores are taken at least `every_days` days apart, whatever the cadence; each distance is looked at.
    """

    scores: int = Field(default=3, ge=3, le=24)
    points: Points = 15.0
    step: Points = 2.0
    every_days: tuple[Days, ...] = Field(default=(7, 28), min_length=1)


class SuddenDrop(Section):
    """So many points below the previous score, by an account that had been in the top band for so many days."""

    points: Points = 10.0
    healthy_days: Days = 84


class ActivityDrop(Section):
    """So many per cent fewer events than in the window before.

    `signals` are those looked at; where none are named, those of the component, else all that are not risky. An account
    counts with at least `minimum_events` in the window before.
    """

    percent: float = Field(default=30.0, gt=0, lt=100)
    days: Days = 14
    component: Name = "activity"
    signals: tuple[Name, ...] = ()
    minimum_events: int = Field(default=20, ge=1)


class Recovery(Section):
    """So many points above the lowest score of the last days, or as many in a row of rising scores.

    The low score lies below the top band.
    """

    points: Points = 15.0
    within_days: Days = 31
    scores: int = Field(default=3, ge=3, le=24)
    step: Points = 2.0
    every_days: tuple[Days, ...] = Field(default=(7, 28), min_length=1)


class Trend(Section):
    """Rules for the course of scores.

    `steady_band` follows a score that passes an edge by `margin` points at once, and one that stays beyond it for
    `settle_days`.
    """

    margin: float = Field(default=2.0, ge=0, le=20)
    settle_days: Days = 28
    drop: Drop = Drop()
    decline: Decline = Decline()
    sudden_drop: SuddenDrop = SuddenDrop()
    activity_drop: ActivityDrop = ActivityDrop()
    recovery: Recovery = Recovery()
