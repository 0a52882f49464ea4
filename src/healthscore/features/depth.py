"""Depth: how much, and how much of what matters."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from healthscore.features.dictionary import Feature, span, suffix
from healthscore.features.frequency import UNCOVERED
from healthscore.features.history import History, Values
from healthscore.features.signals import SignalPlan

Calculation = Callable[[History], Values]


def depth(signal: SignalPlan) -> Iterator[Feature]:
    """Quantity (sum, per event, per active day, per actor) and the use of key names, per window."""
    for window in signal.windows:
        entries: list[tuple[str, str, str, str, str, Calculation]] = []
        unit = signal.unit or "units"
        if signal.quantity:
            entries += [
                (
                    "quantity",
                    unit,
                    "nothing in the window",
                    UNCOVERED,
                    f"{{value}} {unit} of {signal.label}",
                    lambda h, w=window: h.quantity(w),
                ),
                (
                    "quantity_mean",
                    f"{unit} per event",
                    "a mean of nothing",
                    "no event with a quantity in the window",
                    f"{{value}} {unit} per event of {signal.label}",
                    lambda h, w=window: ratio(h.quantity(w), h.measured(w)),
                ),
                (
                    "quantity_per_active_day",
                    f"{unit} per active day",
                    "active days without any",
                    "no active day in the window",
                    f"{{value}} {unit} per active day of {signal.label}",
                    lambda h, w=window: ratio(h.quantity(w), h.active_days(w)),
                ),
            ]
        if signal.quantity and "actor_id" in signal.distinct:
            entries.append(
                (
                    "quantity_per_actor",
                    f"{unit} per actor",
                    "actors without any",
                    "no actor in the window",
                    f"{{value}} {unit} per user of {signal.label}",
                    lambda h, w=window: ratio(h.quantity(w), h.distinct("actor_id", w)),
                )
            )
        if signal.key:
            names = ", ".join(signal.key)
            entries += [
                (
                    "key_count",
                    "events",
                    f"none of {names} in the window",
                    UNCOVERED,
                    f"{{value}} uses of {names}",
                    lambda h, w=window: h.key_count(w),
                ),
                (
                    "key_share",
                    "share of events",
                    f"none of {names} among the events",
                    "no event in the window",
                    f"a share of {{value}} of {signal.label} was {names}",
                    lambda h, w=window: ratio(h.key_count(w), h.count(w)),
                ),
            ]
        for name, unit_name, zero, missing, sentence, compute in entries:
            yield Feature(
                name=f"{signal.name}_{name}_{suffix(window)}",
                component=signal.component,
                family="depth",
                signal=signal.name,
                window=suffix(window),
                unit=unit_name,
                zero=zero,
                missing=missing,
                sentence=f"{sentence} {span(window)}",
                healthy=signal.healthy,
                compute=compute,
            )


def ratio(above: Values, below: Values) -> Values:
    """`above / below`, missing where the denominator is 0."""
    return above / np.where(below == 0, np.nan, below)
