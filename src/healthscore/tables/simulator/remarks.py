"""What people write beside a rating."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from healthscore.tables.simulator.recipe import Flags, Floats, Integers
from healthscore.tables.simulator.timeline import labels


def rating(random: np.random.Generator, middle: Floats, noise: float, lowest: int, highest: int) -> Integers:
    """Ratings in whole points around `middle`, from `lowest` to `highest`."""
    points = np.round(middle + random.normal(0.0, noise, len(middle)))
    return np.clip(points, lowest, highest).astype(np.int64)


def remarks(random: np.random.Generator, texts: Sequence[Sequence[str]], tone: Integers, wordless: Flags) -> Any:
    """Pick a text of the tone of each row (0: the angriest); null where nothing was written."""
    first = np.cumsum([0, *(len(of_tone) for of_tone in texts)])
    count = np.array([len(of_tone) for of_tone in texts])
    chosen = first[tone] + (random.random(len(tone)) * count[tone]).astype(np.int64)
    return labels([text for of_tone in texts for text in of_tone], chosen, wordless)
