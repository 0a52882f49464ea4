"""Scoring with a scorecard: laws on random scorecards, and an oracle that goes row by row in plain Python."""

from __future__ import annotations

import math
import random
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthscore.config import Scorecard
from healthscore.models.design import Matrix
from healthscore.models.health import displayed
from healthscore.models.scorecard import CardScores, card_drivers, score_card

NAN = math.nan


def measure_drawn(random_: random.Random, names: list[str]) -> dict[str, Any]:
    """Some feature, in some shape of three points."""
    return {
        "feature": random_.choice(names),
        random_.choice(["linear", "steps"]): [
            [at, random_.randint(0, 100)] for at in sorted(random_.sample(range(10), 3))
        ],
        "tolerance": random_.choice([0, 0, 2]),
        "share": random_.choice([1, 2, 0.5]),
    }


def drawn(seed: int, rows: int, *, missing: float) -> tuple[Scorecard, list[str], Matrix, Any]:
    """A random scorecard of every kind of part, and random rows for it."""
    random_ = random.Random(seed)
    names = [f"x{number}" for number in range(6)]
    weights = random_.sample([5, 10, 15, 20, 50], 5)
    conditions = [
        {"feature": random_.choice(names), random_.choice(["at_least", "at_most"]): random_.randint(-3, 12)}
        for _ in range(8)
    ]
    policies = [None, "reweight", "neutral", random_.randint(0, 100)]
    components: dict[str, Any] = {
        f"c{number}": {
            "weight": weight,
            "missing": random_.choice(policies),
            "measures": [measure_drawn(random_, names) for _ in range(random_.randint(1, 3))],
        }
        for number, weight in enumerate(weights[:4])
    }
    components["acted"] = {
        "weight": weights[4],
        "start": random_.randint(0, 100),
        "actions": [
            {"name": str(number), "when": condition, "points": random_.randint(-60, 60)}
            for number, condition in enumerate(conditions[:3])
        ],
    }
    content = {
        "name": "drawn",
        "components": components,
        "missing": random_.choice(["reweight", "neutral"]),
        "cap": [
            {"name": "one", "when": conditions[3:5], "band": random_.choice(["at risk", "needs attention"])},
            {"name": "two", "when": conditions[5:6], "score": random_.randint(0, 100)},
        ],
        "variant": [
            {"name": "early", "when": conditions[6:7], "weights": {"c0": 60, "c1": 40}},
            {"name": "some", "when": conditions[7:8], "segments": ["p"], "edges": [30, 60]},
        ],
    }
    generator = np.random.default_rng(seed)
    X = generator.uniform(-5, 15, (rows, len(names)))
    X[generator.random(X.shape) < missing] = NAN
    segment = generator.choice(np.array(["p", "q"], dtype=object), rows)
    return Scorecard.model_validate(content), names, X, segment


def holds(condition: Any, row: dict[str, float]) -> bool:
    value = row[condition.feature]
    return bool(value >= condition.at_least if condition.at_least is not None else value <= condition.at_most)


def points_of(measure: Any, value: float) -> float:
    if measure.tolerance:
        value = max(value - measure.tolerance, 0.0)
    shape = measure.linear or measure.steps
    if value <= shape[0][0]:
        return float(shape[0][1])
    for (low, low_points), (high, high_points) in pairwise(shape):
        if value < high:
            risen = (value - low) / (high - low) * (high_points - low_points) if measure.linear else 0.0
            return float(low_points + risen)
    return float(shape[-1][1])


def points_in(component: Any, row: dict[str, float]) -> float | None:
    if component.actions:
        if all(math.isnan(row[action.when.feature]) for action in component.actions):
            return None
        return float(min(max(component.start + sum(a.points for a in component.actions if holds(a.when, row)), 0), 100))
    known = [m for m in component.measures if not math.isnan(row[m.feature])]
    if not known:
        return None
    return float(sum(m.share * points_of(m, row[m.feature]) for m in known) / sum(m.share for m in known))


def by_hand(card: Scorecard, row: dict[str, float], segment: str) -> float | None:
    """The score of one row, step by step."""
    variant = None
    for one in card.variant:
        if all(holds(c, row) for c in one.when) and (not one.segments or segment in one.segments):
            variant = one
            break
    weights = card.weights_of(variant)
    total = points = 0.0
    anything = False
    for name, component in card.components.items():
        value = points_in(component, row)
        if value is not None:
            anything = anything or weights[name] > 0
        else:
            policy = card.missing if component.missing is None else component.missing
            if policy == "reweight":
                continue
            value = 50.0 if policy == "neutral" else float(policy)
        total += weights[name]
        points += weights[name] * value
    if not anything:
        return None
    score = points / total
    edges = card.bands.edges if variant is None or variant.edges is None else variant.edges
    for cap in card.cap:
        if all(holds(c, row) for c in cap.when):
            limit = cap.score if cap.score is not None else edges[card.bands.names.index(str(cap.band))] - 0.1
            score = min(score, limit)
    return score


@pytest.mark.parametrize("seed", range(40))
def test_a_plain_loop_finds_the_same_scores(seed: int) -> None:
    card, names, X, segment = drawn(seed, 60, missing=0.3)
    found = score_card(card, names, X, segment)
    expected = [by_hand(card, dict(zip(names, row, strict=True)), group) for row, group in zip(X, segment, strict=True)]
    np.testing.assert_allclose(found.score, [NAN if score is None else score for score in expected], atol=1e-9)


def stated(card: Scorecard, found: CardScores) -> Matrix:
    """Weights as the scorecard states them, of each row's variant."""
    by_variant = [list(card.weights_of(one).values()) for one in (*card.variant, None)]
    return np.array(by_variant)[found.variant] / 100.0


@given(st.integers(0, 2**31), st.sampled_from([0.0, 0.2, 0.7, 1.0]))
@settings(max_examples=60, deadline=None)
def test_laws(seed: int, missing: float) -> None:
    card, names, X, segment = drawn(seed, 200, missing=missing)
    found = score_card(card, names, X, segment)
    known = ~np.isnan(found.score)
    for values in (found.score[known], found.uncapped[known], found.filled[known]):
        assert ((values >= 0) & (values <= 100 + 1e-9)).all()
    assert (found.score[known] <= found.limit[known]).all()
    assert ((found.cap >= 0) == (found.score < found.uncapped)).all()
    np.testing.assert_allclose(found.weights[known].sum(axis=1), 1)
    assert (found.weights[known] >= 0).all()
    weights = stated(card, found)
    np.testing.assert_allclose((found.filled * weights).sum(axis=1)[known], found.uncapped[known], atol=1e-9)
    np.testing.assert_allclose((found.filled * found.weights).sum(axis=1)[known], found.uncapped[known], atol=1e-9)
    kept = ~np.isnan(found.subscores) & known[:, None]
    assert np.array_equal(found.filled[kept], found.subscores[kept])
    plain = known & ~np.isnan(found.subscores).any(axis=1)
    np.testing.assert_allclose(found.weights[plain], weights[plain], atol=1e-12)
    order = np.random.default_rng(seed).permutation(len(X))
    assert np.array_equal(score_card(card, names, X[order], segment[order]).score, found.score[order], equal_nan=True)


def test_displayed_points_add_up_for_a_hundred_thousand_rows() -> None:
    card, names, X, segment = drawn(3, 100_000, missing=0.15)
    found = score_card(card, names, X, segment)
    found = found.where(~np.isnan(found.score))
    assert len(found.score) > 90_000
    assert (found.cap >= 0).any()
    drivers = card_drivers(card, found)
    np.testing.assert_allclose(drivers.base + drivers.points.sum(axis=1) + drivers.capped, found.score, atol=1e-9)
    shown = drivers.base_tenths + drivers.points_tenths.sum(axis=1) + drivers.capped_tenths
    assert np.array_equal(shown, drivers.score_tenths)
    assert np.array_equal(drivers.score_tenths / 10, displayed(found.score))
    assert np.abs(drivers.points_tenths - drivers.points * 10).max() < 1 + 1e-9
    assert (drivers.capped_tenths[found.cap < 0] == 0).all()
