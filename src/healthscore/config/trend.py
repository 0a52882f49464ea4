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
    """So many below the highest score of the last days."""
    within_days: Days = 31
    """The last days."""


class Decline(Section):
    """So many scores in a row, each at least `step` points below the one before, and as many points in all.

    Scores are taken at least `every_days` days apart, whatever the cadence; each distance is looked at.
    """

    scores: int = Field(default=3, ge=3, le=24)
    """So many in a row, at least."""
    points: Points = 15.0
    """From the first to the last of them, at least."""
    step: Points = 2.0
    """From each to the next, at least."""
    every_days: tuple[Days, ...] = Field(default=(7, 28), min_length=1)
    """Days between scores that are compared; each distance is looked at."""


class SuddenDrop(Section):
    """So many points below the previous score, by an account that had been in the top band for so many days."""

    points: Points = 10.0
    """Below the previous score."""
    healthy_days: Days = 84
    """Days in the top band before."""


class ActivityDrop(Section):
    """So many per cent fewer events than in the window before.

    Where no signals are named, those of the component are looked at, and if it has none, all that are not risky.
    """

    percent: float = Field(default=30.0, gt=0, lt=100)
    """So many per cent fewer events than in the window before."""
    days: Days = 14
    """Length of both windows."""
    component: Name = "activity"
    """Whose signals are looked at, where `signals` names none."""
    signals: tuple[Name, ...] = ()
    """Those looked at."""
    minimum_events: int = Field(default=20, ge=1)
    """In the window before, for an account to count."""


class Recovery(Section):
    """So many points above the lowest score of the last days, or as many in a row of rising scores.

    The low score lies below the top band.
    """

    points: Points = 15.0
    """Above the lowest score of the last days, or in a row of rising scores."""
    within_days: Days = 31
    """The last days."""
    scores: int = Field(default=3, ge=3, le=24)
    """Rising scores in a row, at least."""
    step: Points = 2.0
    """From each to the next, at least."""
    every_days: tuple[Days, ...] = Field(default=(7, 28), min_length=1)
    """Days between scores that are compared."""


class Trend(Section):
    """Rules for the course of scores, and for the steady band, which does not flicker at an edge."""

    margin: float = Field(default=2.0, ge=0, le=20)
    """Points beyond an edge at which the steady band follows a score at once."""
    settle_days: Days = 28
    """Days beyond an edge after which it follows."""
    drop: Drop = Drop()
    """Doubled odds, soon."""
    decline: Decline = Decline()
    """A slow fall."""
    sudden_drop: SuddenDrop = SuddenDrop()
    """A fall of a healthy account."""
    activity_drop: ActivityDrop = ActivityDrop()
    """Less use."""
    recovery: Recovery = Recovery()
    """A rise from below the top band."""
