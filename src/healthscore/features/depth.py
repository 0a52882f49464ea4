"""Depth: how much, and how much of what matters."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from healthscore.config import Window
from healthscore.features.dictionary import Feature, of_signal
from healthscore.features.frequency import UNCOVERED
from healthscore.features.history import History, Values
from healthscore.features.signals import SignalPlan


def depth(signal: SignalPlan) -> Iterator[Feature]:
    """Quantity (sum, per event, per active day, per actor) and the use of key names, per window."""
    for window in signal.windows:
        if signal.quantity:
            yield from _quantity(signal, window)
        if signal.key:
            yield from _key(signal, window)


def _quantity(signal: SignalPlan, window: Window) -> Iterator[Feature]:
    entry = partial(of_signal, signal, "depth")
    unit, label = signal.unit or "units", signal.label
    yield entry(
        "quantity",
        window,
        partial(History.quantity, window=window),
        unit=unit,
        zero=f"no {unit} in the window",
        missing=UNCOVERED,
        sentence=f"{{value}} {unit} {{span}} ({label})",
    )
    divisors = [
        ("quantity_mean", "on average", partial(History.measured, window=window), "event with a quantity"),
        ("quantity_per_active_day", "per active day", partial(History.active_days, window=window), "active day"),
    ]
    if "actor_id" in signal.distinct:
        users = partial(History.distinct, thing="actor_id", window=window)
        divisors.append(("quantity_per_actor", f"per {signal.words['actor_id'].removesuffix('s')}", users, "actor"))
    for measure, per, divisor, what in divisors:
        yield entry(
            measure,
            window,
            partial(_per, above=partial(History.quantity, window=window), below=divisor),
            unit=f"{unit} {per}",
            zero=f"no {unit}, though there was an {what}",
            missing=f"no {what} in the window, or {UNCOVERED}",
            sentence=f"{{value}} {unit} {per} {{span}} ({label})",
        )


def _key(signal: SignalPlan, window: Window) -> Iterator[Feature]:
    entry = partial(of_signal, signal, "depth", zero="none of them in the window")
    names = ", ".join(signal.key)
    yield entry(
        "key_count",
        window,
        partial(History.key_count, window=window),
        unit="events",
        missing=UNCOVERED,
        sentence=f"{{value}} uses of {names} {{span}}",
    )
    yield entry(
        "key_share",
        window,
        partial(_per, above=partial(History.key_count, window=window), below=partial(History.count, window=window)),
        unit="share of events",
        missing=f"no {signal.label} in the window, or {UNCOVERED}",
        sentence=f"{{percent}} of {signal.label} {{span}} were {names}",
    )


def _per(history: History, above: partial[Values], below: partial[Values]) -> Values:
    """A ratio, missing where its denominator is 0."""
    divisor = below(history)
    return above(history) / np.where(divisor == 0, np.nan, divisor)
