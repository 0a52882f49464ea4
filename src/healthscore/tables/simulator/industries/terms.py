"""Yearly terms as rows of a table of contracts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from healthscore.tables.simulator.company import Company
from healthscore.tables.simulator.lives import NOT_ENDED
from healthscore.tables.simulator.recipe import Integers
from healthscore.tables.simulator.timeline import OPEN, anniversary


@dataclass(frozen=True)
class Terms:
    """One element per term, by account and start; days are day numbers, `OPEN` where there is none.

    `year` counts an account's terms from 0. `end` is that of a term that is over, or that is known not to be
    renewed; only the last term carries notice and cause (`NOT_ENDED` for the others).
    """

    account: Integers
    year: Integers
    start: Integers
    renewal: Integers
    end: Integers
    notice: Integers
    cause: Integers


def terms_of(company: Company) -> Terms:
    """Cut the lives of a company's accounts into terms of a year, as far as they have begun by the end of the data."""
    lives, days = company.lives, company.timeline.days
    return cut(lives.account, lives.start, lives.end, lives.notice, lives.cause, days)


def cut(account: Integers, begin: Integers, end: Integers, notice: Integers, cause: Integers, days: int) -> Terms:
    """Cut lives from `begin` to `end` into terms of a year; see `Terms` for the columns."""
    last = np.minimum(end, days)
    count = 1 + np.maximum(0, (last - begin) // 365)
    life = np.repeat(np.arange(len(account)), count)
    year = np.arange(len(life)) - np.repeat(np.cumsum(count) - count, count)
    start, renewal = anniversaries(begin[life], year), anniversaries(begin[life], year + 1)
    # A life of 365 days can be a day short of its anniversary: its second term has not begun.
    begun = (year == 0) | (start < last[life])
    life, year, start, renewal = life[begun], year[begun], start[begun], renewal[begun]
    final = np.append(life[1:] != life[:-1], True)
    over = np.where(renewal <= days, renewal, OPEN)
    return Terms(
        account=account[life],
        year=year,
        start=start,
        renewal=renewal,
        end=np.where(final, np.where(end[life] < OPEN, end[life], OPEN), over),
        notice=np.where(final, notice[life], OPEN),
        cause=np.where(final, cause[life], NOT_ENDED),
    )


def anniversaries(begin: Integers, years: Integers) -> Integers:
    """The same day so many `years` later, each account with a number of its own."""
    result = begin.copy()
    for number in np.unique(years).tolist():
        chosen = years == number
        result[chosen] = anniversary(begin[chosen], number)
    return result
