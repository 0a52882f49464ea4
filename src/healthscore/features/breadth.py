"""Breadth: how many users, and how many different things."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from healthscore.config import Window
from healthscore.features.dictionary import Feature, of_signal
from healthscore.features.frequency import UNCOVERED
from healthscore.features.history import History, Values
from healthscore.features.signals import SignalPlan


def breadth(signal: SignalPlan) -> Iterator[Feature]:
    """Distinct actors and names per window, and the share of the seats that those actors are where seats are known."""
    entry = partial(of_signal, signal, "breadth", zero=f"no {signal.label} in the window")
    for window in signal.windows:
        for thing in signal.distinct:
            called = signal.words[thing]
            yield entry(
                called,
                window,
                partial(History.distinct, thing=thing, window=window),
                unit=called,
                missing=UNCOVERED,
                sentence=f"{{value}} different {called} {{span}} ({signal.label})",
            )
        if signal.seats and "actor_id" in signal.distinct and window != "all":
            yield entry(
                "share_of_seats",
                window,
                partial(_share_of_seats, window=window),
                unit="share of seats",
                missing="the seats in force are not known, or " + UNCOVERED,
                sentence=f"{{percent}} of the seats in use {{span}} ({signal.label})",
            )


def _share_of_seats(history: History, window: Window) -> Values:
    seats = history.seats()
    return history.distinct("actor_id", window) / np.where(seats > 0, seats, np.nan)
