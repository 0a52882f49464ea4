"""Paths to the next band for the accounts that somebody is to do something about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from healthscore.config import Run
from healthscore.features.dictionary import Feature
from healthscore.pipelines.actions.matching import Facts
from healthscore.pipelines.publication.history import Scored


@dataclass(frozen=True)
class Paths:
    """What would bring accounts to the next band.

    Attributes
    ----------
    told
        Row of the facts -> path in words.
    """

    told: Mapping[int, str] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)
    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def lists(self) -> dict[str, pd.DataFrame]:
        """Its files."""
        return dict(self.frames)


def find_paths(
    run: Run,
    now: Scored,
    facts: Facts,
    features: Sequence[Feature],
    rows: NDArray[np.int64],
    why: str | None,
) -> Paths:
    """Nothing yet is known of paths."""
    return Paths(result={"accounts": 0})
