"""What is measured: signals to rows, rows to features, features to the panel, correct at any past date."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from healthscore.features.attributes import attributes
from healthscore.features.breadth import breadth
from healthscore.features.deadlines import deadlines
from healthscore.features.depth import depth
from healthscore.features.dictionary import Feature
from healthscore.features.frequency import frequency
from healthscore.features.intervals import intervals
from healthscore.features.levels import levels
from healthscore.features.recency import recency
from healthscore.features.recurrence import recurrence
from healthscore.features.response import response
from healthscore.features.rhythm import rhythm
from healthscore.features.signals import SignalPlan
from healthscore.features.trend import trend

FAMILIES: dict[str, dict[str, Callable[[SignalPlan], Iterator[Feature]]]] = {
    "events": {
        "frequency": frequency,
        "breadth": breadth,
        "depth": depth,
        "trend": trend,
        "recency": recency,
        "rhythm": rhythm,
        "recurrence": recurrence,
    },
    "intervals": {
        "intervals": intervals,
        "deadlines": deadlines,
    },
    "levels": {
        "levels": levels,
        "response": response,
    },
    "accounts": {
        "attributes": attributes,
    },
}
"""Feature families by the kind of signal (the contract of its source).

Each yields the dictionary entries of a signal together with their calculation on the state of that kind.
"""
