"""Rhythm: the usual gap between active days, and how overdue the next one is by it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from healthscore.features.dictionary import Feature, of_signal
from healthscore.features.history import History, Values
from healthscore.features.recency import silence
from healthscore.features.signals import SignalPlan


def rhythm(signal: SignalPlan) -> Iterator[Feature]:
    """Mean gap between active days, and days since the last one as a multiple of it."""
    few = f"fewer than two days with {signal.label} so far"
    entry = partial(of_signal, signal, "rhythm", window=None, missing=few)
    yield entry(
        "gap",
        compute=_gap,
        unit="days",
        zero="never 0: two active days are at least 1 apart",
        sentence=f"{{value}} days between days with {signal.label}, on average",
        healthy=0,
    )
    yield entry(
        "overdue",
        compute=_overdue,
        unit="multiples of the usual gap",
        zero="never 0: yesterday counts more",
        sentence=f"no {signal.label} for {{value}} times the usual gap between them",
        healthy=-signal.healthy,
    )


def _gap(history: History) -> Values:
    """(last - first active day) / (active days - 1)."""
    active = history.active_days("all")
    return (history.last_day() - history.first_day()) / np.where(active > 1, active - 1, np.nan)


def _overdue(history: History) -> Values:
    return silence(history) / _gap(history)
