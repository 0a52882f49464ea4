"""Recurrence: how often the same thing came back."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from healthscore.config import Window
from healthscore.features.dictionary import Feature, of_signal
from healthscore.features.frequency import UNCOVERED
from healthscore.features.history import History, Values
from healthscore.features.signals import SignalPlan


def recurrence(signal: SignalPlan) -> Iterator[Feature]:
    """Rows in the window beyond the first of each name: the topics of tickets that came back."""
    if not signal.named:
        return
    for window in signal.windows:
        yield of_signal(
            signal,
            "recurrence",
            "repeated",
            window,
            partial(_repeated, window=window),
            unit="events",
            zero=f"none of the {signal.words['name']} came twice in the window",
            missing=UNCOVERED,
            sentence=f"{{value}} {signal.label} {{span}} with {signal.words['name']} seen before in that time",
        )


def _repeated(history: History, window: Window) -> Values:
    return history.named(window) - history.distinct("name", window)
