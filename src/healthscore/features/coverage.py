"""Which days a source recorded, as an as-of date could know it: what little of a window holds is not known, not 0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from healthscore.config import Window


@dataclass(frozen=True)
class Covered:
    """The days that a source recorded, by what is known at as-of day `t`.

    Attributes
    ----------
    t
        As-of day.
    first
        First day of the source among the rows that are visible at `t`; `t` or later where there are none.
    outages
        Day ranges [first, last) in which the source recorded nothing; they do not overlap.
    """

    t: int
    first: int
    outages: tuple[tuple[int, int], ...]

    def span(self, window: Window, before: int = 0) -> tuple[int | None, int]:
        """First day of the window (None: from the beginning) and the first day after it.

        With `before` = 1, those of the window of the same length before it.
        """
        if window == "all":
            return None, self.t
        return self.t - (before + 1) * int(window), self.t - before * int(window)

    def days(self, window: Window, before: int = 0) -> int:
        """Days of the window on which the source was recording: since its first day, outages left out."""
        low, high = self.span(window, before)
        begin = self.first if low is None else max(low, self.first)
        lost = sum(max(0, min(high, end) - max(begin, start)) for start, end in self.outages)
        return max(0, high - begin - lost)

    def enough(self, window: Window, before: int = 0) -> bool:
        """Whether at least half of the window was recorded; of the whole history, whether anything was."""
        if window == "all":
            return self.days(window) > 0
        return 2 * self.days(window, before) >= int(window)


def merged(ranges: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The same days as ranges that do not overlap, so that no day is counted twice."""
    apart: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if apart and start <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return tuple(apart)
