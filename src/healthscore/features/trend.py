"""Trend: a window against the one before it, and the slope over the nested windows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from healthscore.config import Window
from healthscore.features.dictionary import Feature, span, suffix
from healthscore.features.frequency import UNCOVERED
from healthscore.features.history import History, Values
from healthscore.features.signals import SignalPlan

SLOPE_DAYS = 30


def trend(signal: SignalPlan) -> Iterator[Feature]:
    """``ln((n + 1/2) / (n_before + 1/2))`` per window, and one slope where there are at least three windows."""
    finite = tuple(window for window in signal.windows if window != "all")
    base = {"component": signal.component, "family": "trend", "signal": signal.name, "healthy": signal.healthy}
    for window in finite:
        yield Feature(
            name=f"{signal.name}_trend_{suffix(window)}",
            window=suffix(window),
            unit="log ratio",
            zero="as many as in the window before",
            missing="less than half of this window or of the one before was recorded",
            sentence=f"change of {signal.label} {span(window)} against the {window} days before: {{value}} (log ratio)",
            compute=lambda history, w=window: np.log((history.count(w) + 0.5) / (history.count(w, 1) + 0.5)),
            **base,
        )
    if len(finite) >= 3:
        yield Feature(
            name=f"{signal.name}_slope_{suffix(finite[-1])}",
            window=suffix(finite[-1]),
            unit=f"events per day, per {SLOPE_DAYS} days",
            zero="neither rising nor falling",
            missing=UNCOVERED,
            sentence=f"{signal.label} per day changed by {{value}} per {SLOPE_DAYS} days {span(finite[-1])}",
            compute=lambda history, ws=finite: _slope(history, ws),
            **base,
        )


def _slope(history: History, windows: tuple[Window, ...]) -> Values:
    """Weighted least squares of the daily rate on time, over the rings between nested windows.

    Ring i is [t - w_i, t - w_(i-1)); its rate is count / covered days, its time the middle, its weight the covered days.
    Rings depend on `t` and the windows only, so the slope of a date is the same in every grid of dates.
    """
    if not history.covered(windows[-1]):
        return history.count(windows[-1])
    counts = [history.count(window) for window in windows]
    days = [history.covered_days(window) for window in windows]
    outer = [0, *(int(window) for window in windows)]
    middle = np.array([-(outer[i] + outer[i + 1]) / 2 for i in range(len(windows))])
    weight = np.diff([0, *days]).astype(np.float64)
    rates = np.diff(np.stack([np.zeros_like(counts[0]), *counts]), axis=0) / np.maximum(weight, 1)[:, None]
    centred = middle - np.average(middle, weights=weight)
    spread = float(weight @ centred**2)
    slope: Values = (weight * centred) @ rates / spread * SLOPE_DAYS if spread > 0 else counts[0] * np.nan
    return slope
