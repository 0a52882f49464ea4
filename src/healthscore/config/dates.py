"""The dates of a run: when snapshots are taken, and which of them train and test."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from healthscore.config.section import Section


class AsOf(Section):
    """The dates at which snapshots are taken, each at midnight at the start of the date in the run's time zone."""

    first: date | None = None
    """The first date."""
    last: date | None = None
    """The last date, at most."""
    every: Literal["day", "week", "month"] | Annotated[int, Field(ge=1)] = "month"
    """Step from date to date: a unit of the calendar, or a number of days."""
    dates: tuple[date, ...] = ()
    """The dates themselves, in place of a range."""

    @model_validator(mode="after")
    def _either_range_or_dates(self) -> AsOf:
        if bool(self.dates) == (self.first is not None or self.last is not None):
            raise ValueError("give either `dates`, or `first` and `last` with `every`")
        if not self.dates and (self.first is None or self.last is None):
            raise ValueError("`first` and `last` come together")
        if self.first is not None and self.last is not None and self.first > self.last:
            raise ValueError("`first` lies after `last`")
        return self


class Split(Section):
    """Fixed dates, or ranges of them, instead of walking forward over every origin.

    Training is still purged for each test date.
    """

    train: tuple[date | AsOf, ...] = ()
    """Dates that are learned from; all with a known outcome when left out."""
    test: tuple[date | AsOf, ...] = Field(min_length=1)
    """Dates that are judged."""
