"""Lines of the table: what was promised, what was measured, and how sure so many seeds can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import binomtest

FULL = 200
"""Seeds of a statistical suite: thresholds are told for these, and nothing passes with fewer."""


@dataclass(frozen=True)
class Line:
    """One line of the table. `passed` is None where there is no threshold: a figure for information.

    `limits` are the exact binomial limits of a share, or the interval of a mean; `seeds` were evaluated. `figures` are
    what the threshold is held against, in `unit`, for the summary.
    """

    test: str
    shows: str
    threshold: str
    measured: str
    limits: str
    seeds: int
    passed: bool | None
    figures: tuple[float, ...] = ()
    unit: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Give the line as plain values for JSON."""
        return asdict(self)


def exact_limits(successes: int, tries: int, level: float = 0.95) -> tuple[float, float]:
    """Bound a share by the exact binomial (Clopper-Pearson) limits."""
    interval = binomtest(successes, tries).proportion_ci(level, method="exact")
    return float(interval.low), float(interval.high)


def share_line(
    test: str, shows: str, held: Sequence[bool], *, low: float = 0.0, high: float = 1.0, unit: str = ""
) -> Line:
    """Judge how often something held: at least `low` and at most `high`, as shares of all tries."""
    tries, successes = len(held), int(sum(held))
    bound = exact_limits(successes, tries) if tries else (0.0, 1.0)
    share = successes / tries if tries else float("nan")
    return Line(
        test,
        shows,
        _threshold(low, high, tries, unit),
        f"{successes:,} of {tries:,}{unit} ({100 * share:.1f} %)",
        f"{100 * bound[0]:.1f}-{100 * bound[1]:.1f} %",
        tries,
        None if (low, high) == (0.0, 1.0) else bool(low - 1e-9 <= share <= high + 1e-9),
        (float(successes),) if tries == FULL else (round(100.0 * share, 1),),
        f" of {tries}" if tries == FULL else " %",
    )


def each_line(test: str, shows: str, held: Mapping[str, Sequence[bool]], *, low: float, high: float) -> Line:
    """Judge several shares at once: every one of them has to be within the bounds. Limits are those of the extremes."""
    tries = len(next(iter(held.values())))
    counts = sorted(int(sum(each)) for each in held.values())
    limits = [exact_limits(count, tries) if tries else (0.0, 1.0) for count in (counts[0], counts[-1])]
    return Line(
        test,
        shows,
        "each " + _threshold(low, high, tries, ""),
        f"{', '.join(str(int(sum(each))) for each in held.values())} of {tries:,}",
        f"{100 * limits[0][0]:.1f}-{100 * limits[1][1]:.1f} %",
        tries,
        bool(tries) and low - 1e-9 <= counts[0] / tries and counts[-1] / tries <= high + 1e-9,
        tuple(float(count) for count in counts),
        f" of {tries}",
    )


def mean_line(
    test: str, shows: str, figures: Sequence[float], *, low: float | None = None, high: float | None = None, unit: str
) -> Line:
    """Judge the mean of a figure over seeds, with its 95 % interval."""
    values = np.asarray(figures, dtype=np.float64)
    mean = float(values.mean())
    half = 1.96 * float(values.std(ddof=1)) / len(values) ** 0.5 if len(values) > 1 else float("nan")
    bounds = [
        *([] if low is None else [f"at least {low:g}{unit}"]),
        *([] if high is None else [f"at most {high:g}{unit}"]),
    ]
    return Line(
        test,
        shows,
        ", ".join(bounds) or "-",
        f"{mean:.3g}{unit}",
        f"{mean - half:.3g}-{mean + half:.3g}{unit}",
        len(values),
        None if not bounds else (low is None or mean >= low) and (high is None or mean <= high),
        (float(f"{mean:.3g}"),),
        unit,
    )


def _threshold(low: float, high: float, tries: int, unit: str) -> str:
    """Tell the threshold in counts where the method does, for 200 seeds; else in per cent."""
    if (low, high) == (0.0, 1.0):
        return "-"
    if (low, high) == (0.0, 0.0):
        return "none"
    if tries == FULL:
        return f"at most {round(high * tries)}" if low == 0.0 else _least(low, high, tries)
    if low == 0.0:
        return f"at most {100 * high:g} %"
    return f"at least {100 * low:g} %" if high == 1.0 else f"{100 * low:g}-{100 * high:g} %"


def _least(low: float, high: float, tries: int) -> str:
    if high == 1.0:
        return f"at least {100 * low:g} %"
    return f"{round(low * tries)}-{round(high * tries)}"
