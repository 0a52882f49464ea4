"""Levels: the last value and its age, the values of a window, and how they changed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from healthscore.config import Window
from healthscore.features.dictionary import Feature, of_signal
from healthscore.features.frequency import UNCOVERED
from healthscore.features.levelrows import LevelState
from healthscore.features.signals import SignalPlan


def levels(signal: SignalPlan) -> Iterator[Feature]:
    """Last value, age, change; mean, number, change and (where it is declared) balance per window."""
    entry = partial(of_signal, signal, "levels", window=None)
    label, so_far = signal.label, f"no {signal.label} so far"
    yield entry(
        "last",
        compute=LevelState.last,
        unit=signal.unit or "units",
        zero="the last value was 0",
        missing=so_far,
        sentence=f"{_valued(signal)}, the last of the {label}",
    )
    yield entry(
        "age",
        compute=LevelState.age,
        unit="days",
        zero="never 0: yesterday counts 1",
        missing=so_far,
        sentence=f"{{value}} days since the last of the {label}",
        healthy=0,
    )
    yield entry(
        "change",
        compute=LevelState.change,
        unit=signal.unit or "units",
        zero="the last value is that of the one before",
        missing=f"fewer than two {label} so far",
        sentence=f"{_valued(signal, 'signed')} of change from the one before to the last of the {label}",
        nothing=f"no change from the one before to the last of the {label}",
    )
    for window in signal.windows:
        yield from _in_window(signal, window)


def _in_window(signal: SignalPlan, window: Window) -> Iterator[Feature]:
    entry = partial(of_signal, signal, "levels", window=window)
    label, none = signal.label, f"no {signal.label} in the window, or {UNCOVERED}"
    yield entry(
        "mean",
        compute=partial(LevelState.mean, window=window),
        unit=signal.unit or "units",
        zero="the values average 0",
        missing=none,
        sentence=f"{_valued(signal)} on average {{span}} ({label})",
    )
    yield entry(
        "count",
        compute=partial(LevelState.count, window=window),
        unit="values",
        zero=f"no {label} in the window",
        missing=UNCOVERED,
        sentence=f"{{value}} {label} {{span}}",
        healthy=0,
    )
    if window != "all":
        yield entry(
            "change",
            compute=partial(LevelState.change_over, window=window),
            unit=signal.unit or "units",
            zero="the last value is that in force when the window began",
            missing=f"no {label} before the window, or {UNCOVERED}",
            sentence=f"{_valued(signal, 'signed')} of change {{span}} ({label})",
            nothing=f"no change {{span}} ({label})",
        )
    if signal.favourable_from is not None and signal.unfavourable_to is not None:
        high, low = signal.favourable_from, signal.unfavourable_to
        yield entry(
            "balance",
            compute=partial(LevelState.balance, window=window, favourable_from=high, unfavourable_to=low),
            unit="points from -100 to 100",
            zero=f"as many {label} of {high:g} or more as of {low:g} or less",
            missing=none,
            sentence=f"a balance of {{signed}} {{span}} ({label}: {high:g} or more against {low:g} or less)",
        )


def _valued(signal: SignalPlan, placeholder: str = "value") -> str:
    """A value with its unit, where it has one."""
    return f"{{{placeholder}}} {signal.unit}".rstrip()
