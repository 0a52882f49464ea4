"""Intervals: what is open and for how long, what opened and closed, and how long closing took."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from healthscore.config import Window
from healthscore.features.dictionary import Feature, of_signal
from healthscore.features.frequency import UNCOVERED
from healthscore.features.intervalrows import IntervalState
from healthscore.features.signals import SignalPlan

UNRECORDED = "nothing of the source was recorded so far"


def intervals(signal: SignalPlan) -> Iterator[Feature]:
    """Open now, age of the oldest, quantity open; opened, closed and days to close per window."""
    label, unit = signal.label, signal.unit or "units"
    now = partial(of_signal, signal, "intervals", window=None, zero="none open", missing=UNRECORDED)
    yield now(
        "open",
        compute=IntervalState.open,
        unit="intervals",
        sentence=f"{{value}} {label} open",
        nothing=f"no {label} open",
    )
    yield now(
        "oldest_open",
        compute=IntervalState.oldest_open,
        unit="days",
        sentence=f"{{value}} days since the oldest of the open {label} was opened",
        nothing=f"no {label} open",
        healthy=min(signal.healthy, 0),
    )
    if "quantity" in signal.columns:
        yield now(
            "quantity_open",
            compute=IntervalState.quantity_open,
            unit=unit,
            sentence=f"{{value}} {unit} in open {label}",
        )
    for window in signal.windows:
        yield from _in_window(signal, window)


def _in_window(signal: SignalPlan, window: Window) -> Iterator[Feature]:
    entry = partial(of_signal, signal, "intervals", window=window)
    label = signal.label
    yield entry(
        "opened",
        compute=partial(IntervalState.opened, window=window),
        unit="intervals",
        zero="none opened in the window",
        missing=UNCOVERED,
        sentence=f"{{value}} {label} opened {{span}}",
    )
    if "end" not in signal.columns:
        return
    yield entry(
        "closed",
        compute=partial(IntervalState.closed, window=window),
        unit="intervals",
        zero="none closed in the window",
        missing=UNCOVERED,
        sentence=f"{{value}} {label} closed {{span}}",
        healthy=0,
    )
    yield entry(
        "days_to_close",
        compute=partial(IntervalState.days_to_close, window=window),
        unit="days",
        zero="all closed on the day on which they were opened",
        missing=f"none closed in the window, or {UNCOVERED}",
        sentence=f"{{value}} days from opening to closing, on average, of the {label} closed {{span}}",
        healthy=min(signal.healthy, 0),
    )
