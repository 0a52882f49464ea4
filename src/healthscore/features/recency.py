"""Recency: how long ago."""

from __future__ import annotations

from collections.abc import Iterator

from healthscore.features.dictionary import Feature, of_signal
from healthscore.features.history import History, Values
from healthscore.features.signals import SignalPlan


def recency(signal: SignalPlan) -> Iterator[Feature]:
    """Days since the last active day."""
    yield of_signal(
        signal,
        "recency",
        "recency",
        None,
        silence,
        unit="days",
        zero="never 0: yesterday counts 1",
        missing=f"no {signal.label} so far",
        sentence=f"{{value}} days since the last day with {signal.label}",
        healthy=-signal.healthy,
    )


def silence(history: History) -> Values:
    """Days since the last active day; yesterday counts 1."""
    return history.t - history.last_day()
