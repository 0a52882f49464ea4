"""Silent days: improbable against the past of that weekday, and against nothing else."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from numpy.typing import NDArray

from healthscore.asof import day_of
from healthscore.pipelines.coverage import Silence, find_silences, outage_line

MONDAY = day_of(date(2024, 1, 1))


def weekdays_only(weeks: int, rows: int = 40) -> NDArray[np.int64]:
    """Rows per day from a Monday on: busy from Monday to Friday, closed at weekends."""
    return np.tile([rows] * 5 + [0, 0], weeks).astype(np.int64)


def test_a_closed_weekend_is_no_silence() -> None:
    assert find_silences(MONDAY, weekdays_only(20)) == []


def test_an_outage_is_found_with_what_was_expected() -> None:
    counts = weekdays_only(20)
    counts[71:73] = 0  # Tuesday and Wednesday of the eleventh week
    assert find_silences(MONDAY, counts) == [Silence(MONDAY + 71, MONDAY + 72, 80.0)]


def test_a_weekend_inside_an_outage_belongs_to_it() -> None:
    counts = weekdays_only(20)
    counts[74:78] = 0  # Friday to Monday
    assert find_silences(MONDAY, counts) == [Silence(MONDAY + 74, MONDAY + 77, 80.0)]


def test_only_the_past_is_used() -> None:
    """Adding rows after a silent day changes nothing about it, and neither does what comes before the sixth week."""
    counts = weekdays_only(20)
    counts[71] = 0
    for later in (73, 90, 140):
        assert find_silences(MONDAY, counts[:later]) == [Silence(MONDAY + 71, MONDAY + 71, 40.0)]
    early = weekdays_only(20)
    early[8] = 0
    assert find_silences(MONDAY, early) == []


def test_an_outage_does_not_become_the_past_that_later_days_are_held_against() -> None:
    counts = weekdays_only(40)
    counts[70:210] = 0  # twenty weeks
    assert find_silences(MONDAY, counts) == [Silence(MONDAY + 70, MONDAY + 207, 40.0 * 100)]


@pytest.mark.parametrize(("rows", "silent"), [(2, 0), (6, 0), (7, 1), (100, 1)])
def test_a_quiet_source_may_have_days_without_rows(rows: int, silent: int) -> None:
    """Of constant counts the law is Poisson: exp(-6) is above one in a thousand, exp(-7) below."""
    counts = np.full(100, rows, np.int64)
    counts[80] = 0
    assert len(find_silences(MONDAY, counts)) == silent


def test_counts_that_vary_widely_need_more_to_be_odd() -> None:
    """Mean 9 and variance 162 give (0.0588) ** 0.53 = 0.22: no wonder."""
    counts = np.tile([18] * 7 + [0] * 7, 10).astype(np.int64)
    counts[counts == 18] = np.tile([1, 35], 35)
    assert find_silences(MONDAY, counts) == []


def test_what_is_declared_is_neither_reported_nor_taken_for_the_past() -> None:
    counts = weekdays_only(30)
    counts[70:73] = 0
    assert find_silences(MONDAY, counts, [(MONDAY + 70, MONDAY + 72)]) == []
    assert find_silences(MONDAY, counts, [(MONDAY + 70, MONDAY + 70)]) == [Silence(MONDAY + 71, MONDAY + 72, 80.0)]


def test_the_line_declares_old_and_new_outages_together() -> None:
    found = [Silence(day_of(date(2024, 9, 10)), day_of(date(2024, 9, 12)), 1.0)]
    line = outage_line(found, [(date(2024, 3, 1), date(2024, 3, 1))])
    assert line == "outages = [[2024-03-01, 2024-03-01], [2024-09-10, 2024-09-12]]"
