"""Recency: how long ago, and how late against the account's own rhythm."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from healthscore.features.dictionary import Feature
from healthscore.features.history import History, Values
from healthscore.features.signals import SignalPlan


def recency(signal: SignalPlan) -> Iterator[Feature]:
    """Days since the last active day, the mean gap between active days, and the first divided by the second."""
    base = {"component": signal.component, "family": "recency", "signal": signal.name, "window": ""}
    yield Feature(
        name=f"{signal.name}_recency",
        unit="days",
        zero="never: yesterday counts 1",
        missing=f"no {signal.label} so far",
        sentence=f"{{value}} days since the last {signal.label}",
        healthy=-signal.healthy,
        compute=lambda history: history.t - history.last_day(),
        **base,
    )
    yield Feature(
        name=f"{signal.name}_gap",
        unit="days",
        zero="never: two active days are at least 1 apart",
        missing=f"fewer than two days with {signal.label} so far",
        sentence=f"{{value}} days between active days of {signal.label} on average so far",
        healthy=0,
        compute=_gap,
        **base,
    )
    yield Feature(
        name=f"{signal.name}_overdue",
        unit="multiples of the usual gap",
        zero="never: yesterday counts more than 0",
        missing=f"fewer than two days with {signal.label} so far",
        sentence=f"silent for {{value}} times the usual gap between active days of {signal.label}",
        healthy=-signal.healthy,
        compute=lambda history: (history.t - history.last_day()) / _gap(history),
        **base,
    )


def _gap(history: History) -> Values:
    """(last - first active day) / (active days - 1)."""
    active = history.active_days("all")
    return (history.last_day() - history.first_day()) / np.where(active > 1, active - 1, np.nan)
