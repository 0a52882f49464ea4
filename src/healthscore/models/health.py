"""Probability of churn to a health score from 0 to 100, its band, grade, percentile and rank.

`S* = A - B z`, `S = clip(S*, 0, 100)`, with `z` the log-odds of churn. By default 15 points halve the odds and an
account at the reference population's rate scores 55, so that with the bands `[0,40) [40,70) [70,100]` red means at
least twice the reference odds and green at most half of them.

Worked example, `p_R = 0.04`: odds 1/24. At p = 0.0769 (odds 1/12) the score is 40, the first yellow one; at p = 0.0204
(odds 1/48) it is 70, the first green one.

The scale of a gain is the mirror image, `G = 100 - S`: 45 at the reference rate, and 15 points double the odds.
With `GROWTH_BANDS` `[0,30) [30,60) [60,100]` high means at least twice the reference odds of the gain, low at most
half.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from healthscore.errors import ConfigurationError
from healthscore.models import stored
from healthscore.models.design import Integers, Vector, expit, logit

ANCHOR_SCORE = 55.0
POINTS_TO_HALVE_ODDS = 15.0
COMPACT_POINTS_TO_HALVE_ODDS = 10.0
CLIPPED_SHARE_LIMIT = 0.10


@dataclass(frozen=True)
class ScoreScale:
    """The map between probability and score.

    Parameters
    ----------
    anchor_score, anchor_probability
        One point of the map: an account with this probability of churn has this score.
    points_to_halve_odds
        Points that halve the odds of churn; below 0 on the scale of a gain, whose odds so many points double.
    """

    anchor_score: float
    anchor_probability: float
    points_to_halve_odds: float = POINTS_TO_HALVE_ODDS

    def __post_init__(self) -> None:
        if (
            not 0 < self.anchor_probability < 1
            or not 0 <= self.anchor_score <= 100
            or not abs(self.points_to_halve_odds) > 0
        ):
            raise ConfigurationError(
                f"no score scale has {self.anchor_score} points at probability {self.anchor_probability} and "
                f"{self.points_to_halve_odds} points to halve the odds",
                "give a score from 0 to 100, a probability between 0 and 1, and a positive number of points",
            )

    @staticmethod
    def relative(rate: float, points_to_halve_odds: float = POINTS_TO_HALVE_ODDS) -> ScoreScale:
        """Return the default scale: the reference population's churn rate scores 55."""
        return ScoreScale(ANCHOR_SCORE, rate, points_to_halve_odds)

    @staticmethod
    def growth(rate: float) -> ScoreScale:
        """Return the scale of a gain, `100 - S`: the reference population's rate scores 45, twice its odds 60."""
        return ScoreScale(100.0 - ANCHOR_SCORE, rate, -POINTS_TO_HALVE_ODDS)

    @property
    def slope(self) -> float:
        """`B`, points per unit of log-odds."""
        return self.points_to_halve_odds / float(np.log(2.0))

    @property
    def constant(self) -> float:
        """`A`, the score at even odds."""
        return self.anchor_score + self.slope * float(logit(self.anchor_probability))

    def unclipped(self, z: npt.ArrayLike) -> Vector:
        """Return `S* = A - B z` of log-odds of churn.

        Computed as the distance from the anchor, so that the anchor itself comes out exactly.
        """
        distance = np.asarray(z, dtype=np.float64) - logit(self.anchor_probability)
        return np.asarray(self.anchor_score - self.slope * distance, dtype=np.float64)

    def score(self, z: npt.ArrayLike) -> Vector:
        """Return `S = clip(S*, 0, 100)`, not rounded."""
        return np.clip(self.unclipped(z), 0.0, 100.0)

    def score_of(self, probability: npt.ArrayLike) -> Vector:
        """Return the score of a probability of churn."""
        return self.score(logit(probability))

    def probability_of(self, score: npt.ArrayLike) -> Vector:
        """Return the probability of churn that a score means; at 0 and 100, the bound."""
        distance = (self.anchor_score - np.asarray(score, dtype=np.float64)) / self.slope
        return expit(distance + logit(self.anchor_probability))

    def clipped_share(self, z: npt.ArrayLike) -> float:
        """Return the share of accounts whose score falls outside 0 to 100."""
        score = self.unclipped(z)
        return float(np.mean((score < 0) | (score > 100))) if len(score) else 0.0

    def proposed_points_to_halve_odds(self, z: npt.ArrayLike) -> float | None:
        """Return 10 where more than 10 % of the scores would be clipped on a wider scale, else None."""
        wide = self.points_to_halve_odds > COMPACT_POINTS_TO_HALVE_ODDS
        return COMPACT_POINTS_TO_HALVE_ODDS if wide and self.clipped_share(z) > CLIPPED_SHARE_LIMIT else None

    def to_json(self) -> dict[str, Any]:
        """Return the scale as plain JSON values."""
        return dict(vars(self))

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> ScoreScale:
        """Read a scale back."""
        keys = ("anchor_score", "anchor_probability", "points_to_halve_odds")
        return ScoreScale(*(stored.number(document, key) for key in keys))


def tenths(values: npt.ArrayLike) -> Integers:
    """Round to whole tenths of a point, halves up: the one rounding of everything displayed."""
    return np.floor(np.asarray(values, dtype=np.float64) * 10.0 + 0.5).astype(np.int64)


def displayed(score: npt.ArrayLike) -> Vector:
    """Return the score as shown, to one decimal."""
    return tenths(score) / 10.0


@dataclass(frozen=True)
class Bands:
    """Names of score ranges, lowest first, with the edges between them and a colour for each.

    An edge belongs to the band above it, and the *displayed* score decides: a displayed 70.0 is green.
    """

    names: tuple[str, ...] = ("red", "yellow", "green")
    edges: tuple[float, ...] = (40.0, 70.0)
    colours: tuple[str, ...] = ("#c0392b", "#e0a800", "#2e8b57")

    def __post_init__(self) -> None:
        rising = all(low < high for low, high in zip((0.0, *self.edges), (*self.edges, 100.0), strict=True))
        if not len(self.names) == len(self.colours) == len(self.edges) + 1 or not rising:
            raise ConfigurationError(
                f"{len(self.names)} bands, {len(self.colours)} colours and edges {list(self.edges)}",
                "give one name and one colour per band, and rising edges between 0 and 100, one fewer than bands",
            )
        if len(set(self.names)) < len(self.names):
            raise ConfigurationError("two bands have the same name", "rename one")

    def index(self, score: npt.ArrayLike) -> Integers:
        """Return the number of each score's band, 0 the lowest."""
        return np.searchsorted(tenths(self.edges), tenths(score), side="right").astype(np.int64)

    def of(self, score: npt.ArrayLike) -> npt.NDArray[np.str_]:
        """Return the name of each score's band."""
        return np.array(self.names)[self.index(score)]

    def ranges(self) -> list[tuple[str, float, float]]:
        """Return (name, low, high) of every band."""
        return list(zip(self.names, (0.0, *self.edges), (*self.edges, 100.0), strict=True))

    def to_json(self) -> dict[str, Any]:
        """Return the bands as plain JSON values."""
        return {key: list(values) for key, values in vars(self).items()}

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> Bands:
        """Read bands back."""
        edges = tuple(float(edge) for edge in stored.numbers(document, "edges"))
        return Bands(stored.texts(document, "names"), edges, stored.texts(document, "colours"))


GROWTH_BANDS = Bands(("low", "medium", "high"), (30.0, 60.0), ("#8a8f98", "#5b8fc7", "#1f5fa8"))
"""Of the scale of a gain. Not the colours of health: little growth is no alarm."""

GRADES = Bands(("F", "E", "D", "C", "B", "A"), (25.0, 40.0, 55.0, 70.0, 85.0), ("",) * 6)
"""Letter grades: one halving of the odds each on the default scale. A: at most a quarter of the reference odds; B: at
most half; C: at most the reference; D: at most twice; E: at most four times; F: more."""


def rank(z: npt.ArrayLike) -> Integers:
    """Rank log-odds of churn: 1 is most at risk; equal accounts share the better (smaller) rank."""
    values = np.asarray(z, dtype=np.float64)
    ordered = np.sort(-values)
    return np.searchsorted(ordered, -values, side="left").astype(np.int64) + 1


def percentile(z: npt.ArrayLike) -> Vector:
    """Return the percentage of accounts that are less healthy, equals counted half: 0 to 100, 100 the healthiest."""
    values = np.asarray(z, dtype=np.float64)
    ordered = np.sort(-values)
    below = np.searchsorted(ordered, -values, side="left")
    not_above = np.searchsorted(ordered, -values, side="right")
    # Sorted by health (-z); those strictly less healthy come first.
    return np.asarray(100.0 * (below + not_above) / (2.0 * max(len(values), 1)), dtype=np.float64)


def quartile(z: npt.ArrayLike, cuts: npt.ArrayLike) -> Integers:
    """Return the class of log-odds by the reference's frozen quartiles: 1 the least healthy, 4 the healthiest."""
    values = np.asarray(z, dtype=np.float64)
    return 4 - np.searchsorted(np.asarray(cuts, dtype=np.float64), values, side="right").astype(np.int64)
