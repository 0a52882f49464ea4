"""What a model has seen: literal tables in, literal flags out."""

from __future__ import annotations

import json

import numpy as np
import pytest

from healthscore.models.seen import FEATURE_POINTS, SCORE_POINTS, Seen

NAN = np.nan
# A count, a rating that some lack, plan a or b, and a feature that nobody has.
X = np.array(
    [
        [0.0, 1.0, 1.0, 0.0, NAN, 3.0],
        [10.0, 5.0, 0.0, 1.0, NAN, 3.0],
        [4.0, NAN, 1.0, 0.0, NAN, 3.0],
        [6.0, 3.0, 0.0, 1.0, NAN, 3.0],
    ]
)
Z = np.array([-2.0, -1.0, 0.0, 1.0])
SEEN = Seen.of(X, X, Z, [(2, 3)])


def test_the_range_of_every_feature_is_kept() -> None:
    np.testing.assert_array_equal(SEEN.low, [0, 1, 0, 0, NAN, 3])
    np.testing.assert_array_equal(SEEN.high, [10, 5, 1, 1, NAN, 3])
    np.testing.assert_array_equal(SEEN.missing, [0, 0.25, 0, 0, 1, 0])


def test_a_feature_without_variation_says_nothing() -> None:
    """fault 54: one value for everybody, or none at all."""
    assert SEEN.constant.tolist() == [False, False, False, False, True, True]


def test_a_value_far_outside_the_range_is_beyond_it() -> None:
    """fault 56: further out than half the range is wide; a missing value is no value."""
    rows = np.array(
        [[15.0, NAN, 1, 0, NAN, 3], [15.5, 7.5, 0, 1, NAN, 3.5], [-5.5, -1.5, 1, 0, 0, 3], [-5, -1, 1, 0, NAN, 3]]
    )
    assert SEEN.beyond(rows).astype(int).tolist() == [
        [0, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 1],
        [1, 1, 0, 0, 1, 0],
        [0, 0, 0, 0, 0, 0],
    ]


def test_a_name_that_was_never_seen_is_told() -> None:
    """fault 56: neither plan a nor plan b, where everybody had one of them; an unknown plan is none."""
    rows = np.array([[1.0, 1, 1, 0, NAN, 3], [1, 1, 0, 0, NAN, 3], [1, 1, NAN, NAN, NAN, 3]])
    assert SEEN.unseen(rows).tolist() == [[False], [True], [False]]


def test_other_names_are_known_where_they_were_learned_from() -> None:
    """fault 56: a group of names that left some rows out says nothing about a row of another name."""
    some = X.copy()
    some[0, 2] = 0
    assert Seen.of(some, some, Z, [(2, 3)]).unseen(some).shape == (4, 0)


@pytest.mark.parametrize(("absent", "more"), [(0.4, False), (0.5, True)])
def test_a_feature_that_many_more_lack_is_told(absent: float, more: bool) -> None:
    """fault 56: more than 20 points of share above training; a feature that all lacked then is no news."""
    rows = np.tile(X[1], (10, 1))
    rows[: round(10 * absent), 1] = NAN
    assert SEEN.missing_more(rows).tolist() == [False, more, False, False, False, False]


def test_the_same_population_has_not_moved_and_another_has() -> None:
    """fault 56: the stability index of the whole book."""
    random = np.random.default_rng(3)
    then, now = random.normal(size=(2000, 2)), random.normal(size=(500, 2))
    seen = Seen.of(then, then, then[:, 0], [])
    assert seen.score_drift(now[:, 0]) < 0.05
    assert seen.score_drift(now[:, 0] + 1) > 0.5
    moved = seen.drift(now + np.array([0, 2]))
    assert moved[0] < 0.15 < 1 < moved[1]


def test_it_is_kept_as_json_exactly() -> None:
    document = json.loads(json.dumps(SEEN.to_json(), allow_nan=False))
    back = Seen.from_json(document, 6)
    for name in ("low", "high", "missing", "quantiles", "scores"):
        np.testing.assert_array_equal(getattr(back, name), getattr(SEEN, name))
    assert back.wholes == ((2, 3),)
    assert (back.quantiles.shape, back.scores.shape) == ((6, FEATURE_POINTS), (SCORE_POINTS,))


@pytest.mark.parametrize(
    "wrong", [{"low": [0.0]}, {"scores": []}, {"wholes": [[6]]}, {"wholes": [[True]]}, {"wholes": [3]}, {"missing": 1}]
)
def test_what_is_not_about_these_features_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Seen.from_json(SEEN.to_json() | wrong, 6)
