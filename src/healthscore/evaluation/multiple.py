"""Several tests at once: how many of them may be believed together."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def holm(chances: Mapping[Key, float], level: float = 0.05) -> dict[Key, bool]:
    """Which of several tests hold together, so that any is wrong with at most the chance `level`.

    Holm's step-down procedure (1979): the k-th smallest of n chances is held against level / (n - k + 1), and the first
    that fails takes all larger ones with it.
    """
    answer, standing = {}, True
    for rank, (key, chance) in enumerate(sorted(chances.items(), key=lambda item: item[1])):
        standing = standing and chance <= level / (len(chances) - rank)
        answer[key] = standing
    return answer
