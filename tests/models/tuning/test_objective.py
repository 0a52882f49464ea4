"""What a setting is worth, against the same from the parts that a model is made of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from healthscore.models.booster import BoosterRecipe, BoosterSettings
from healthscore.models.calibration import loss_with_intercepts
from healthscore.models.churn import ChurnSettings
from healthscore.models.innerfit import offsets_of
from healthscore.models.logistic import LogisticRecipe
from healthscore.models.tuning.folds import SampleSize
from healthscore.models.tuning.objective import Objective, TuningRows, partner_logits
from healthscore.models.tuning.space import SPACE, place_of, rounded, settings_with, suggested
from search_samples import past

OTHER = {
    "learning_rate": 0.1234567,
    "leaves": 5,
    "minimum_rows_in_leaf": 9,
    "minimum_information_in_leaf": 1.5,
    "l2": 3.25,
}


def independent(rows: TuningRows, settings: BoosterSettings) -> tuple[float, int]:
    """Models from scratch at every date; no bins, no predictions and no code of the objective shared."""
    z: dict[int, list[np.ndarray]] = {}
    partner, y, number = [], [], []
    levels = [float(level) for level in settings.trees_tried]
    penalties = LogisticRecipe(rows.settings.logistic).levels(len(rows.y))
    fitted = []
    usable: list[set[float]] = []
    folds = sorted(rows.folds(), key=lambda fold: fold.day)
    for place, fold in enumerate(folds):
        train, test = rows.known <= fold.day, rows.day == fold.day
        known = offsets_of(rows.y[train], rows.day[train], rows.settings)
        data = (rows.design, rows.X[train], rows.y[train])
        trees = BoosterRecipe(settings, rows.additive, 1).path(*data, tuple(levels), seed=0, offset=known)
        fitted.append(LogisticRecipe(rows.settings.logistic).path(*data, penalties, seed=0, offset=known))
        alone = []
        for level in levels:
            z.setdefault(int(level), []).append(trees(level).logit(rows.X[test]))
            alone.append(loss_with_intercepts(z[int(level)][-1], rows.y[test], np.zeros(test.sum(), np.int64)))
        y.append(rows.y[test])
        number.append(np.full(test.sum(), place))
        partner.append(rows.X[test])
        # Grown while one of the last two numbers of trees was the best so far.
        stop = next((i for i in range(len(levels)) if i - int(np.argmin(alone[: i + 1])) >= 2), len(levels) - 1)
        usable.append(set(levels[: stop + 1]))
    outcome, origin = np.concatenate(y), np.concatenate(number)

    def loss(parts: list[np.ndarray]) -> float:
        return loss_with_intercepts(np.concatenate(parts), outcome, origin)

    def logistic(penalty: float) -> list[np.ndarray]:
        return [path(penalty).logit(X) for path, X in zip(fitted, partner, strict=True)]

    best = min(sorted(set.intersection(*usable)), key=lambda level: loss(z[int(level)]))
    penalty = min(penalties, key=lambda penalty: loss(logistic(penalty)))
    blend = [(a + b) / 2 for a, b in zip(z[int(best)], logistic(penalty), strict=True)]
    return loss(blend if rows.blended else z[int(best)]), int(best)


@pytest.mark.parametrize("values", [{}, OTHER])
@pytest.mark.parametrize(("additive", "blended"), [(True, True), (True, False), (False, False)])
def test_it_equals_an_independent_calculation(values: dict[str, float], additive: bool, blended: bool) -> None:
    rows = replace(past(), additive=additive, blended=blended)
    settings = settings_with(values, BoosterSettings())
    *_, last = Objective(rows, partner_logits(rows)).measure(settings)
    loss, trees = independent(rows, settings)
    assert last.trees == trees
    assert last.loss == pytest.approx(loss, abs=1e-9)


def test_the_sample_is_whole_accounts_to_learn_from_and_all_rows_to_predict() -> None:
    rows = replace(past(), least=SampleSize(50, 20))
    sample, latest = rows.sample(), rows.folds()[-1]
    assert sample is not None
    assert (sample.day, sample.test.tolist()) == (latest.day, latest.test.tolist())
    drawn = np.unique(rows.cluster[sample.train])
    assert sample.train.tolist() == latest.train[np.isin(rows.cluster[latest.train], drawn)].tolist()
    assert 0.15 < len(drawn) / len(np.unique(rows.cluster)) < 0.35
    exits = int(rows.y[sample.train].sum())
    assert replace(rows, least=SampleSize(len(sample.train), exits)).sample() is not None
    for least in (SampleSize(len(sample.train), exits + 1), SampleSize(len(sample.train) + 1, exits)):
        assert replace(rows, least=least).sample() is None
        assert Objective(replace(rows, least=least), None).sampled(BoosterSettings()) is None


@pytest.mark.parametrize("values", [{}, OTHER])
def test_on_the_sample_it_equals_an_independent_calculation_with_a_sixth_of_the_trees(values: dict[str, float]) -> None:
    rows = replace(past(), least=SampleSize(50, 20))
    partner, sample, settings = partner_logits(rows), rows.sample(), settings_with(values, BoosterSettings())
    assert partner is not None
    assert sample is not None
    found = Objective(rows, partner).sampled(settings)
    known = offsets_of(rows.y[sample.train], rows.day[sample.train], rows.settings)
    data = (rows.design, rows.X[sample.train], rows.y[sample.train])
    sixths = (5.0, 9.0, 17.0, 25.0, 34.0, 50.0)
    path = BoosterRecipe(settings, rows.additive, 1).path(*data, sixths, seed=0, offset=known)
    z = [path(level).logit(rows.X[sample.test]) for level in sixths]
    y, once = rows.y[sample.test], np.zeros(len(sample.test), np.int64)
    losses = [loss_with_intercepts(one, y, once) for one in z]
    stop = next((i for i in range(6) if i - int(np.argmin(losses[: i + 1])) >= 2), 5)
    best = int(np.argmin(losses[: stop + 1]))
    assert found is not None
    assert found.trees == sixths[best]
    assert found.loss == pytest.approx(loss_with_intercepts((z[best] + partner[-1]) / 2, y, once), abs=1e-9)


def test_bins_that_other_settings_used_before_change_nothing() -> None:
    rows = past()
    partner = partner_logits(rows)
    used = Objective(rows, partner)
    list(used.measure(settings_with(OTHER, BoosterSettings())))
    again = list(used.measure(BoosterSettings()))
    assert again == list(Objective(rows, partner).measure(BoosterSettings()))


def test_missing_values_that_training_never_had_are_its_medians() -> None:
    """As in a fitted part, so that what was tuned is what will score."""
    rows = past()
    X = rows.X.copy()
    X[rows.day == rows.day.max(), 0] = np.nan
    rows = replace(rows, X=X)
    *_, last = Objective(rows, partner_logits(rows)).measure(BoosterSettings())
    assert last.loss == pytest.approx(independent(rows, BoosterSettings())[0], abs=1e-9)


class Asked:
    """A trial that gives one end of every range, and remembers what it was asked."""

    def __init__(self, high: bool) -> None:
        self.high, self.names = high, list[str]()

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int:
        self.names.append(name)
        assert log
        return high if self.high else low

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        self.names.append(name)
        assert log
        return high if self.high else low


@pytest.mark.parametrize("high", [False, True])
def test_the_search_space_is_that_of_the_runs_section(high: bool) -> None:
    from healthscore.config.sections import Trees

    asked = Asked(high)
    values = suggested(asked)
    assert asked.names == list(SPACE)
    trees = Trees.model_validate(rounded(values))
    assert {name for name, value in trees if value is not None} == set(SPACE)


def test_settings_have_three_digits_and_the_default_lies_inside() -> None:
    assert rounded(OTHER) == OTHER | {"learning_rate": 0.123}
    assert settings_with(OTHER, BoosterSettings()).learning_rate == 0.123
    assert place_of(BoosterSettings(), 100) == {
        "learning_rate": 0.05,
        "leaves": 4,
        "minimum_rows_in_leaf": 20,
        "minimum_information_in_leaf": 3,
        "l2": 10,
    }
    assert place_of(ChurnSettings().booster.but({"leaves": 200}), 1000)["leaves"] == SPACE["leaves"].high
