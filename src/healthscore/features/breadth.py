"""Breadth: how many users, and how many different things."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from healthscore.config import Window
from healthscore.features.dictionary import Feature, span, suffix
from healthscore.features.frequency import UNCOVERED
from healthscore.features.history import History, Values
from healthscore.features.signals import DISTINCT_THINGS, SignalPlan


def breadth(signal: SignalPlan) -> Iterator[Feature]:
    """Distinct actors and names per window, and the share of the seats that those actors are where seats are known."""
    for window in signal.windows:
        base = {
            "component": signal.component,
            "family": "breadth",
            "signal": signal.name,
            "window": suffix(window),
            "healthy": signal.healthy,
        }
        for thing in signal.distinct:
            if "breadth" not in signal.families:
                continue
            called = DISTINCT_THINGS[thing]
            yield Feature(
                name=f"{signal.name}_{called}_{suffix(window)}",
                unit=called,
                zero=f"no {called} with {signal.label} in the window",
                missing=UNCOVERED,
                sentence=f"{{value}} different {called} with {signal.label} {span(window)}",
                compute=lambda history, w=window, t=thing: history.distinct(t, w),
                **base,
            )
        if signal.seats and "actor_id" in signal.distinct and window != "all":
            yield Feature(
                name=f"{signal.name}_share_of_seats_{suffix(window)}",
                unit="share of seats",
                zero=f"nobody with {signal.label} in the window",
                missing="the seats in force are not known, or " + UNCOVERED,
                sentence=f"a share of {{value}} of the seats had {signal.label} {span(window)}",
                compute=lambda history, w=window: _share_of_seats(history, w),
                **base,
            )


def _share_of_seats(history: History, window: Window) -> Values:
    seats = history.seats()
    return history.distinct("actor_id", window) / np.where(seats > 0, seats, np.nan)
