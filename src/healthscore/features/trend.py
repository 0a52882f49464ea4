"""Trend: a window against the one before it, and the slope over the nested windows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from healthscore.config import Window
from healthscore.features.dictionary import Feature, of_signal
from healthscore.features.frequency import UNCOVERED
from healthscore.features.history import History, Values
from healthscore.features.signals import SignalPlan

SLOPE_DAYS = 30


def trend(signal: SignalPlan) -> Iterator[Feature]:
    """``ln((n + 1/2) / (n_before + 1/2))`` per window, and one slope where there are at least three windows."""
    entry = partial(of_signal, signal, "trend")
    finite = tuple(window for window in signal.windows if window != "all")
    for window in finite:
        yield entry(
            "trend",
            window,
            partial(_change, window=window),
            unit="log ratio",
            zero="as many as in the window before",
            missing="less than half of this window or of the one before was recorded",
            sentence=f"{{ratio}} {signal.label} {{span}} than in the {window} days before",
        )
    if len(finite) >= 3:
        yield entry(
            "slope",
            finite[-1],
            partial(_slope, windows=finite),
            unit=f"events per day, per {SLOPE_DAYS} days",
            zero="neither rising nor falling",
            missing=UNCOVERED,
            sentence=f"{signal.label} per day changed by {{value}} a month {{span}}",
        )


def _change(history: History, window: Window) -> Values:
    changed: Values = np.log((history.count(window) + 0.5) / (history.count(window, before=1) + 0.5))
    return changed


def _slope(history: History, windows: tuple[Window, ...]) -> Values:
    """Weighted least squares of the daily rate on time, on the rings of nested windows.

    Ring i is [t - w_i, t - w_(i-1)); its rate is count / covered days, its time x the middle, its weight the covered
    days, so that slope = sum (x - mean x) count / sum days (x - mean x)^2. Rings depend on `t` and the windows only, so
    the slope of a date is the same in every grid of dates. A ring that was not recorded has no say; a slope takes two
    that were.
    """
    if not history.covered(windows[-1]):
        return history.count(windows[-1])
    rings = []
    outer, seen, covered = 0, np.zeros(1), 0
    for window in windows:
        middle, days = -(outer + int(window)) / 2, history.covered_days(window) - covered
        if days:
            rings.append((middle, days, history.recorded(window) - seen))
        outer, seen, covered = int(window), history.recorded(window), covered + days
    mean = sum(middle * days for middle, days, _ in rings) / covered
    spread = sum(days * (middle - mean) ** 2 for middle, days, _ in rings)
    if len(rings) < 2:
        return np.full_like(seen, np.nan)
    # Ring by ring: the last bit of a matrix product may depend on how many accounts are computed together.
    moment: Values = sum(((middle - mean) * count for middle, _, count in rings), np.zeros_like(seen))
    return moment / spread * SLOPE_DAYS
