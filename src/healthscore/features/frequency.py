"""Frequency: how often, and on how many days."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from healthscore.config import Window
from healthscore.features.dictionary import Feature, of_signal
from healthscore.features.history import History, Values
from healthscore.features.signals import SignalPlan

UNCOVERED = "less than half of the window was recorded"


def frequency(signal: SignalPlan) -> Iterator[Feature]:
    """Count and active days per window, and regularity, active days / covered days, over the widest one.

    In one window of one length regularity is active days in another unit, so one of them is enough.
    """
    entry = partial(of_signal, signal, "frequency", zero=f"no {signal.label} in the window", missing=UNCOVERED)
    widest = max((window for window in signal.windows if window != "all"), default=None)
    for window in signal.windows:
        yield entry(
            "count",
            window,
            partial(History.count, window=window),
            unit="events",
            sentence=f"{{value}} {signal.label} {{span}}",
        )
        yield entry(
            "active_days",
            window,
            partial(History.active_days, window=window),
            unit="days",
            sentence=f"{{value}} days with {signal.label} {{span}}",
        )
        if window == widest:
            yield entry(
                "regularity",
                window,
                partial(_regularity, window=window),
                unit="share of covered days",
                sentence=f"{signal.label} on {{percent}} of the days {{span}}",
            )


def _regularity(history: History, window: Window) -> Values:
    covered = history.covered_days(window)
    return history.active_days(window) / covered if covered else history.active_days(window)
