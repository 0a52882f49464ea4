"""The smallest change that reaches the next band: against a search by hand, and by the laws that every path obeys."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from healthscore.models.path import DONORS, STEPS, Ground, Path, find_paths

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
WEIGHTS = np.array([2.0, 1.0, 4.0, 3.0, 0.0])
EDGES = np.array([40.0, 70.0])
WEIGHT = np.array([0.5, 0.25, 1.0, 0.75, 0.0])
LEVERS = {"use": (0, 1), "meetings": (2,), "tickets": (3,)}
"""The last column is in no lever: it never moves."""


def rescore(X: Floats, rows: Integers) -> tuple[Floats, Integers]:
    del rows
    health = np.round(np.clip(np.nan_to_num(X) @ WEIGHTS, 0, 100), 1)
    return health, np.searchsorted(EDGES, health, side="right").astype(np.int64)


def nothing_follows(X: Floats) -> None:
    del X


def ground(X: Floats, levers: dict[str, tuple[int, ...]] = LEVERS) -> Ground:
    return Ground(levers, np.nanmin(X, axis=0), np.nanmax(X, axis=0), np.nanstd(X, axis=0), WEIGHT, nothing_follows)


def bands(X: Floats) -> Integers:
    return rescore(X, np.arange(len(X)))[1]


def by_hand(own: Floats, donors: Floats, spread: Floats) -> tuple[tuple[str, ...], float] | None:
    """Every set of levers and every donor, in plain loops: fewest levers, then the shortest move."""
    current = bands(own[None])[0]
    for size in range(1, len(LEVERS) + 1):
        best: tuple[float, tuple[str, ...]] | None = None
        for names in combinations(LEVERS, size):
            columns = [column for name in names for column in LEVERS[name]]
            for donor in donors:
                changed = own.copy()
                changed[columns] = donor[columns]
                length = sum((WEIGHT[c] * (donor[c] - own[c]) / spread[c]) ** 2 for c in columns) ** 0.5
                reaches = bands(changed[None])[0] > current
                if reaches and length > 0 and (best is None or length < best[0] - 1e-12):
                    best = length, names
        if best is not None:
            return best[1], best[0]
    return None


@pytest.mark.parametrize("seed", range(6))
def test_a_path_is_the_smallest_there_is_among_few_donors(seed: int) -> None:
    random = np.random.default_rng(seed)
    X = random.integers(0, 12, (STEPS, 5)).astype(float)
    found = find_paths(X, bands(X), X, ground(X), rescore)
    for own, path in zip(X, found, strict=True):
        expected = by_hand(own, X, np.std(X, axis=0))
        assert (path is None) == (expected is None)
        if path is not None and expected is not None:
            assert len(path.levers) == len(expected[0])
            assert path.distance == pytest.approx(expected[1], abs=1e-9)


@pytest.fixture(scope="module")
def many() -> tuple[Floats, list[Path | None]]:
    random = np.random.default_rng(11)
    X = random.gamma(2.0, 2.0, (1_500, 5)).round()
    X[random.random(X.shape) < 0.05] = np.nan
    return X, find_paths(X, bands(X), X, ground(X), rescore)


def test_every_path_reaches_a_better_band_by_the_scorer_itself(many: tuple[Floats, list[Path | None]]) -> None:
    X, found = many
    current = bands(X)
    paths = [(row, path) for row, path in enumerate(found) if path is not None]
    assert len(paths) > 1_000
    for row, path in paths:
        health, band = rescore(path.changed[None], np.array([row]))
        assert (path.health, path.band) == (health[0], band[0])
        assert path.band > current[row]


def test_every_path_moves_whole_levers_to_what_one_real_account_has(many: tuple[Floats, list[Path | None]]) -> None:
    X, found = many
    for row, path in enumerate(found):
        if path is None:
            continue
        moved = [column for name in path.levers for column in LEVERS[name]]
        still = [column for column in range(5) if column not in moved]
        np.testing.assert_array_equal(path.changed[moved], X[path.donor][moved])
        np.testing.assert_array_equal(path.changed[still], X[row][still])
        assert not (np.isnan(path.changed) & ~np.isnan(X[row])).any()


def test_who_is_in_the_top_band_and_who_nobody_shows_a_path_have_none() -> None:
    X = np.array([[0.0, 0, 0, 0, 9], [1.0, 1, 0, 0, 9], [12.0, 12, 10, 10, 9]])
    top = find_paths(X[2:], bands(X[2:]), X, ground(X), rescore)
    none = find_paths(X[:1], bands(X[:1]), X[:2], ground(X), rescore)
    assert (top, none) == ([None], [None])
    assert find_paths(X[:1], bands(X[:1]), X, ground(X, {}), rescore) == [None]
    assert find_paths(X[:1], bands(X[:1]), X[:0], ground(X), rescore) == [None]


def test_values_beyond_what_was_seen_are_no_path() -> None:
    X = np.array([[0.0, 0, 0, 0, 0], [0.0, 0, 11, 0, 0]])
    allowed = ground(X)
    (path,) = find_paths(X[:1], bands(X[:1]), X, allowed, rescore)
    assert path is not None
    assert path.levers == ("meetings",)
    narrower = Ground(LEVERS, allowed.low, np.array([9.0, 9, 10, 9, 9]), allowed.spread, WEIGHT, nothing_follows)
    assert find_paths(X[:1], bands(X[:1]), X, narrower, rescore) == [None]


def test_what_follows_from_the_levers_is_worked_out_again() -> None:
    def follow(X: Floats) -> None:
        X[:, 4] = X[:, 2] + X[:, 3]

    X = np.array([[0.0, 0, 5, 1, 6], [0.0, 0, 11, 0, 11]])
    given = ground(X)
    (path,) = find_paths(
        X[:1], bands(X[:1]), X, Ground(LEVERS, given.low, given.high, given.spread, WEIGHT, follow), rescore
    )
    assert path is not None
    assert path.changed.tolist() == [0, 0, 11, 1, 12]


def test_the_order_of_accounts_asked_about_is_of_no_matter() -> None:
    random = np.random.default_rng(3)
    X = random.gamma(2.0, 2.0, (300, 5)).round()
    order = random.permutation(len(X))
    straight = find_paths(X, bands(X), X, ground(X), rescore)
    turned = find_paths(X[order], bands(X[order]), X, ground(X), rescore)
    for place, row in enumerate(order.tolist()):
        one, other = straight[row], turned[place]
        assert (None if one is None else one.distance) == (None if other is None else other.distance)
    assert len(X) < DONORS
