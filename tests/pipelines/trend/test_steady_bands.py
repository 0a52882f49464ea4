"""A band that does not flicker, and follows a real change."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from healthscore.config import Trend
from healthscore.models.health import tenths
from healthscore.pipelines.trend.bands import Steady
from healthscore.pipelines.trend.following import trend_of
from scored_history import write_course

EDGES = np.array([[40.0, 70.0]])


def bands(scores: Sequence[float], every: int = 7) -> str:
    """Numbers of the steady band of one account, a score every so many days."""
    steady, found = Steady.unknown(1), []
    for index, score in enumerate(scores):
        steady = steady.after(np.array([0]), tenths([score]), EDGES, every * index, Trend())
        found.append(int(steady.band[0]))
    return "".join(map(str, found))


@pytest.mark.parametrize(
    ("scores", "every", "steady"),
    [
        ([74, 69, 71, 69, 71, 69, 71], 7, "2222222"),
        ([69, 71, 69, 71, 69, 71], 7, "111111"),
        ([74, 69, 69, 71, 71, 69, 69, 71, 71], 7, "222222222"),
        ([74, 68.1], 7, "22"),
        ([74, 68], 7, "21"),
        ([74, 67.9, 69, 71, 71.9, 72], 7, "211112"),
        ([74, 69.4, 69.0, 69.3, 69.1, 69.5, 69.5], 7, "2222211"),
        ([74, 69, 69], 30, "221"),
        ([74, 30], 7, "20"),
        ([74, 39], 7, "21"),
        ([74, 39, 39, 39, 39, 39], 7, "211110"),
        ([20, 90], 7, "02"),
        ([70.0], 7, "2"),
        ([69.9], 7, "1"),
    ],
)
def test_a_band_follows_what_passes_the_edge_or_stays_beyond_it(scores: list[float], every: int, steady: str) -> None:
    assert bands(scores, every) == steady


@pytest.mark.parametrize("edge", [40.0, 70.0])
@pytest.mark.parametrize("every", [1, 7, 30])
def test_one_point_around_an_edge_never_changes_the_band(edge: float, every: int) -> None:
    generator = np.random.default_rng(3)
    noise = np.where(np.arange(400) % 2, 1.0, -1.0) * generator.uniform(0.1, 1.0, 400)
    assert len(set(bands((edge + noise).tolist(), every))) == 1


def test_the_steady_band_is_the_plain_one_at_first_and_stands_beside_the_scores(tmp_path: Path) -> None:
    found = trend_of(write_course(tmp_path, [74, 69, 71, 69]), Trend()).set_index("account_id")
    assert found["steady_band"].to_dict() == {"a": "healthy", "other": "needs attention"}
    after = trend_of(write_course(tmp_path / "after", [69, 71, 69, 71]), Trend()).set_index("account_id")
    assert after.loc["a", "steady_band"] == "needs attention"
