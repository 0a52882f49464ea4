"""T4 for intervals and levels: starts, ends, deadlines and values at t - w, at t, and a microsecond either side.

Here w is 7 days and t is 1 March 2024, in UTC [23 February 00:00, 1 March 00:00), unless a test says otherwise.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from literal import expect, panel_of, run_of

MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)
T = date(2024, 3, 1)
AT_T = datetime(2024, 3, 1, tzinfo=UTC)
BEGIN = AT_T - 7 * DAY
LONG_AGO = datetime(2023, 1, 1, tzinfo=UTC)
MOMENTS = {
    "before the start": BEGIN - MICROSECOND,
    "at the start": BEGIN,
    "after the start": BEGIN + MICROSECOND,
    "before t": AT_T - MICROSECOND,
    "at t": AT_T,
    "after t": AT_T + MICROSECOND,
}
INSIDE = {"at the start", "after the start", "before t"}


def accounts_where(folder: Path, source: str, columns: dict[str, Any], feature: str, value: float) -> set[str]:
    """Accounts whose feature has the value; each of `MOMENTS` has a row of its own, and one row is of long ago."""
    ids = pa.array(["base", *MOMENTS])
    typed = {
        name: pa.array(values, None if name in ("value", "deadline") else pa.timestamp("us", "UTC"))
        for name, values in columns.items()
    }
    run = run_of(
        folder,
        {source: pa.table({"account_id": ids, **typed})},
        as_of=[T],
        signals={"it": {"source": source, "windows": [7]}},
    )
    return {account for (account, _), cells in panel_of(run).items() if cells[feature] == value and account != "base"}


def test_an_interval_opens_in_the_window_from_its_first_instant_to_its_last(tmp_path: Path) -> None:
    starts = [LONG_AGO, *MOMENTS.values()]
    assert accounts_where(tmp_path, "intervals", {"start": starts}, "it_opened_7d", 1) == INSIDE


def test_an_interval_closes_in_the_window_from_its_first_instant_to_its_last(tmp_path: Path) -> None:
    columns = {"start": [LONG_AGO] * 7, "end": [LONG_AGO, *MOMENTS.values()]}
    assert accounts_where(tmp_path / "a", "intervals", columns, "it_closed_7d", 1) == INSIDE
    assert accounts_where(tmp_path / "b", "intervals", columns, "it_open", 1) == {"at t", "after t"}


def test_an_end_is_seen_from_the_first_as_of_date_after_it_became_known(tmp_path: Path) -> None:
    columns = {"start": [LONG_AGO] * 7, "end": [LONG_AGO] * 7, "end_known_at": [LONG_AGO, *MOMENTS.values()]}
    assert accounts_where(tmp_path, "intervals", columns, "it_open", 1) == {"at t", "after t"}


@pytest.mark.parametrize("source", ["intervals", "levels"])
def test_a_row_of_a_state_is_seen_from_the_first_as_of_date_after_it_became_known(tmp_path: Path, source: str) -> None:
    begun = "start" if source == "intervals" else "time"
    columns: dict[str, Any] = {begun: [LONG_AGO] * 7, "known_at": [LONG_AGO, *MOMENTS.values()]}
    if source == "levels":
        columns["value"] = [1] * 7
    feature = "it_open" if source == "intervals" else "it_last"
    assert accounts_where(tmp_path, source, columns, feature, 1) == {*MOMENTS} - {"at t", "after t"}


def test_a_level_counts_in_the_window_from_its_first_instant_to_its_last(tmp_path: Path) -> None:
    columns = {"time": [LONG_AGO, *MOMENTS.values()], "value": [1] * 7}
    assert accounts_where(tmp_path / "a", "levels", columns, "it_count_7d", 1) == INSIDE
    assert accounts_where(tmp_path / "b", "levels", columns, "it_last", 1) == {*MOMENTS} - {"at t", "after t"}


def test_what_was_in_force_when_the_window_began_is_the_last_value_before_it(tmp_path: Path) -> None:
    levels = """
    account_id  time                         value
    base        2023-01-01T00:00:00Z         0
    before      2024-02-22T23:59:59.999999Z  3
    before      2024-02-29T23:59:59.999999Z  10
    at_start    2024-02-23T00:00:00Z         3
    at_start    2024-02-29T23:59:59.999999Z  10
    unchanged   2024-02-22T23:59:59.999999Z  3
    """
    run = run_of(tmp_path, {"levels": levels}, as_of=[T], signals={"it": {"source": "levels", "windows": [7]}})
    expect(
        panel_of(run),
        """
        account    as_of       it_change_7d
        before     2024-03-01  7
        at_start   2024-03-01  -
        unchanged  2024-03-01  0
        """,
    )


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/Sao_Paulo", "Pacific/Apia"])
def test_a_deadline_is_a_day_of_the_run_and_passes_when_the_day_is_over(tmp_path: Path, zone: str) -> None:
    dues = """
    account_id  start       deadline
    day_before  2024-01-01  2024-02-29
    today       2024-01-01  2024-03-01
    tomorrow    2024-01-01  2024-03-02
    """
    signals = {"it": {"source": "intervals", "windows": [7]}}
    run = run_of(tmp_path, {"intervals": dues}, as_of=[T], timezone=zone, signals=signals)
    expect(
        panel_of(run),
        """
        account     as_of       it_pending  it_overdue  it_days_overdue  it_days_to_deadline
        day_before  2024-03-01  0           1           1                -
        today       2024-03-01  1           0           0                0
        tomorrow    2024-03-01  1           0           0                1
        """,
    )


def test_what_closes_on_the_day_of_its_deadline_is_done_in_time(tmp_path: Path) -> None:
    steps = """
    account_id  start       end                          deadline
    in_time     2024-02-01  2024-02-28T23:59:59.999999Z  2024-02-28
    late        2024-02-01  2024-02-29T00:00:00Z         2024-02-28
    """
    signals = {"it": {"source": "intervals", "windows": [7]}}
    expect(
        panel_of(run_of(tmp_path, {"intervals": steps}, as_of=[T], signals=signals)),
        """
        account  as_of       it_done_in_time_7d  it_done_late_7d
        in_time  2024-03-01  1                   0
        late     2024-03-01  0                   1
        """,
    )


def test_states_imported_later_do_not_change_what_was_recorded_then(tmp_path: Path) -> None:
    # The source began on 20 February. On 10 March somebody imported a history that goes back to January.
    levels = """
    account_id  time        value  known_at
    A           2024-01-05  1      2024-03-10
    A           2024-02-20  2      2024-02-20
    """
    signals = {"it": {"source": "levels", "windows": [28]}}
    run = run_of(tmp_path, {"levels": levels}, as_of=[T, date(2024, 3, 11)], signals=signals)
    expect(
        panel_of(run),
        """
        account  as_of       it_count_28d  it_last
        A        2024-03-01  -             2
        A        2024-03-11  1             2
        """,
    )
