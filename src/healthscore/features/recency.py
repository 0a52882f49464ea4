"""Recency: how long ago, and how late against the account's own rhythm."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from healthscore.features.dictionary import Feature, of_signal
from healthscore.features.history import History, Values
from healthscore.features.signals import SignalPlan


def recency(signal: SignalPlan) -> Iterator[Feature]:
    """Days since the last active day, the mean gap between active days, and the first divided by the second."""
    entry = partial(of_signal, signal, "recency", window=None)
    yield entry(
        "recency",
        compute=_silence,
        unit="days",
        zero="never 0: yesterday counts 1",
        missing=f"no {signal.label} so far",
        sentence=f"{{value}} days since the last day with {signal.label}",
        healthy=-signal.healthy,
    )
    few = f"fewer than two days with {signal.label} so far"
    yield entry(
        "gap",
        compute=_gap,
        unit="days",
        zero="never 0: two active days are at least 1 apart",
        missing=few,
        sentence=f"{{value}} days between days with {signal.label}, on average",
        healthy=0,
    )
    yield entry(
        "overdue",
        compute=_overdue,
        unit="multiples of the usual gap",
        zero="never 0: yesterday counts more",
        missing=few,
        sentence=f"no {signal.label} for {{value}} times the usual gap between them",
        healthy=-signal.healthy,
    )


def _silence(history: History) -> Values:
    return history.t - history.last_day()


def _overdue(history: History) -> Values:
    return _silence(history) / _gap(history)


def _gap(history: History) -> Values:
    """(last - first active day) / (active days - 1)."""
    active = history.active_days("all")
    return (history.last_day() - history.first_day()) / np.where(active > 1, active - 1, np.nan)
