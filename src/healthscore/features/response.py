"""Response: what was asked for and not answered, of levels that hold a row for every question that ran out.

A row that is filled in when the answer comes is none: it would tell an earlier date that it will be answered. Questions
that may still be answered are intervals, open until then.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from healthscore.features.dictionary import Feature, of_signal
from healthscore.features.frequency import UNCOVERED
from healthscore.features.levelrows import LevelState
from healthscore.features.signals import SignalPlan


def response(signal: SignalPlan) -> Iterator[Feature]:
    """Questions without an answer per window, and days since the last question."""
    label = signal.label
    for window in signal.windows:
        yield of_signal(
            signal,
            "response",
            "unanswered",
            window,
            partial(LevelState.unanswered, window=window),
            unit="questions",
            zero="none asked for without an answer in the window",
            missing=UNCOVERED,
            sentence=f"{{value}} {label} asked for {{span}} and not given",
            healthy=0,
        )
    yield of_signal(
        signal,
        "response",
        "asked",
        None,
        LevelState.silence,
        unit="days",
        zero="never 0: yesterday counts 1",
        missing=f"no {label} asked for so far",
        sentence=f"{{value}} days since {label} were last asked for",
        healthy=0,
    )
