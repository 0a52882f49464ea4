from __future__ import annotations

import numpy as np
import pytest

from healthscore.errors import ConfigurationError
from healthscore.models.design import logit
from healthscore.models.health import (
    GRADES,
    GROWTH_BANDS,
    Bands,
    ScoreScale,
    displayed,
    percentile,
    quartile,
    rank,
    tenths,
)


@pytest.mark.parametrize("rate", [0.005, 0.04, 0.45, 0.77])
def test_t22_reference_rate_twice_and_half_its_odds(rate: float) -> None:
    scale, odds = ScoreScale.relative(rate), rate / (1 - rate)
    assert scale.score(np.log(odds)) == pytest.approx(55.0, abs=1e-12)
    assert scale.score(np.log(2 * odds)) == pytest.approx(40.0, abs=1e-12)
    assert scale.score(np.log(odds / 2)) == pytest.approx(70.0, abs=1e-12)


def test_t22_absolute_scale() -> None:
    scale = ScoreScale(40.0, 0.2, 10.0)
    np.testing.assert_allclose(scale.score_of([0.5, 0.2, 1 / 33]), [20.0, 40.0, 70.0], atol=1e-12)


@pytest.mark.parametrize("rate", [0.005, 0.04, 0.45, 0.77])
def test_the_scale_of_a_gain_is_the_mirror_image(rate: float) -> None:
    growth, odds = ScoreScale.growth(rate), rate / (1 - rate)
    found = [float(growth.score(np.log(odds * factor))) for factor in (1, 2, 0.5, 4)]
    assert found == pytest.approx([45.0, 60.0, 30.0, 75.0], abs=1e-12)
    z = np.linspace(-30, 30, 2001)
    np.testing.assert_allclose(growth.score(z), 100.0 - ScoreScale.relative(rate).score(z), atol=1e-12)
    assert (np.diff(growth.score(z)) >= 0).all()
    scores = np.linspace(0, 100, 1001)
    np.testing.assert_allclose(growth.score_of(growth.probability_of(scores)), scores, rtol=1e-12, atol=1e-12)
    assert ScoreScale.from_json(growth.to_json()) == growth
    assert growth.proposed_points_to_halve_odds(z) is None


@pytest.mark.parametrize(
    ("score", "band"),
    [(0.0, "low"), (29.94, "low"), (29.95, "medium"), (59.94, "medium"), (59.95, "high"), (100.0, "high")],
)
def test_growth_is_high_from_twice_the_odds_on(score: float, band: str) -> None:
    assert GROWTH_BANDS.of([score])[0] == band


@pytest.mark.parametrize(
    "scale", [ScoreScale.relative(0.04), ScoreScale.relative(0.77, 10.0), ScoreScale(40.0, 0.2, 10.0)]
)
def test_t22_round_trip_and_monotone(scale: ScoreScale) -> None:
    scores = np.linspace(0, 100, 1001)
    probability = scale.probability_of(scores)
    assert (np.diff(probability) < 0).all()
    np.testing.assert_allclose(scale.score_of(probability), scores, rtol=1e-12, atol=1e-12)
    inside = np.linspace(float(logit(probability[-1])), float(logit(probability[0])), 501)
    np.testing.assert_allclose(logit(scale.probability_of(scale.score(inside))), inside, rtol=1e-12, atol=1e-12)
    z = np.linspace(-30, 30, 2001)
    assert (np.diff(scale.score(z)) <= 0).all()
    assert scale.score(z).min() == 0.0
    assert scale.score(z).max() == 100.0
    np.testing.assert_allclose(scale.unclipped(z), scale.constant - scale.slope * z, atol=1e-10)


def test_ten_points_are_proposed_where_more_than_a_tenth_is_clipped() -> None:
    scale, z = ScoreScale.relative(0.5), np.zeros(100)
    assert scale.proposed_points_to_halve_odds(z) is None
    z[:11] = 10.0
    assert scale.clipped_share(z) == pytest.approx(0.11)
    assert scale.proposed_points_to_halve_odds(z) == 10.0
    assert ScoreScale.relative(0.5, 10.0).proposed_points_to_halve_odds(z) is None


@pytest.mark.parametrize(
    "arguments", [(55.0, 0.0), (55.0, 1.0), (101.0, 0.1), (55.0, 0.1, 0.0), (55.0, 0.1, float("nan"))]
)
def test_scales_that_cannot_be_meant_are_refused(arguments: tuple[float, ...]) -> None:
    with pytest.raises(ConfigurationError, match="no score scale"):
        ScoreScale(*arguments)


@pytest.mark.parametrize(
    ("score", "shown", "band", "grade"),
    [
        (0.0, 0.0, "red", "F"), (24.96, 25.0, "red", "E"), (39.94, 39.9, "red", "E"),
        (39.95, 40.0, "yellow", "D"), (54.99, 55.0, "yellow", "C"), (69.94, 69.9, "yellow", "C"),
        (69.95, 70.0, "green", "B"), (100.0, 100.0, "green", "A"),
    ],
)  # fmt: skip
def test_the_displayed_score_decides_the_band(score: float, shown: float, band: str, grade: str) -> None:
    assert displayed([score])[0] == shown
    assert Bands().of([score])[0] == band
    assert GRADES.of([score])[0] == grade


def test_bands_are_the_users() -> None:
    bands = Bands(("low", "high"), (50.0,), ("black", "white"))
    assert bands.ranges() == [("low", 0.0, 50.0), ("high", 50.0, 100.0)]
    assert Bands.from_json(bands.to_json()) == bands
    for edges in ((70.0, 40.0), (0.0, 40.0), (40.0,)):
        with pytest.raises(ConfigurationError):
            Bands(edges=edges)
    with pytest.raises(ConfigurationError, match="same name"):
        Bands(names=("a", "a", "b"))


def test_rank_percentile_and_quartile_by_hand() -> None:
    z = np.array([0.0, 2.0, 0.0, -1.0])  # the second account is most at risk
    assert rank(z).tolist() == [2, 1, 2, 4]
    assert percentile(z).tolist() == [50.0, 12.5, 50.0, 87.5]
    assert quartile(z, [-0.5, 0.0, 1.0]).tolist() == [2, 1, 2, 4]
    assert rank([]).tolist() == []
    assert percentile([]).tolist() == []


def test_halves_round_up() -> None:
    assert tenths([0.05, 0.25, -0.05, 69.95]).tolist() == [1, 3, 0, 700]
