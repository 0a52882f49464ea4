"""Sources of an audit: what is silent, what is declared, and what only pauses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from healthscore.asof import day_of
from healthscore.pipelines.auditing.feeding import sources_section
from table_workspace import Workspace

FIRST, NEWEST = date(2025, 1, 6), date(2025, 5, 1)


@dataclass(frozen=True)
class Seen:
    """What the section reads of the material."""

    run: Any
    days: tuple[int, ...]
    ids: Any
    day: Any


def section(workspace: Workspace, last: date, **source: Any) -> dict[str, Any]:
    """The source of daily events of two accounts until a day, as the audit of 1 May sees it."""
    days = [FIRST + timedelta(days=n) for n in range((last - FIRST).days + 1)]
    rows = [f"{account},{day}T09:00:00Z" for day in days for account in ("a", "a", "a", "a", "b", "b", "b", "b")]
    workspace.csv("usage.csv", "account_id,time", *rows)
    sources = {"usage": {"contract": "events", "path": "usage.csv", **source}}
    run = workspace.run(sources, data_end="2025-05-01")
    tables = workspace.open(sources, data_end="2025-05-01")
    ids, days_of = np.array(["a", "b", "c"], object), np.full(3, day_of(NEWEST))
    (found,) = sources_section(Seen(run, (day_of(NEWEST),), ids, days_of), tables)  # type: ignore[arg-type]  # as far as it is read
    return found


def test_a_source_that_speaks_until_the_last_day_is_fresh(workspace: Workspace) -> None:
    found = section(workspace, NEWEST - timedelta(days=1))
    assert (found["last"], found["days_since"], found["stale"], found["silences"]) == ("2025-04-30", 0, False, [])
    assert found["covered"] == pytest.approx(2 / 3)


def test_a_source_that_stopped_is_silent(workspace: Workspace) -> None:
    found = section(workspace, date(2025, 4, 20))
    assert (found["last"], found["days_since"], found["stale"]) == ("2025-04-20", 10, True)
    assert found["silences"] == [{"first": "2025-04-21", "last": "2025-04-30"}]


def test_a_declared_outage_is_no_silence(workspace: Workspace) -> None:
    found = section(workspace, date(2025, 4, 20), outages=[["2025-04-21", "2025-04-30"]])
    assert (found["stale"], found["silences"]) == (False, [])
