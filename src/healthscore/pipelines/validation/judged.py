"""A score history whose outcomes are known, judged as a whole: churners held, capture, AUC, lead time, with intervals.

Shared names with the backtest's result mean the same things, so that one report shows both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from healthscore.asof import date_of
from healthscore.config import Bands
from healthscore.evaluation.announced import TARGETED_SHARE, churners_found
from healthscore.evaluation.clustered import Resamples, resample
from healthscore.evaluation.curves import roc_curve
from healthscore.evaluation.leadtime import lead_time
from healthscore.evaluation.metrics import Metric, top_metrics
from healthscore.evaluation.proportions import rate
from healthscore.evaluation.rows import Floats
from healthscore.pipelines.validation.histories import History
from healthscore.pipelines.validation.observed import Observed, Window

MODEL = "score"
METRIC_NAMES = ("auc", "pr_auc", *(f"{what}_{top}" for what in ("lift", "capture") for top in (5, 10, 20)))
VALUE_NAMES = ("revenue_capture_5", "revenue_capture_10", "revenue_capture_20")
CURVE = (0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
RANKABLE = 20
"""Accounts that a date needs on average for its worst tenth to mean something."""


@dataclass(frozen=True)
class Scored:
    """Rows whose outcome is known; arrays (rows,).

    `at_risk` is 100 less the score: what evaluation ranks by. `band` counts from the least healthy.
    """

    account: NDArray[np.intp]
    day: NDArray[np.int64]
    score: Floats
    at_risk: Floats
    label: NDArray[np.int8]
    exit: NDArray[np.intp]
    band: NDArray[np.intp]
    segment: NDArray[np.object_] | None
    value: Floats | None
    resamples: int
    seed: int

    @property
    def exits(self) -> int:
        """Distinct exits that some score was followed by: an account leaving once is seen at several dates."""
        return int(np.unique(self.exit[self.label == 1]).size)

    def resampled(self, metrics: Sequence[str | Metric], rows: NDArray[np.bool_] | None = None) -> Resamples:
        """Compute metrics of the score with resamples of accounts, on all rows or some."""
        kept = np.ones(self.label.size, dtype=bool) if rows is None else rows
        return resample(
            self.label[kept],
            {MODEL: self.at_risk[kept]},
            self.account[kept],
            metrics,
            resamples=self.resamples,
            seed=self.seed,
            value=None if self.value is None else self.value[kept],
        )


def scored(history: History, observed: Observed, bands: Bands, *, riskier: bool, resamples: int, seed: int) -> Scored:
    """Collect the rows whose outcome is known. `riskier`: higher scores mean more risk, so they are turned round."""
    known = observed.label >= 0
    rows = observed.row[known]
    health = health_of(history, riskier)[rows]
    value = None if history.value is None else np.nan_to_num(history.value[rows])
    return Scored(
        account=observed.code[known],
        day=history.day[rows],
        score=health,
        at_risk=100.0 - health,
        label=observed.label[known],
        exit=observed.next_exit[known],
        band=np.searchsorted(bands.edges, health, side="right").astype(np.intp),
        segment=None if history.segment is None else history.segment[rows],
        value=value,
        resamples=resamples,
        seed=seed,
    )


def health_of(history: History, riskier: bool) -> Floats:
    """Scores that are higher for healthier accounts."""
    return 100.0 - history.score if riskier else history.score


def pooled_figures(rows: Scored, capacity: int | None, book: float) -> dict[str, Any]:
    """Everything about the score as a whole, and the curve of churners captured."""
    metrics: list[str | Metric] = [*METRIC_NAMES, *(VALUE_NAMES if rows.value is not None else ())]
    share = None if capacity is None else min(1.0, capacity / book)
    if share is not None:
        metrics += top_metrics(share, "capacity")[: 3 if rows.value is not None else 2]
    curve = {part: top_metrics(part, f"at_{part:g}")[1] for part in CURVE}
    said = rows.resampled([*metrics, *curve.values()]).intervals()[MODEL]
    figures = {name: estimate.as_dict() for name, estimate in said.items() if "_at_" not in name}
    captured = [(part, said[metric.name]) for part, metric in curve.items()]
    base = rate(rows.label, rows.account)
    answer: dict[str, Any] = {
        "pooled": {
            "n": int(rows.label.size),
            "events": int(rows.label.sum()),
            "exits": rows.exits,
            "accounts": base.accounts,
            "rate": base.rate.as_dict(),
            "models": {MODEL: figures},
        },
        "curves": {
            "roc": {MODEL: roc_curve(rows.label, rows.at_risk)},
            "capture": {
                MODEL: [
                    [0.0, 0.0, None, None],
                    *([part, one.estimate, one.low, one.high] for part, one in captured),
                    [1.0, 1.0, None, None],
                ]
            },
        },
    }
    if share is not None:
        answer["capacity"] = {
            "accounts": capacity,
            "book": book,
            "share": share,
            "capture": figures["capture_capacity"],
            "lift": figures["lift_capacity"],
        }
    return answer


def churners(rows: Scored) -> dict[str, Any]:
    """Of the accounts that left, how many the worst-scored tenth of their date (or month) held."""
    found = churners_found(rows.label, rows.at_risk, ranked_together(rows.day), rows.exit, rows.account)
    return {
        "churners": rows.exits,
        "share": TARGETED_SHARE,
        "models": {MODEL: {"held": found.rate.times(found.n).as_dict()}},
    }


def ranked_together(day: NDArray[np.int64]) -> NDArray[np.str_]:
    """Name the date of each row, or its month where dates have too few accounts to rank."""
    return period(day, monthly=day.size / max(1, np.unique(day).size) < RANKABLE)


def lead_time_figures(
    history: History, observed: Observed, window: Window, bands: Bands, *, riskier: bool, resamples: int, seed: int
) -> dict[str, Any]:
    """How long before the exits the score was in the lowest band, over every score, finished window or not."""
    red = health_of(history, riskier)[observed.row] < bands.edges[0]
    found = lead_time(
        observed.code,
        history.day[observed.row],
        red,
        observed.exit_code,
        observed.exit_day,
        data_end=window.data_end,
        resamples=resamples,
        seed=seed,
    )
    return {**found.as_dict(), "band": bands.names[0], "below": bands.edges[0], "within_days": 180}


def period(days: NDArray[np.int64], *, monthly: bool) -> NDArray[np.str_]:
    """Name each day by its ISO date, or by its month."""
    distinct, place = np.unique(days, return_inverse=True)
    texts = [date_of(int(day)).isoformat()[: 7 if monthly else 10] for day in distinct]
    return np.array(texts, dtype=str)[place]


def book_size(history: History, observed: Observed) -> float:
    """Accounts in the book: scored per calendar month, on average, however often or irregularly they are scored."""
    months, month = np.unique(period(history.day[observed.row], monthly=True), return_inverse=True)
    pairs = np.unique(month * (observed.code.max(initial=0) + 1) + observed.code)
    return pairs.size / max(1, months.size)
