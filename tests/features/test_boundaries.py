"""T4: events at t - w, at t, and a microsecond either side; date-only rows; days that the clock makes short or long.

Windows are [t - w, t): closed at the start, open at the end. Here w is 7 days and t is 1 March 2024, in UTC
[23 February 00:00, 1 March 00:00), unless a test says otherwise.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from literal import expect, panel_of, run_of

MICROSECOND = timedelta(microseconds=1)
T = date(2024, 3, 1)
WINDOW = 7


def counts(folder: Path, moments: dict[str, Any], *, t: date = T, window: int = WINDOW, **sections: Any) -> set[str]:
    """Names of the moments that lie in the window."""
    long_ago = datetime(2023, 1, 1, tzinfo=UTC)
    table = pa.table(
        {
            "account_id": ["base", *moments],
            "time": pa.array([long_ago, *moments.values()], pa.timestamp("us", "UTC")),
        }
    )
    signals = {"usage": {"families": ["frequency"], "windows": [window]}}
    run = run_of(folder, {"events": table}, as_of=[t], signals=signals, **sections)
    return {account for (account, _), cells in panel_of(run).items() if cells[f"usage_count_{window}d"] == 1}


def midnight(day: date, zone: str) -> datetime:
    """First existing instant of a day: the second that the calendar's page turns, found without asking for midnight."""
    low = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=2)
    seconds = 0
    for step in (86_400, 3_600, 60, 1):
        while (low + timedelta(seconds=seconds + step)).astimezone(ZoneInfo(zone)).date() < day:
            seconds += step
    return low + timedelta(seconds=seconds + 1)


@pytest.mark.parametrize(
    ("zone", "t"),
    [
        ("UTC", date(2024, 3, 1)),
        ("Asia/Kolkata", date(2024, 3, 1)),
        ("Pacific/Apia", date(2012, 1, 1)),  # 30 December 2011 does not exist there
        ("America/New_York", date(2024, 3, 11)),  # a day of 23 hours before t
        ("America/New_York", date(2024, 11, 4)),  # a day of 25 hours before t
        ("Europe/London", date(2024, 4, 7)),  # the window begins on the day of 23 hours
        ("America/Sao_Paulo", date(2018, 11, 4)),  # t itself begins at 01:00
        ("America/Sao_Paulo", date(2018, 11, 11)),  # the window begins at 01:00
        ("America/Havana", date(2023, 3, 12)),
        ("Africa/Cairo", date(2023, 5, 5)),
        ("America/Sao_Paulo", date(2018, 2, 18)),  # 23:00 to 24:00 happened twice on the day before
    ],
)
def test_windows_are_days_of_the_runs_zone_from_first_instant_to_first_instant(
    tmp_path: Path, zone: str, t: date
) -> None:
    begin, end = midnight(t - timedelta(days=WINDOW), zone), midnight(t, zone)
    moments = {
        "before the start": begin - MICROSECOND,
        "at the start": begin,
        "after the start": begin + MICROSECOND,
        "before t": end - MICROSECOND,
        "at t": end,
        "after t": end + MICROSECOND,
    }
    found = counts(tmp_path, moments, t=t, timezone=zone)
    assert found == {"at the start", "after the start", "before t"}


def test_a_day_that_the_zone_skipped_is_still_a_day_of_the_window(tmp_path: Path) -> None:
    # Samoa went from 29 to 31 December 2011. The 2 days before 1 January are the 30th, which nobody saw, and the 31st.
    zone = "Pacific/Apia"
    moments = {
        "29th": midnight(date(2011, 12, 31), zone) - MICROSECOND,
        "31st": midnight(date(2011, 12, 31), zone),
    }
    assert counts(tmp_path / "two", moments, t=date(2012, 1, 1), window=2, timezone=zone) == {"31st"}
    assert counts(tmp_path / "three", moments, t=date(2012, 1, 1), window=3, timezone=zone) == {"29th", "31st"}


def test_the_same_instants_are_counted_whatever_zone_they_are_written_in(tmp_path: Path) -> None:
    written = """
    account_id  time
    base        2023-01-01T00:00:00Z
    utc         2024-02-29T23:59:59.999999Z
    india       2024-03-01T05:29:59.999999+05:30
    new_york    2024-02-29T18:59:59.999999-05:00
    india_late  2024-03-01T05:30:00+05:30
    """
    signals = {"usage": {"families": ["frequency"], "windows": [1]}}
    found = panel_of(run_of(tmp_path, {"events": written}, as_of=[T], signals=signals))
    seen = {account for (account, _), cells in found.items() if cells["usage_count_1d"] == 1}
    assert seen == {"utc", "india", "new_york"}


def test_a_clock_time_is_read_on_the_clock_of_its_source(tmp_path: Path) -> None:
    # 1 March begins in Kolkata at 18:30 UTC of 29 February. The shop's clock is New York's: 13:30 there.
    written = """
    account_id  time
    base        2023-01-01T00:00:00
    before      2024-02-29T13:29:59.999999
    at_t        2024-02-29T13:30:00
    """
    run = run_of(
        tmp_path,
        {"events": written},
        as_of=[T],
        timezone="Asia/Kolkata",
        sources={"events": {"timezone": "America/New_York"}},
        signals={"usage": {"families": ["frequency"], "windows": [1]}},
    )
    expect(
        panel_of(run),
        """
        account  as_of       usage_count_1d
        before   2024-03-01  1
        at_t     2024-03-01  0
        """,
    )


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/Sao_Paulo", "Pacific/Apia"])
def test_a_date_without_a_time_is_that_day_whatever_the_zone_and_known_when_it_is_over(
    tmp_path: Path, zone: str
) -> None:
    written = """
    account_id      time
    base            2023-01-01
    day_before      2024-02-22
    first_day       2024-02-23
    last_day        2024-02-29
    at_t            2024-03-01
    """
    run = run_of(
        tmp_path,
        {"events": written},
        as_of=[T],
        timezone=zone,
        signals={"usage": {"families": ["frequency", "recency"], "windows": [7]}},
    )
    expect(
        panel_of(run),
        """
        account     as_of       usage_count_7d  usage_recency
        day_before  2024-03-01  0               8
        first_day   2024-03-01  1               7
        last_day    2024-03-01  1               1
        at_t        2024-03-01  0               -
        """,
    )


def test_a_row_is_seen_from_the_first_as_of_date_after_it_became_known(tmp_path: Path) -> None:
    written = """
    account_id    time                  known_at
    base          2023-01-01T00:00:00Z  2023-01-01T00:00:00Z
    just_in_time  2024-02-25T12:00:00Z  2024-02-29T23:59:59.999999Z
    at_t          2024-02-25T12:00:00Z  2024-03-01T00:00:00Z
    unknown_when  2024-02-25T12:00:00Z  -
    before_it_was 2024-02-29T12:00:00Z  2024-02-20T00:00:00Z
    """
    signals = {"usage": {"families": ["frequency", "recency"], "windows": [7]}}
    run = run_of(tmp_path, {"events": written}, as_of=[T, date(2024, 3, 2)], signals=signals)
    expect(
        panel_of(run),
        """
        account        as_of       usage_count_7d  usage_recency
        just_in_time   2024-03-01  1               5
        at_t           2024-03-01  0               -
        at_t           2024-03-02  1               6
        unknown_when   2024-03-01  1               5
        before_it_was  2024-03-01  1               1
        """,
    )


def test_a_delay_moves_what_is_known_not_when_it_happened(tmp_path: Path) -> None:
    written = """
    account_id  time
    base        2023-01-01T00:00:00Z
    seen        2024-02-26T23:59:59.999999Z
    unseen      2024-02-27T00:00:00Z
    """
    run = run_of(
        tmp_path,
        {"events": written},
        as_of=[T, date(2024, 3, 2)],
        sources={"events": {"availability_delay_days": 3}},
        signals={"usage": {"families": ["frequency", "recency"], "windows": [7]}},
    )
    expect(
        panel_of(run),
        """
        account  as_of       usage_count_7d  usage_recency
        seen     2024-03-01  1               4
        unseen   2024-03-01  0               -
        unseen   2024-03-02  1               4
        """,
    )


def test_rows_imported_later_do_not_change_what_was_recorded_then(tmp_path: Path) -> None:
    # The source began on 20 February. On 10 March somebody imported a history that goes back to January.
    written = """
    account_id  time        known_at
    A           2024-01-05  2024-03-10
    A           2024-02-20  2024-02-20
    A           2024-02-28  2024-02-28
    """
    signals = {"usage": {"families": ["frequency"], "windows": [28]}}
    run = run_of(tmp_path, {"events": written}, as_of=[T, date(2024, 3, 10), date(2024, 3, 11)], signals=signals)
    expect(
        panel_of(run),
        """
        account  as_of       usage_count_28d  usage_regularity_28d
        A        2024-03-01  -                -
        A        2024-03-10  2                2/19
        A        2024-03-11  2                2/28
        """,
    )
