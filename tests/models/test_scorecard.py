"""Scoring with a scorecard, by tables that are reckoned by hand."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from cardtexts import THREE, card_of, scored
from healthscore.errors import ConfigurationError, InputError
from healthscore.models.design import Vector
from healthscore.models.health import tenths
from healthscore.models.scorecard import (
    band_numbers,
    capped,
    card_bands,
    card_drivers,
    score_card,
    score_subscores,
)

NAN = math.nan


def subscores_of(measures: str, **columns: list[float]) -> list[float]:
    return [float(x) for x in scored(f"[components.c]\nweight = 100\n{measures}", **columns).subscores[:, 0]]


# --- sub-scores ------------------------------------------------------------------------------------------------------


def test_linear_pieces_run_straight_between_the_points_and_flat_beyond() -> None:
    text = "measures = [{ feature = 'x', linear = [[0, 0], [10, 50], [20, 100]] }]"
    assert subscores_of(text, x=[-5, 0, 4, 10, 15, 20, 99]) == [0, 0, 20, 50, 75, 100, 100]


def test_linear_pieces_may_fall_and_rise_again() -> None:
    text = "measures = [{ feature = 'x', linear = [[0, 40], [2, 100], [6, 0]] }]"
    assert subscores_of(text, x=[0, 1, 2, 4, 7]) == [40, 70, 100, 50, 0]


def test_a_step_begins_at_its_value_and_the_first_holds_below_it() -> None:
    text = "measures = [{ feature = 'x', steps = [[0, 100], [3, 60], [6, 0]] }]"
    assert subscores_of(text, x=[-1, 0, 2.9, 3, 5.9, 6, 99]) == [100, 100, 100, 60, 60, 0, 0]


def test_what_is_tolerated_is_free() -> None:
    # two open tickets are free: 0, 1 and 2 of them cost nothing, the third 20 points
    text = "measures = [{ feature = 'x', linear = [[0, 100], [5, 0]], tolerance = 2 }]"
    assert subscores_of(text, x=[0, 1, 2, 3, 4, 7, 9]) == [100, 100, 100, 80, 60, 0, 0]
    text = "measures = [{ feature = 'x', steps = [[0, 100], [1, 40], [2, 0]], tolerance = 2 }]"
    assert subscores_of(text, x=[0, 2, 2.5, 3, 4]) == [100, 100, 100, 40, 0]


def test_measures_share_a_component_and_what_is_missing_leaves_its_share_to_the_others() -> None:
    text = """measures = [
        { feature = 'x', linear = [[0, 0], [100, 100]], share = 3 },
        { feature = 'y', linear = [[0, 0], [100, 100]] },
    ]"""
    found = subscores_of(text, x=[80, NAN, 80, NAN], y=[40, 40, NAN, NAN])
    assert found[:3] == [70, 40, 80]  # (3 * 80 + 40) / 4
    assert math.isnan(found[3])


def test_the_worked_example_of_sub_scores() -> None:
    text = """measures = [
        { feature = 'x', linear = [[0, 100], [5, 0]], tolerance = 2 },
        { feature = 'x', steps = [[0, 100], [2, 50], [4, 0]], tolerance = 2 },
    ]"""
    assert subscores_of(text, x=[4]) == [55]


def test_actions_add_points_where_they_were_done_and_take_them_where_a_deadline_passed() -> None:
    text = """start = 50
    actions = [
        { name = 'trained', when = { feature = 'done', at_least = 1 }, points = 30 },
        { name = 'upgraded', when = { feature = 'upgrades', at_least = 1 }, points = 40 },
        { name = 'overdue', when = { feature = 'days_overdue', at_least = 1 }, points = -25 },
        { name = 'overdue for a month', when = { feature = 'days_overdue', at_least = 30 }, points = -40 },
    ]"""
    found = subscores_of(
        text,
        done=[0, 1, 1, 0, 0, NAN, NAN],
        upgrades=[0, 0, 1, 0, 0, 1, NAN],
        days_overdue=[0, 0, 0, 3, 30, NAN, NAN],
    )
    assert found[:6] == [50, 80, 100, 25, 0, 90]  # held between 0 and 100; what is not known is worth nothing
    assert math.isnan(found[6])


# --- what is missing -------------------------------------------------------------------------------------------------

MISSING = {"a": [80.0, NAN, NAN, 80.0], "b": [60.0, 60.0, NAN, NAN], "c": [NAN, 20.0, NAN, NAN]}


@pytest.mark.parametrize(
    ("policy", "scores"),
    [
        ("", [72.5, 44.0, NAN, 80.0]),  # (50 * 80 + 30 * 60) / 80; (30 * 60 + 20 * 20) / 50; nothing; a alone
        ("missing = 'neutral'\n", [68.0, 47.0, NAN, 65.0]),  # 40 + 18 + 10; 25 + 18 + 4; nothing; 40 + 15 + 10
    ],
)
def test_a_missing_component_is_weighed_again_or_neutral(policy: str, scores: list[float]) -> None:
    found = scored(policy + THREE, **MISSING)
    np.testing.assert_allclose(found.score, scores)
    assert np.isnan(found.weights[2]).all()
    assert np.isnan(found.filled[2]).all()
    np.testing.assert_allclose(found.filled[0], [80.0, 60.0, 50.0 if policy else 72.5])
    np.testing.assert_allclose(found.weights[0], [0.5, 0.3, 0.2] if policy else [0.625, 0.375, 0])


def test_a_component_may_have_points_of_its_own_where_it_is_missing() -> None:
    found = scored(THREE.replace("weight = 20", "weight = 20\nmissing = 10"), **MISSING)
    np.testing.assert_allclose(found.score, [60.0, 44.0, NAN, 60.0])  # 40 + 18 + 2; as above; -; 4200 / 70
    np.testing.assert_allclose(found.weights[3], [5 / 7, 0, 2 / 7])


def test_nothing_is_known_where_only_components_without_weight_are() -> None:
    text = "missing = 'neutral'\n" + THREE.replace("weight = 30", "weight = 0").replace("weight = 50", "weight = 80")
    found = scored(text, a=[NAN, 10], b=[90, 90], c=[NAN, NAN])
    np.testing.assert_allclose(found.score, [NAN, 18])
    assert band_numbers(card_of(text), found).tolist() == [-1, 0]


def test_rows_without_a_score_have_no_drivers() -> None:
    found = scored(THREE, **MISSING)
    with pytest.raises(InputError, match="1 rows have no score"):
        card_drivers(card_of(THREE), found)
    assert len(card_drivers(card_of(THREE), found.where(~np.isnan(found.score))).score) == 3


# --- variants --------------------------------------------------------------------------------------------------------

STAGES = (
    THREE
    + """
[[variant]]
name = "young"
when = [{ feature = "tenure_days", at_most = 90 }]
weights = { a = 100 }
[[variant]]
name = "large"
segments = ["enterprise", "key"]
weights = { b = 50, c = 50 }
edges = [50, 80]
"""
)
PARTS = {"a": [10.0] * 5, "b": [40.0] * 5, "c": [70.0] * 5, "tenure_days": [30.0, 30.0, 400.0, 400.0, NAN]}
SEGMENTS = ["smb", "key", "key", "smb", "enterprise"]


def test_the_first_variant_that_fits_counts_else_the_scorecard_itself() -> None:
    found = scored(STAGES, SEGMENTS, **PARTS)
    assert found.variant.tolist() == [0, 0, 1, -1, 1]
    np.testing.assert_allclose(found.score, [10, 10, 55, 31, 55])
    np.testing.assert_allclose(found.weights[[0, 2, 3]], [[1.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.3, 0.2]])


def test_a_variant_may_have_bands_of_its_own() -> None:
    card = card_of(STAGES)
    assert card_bands(card).edges == card_bands(card, None, 0).edges == (40, 70)
    assert card_bands(card, None, 1).edges == (50, 80)
    scores = score_subscores(
        card,
        np.tile([[45.0, 45.0, 45.0]], (2, 1)),
        ["tenure_days"],
        np.array([[400.0], [400.0]]),
        np.array(["smb", "key"], dtype=object),
    )
    assert band_numbers(card, scores).tolist() == [1, 0]


def test_a_band_that_caps_is_the_one_of_the_variant() -> None:
    cap = "[[cap]]\nname = 'c'\nwhen = [{ feature = 'a', at_least = 10 }]\nband = 'at risk'\n"
    columns = PARTS | {"c": [100.0] * 5, "b": [100.0] * 5, "a": [90.0] * 5}
    found = scored(STAGES + cap, SEGMENTS, **columns)
    np.testing.assert_allclose(found.score, [39.9, 39.9, 49.9, 39.9, 49.9])


def test_segments_are_needed_where_a_variant_names_them() -> None:
    with pytest.raises(ConfigurationError, match=r"variant 'large' is for segments, and the accounts have none"):
        scored(STAGES, **PARTS)


# --- hard rules ------------------------------------------------------------------------------------------------------

CAPS = (
    THREE
    + """
[[cap]]
name = "falling"
when = [{ feature = "trend", at_most = -0.357 }, { feature = "a", at_least = 0 }]
band = "needs attention"
[[cap]]
name = "unpaid"
when = [{ feature = "overdue", at_least = 30 }]
score = 30
[[cap]]
name = "unpaid for long"
when = [{ feature = "overdue", at_least = 60 }]
band = "at risk"
"""
)
FALLING: dict[str, list[float]] = {
    "a": [90, 90, 90, 60, 90, 90, 20],
    "b": [90, 90, 90, 60, 90, 90, 20],
    "c": [90, 90, 90, 60, 90, 90, 20],
    "trend": [0, -0.357, -0.36, -1, -1, NAN, -1],
    "overdue": [0, 0, NAN, 0, 60, NAN, 60],
}


def test_the_lowest_cap_that_holds_counts_and_says_so_only_where_it_lowers_the_score() -> None:
    found = scored(CAPS, **FALLING)
    np.testing.assert_allclose(found.uncapped, [90, 90, 90, 60, 90, 90, 20])
    np.testing.assert_allclose(found.score, [90, 69.9, 69.9, 60, 30, 90, 20])
    assert found.cap.tolist() == [-1, 0, 0, -1, 1, -1, -1]
    np.testing.assert_allclose(found.limit, [100, 69.9, 69.9, 69.9, 30, 100, 30])
    assert card_bands(card_of(CAPS)).of(found.score).tolist()[:2] == ["healthy", "needs attention"]


def test_caps_apply_to_another_weighted_sum_of_the_same_rows() -> None:
    card, found = card_of(CAPS), scored(CAPS, **FALLING)
    np.testing.assert_allclose(capped(card, found, found.uncapped), found.score)
    np.testing.assert_allclose(capped(card, found, np.full(7, 75.0)), [75, 69.9, 69.9, 69.9, 30, 75, 30])
    with pytest.raises(InputError, match="3 sums for 7 rows"):
        capped(card, found, np.zeros(3))


def test_what_a_cap_takes_is_a_row_of_its_own_in_the_drivers() -> None:
    drivers = card_drivers(card_of(CAPS), scored(CAPS, **FALLING))
    assert drivers.base == 100
    np.testing.assert_allclose(drivers.capped, [0, -20.1, -20.1, 0, -60, 0, 0])
    np.testing.assert_allclose(drivers.points[3], [-20, -12, -8])
    assert drivers.capped_tenths.tolist() == [0, -201, -201, 0, -600, 0, 0]


# --- faults ----------------------------------------------------------------------------------------------------------


def test_an_unknown_feature_is_told_with_its_place_and_the_nearest_name() -> None:
    with pytest.raises(ConfigurationError, match=r"components\.b: there is no feature 'b'(.|\n)*did you mean 'bb'"):
        scored(THREE, a=[1], bb=[1], c=[1])
    with pytest.raises(ConfigurationError, match=r"cap 'falling': there is no feature 'trend'"):
        scored(CAPS, a=[1], b=[1], c=[1])


def test_a_component_made_of_nothing_is_read_only_from_a_history() -> None:
    bare = re.sub(r"measures = .*", "", THREE)
    with pytest.raises(ConfigurationError, match=r"components\.a: neither `measures` nor `actions`"):
        scored(bare, a=[1], b=[1], c=[1])
    np.testing.assert_allclose(score_subscores(card_of(bare), np.array([[80.0, 60.0, NAN]])).score, [72.5])


# --- many rows, and none ----------------------------------------------------------------------------------------------


def test_whole_weights_and_points_leave_no_noise_that_turns_a_displayed_tenth() -> None:
    random_ = np.random.default_rng(1)
    parts: Vector = random_.integers(0, 101, (100_000, 3)).astype(float)
    found = score_subscores(card_of(THREE), parts)
    exact = (parts * [50, 30, 20]).sum(axis=1).astype(np.int64)  # hundredths of a point
    assert np.array_equal(tenths(found.score), (exact + 5) // 10)


def test_no_rows_have_no_scores() -> None:
    found = score_card(card_of(CAPS), ["a", "b", "c", "trend", "overdue"], np.empty((0, 5)))
    assert found.score.shape == (0,)
    assert card_drivers(card_of(CAPS), found).points_tenths.shape == (0, 3)
