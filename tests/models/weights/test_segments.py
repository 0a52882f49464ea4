"""Weights by segment: called different only where they are, and nearer the truth than own or common weights."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from drawn_rows import drawn_rows
from healthscore.models.weights.fit import fit_weights
from healthscore.models.weights.rows import WeightRows
from healthscore.models.weights.segments import ENOUGH_EXITING, partially_pooled, segment_weights
from varied_company import segmented_rows

BASE = np.array([0.5, 0.4, 0.3, 0.2, 0.1])


def book(betas: Sequence[Sequence[float] | np.ndarray], accounts: Sequence[int], seed: int = 1) -> WeightRows:
    """Segments s0, s1, ... with accounts and coefficients of their own."""
    return segmented_rows([[float(beta) for beta in own] for own in betas], accounts, seed, dates=8)


def test_equal_weights_of_any_strength_are_hardly_ever_called_different() -> None:
    called = 0
    for seed in range(30):
        said = segment_weights(book([BASE, 1.4 * BASE, 0.8 * BASE], (200, 200, 300), seed))
        called += any(one.differs == "differs" for one in said)
    # Nominal 5 % of 30 books: more than 4 come with a chance of 2 %.
    assert called <= 4


def test_a_planted_difference_is_found_where_it_is() -> None:
    found = []
    for seed in range(8):
        said = segment_weights(book([BASE, BASE, BASE[::-1]], (300, 300, 300), seed))
        found.append([one.differs for one in said])
    assert all(one[2] == "differs" for one in found)


def test_partial_pooling_is_nearer_the_truth_than_own_or_common_weights() -> None:
    errors = []
    for seed in range(12):
        random = np.random.default_rng(seed)
        betas = [(BASE + 0.12 * random.normal(size=5)) * random.uniform(0.8, 1.3) for _ in range(4)]
        rows = book(betas, (200, 250, 300, 500), seed)
        whole = fit_weights(rows)
        assert whole is not None
        for beta, one in zip(betas, segment_weights(rows), strict=True):
            truth = beta / beta.sum()
            own = np.array([share.estimate for share in one.own])
            common = whole.beta / whole.beta.sum()
            errors.append([np.abs(said - truth).sum() for said in (one.pooled, own, common)])
    partly, alone, common = np.mean(errors, axis=0)
    assert partly < 0.9 * alone
    assert partly < 0.9 * common


def test_shares_sum_to_one_and_counts_are_right() -> None:
    rows = book([BASE, BASE[::-1], BASE], (300, 300, 60))
    said = segment_weights(rows)
    assert [one.segment for one in said] == ["s0", "s1", "s2"]
    for one in said:
        inside = rows.where(np.asarray(rows.segment == one.segment))
        assert one.pooled.sum() == pytest.approx(1.0)
        assert (one.n, one.events, one.exiting) == (len(inside.y), inside.y.sum(), inside.exiting)
        if one.differs != "too few":
            assert sum(share.estimate or 0.0 for share in one.own) == pytest.approx(1.0)


def test_with_too_few_exits_a_segment_takes_the_weights_of_the_book() -> None:
    rows = book([BASE, BASE[::-1], BASE], (300, 300, 60))
    small = segment_weights(rows)[2]
    whole = fit_weights(rows)
    assert whole is not None
    assert small.exiting < ENOUGH_EXITING
    assert (small.differs, small.p) == ("too few", None)
    assert [share.estimate for share in small.own] == [None] * 5
    assert small.pooled == pytest.approx(whole.beta / whole.beta.sum())


def test_two_segments_are_one_test() -> None:
    said = segment_weights(book([BASE, BASE[::-1]], (300, 300)))
    assert said[0].p == pytest.approx(said[1].p, rel=1e-6)
    assert said[0].differs == said[1].differs == "differs"


def test_segments_may_change_during_the_life_of_an_account() -> None:
    rows = drawn_rows((0.9, 0.6, 0.3), accounts=600)
    stage = np.where(rows.day < 120, "young", "old").astype(object)
    said = segment_weights(replace(rows, segment=stage))
    assert [one.segment for one in said] == ["old", "young"]
    assert {one.differs for one in said} == {"not shown"}


def test_rows_without_a_segment_count_for_the_book_only() -> None:
    rows = book([BASE, BASE], (300, 300))
    segment = np.full(len(rows.y), "s0", dtype=object)
    segment[rows.cluster >= 300] = None
    (one,) = segment_weights(replace(rows, segment=segment))
    assert (one.segment, one.differs) == ("s0", "not shown")
    assert segment_weights(replace(rows, segment=np.full(len(rows.y), None))) == []


def test_a_component_that_never_moves_has_no_share_in_any_segment() -> None:
    rows = book([BASE[:2], BASE[:2]], (300, 300))
    still = replace(rows, components=("still", "a", "b"), s=np.insert(rows.s, 0, 50.0, axis=1))
    for one, other in zip(segment_weights(still), segment_weights(rows), strict=True):
        assert one.own[0].estimate is None
        assert one.own[1:] == other.own
        assert one.pooled == pytest.approx([0.0, *other.pooled])


def test_without_segments_or_weights_of_the_book_there_are_none() -> None:
    rows = drawn_rows((0.9, 0.6))
    assert segment_weights(rows) == []
    named = replace(rows, segment=np.full(len(rows.y), "all", dtype=object))
    assert [one.differs for one in segment_weights(named)] == ["not shown"]
    assert segment_weights(replace(named, s=100.0 - rows.s)) == []
    assert segment_weights(replace(named, y=np.zeros_like(rows.y))) == []


def test_pooling_by_hand() -> None:
    # Two segments, scale 1 each by symmetry, deviations -+0.5 along (1, -1): with V = I the weighed squares are
    # 2 * 0.5 / (1 + tau^2) <= 1, the degrees of freedom: tau^2 = 0. With V = I / 4: 2 * 0.5 / (1 / 4 + tau^2) = 1
    # gives tau^2 = 0.75, and the deviations are kept by 0.75 / (0.75 + 0.25).
    whole = np.array([1.0, 1.0])
    one, other = np.array([1.5, 0.5]), np.array([0.5, 1.5])
    none = partially_pooled(whole, {"x": (one, np.eye(2)), "y": (other, np.eye(2))})
    assert none["x"] == pytest.approx(whole)
    some = partially_pooled(whole, {"x": (one, np.eye(2) / 4), "y": (other, np.eye(2) / 4)})
    assert some["x"] == pytest.approx([1.375, 0.625])
    assert some["y"] == pytest.approx([0.625, 1.375])
    doubled = partially_pooled(whole, {"x": (3 * one, 9 * np.eye(2) / 4), "y": (other, np.eye(2) / 4)})
    assert doubled["x"] == pytest.approx([1.375, 0.625])
    assert partially_pooled(whole, {"x": (-one, np.eye(2))})["x"] == pytest.approx(whole)
