"""Variants for segments: hardly ever where none differs, found where one does, and the scorecard is for the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from healthscore.models.weights.judgement import Judgement, judge_weights
from healthscore.models.weights.rows import WeightRows
from healthscore.models.weights.variants import SegmentVariants, recommended_shares, segment_variants
from varied_company import FEW, MANY, segmented_rows

BASE = (0.6, 0.48, 0.36, 0.24, 0.12)
TRUE = tuple(beta / sum(BASE) for beta in BASE)
EQUAL = (0.2,) * 5
RIGHT = (0.55, 0.25, 0.15, 0.05)


def judged(rows: WeightRows, weights: Sequence[float]) -> tuple[WeightRows, Judgement, SegmentVariants]:
    """Rows under these weights, their judgement, and the variants that are found."""
    rows = replace(rows, weights=np.array(weights))
    whole = judge_weights(rows)
    return rows, whole, segment_variants(rows, whole, judge_weights)


@pytest.fixture(scope="module")
def differing() -> tuple[WeightRows, Judgement, SegmentVariants]:
    """Weights that are right for s0, and wrong for s1."""
    return judged(segmented_rows((MANY, FEW), (600, 450)), RIGHT)


@pytest.mark.parametrize("weights", [TRUE, EQUAL])
def test_equal_segments_hardly_ever_get_a_variant(weights: Sequence[float]) -> None:
    said = [judged(segmented_rows([BASE] * 3, [200] * 3, seed), weights)[2] for seed in range(40)]
    assert sum(bool(one.proposed) for one in said) <= 2
    for one in said:
        if not one.proposed:
            assert one.kept.all()


def test_the_one_segment_that_differs_is_found_with_enough_exits() -> None:
    found = []
    for seed in range(10):
        rows, _, said = judged(segmented_rows([BASE, BASE, BASE[::-1]], [600] * 3, seed), TRUE)
        assert rows.where(np.asarray(rows.segment == "s2")).exiting > 200
        found.append(set(said.proposed))
    assert sum("s2" in one for one in found) >= 8
    assert sum(one > {"s2"} for one in found) <= 1  # chance makes the other two differ in one book of twenty


def test_of_two_halves_the_smaller_is_the_variant(
    differing: tuple[WeightRows, Judgement, SegmentVariants],
) -> None:
    _, whole, said = differing
    assert [one.differs for one in whole.segments] == ["differs", "differs"]
    assert list(said.proposed) == ["s1"]
    judgement, own = said.proposed["s1"]
    assert judgement.gain is not None
    assert judgement.gain.shown
    weights = recommended_shares(judgement)
    assert weights * 20 == pytest.approx(np.round(weights * 20))
    assert weights.sum() == pytest.approx(1.0)
    truth = np.array(FEW) / sum(FEW)
    assert np.abs(weights - truth).sum() < 0.3 < np.abs(np.array(RIGHT) - truth).sum()
    assert own.segment is None


def test_the_scorecard_is_judged_by_those_who_have_no_variant(
    differing: tuple[WeightRows, Judgement, SegmentVariants],
) -> None:
    rows, whole, said = differing
    assert said.kept.tolist() == np.asarray(rows.segment == "s0").tolist()
    alone = judge_weights(rows.where(said.kept))
    assert said.card.components == alone.components
    assert (said.card.decision, said.card.exiting) == ("keep", rows.where(said.kept).exiting)
    assert said.card.segments == whole.segments


def test_a_variant_is_held_against_what_the_scorecard_recommends() -> None:
    rows, _, said = judged(segmented_rows((MANY, FEW), (900, 450)), (0.25,) * 4)
    assert said.card.decision == "change"
    judgement, own = said.proposed["s1"]
    assert own.weights is not None
    assert own.weights.tolist() == recommended_shares(said.card).tolist()
    assert [one.handcrafted for one in judgement.components] == own.weights.tolist()
    assert len(own.y) + said.kept.sum() == len(rows.y)


def test_a_segment_of_few_exits_gets_none() -> None:
    _, whole, said = judged(segmented_rows((MANY, FEW), (900, 60)), RIGHT)
    assert [one.differs for one in whole.segments if one.segment == "s1"] == ["too few"]
    assert (said.proposed, said.refused) == ({}, {})
    assert said.kept.all()
    assert said.card.components == whole.components


def test_a_variant_counts_only_for_accounts_that_it_would_reach() -> None:
    rows = replace(segmented_rows((MANY, FEW), (600, 600)), weights=np.array(RIGHT))
    taken = rows.cluster >= 900  # half of s1 has a variant already, of other bands
    whole = judge_weights(rows)
    said = segment_variants(rows, whole, judge_weights, ~taken)
    for _, own in said.proposed.values():
        assert own.cluster.max() < 900
    assert said.kept[taken].all()
    none = segment_variants(rows, whole, judge_weights, np.zeros(len(rows.y), dtype=np.bool_))
    assert none.proposed == {}
    assert {one.why for one in none.refused.values()} <= {"too few exits"}


def test_without_segments_or_weights_there_is_nothing_to_find() -> None:
    rows = segmented_rows((MANY, FEW), (300, 300))
    for one in (replace(rows, weights=np.array(RIGHT), segment=None), rows):
        whole = judge_weights(one)
        said = segment_variants(one, whole, judge_weights)
        assert (said.proposed, said.refused) == ({}, {})
        assert said.card.components == whole.components
