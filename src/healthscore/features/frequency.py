"""Frequency: how often, and on how many days."""

from __future__ import annotations

from collections.abc import Iterator

from healthscore.config import Window
from healthscore.features.dictionary import Feature, span, suffix
from healthscore.features.history import History, Values
from healthscore.features.signals import SignalPlan

UNCOVERED = "less than half of the window was recorded"


def frequency(signal: SignalPlan) -> Iterator[Feature]:
    """Count, active days, and regularity (active days / covered days) per window."""
    for window in signal.windows:
        base = {
            "component": signal.component,
            "family": "frequency",
            "signal": signal.name,
            "window": suffix(window),
            "missing": UNCOVERED,
            "healthy": signal.healthy,
        }
        yield Feature(
            name=f"{signal.name}_count_{suffix(window)}",
            unit=signal.unit or "events",
            zero=f"no {signal.label} in the window",
            sentence=f"{{value}} {signal.label} {span(window)}",
            compute=lambda history, w=window: history.count(w),
            **base,
        )
        yield Feature(
            name=f"{signal.name}_active_days_{suffix(window)}",
            unit="days",
            zero=f"no day with {signal.label} in the window",
            sentence=f"{{value}} days with {signal.label} {span(window)}",
            compute=lambda history, w=window: history.active_days(w),
            **base,
        )
        if window != "all":
            yield Feature(
                name=f"{signal.name}_regularity_{suffix(window)}",
                unit="share of covered days",
                zero=f"no day with {signal.label} in the window",
                sentence=f"{signal.label} on a share of {{value}} of the days {span(window)}",
                compute=lambda history, w=window: _regularity(history, w),
                **base,
            )


def _regularity(history: History, window: Window) -> Values:
    covered = history.covered_days(window)
    return history.active_days(window) / covered if covered else history.active_days(window)
