"""METRICS: how good were the churn probabilities, one pure function per question.

Every function takes outcomes `y` (1 churned, 0 stayed), predictions `p` (churn probability; higher is more at risk),
weights (how often a row counts) and, where money matters, values. It answers None where the question has no answer:
no churners, nobody who stayed, predictions that are no probabilities. No answer depends on the order of the rows:
equal predictions are one group, and a cut through a group takes the same part of everyone in it.

A new metric is a function here and a line in METRICS. `fast` is optional: the same figure for many resamples at once
(`resampled.py`); without it, resampling calls the function once per resample.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from healthscore.evaluation import resampled
from healthscore.evaluation.reliability import calibration_error, calibration_line
from healthscore.evaluation.rows import Floats, ranking, scored_rows
from healthscore.evaluation.targeting import capture, lift, profit, revenue_capture


class MetricFunction(Protocol):
    """Rows in, one figure out; None where it is not computable."""

    def __call__(
        self, y: ArrayLike, p: ArrayLike, weight: ArrayLike | None = None, value: ArrayLike | None = None
    ) -> float | None:
        """Compute the figure."""


@dataclass(frozen=True)
class Metric:
    """One question put to the predictions."""

    name: str
    title: str
    sentence: str
    """What the figure means, for people who do not know the name."""
    function: MetricFunction
    higher_is_better: bool | None
    """None: neither; the figure should be close to `ideal`."""
    ideal: float | None = None
    fast: Callable[[resampled.Resampled], Floats] | None = None
    interval: bool = True
    """False: resampling tells nothing about this figure, so it carries no interval."""


def auc(y: ArrayLike, p: ArrayLike, weight: ArrayLike | None = None, value: ArrayLike | None = None) -> float | None:
    """Find how often an account that churned was scored as more at risk than one that stayed; ties count half."""
    rows = scored_rows(y, p, weight)
    groups = ranking(rows)
    stayed = float(groups.stayed.sum())
    if not rows.churned or not stayed:
        return None
    stayed_below = stayed - np.cumsum(groups.stayed)
    return float(groups.churned @ (stayed_below + groups.stayed / 2.0)) / (rows.churned * stayed)


def pr_auc(y: ArrayLike, p: ArrayLike, weight: ArrayLike | None = None, value: ArrayLike | None = None) -> float | None:
    """Average the share of churners among all accounts scored at least as high, over the churners.

    Average precision, `sum_g (recall_g - recall_(g-1)) precision_g` over tie groups from the top; no interpolation.
    """
    rows = scored_rows(y, p, weight)
    if not rows.churned:
        return None
    groups = ranking(rows)
    precision = np.cumsum(groups.churned) / np.cumsum(groups.churned + groups.stayed)
    return float(groups.churned @ precision) / rows.churned


def log_loss(
    y: ArrayLike, p: ArrayLike, weight: ArrayLike | None = None, value: ArrayLike | None = None
) -> float | None:
    """Average the surprise at what happened, `-ln P(outcome)`; `p` kept 1e-15 from 0 and 1. In nats."""
    rows = scored_rows(y, p, weight)
    if not rows.are_probabilities:
        return None
    return float(rows.weight @ rows.surprise()) / rows.total


def brier(y: ArrayLike, p: ArrayLike, weight: ArrayLike | None = None, value: ArrayLike | None = None) -> float | None:
    """Average the squared distance between probability and outcome."""
    rows = scored_rows(y, p, weight)
    if not rows.are_probabilities:
        return None
    return float(rows.weight @ (rows.p - rows.y) ** 2) / rows.total


def log_loss_skill(
    y: ArrayLike, p: ArrayLike, weight: ArrayLike | None = None, value: ArrayLike | None = None
) -> float | None:
    """Find the part of the surprise that the model removes: 1 - log-loss / log-loss of always saying the base rate.

    The reference knows the base rate of these very rows, the hardest constant to beat.
    """
    rows = scored_rows(y, p, weight)
    loss = log_loss(y, p, weight)
    if loss is None or not 0 < rows.churned < rows.total:
        return None
    base = rows.churned / rows.total
    return 1.0 - loss / float(-(base * np.log(base) + (1.0 - base) * np.log1p(-base)))


def brier_skill(
    y: ArrayLike, p: ArrayLike, weight: ArrayLike | None = None, value: ArrayLike | None = None
) -> float | None:
    """Find the part of the squared error that the model removes against always saying the base rate of these rows."""
    rows = scored_rows(y, p, weight)
    loss = brier(y, p, weight)
    if loss is None or not 0 < rows.churned < rows.total:
        return None
    base = rows.churned / rows.total
    return 1.0 - loss / (base * (1.0 - base))


def observed_expected(
    y: ArrayLike, p: ArrayLike, weight: ArrayLike | None = None, value: ArrayLike | None = None
) -> float | None:
    """Divide the churners that came by the churners that the probabilities add up to: calibration in the large."""
    rows = scored_rows(y, p, weight)
    if not rows.are_probabilities or not rows.p.any():
        return None
    return rows.churned / float(rows.weight @ rows.p)


def calibration_slope(
    y: ArrayLike, p: ArrayLike, weight: ArrayLike | None = None, value: ArrayLike | None = None
) -> float | None:
    """Fit how much the log-odds really rise per unit of predicted log-odds (`reliability.calibration_line`)."""
    line = calibration_line(scored_rows(y, p, weight))
    return None if line is None else line[1]


def calibration_intercept(
    y: ArrayLike, p: ArrayLike, weight: ArrayLike | None = None, value: ArrayLike | None = None
) -> float | None:
    """Fit the log-odds of churn where the prediction says one half (`reliability.calibration_line`)."""
    line = calibration_line(scored_rows(y, p, weight))
    return None if line is None else line[0]


def ece(y: ArrayLike, p: ArrayLike, weight: ArrayLike | None = None, value: ArrayLike | None = None) -> float | None:
    """Average the gap between predicted and observed rates over ten bins, less what a perfect model would show."""
    error = calibration_error(y, p, weight)
    return None if error is None else error.debiased


def top_metrics(share: float, label: str) -> tuple[Metric, Metric, Metric]:
    """Make lift, capture and revenue capture for the worst-scored share of accounts, for example a team's capacity.

    `share` in (0, 1]; `label` ends the names: `capture_10`.
    """
    worst = f"the top-ranked {100 * share:.3g} % of accounts"
    return (
        Metric(
            f"lift_{label}",
            f"Lift, top {100 * share:.3g} %",
            f"how many times more of those that it happened to are among {worst} than among as many random ones",
            partial(lift, share=share),
            True,
            fast=partial(resampled.lift, share=share),
        ),
        Metric(
            f"capture_{label}",
            f"Captured, top {100 * share:.3g} %",
            f"the share of all accounts that it happened to, among {worst}",
            partial(capture, share=share),
            True,
            fast=partial(resampled.capture, share=share),
        ),
        Metric(
            f"revenue_capture_{label}",
            f"Revenue captured, top {100 * share:.3g} %",
            f"the share of the revenue of all accounts that it happened to, among {worst}",
            partial(revenue_capture, share=share),
            True,
            fast=partial(resampled.revenue_capture, share=share),
        ),
    )


_METRICS = (
    Metric(
        "auc",
        "AUC",
        "how often an account that it happened to was ranked before one that it did not happen to (0.5 is chance)",
        auc,
        True,
        fast=resampled.auc,
    ),
    Metric(
        "pr_auc",
        "PR-AUC (average precision)",
        "the share of those that it happened to among all accounts ranked as high as one of them, averaged over them",
        pr_auc,
        True,
        fast=resampled.pr_auc,
    ),
    Metric(
        "log_loss",
        "Log-loss",
        "the average surprise of the probabilities at what happened",
        log_loss,
        False,
        fast=resampled.log_loss,
    ),
    Metric(
        "brier",
        "Brier score",
        "the average squared distance between probability and outcome",
        brier,
        False,
        fast=resampled.brier,
    ),
    Metric(
        "log_loss_skill",
        "Log-loss skill",
        "the part of the surprise removed, against giving every account the base rate (0 is none)",
        log_loss_skill,
        True,
        fast=resampled.log_loss_skill,
    ),
    Metric(
        "brier_skill",
        "Brier skill",
        "the part of the squared error removed, against giving every account the base rate (0 is none)",
        brier_skill,
        True,
        fast=resampled.brier_skill,
    ),
    *top_metrics(0.05, "5"),
    *top_metrics(0.10, "10"),
    *top_metrics(0.20, "20"),
    Metric(
        "observed_expected",
        "Observed / expected",
        "how often it happened, divided by what the probabilities add up to",
        observed_expected,
        None,
        ideal=1.0,
        fast=resampled.observed_expected,
    ),
    Metric(
        "calibration_slope",
        "Calibration slope",
        "below 1 the probabilities are too extreme, above 1 too timid",
        calibration_slope,
        None,
        ideal=1.0,
        fast=resampled.calibration_slope,
    ),
    Metric(
        "calibration_intercept",
        "Calibration intercept",
        "the log-odds of the outcome where the model says one half",
        calibration_intercept,
        None,
        ideal=0.0,
        fast=resampled.calibration_intercept,
    ),
    Metric(
        "ece",
        "Calibration error",
        "the average gap between predicted and observed rates, less what a perfect model would show",
        ece,
        False,
        interval=False,
    ),
    Metric(
        "expected_maximum_profit",
        "Expected maximum profit",
        "what the best campaign on this ranking wins per account, at textbook costs of retention",
        profit,
        True,
        fast=resampled.profit,
    ),
)

METRICS: dict[str, Metric] = {metric.name: metric for metric in _METRICS}
