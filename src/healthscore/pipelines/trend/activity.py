"""Activity down within two weeks: events of a window against those of the window before it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from healthscore.config.trend import ActivityDrop
from healthscore.pipelines.publication.history import Scored
from healthscore.pipelines.trend.scorers import features_of


@dataclass(frozen=True, eq=False)
class Activity:
    """Which accounts do less, with what they do less of in words ("" where they do not), by account_id.

    `lacks` says why nothing could be told, where nothing could.
    """

    words: pd.Series[str]
    lacks: str | None


def activity_of(scored: Scored, rule: ActivityDrop) -> Activity:
    """Find the accounts whose events of any signal that is looked at fell by so many per cent.

    The share is that of the events themselves: 14 after 20 are 30 % fewer. Both numbers follow from two features of the
    run, `<signal>_count_14d` = n and `<signal>_trend_14d` = ln((n + 1/2) / (before + 1/2)).
    """
    features = features_of(scored)
    signals = _looked_at(scored.record()["configuration"], rule)
    window = f"{rule.days}d"
    there = [name for name in signals if {f"{name}_count_{window}", f"{name}_trend_{window}"} <= set(features)]
    if not there:
        return Activity(pd.Series([], dtype="str"), _lacks(signals, rule))
    words = np.full(len(features), "", object)
    for name, signal in signals.items():
        if name in there:
            now, before = counts(features, name, window)
            known = ~np.isnan(now) & ~np.isnan(before) & (before >= rule.minimum_events)
            fewer = np.where(known, 1.0 - now / np.where(known, before, 1.0), 0.0)
            holds = known & (100.0 * fewer >= rule.percent - 1e-9)
            label = signal.get("label") or name.replace("_", " ")
            told = [
                f"{100 * fewer[row]:.0f}% fewer {label} in {rule.days} days than in the {rule.days} before "
                f"({now[row]:.0f} after {before[row]:.0f})"
                for row in np.flatnonzero(holds)
            ]
            words[holds] = [", ".join(filter(None, pair)) for pair in zip(words[holds], told, strict=True)]
    return Activity(pd.Series(words, index=features["account_id"], dtype="str"), None)


def counts(features: pd.DataFrame, signal: str, window: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Events of a window and of the window before it, shape (n,) each; NaN where not recorded."""
    now = features[f"{signal}_count_{window}"].to_numpy(np.float64)
    trend = features[f"{signal}_trend_{window}"].to_numpy(np.float64)
    return now, np.round((now + 0.5) / np.exp(trend) - 0.5, 6)


def _looked_at(configuration: Mapping[str, Any], rule: ActivityDrop) -> dict[str, Mapping[str, Any]]:
    """Signals of events that count as activity."""
    sources = configuration["sources"]
    declared = configuration.get("signals", {})
    events = {name: one for name, one in declared.items() if sources[one["source"]].get("contract") == "events"}
    if rule.signals:
        return {name: one for name, one in events.items() if name in rule.signals}
    own = {name: one for name, one in events.items() if one["component"] == rule.component}
    return own or {name: one for name, one in events.items() if one.get("direction") != "risky"}


def _lacks(signals: Mapping[str, Any], rule: ActivityDrop) -> str:
    """What a run has to measure for the rule."""
    percent = math.floor(rule.percent) if float(rule.percent).is_integer() else rule.percent
    head = f"activity down {percent} % in {rule.days} days is not looked at"
    if not signals:
        return f"{head}: no signal of events counts as activity; name some by trend.activity_drop.signals"
    return (
        f"{head}: no signal among {', '.join(signals)} has `count` and `trend` of a window of {rule.days} days; "
        f"add {rule.days} to its `windows`, or choose one of them by trend.activity_drop.days"
    )
