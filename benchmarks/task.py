"""The task of the comparison as a run of this package.

At each as-of date, for every account with an event before it, in windows of 7, 28 and 91 days: events, active days,
users, kinds of events, their values, events in the window before, ten key events; and days since the last event.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

KEYS = tuple(f"{number:02d}" for number in range(0, 40, 4))
LAST = date(2025, 7, 1)


@dataclass(frozen=True)
class Layout:
    """How a table of events names its columns, and what the names of events begin with."""

    columns: str
    prefix: str


PEERS = Layout('{ time = "ts", actor_id = "user_id", name = "event", quantity = "value" }', "evt_")
BOOK = Layout('{ actor_id = "user_id" }', "feature_")


def dates_of(count: int) -> list[date]:
    """The first days of so many months, up to July 2025."""
    months = [LAST.year * 12 + LAST.month - 1 - back for back in reversed(range(count))]
    return [date(month // 12, month % 12 + 1, 1) for month in months]


def run_text(layout: Layout, dates: int, scan: str) -> str:
    """The run, as TOML, with rows grouped in the way that it names."""
    listed = ", ".join(map(str, dates_of(dates)))
    keys = "".join(KEY.format(key=key, prefix=layout.prefix) for key in KEYS)
    return RUN.format(dates=listed, columns=layout.columns, scan=scan, keys=keys)


RUN = """\
name = "task"
title = "The task of the comparison"
data = "."
data_end = 2025-07-02
scan = "{scan}"

[as_of]
dates = [{dates}]

[sources.usage]
contract = "events"
path = "events/*.parquet"
timezone = "UTC"
columns = {columns}

[features]
windows = [7, 28, 91]
tenure = false

[signals.all]
source = "usage"
component = "activity"
families = ["frequency", "breadth", "depth", "trend", "recency"]
measures = ["count", "active_days", "users", "kinds", "quantity", "trend", "recency"]
{keys}"""

KEY = """
[signals.k{key}]
source = "usage"
component = "activity"
where = "name = '{prefix}{key}'"
families = ["frequency"]
measures = ["count"]
"""
