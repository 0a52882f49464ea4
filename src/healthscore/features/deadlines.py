"""Deadlines: what was done in time or late, what is pending, and what is overdue, by how many days."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from healthscore.features.dictionary import Feature, of_signal
from healthscore.features.frequency import UNCOVERED
from healthscore.features.intervalrows import IntervalState
from healthscore.features.intervals import UNRECORDED
from healthscore.features.signals import SignalPlan


def deadlines(signal: SignalPlan) -> Iterator[Feature]:
    """Done in time and late per window; pending, overdue, and the days to and from deadlines now.

    Where a signal has a direction, what is late is risky, whether more of the signal is healthy (steps of an
    onboarding) or risky (invoices that somebody has to be reminded of).
    """
    if "deadline" not in signal.columns:
        return
    if "end" in signal.columns:
        yield from _done(signal)
    yield from _pending(signal)
    yield from _overdue(signal)


def _done(signal: SignalPlan) -> Iterator[Feature]:
    entry = partial(of_signal, signal, "deadlines", unit="intervals", missing=UNCOVERED)
    for window in signal.windows:
        yield entry(
            "done_in_time",
            window,
            partial(IntervalState.done, window=window, late=False),
            zero="none done in time in the window",
            sentence=f"{{value}} {signal.label} done in time {{span}}",
            healthy=max(signal.healthy, 0),
        )
        yield entry(
            "done_late",
            window,
            partial(IntervalState.done, window=window, late=True),
            zero="none done late in the window",
            sentence=f"{{value}} {signal.label} done late {{span}}",
            healthy=-abs(signal.healthy),
        )


def _pending(signal: SignalPlan) -> Iterator[Feature]:
    entry = partial(of_signal, signal, "deadlines", window=None, healthy=0)
    yield entry(
        "pending",
        compute=IntervalState.pending,
        unit="intervals",
        zero="none open whose deadline lies ahead",
        missing=UNRECORDED,
        sentence=f"{{value}} {signal.label} open and not yet due",
    )
    yield entry(
        "days_to_deadline",
        compute=IntervalState.days_to_deadline,
        unit="days",
        zero="the next deadline is the as-of date itself",
        missing="none open whose deadline lies ahead",
        sentence=f"{{value}} days to the next deadline of the {signal.label}",
        nothing=f"the next deadline of the {signal.label} is today",
    )


def _overdue(signal: SignalPlan) -> Iterator[Feature]:
    unit, none = signal.unit or "units", f"no {signal.label} overdue"
    entry = partial(
        of_signal,
        signal,
        "deadlines",
        window=None,
        zero="none overdue",
        missing=UNRECORDED,
        nothing=none,
        healthy=-abs(signal.healthy),
    )
    yield entry(
        "overdue",
        compute=IntervalState.overdue,
        unit="intervals",
        sentence=f"{{value}} {signal.label} overdue",
    )
    yield entry(
        "days_overdue",
        compute=IntervalState.days_overdue,
        unit="days",
        sentence=f"{{value}} days overdue, the longest of the {signal.label}",
    )
    if "quantity" in signal.columns:
        yield entry(
            "quantity_overdue",
            compute=IntervalState.quantity_overdue,
            unit=unit,
            sentence=f"{{value}} {unit} overdue ({signal.label})",
        )
