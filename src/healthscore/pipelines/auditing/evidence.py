"""The tests behind the verdict: what was promised, what happened, whether chance explains it, and whether it matters.

All three look at published scores whose outcome is known. `level`: did as many leave as the probabilities add up to?
`slope`: do the log-odds rise as the published ones do, within dates? `components`: is a point of one component worth as
much as a point of any other, within dates? The first two say that the probabilities are off, the third that the weights
are.

What is compared has two sources of chance: the accounts that are audited, and those that the model learned from. A
model of 300 exits audited by 300 more is off by its own luck as often as by theirs, and that is no drift. So variances
are multiplied by `1 + audited exits / learned exits` (each exit tells as much on either side). The three are judged
together (Holm).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import fdtrc, logit, stdtr, stdtrit

from healthscore.errors import HealthScoreError
from healthscore.evaluation.multiple import holm
from healthscore.evaluation.proportions import NOT_COMPUTABLE, Estimate
from healthscore.evaluation.rows import cluster_codes, group_sums
from healthscore.models.weights.fit import WeightFit, fit_weights
from healthscore.models.weights.rows import WeightRows
from healthscore.models.weights.validated import fit_components, validate_weights
from healthscore.pipelines.auditing.hindsight import ENOUGH_EXITS
from healthscore.pipelines.auditing.material import Floats, Material, Rows
from healthscore.pipelines.build import Book
from healthscore.pipelines.runs.finding import RESULT, read_object

LEVEL_TOLERATED = (0.9, 1.1)
SLOPE_TOLERATED = (0.85, 1.15)
"""What a model that is right shows after all (method, T17): beyond it, a difference matters."""
SLOPE_BROKEN = 0.5
"""Half of what the score says of differences between accounts is gone: no calibration brings ranking back."""
CHANCE = 0.05
FEWEST_EXITS = 10
"""Accounts that left, below which a ratio has no range worth printing."""


@dataclass(frozen=True)
class Promise:
    """One promise held against what happened.

    Attributes
    ----------
    figure
        Observed / expected, slope; for `components` the worth of a point that is furthest from that of the average.
    promised
        What the figure is where the promise is kept.
    chance
        Of a figure as far off where it is; None where not computable.
    matters
        Whether the figure lies beyond what is tolerated.
    shown
        Whether chance is ruled out, by Holm over all tests.
    """

    name: str
    figure: Estimate
    promised: float
    chance: float | None
    matters: bool
    shown: bool = False

    @property
    def broken(self) -> bool:
        """Whether the promise is shown to be broken by enough to matter."""
        return self.shown and self.matters

    def as_dict(self) -> dict[str, Any]:
        """Give the test as plain values for JSON."""
        return {
            "name": self.name,
            "figure": self.figure.as_dict(),
            "promised": self.promised,
            "chance": self.chance,
            "matters": self.matters,
            "shown": self.shown,
            "broken": self.broken,
        }


@dataclass(frozen=True)
class Evidence:
    """All tests by name, with the exits behind them; `learned` is None where the training's are not on record."""

    exits: int
    learned: int | None
    tests: Mapping[str, Promise]
    worth: Mapping[str, Estimate]

    def as_dict(self) -> dict[str, Any]:
        """Give the evidence as plain values for JSON."""
        tests = [test.as_dict() for test in self.tests.values()]
        worth = {name: one.as_dict() for name, one in self.worth.items()}
        return {"exits": self.exits, "learned_exits": self.learned, "tests": tests, "worth": worth}


def evidence_of(material: Material) -> Evidence:
    """Run the tests on the published rows of the scorer in force whose outcome is known."""
    rows = material.judged
    points = weight_rows(material, rows)
    if material.by_scorecard:
        return evidence_from(points, None, None)
    return evidence_from(points, material.probability[rows], learned_exits(material))


def evidence_from(points: WeightRows, p: Floats | None, learned: int | None) -> Evidence:
    """Run the tests on rows with their points, with probabilities where there are any.

    Parameters
    ----------
    points
        Points per component as published, with what became of the accounts.
    p
        Probabilities as published, shape (n,); None for a scorecard.
    learned
        Accounts whose exits the scorer learned from; None where that is not known, and for a scorecard.
    """
    inflation = 1.0 if not learned else 1.0 + points.exiting / learned
    tests: list[Promise] = []
    if p is not None:
        tests.append(level_test(points.y == 1, p, points.cluster, inflation))
        tests.append(slope_test(replace(points, components=("log_odds",), s=log_odds_of_staying(p)), inflation))
    test, worth = components_test(points, inflation)
    tests.append(test)
    shown = holm({one.name: one.chance for one in tests if one.chance is not None}, CHANCE)
    judged = {one.name: replace(one, shown=shown.get(one.name, False)) for one in tests}
    return Evidence(points.exiting, learned, judged, worth)


def learned_exits(material: Material) -> int | None:
    """Accounts whose exits the scorer in force learned from; None where its training is not at hand."""
    try:
        result = read_object(material.run.out / "train" / material.in_force / RESULT)
        return int(result["training"]["exiting_accounts"])
    except (HealthScoreError, KeyError, TypeError, ValueError):
        return None


def weight_rows(material: Material, rows: Rows) -> WeightRows:
    """Published rows with their points per component; one that a date did not have counts 0 there."""
    return _known_rows(material.book, rows, material.groups, np.nan_to_num(material.points[rows]))


def log_odds_rows(book: Book, rows: Rows, p: Floats) -> WeightRows:
    """Rows of a book with the log-odds of staying, as they were said, as their one component."""
    return _known_rows(book, rows, ("log_odds",), log_odds_of_staying(p))


def log_odds_of_staying(p: Floats) -> Floats:
    """Minus the logit of probabilities, as a column, shape (n, 1)."""
    return np.asarray(-logit(np.clip(p, 1e-12, 1.0 - 1e-12))[:, None], np.float64)


def _known_rows(book: Book, rows: Rows, components: tuple[str, ...], s: Floats) -> WeightRows:
    return WeightRows(
        components=components,
        s=s,
        y=(book.label[rows] == 1).astype(np.int8),
        day=book.panel.day[rows].astype(np.int64),
        known=book.known_from[rows].astype(np.int64),
        cluster=book.cluster[rows],
    )


def level_test(y: np.ndarray, p: Floats, clusters: np.ndarray, inflation: float = 1.0) -> Promise:
    """Observed over expected exits: `sum (y - p)` by account against its clustered spread, Student's t.

    The interval is that of the logarithm of the ratio.
    """
    expected, observed = float(p.sum()), float(y.sum())
    codes, accounts = cluster_codes(clusters)
    left = len(np.unique(codes[y.astype(bool)]))
    if not expected:
        return Promise("level", NOT_COMPUTABLE, 1.0, None, matters=False)
    ratio = observed / expected
    if left < FEWEST_EXITS:
        return Promise("level", Estimate(ratio, None, None), 1.0, None, matters=False)
    by_account = group_sums(codes, y - p * ratio)
    error = float(np.sqrt(inflation * accounts / (accounts - 1) * by_account @ by_account)) / observed
    half = error * float(stdtrit(left - 1, 0.975))
    chance = 2.0 * float(stdtr(left - 1, -abs(np.log(ratio)) / error))
    figure = Estimate(ratio, ratio * float(np.exp(-half)), ratio * float(np.exp(half)))
    return Promise("level", figure, 1.0, chance, matters=not LEVEL_TOLERATED[0] <= ratio <= LEVEL_TOLERATED[1])


def slope_test(rows: WeightRows, inflation: float = 1.0) -> Promise:
    """The slope of the log-odds on the published ones, one intercept per date; 1 is promised."""
    fit = fit_weights(rows)
    if fit is None or fit.freedom < FEWEST_EXITS - 1:
        return Promise("slope", NOT_COMPUTABLE, 1.0, None, matters=False)
    slope = float(fit.beta[0])
    error = float(np.sqrt(inflation * fit.covariance[0, 0]))
    half = error * float(stdtrit(fit.freedom, 0.975))
    chance = 2.0 * float(stdtr(fit.freedom, -abs(slope - 1.0) / error))
    matters = not SLOPE_TOLERATED[0] <= slope <= SLOPE_TOLERATED[1]
    return Promise("slope", Estimate(slope, slope - half, slope + half), 1.0, chance, matters)


def components_test(rows: WeightRows, inflation: float = 1.0) -> tuple[Promise, dict[str, Estimate]]:
    """Whether points of different components are worth the same, and what one of each is worth (1: the average).

    Wald's test that all coefficients are equal, with the account-clustered covariance and Hotelling's F quantile.
    Components that move for too few accounts to be fitted stay out.
    """
    kept, fit = fit_components(rows)
    nothing = Promise("components", NOT_COMPUTABLE, 1.0, None, matters=False)
    if fit is None or len(kept) < 2:
        return nothing, {}
    statistic, contrasts = _heterogeneity(fit, inflation)
    freedom = fit.freedom - contrasts + 1
    if freedom < 2:
        return nothing, {}
    chance = float(fdtrc(contrasts, freedom, statistic * freedom / (contrasts * (freedom + contrasts - 1))))
    worth = {rows.components[number]: one for number, one in zip(kept, _worth(fit, inflation), strict=True)}
    furthest = max(worth.values(), key=lambda one: abs((one.estimate or 1.0) - 1.0), default=NOT_COMPUTABLE)
    return Promise("components", furthest, 1.0, chance, matters=True), worth


def _worth(fit: WeightFit, inflation: float) -> list[Estimate]:
    """What a point of each component is worth, 1 being the average by precision; 95 % ranges, one by one."""
    errors = np.sqrt(inflation * np.diag(fit.covariance))
    average = float((fit.beta / errors**2).sum() / (1.0 / errors**2).sum())
    if average <= 0.0:
        return [NOT_COMPUTABLE] * len(fit.beta)
    half = errors * float(stdtrit(fit.freedom, 0.975))
    return [
        Estimate(float(beta / average), float((beta - reach) / average), float((beta + reach) / average))
        for beta, reach in zip(fit.beta, half, strict=True)
    ]


def _heterogeneity(fit: WeightFit, inflation: float) -> tuple[float, int]:
    """Wald's statistic of equal coefficients, and the number of contrasts."""
    beta = fit.beta
    contrast = np.eye(len(beta))[1:] - np.eye(len(beta))[:1]
    difference = contrast @ beta
    covariance = inflation * contrast @ fit.covariance @ contrast.T
    return float(difference @ np.linalg.pinv(covariance) @ difference), len(difference)


def validated_section(material: Material) -> list[dict[str, Any]]:
    """What history says of each component on the published rows; empty below `ENOUGH_EXITS` accounts that left.

    Weights are shares of the coefficients of points over their spread, so that they compare with the shares of what
    moves the score; `verdict` is supported, not shown, or wrong direction.
    """
    rows = weight_rows(material, material.judged)
    if rows.exiting < ENOUGH_EXITS:
        return []
    spread = rows.s.std(axis=0)
    rows = replace(rows, s=rows.s / np.where(spread > 0.0, spread, 1.0))
    return [
        {"name": one.name, "weight": one.weight, "beta": one.beta, "chance": one.p, "verdict": one.verdict}
        for one in validate_weights(rows).components
    ]
