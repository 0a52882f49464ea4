"""Scorecards as text, scored on a few literal rows."""

from __future__ import annotations

import tomllib

import numpy as np

from healthscore.config import Scorecard
from healthscore.models.scorecard import CardScores, score_card

TWENTY = "measures = [{ feature = '%s', linear = [[0, 0], [100, 100]] }]"
"""A component that is its feature: points of 0 to 100."""
THREE = "\n".join(
    f"[components.{name}]\nweight = {weight}\n{TWENTY % name}" for name, weight in (("a", 50), ("b", 30), ("c", 20))
)


def card_of(text: str) -> Scorecard:
    return Scorecard.model_validate({"name": "ours"} | tomllib.loads(text))


def scored(text: str, segment: list[str] | None = None, /, **columns: list[float]) -> CardScores:
    groups = None if segment is None else np.array(segment, dtype=object)
    return score_card(card_of(text), list(columns), np.column_stack(list(columns.values())).astype(float), groups)
