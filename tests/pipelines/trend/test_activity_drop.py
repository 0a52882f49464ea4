"""Activity down by so many per cent within two weeks, told from the features that the scores were made from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from healthscore.config import Trend
from healthscore.config.trend import ActivityDrop
from healthscore.pipelines.publication.history import Scored
from healthscore.pipelines.trend.activity import activity_of
from healthscore.pipelines.trend.following import trend_of
from scored_history import CONFIGURATION, write_scored
from table_workspace import Workspace

NONE = float("nan")


def seen(
    folder: Path, now: float, before: float, signal: str = "use", configuration: Any = None, days: int = 14
) -> Scored:
    """One account with so many events in a window, and in the window before it."""
    trend = math.log((now + 0.5) / (before + 0.5))
    features: dict[str, Sequence[float]] = {f"use_count_{days}d": [now], f"use_trend_{days}d": [trend]}
    return write_scored(folder, date(2025, 5, 1), {"a": 60.0}, features=features, configuration=configuration)


@pytest.mark.parametrize(
    ("now", "before", "found"),
    [
        (70, 100, True),
        (71, 100, False),
        (0, 20, True),
        (14, 20, True),
        (0, 19, False),
        (100, 100, False),
        (140, 100, False),
        (0, 0, False),
        (NONE, NONE, False),
    ],
)
def test_thirty_per_cent_fewer_events_in_two_weeks(tmp_path: Path, now: float, before: float, found: bool) -> None:
    told = activity_of(seen(tmp_path, now, before), ActivityDrop())
    assert (told.words["a"] != "") is found
    assert told.lacks is None


def test_it_is_told_in_events(tmp_path: Path) -> None:
    found = trend_of([seen(tmp_path, 14, 40)], Trend()).set_index("account_id").loc["a"]
    assert found["trend"] == "65% fewer log-ins in 14 days than in the 14 before (14 after 40)"
    assert found["trend_rules"] == "activity_drop"


def test_what_is_needed_is_said_where_no_window_has_two_weeks(tmp_path: Path) -> None:
    told = activity_of(seen(tmp_path, 10, 40, days=28), ActivityDrop())
    assert told.words.empty
    assert told.lacks is not None
    assert "no signal among use has `count` and `trend` of a window of 14 days; add 14 to its `windows`" in told.lacks
    other = activity_of(seen(tmp_path / "other", 10, 40, days=28), ActivityDrop(days=28))
    assert (other.lacks, other.words["a"][:17]) == (None, "75% fewer log-ins")


@pytest.mark.parametrize(
    ("signals", "rule", "found"),
    [
        ({"use": {"component": "activity"}}, ActivityDrop(), True),
        ({"use": {"component": "engagement"}}, ActivityDrop(), True),
        ({"use": {"component": "support", "direction": "risky"}}, ActivityDrop(), False),
        ({"use": {"component": "support", "direction": "risky"}}, ActivityDrop(signals=("use",)), True),
        ({"use": {"component": "engagement"}}, ActivityDrop(component="engagement"), True),
        ({"use": {"component": "mail"}, "visits": {"component": "activity"}}, ActivityDrop(), False),
    ],
)
def test_which_signals_count_as_activity(
    tmp_path: Path, signals: dict[str, dict[str, str]], rule: ActivityDrop, found: bool
) -> None:
    configuration = {**CONFIGURATION, "signals": {name: {"source": "log", **one} for name, one in signals.items()}}
    told = activity_of(seen(tmp_path, 10, 40, configuration=configuration), rule)
    assert (len(told.words) == 1 and told.words["a"] != "") is found
    assert (told.lacks is None) is found


def test_a_signal_that_the_run_does_not_have_is_refused(workspace: Workspace) -> None:
    sources = {"log": {"contract": "events", "path": "log.csv"}}
    signals = {"logins": {"source": "log", "component": "activity"}}
    with pytest.raises(ValidationError, match=r"trend\.activity_drop\.signals.*'login'; did you mean 'logins'"):
        workspace.run(sources, signals=signals, trend={"activity_drop": {"signals": ["login"]}})
