"""As-of dates, windows and segments: literal dates, and laws over random ones."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthscore.asof import (
    DAY_MICROSECONDS,
    WORD_BITS,
    Segments,
    as_of_days,
    date_of,
    day_of,
    upto,
    utc_offsets,
    window_edges,
)

DAYS = st.integers(min_value=10_000, max_value=25_000)


def test_a_row_is_visible_only_if_it_happened_and_was_known_before_the_day() -> None:
    t = day_of(date(2024, 3, 1))
    day = np.array([t - 1, t, t - 1, t - 5], np.int32)
    known = np.array([t - 1, t, t, t - 1], np.int32)
    assert upto(t, day, known).tolist() == [True, False, False, True]
    assert upto(t, day).tolist() == [True, False, True, True]


def test_weeks_and_numbers_of_days_count_from_the_first_date() -> None:
    weeks = as_of_days(date(2024, 1, 1), date(2024, 1, 29), "week")
    assert [date_of(day).day for day in weeks] == [1, 8, 15, 22, 29]
    assert as_of_days(date(2024, 1, 1), date(2024, 1, 14), 7) == weeks[:2]
    assert len(as_of_days(date(2024, 1, 1), date(2024, 1, 29), "day")) == 29


@given(st.lists(DAYS, min_size=1, max_size=12, unique=True), st.lists(st.integers(1, 400), min_size=1, max_size=5))
def test_every_window_of_every_date_is_a_union_of_segments(as_ofs: list[int], windows: list[int]) -> None:
    segments = Segments.cut(window_edges(sorted(as_ofs), windows), 12_000, 24_000)
    lengths = np.diff(segments.edges)
    assert lengths.min() >= 1
    assert lengths.max() <= WORD_BITS
    for t in as_ofs:
        for window in windows:
            for low, high in ((t - window, t), (t - 2 * window, t - window)):
                inside = segments.within(low, high)
                covered = sum(int(length) for length in lengths[inside])
                assert covered == max(0, min(high, 24_000) - max(low, 12_000))


def test_a_window_that_was_not_cut_is_refused() -> None:
    with pytest.raises(ValueError, match="no boundary"):
        Segments.cut([12_010], 12_000, 12_050).within(12_005, 12_010)


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/London", "America/Sao_Paulo", "Asia/Kolkata", "Pacific/Apia", "Africa/Cairo"]
)
@given(
    at=st.integers(
        min_value=int(datetime(1991, 1, 1, tzinfo=UTC).timestamp()),
        max_value=int(datetime(2036, 1, 1, tzinfo=UTC).timestamp()),
    )
)
def test_offsets_give_the_local_day_that_the_zone_database_gives(zone: str, at: int) -> None:
    changes = utc_offsets(zone)
    starts = [start for start, _ in changes]
    offset = changes[int(np.searchsorted(starts, at * 1_000_000, side="right")) - 1][1]
    local = datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(zone)).date()
    assert (at * 1_000_000 + offset) // DAY_MICROSECONDS == day_of(local)


def test_days_and_dates_are_each_others_inverse() -> None:
    assert day_of(date(1970, 1, 2)) == 1
    assert date_of(day_of(date(2024, 2, 29)) + 1) - date(2024, 2, 29) == timedelta(days=1)
