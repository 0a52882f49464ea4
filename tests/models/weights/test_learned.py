"""Learned sub-scores: nothing of the future in them, in the stated unit, and the planted weights found with them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from drawn_rows import drawn_rows
from healthscore.errors import InsufficientDataError
from healthscore.models.churn import ChurnSettings, fit_churn
from healthscore.models.design import Design
from healthscore.models.weights.learned import Learned, learn_subscores
from healthscore.models.weights.rows import WeightRows
from healthscore.models.weights.splitting import split_day
from healthscore.models.weights.validated import validate_weights

BETAS = (1.2, 0.6, 0.2, 0.0)
TRUTH = np.array(BETAS) / sum(BETAS)


def split_of(rows: WeightRows) -> int:
    day = split_day(rows)
    assert day is not None
    return day


def learn(rows: WeightRows, design: Design | None = None, day: int | None = None) -> Learned:
    design = design or Design(rows.components, rows.components, (-1,) * len(rows.components))
    split = split_of(rows) if day is None else day
    return learn_subscores(design, rows.s, rows.y, rows.day, rows.known, split_day=split, seed=1, threads=1)


@pytest.fixture(scope="module")
def rows() -> WeightRows:
    return drawn_rows(BETAS, accounts=1200, dates=9)


@pytest.fixture(scope="module")
def learned(rows: WeightRows) -> Learned:
    return learn(rows)


def test_the_later_rows_are_read_and_no_others(rows: WeightRows, learned: Learned) -> None:
    split = split_of(rows)
    assert learned.rows.tolist() == np.flatnonzero(rows.day >= split).tolist()
    assert learned.u.shape == (len(learned.rows), 4)
    assert learned.components == rows.components


def test_sub_scores_are_the_contributions_of_the_frozen_blend_in_standard_deviations(
    rows: WeightRows, learned: Learned
) -> None:
    split = split_of(rows)
    known = rows.known <= split
    design = Design(rows.components, rows.components, (-1,) * 4)
    model = fit_churn(
        design,
        rows.s[known],
        rows.y[known],
        day=rows.day[known],
        known=rows.known[known],
        seed=1,
        settings=ChurnSettings(threads=1),
    )
    assert model.reference is not None
    last = rows.s[rows.day == rows.day[known].max()]
    spread = model.component_logit(last, design.names).std(axis=0)
    moving = spread > 0
    assert moving.tolist() == [True, True, True, False], "the trees never use the component that says nothing"
    phi = model.component_logit(rows.s[learned.rows], design.names) - model.reference.component_mean
    assert learned.u[:, moving] == pytest.approx(-phi[:, moving] / spread[moving], abs=1e-9)
    assert (learned.u[:, ~moving] == 0.0).all()
    assert learned.shares == pytest.approx(spread / spread.sum(), abs=1e-12)
    centred = model.component_logit(last, design.names) - model.reference.component_mean
    assert learned.mean_abs == pytest.approx(np.abs(centred).mean(axis=0), abs=1e-12)
    assert learned.spread == pytest.approx(spread, abs=1e-12)


def test_outcomes_that_became_known_later_change_nothing(rows: WeightRows, learned: Learned) -> None:
    future = rows.known > split_of(rows)
    other = learn(replace(rows, y=np.where(future, 1 - rows.y, rows.y).astype(np.int8)), day=split_of(rows))
    assert (other.u == learned.u).all()
    assert other.spread.tolist() == learned.spread.tolist()


def test_the_planted_weights_are_found_on_the_learned_sub_scores(rows: WeightRows, learned: Learned) -> None:
    later = replace(rows.where(rows.day >= split_of(rows)), s=learned.u, components=learned.components)
    found = [one.weight.estimate or 0.0 for one in validate_weights(later).components]
    assert found == pytest.approx(TRUTH, abs=0.08)
    assert np.mean(np.abs(np.array(found) - TRUTH)) < 0.03


def test_a_component_that_the_model_never_uses_has_no_share_and_no_estimate() -> None:
    rows = drawn_rows((1.2, 0.6, 0.2), accounts=500)
    rows.s[:, 2] = 50.0
    learned = learn(rows)
    assert learned.shares is not None
    assert learned.shares[2] == 0.0
    assert (learned.u[:, 2] == 0.0).all()
    later = replace(rows.where(rows.day >= split_of(rows)), s=learned.u)
    judged = validate_weights(later).components[2]
    assert (judged.weight.estimate, judged.verdict) == (None, "not shown")


def test_context_has_no_sub_score() -> None:
    rows = drawn_rows((1.2, 0.6, 0.2), accounts=500)
    design = Design(("a", "b", "c"), ("use", "term", "care"), (-1, 0, -1), context=("b",))
    learned = learn(rows, design)
    assert learned.components == ("use", "care")
    assert learned.u.shape[1] == 2
    assert learned.shares is not None
    assert learned.shares.sum() == pytest.approx(1.0)


def test_several_features_of_a_component_and_missing_ones_are_one_sub_score() -> None:
    rows = drawn_rows((0.8, 0.6, 0.2), accounts=500)
    rows.s[::3, 1] = np.nan
    learned = learn(rows, Design(("a", "b", "c"), ("use", "use", "care"), (-1, -1, -1)))
    assert learned.components == ("use", "care")
    assert np.isfinite(learned.u).all()


def test_a_split_before_anything_was_known_is_refused(rows: WeightRows) -> None:
    with pytest.raises(InsufficientDataError, match="no outcome was final"):
        learn(rows, day=30)
