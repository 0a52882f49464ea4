"""The judged score history broken down: by band, by tenth, by segment, by date."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from healthscore.config import Bands
from healthscore.evaluation.clustered import resample
from healthscore.evaluation.metrics import Metric
from healthscore.evaluation.multiple import holm
from healthscore.evaluation.proportions import Rate, rate, rates
from healthscore.evaluation.reliability import quantile_bins
from healthscore.evaluation.resampled import Resampled
from healthscore.evaluation.rows import Floats, scored_rows
from healthscore.pipelines.validation.histories import History
from healthscore.pipelines.validation.judged import MODEL, Scored, period
from healthscore.pipelines.validation.observed import Observed

DATES_SHOWN = 40
"""With more as-of dates than this, tables are by month."""
SEGMENTS_SHOWN = 20
SEGMENT_EXITS = 10
"""A segment with fewer exits gets a count and a rate, and no claim about the score in it."""


def band_table(rows: Scored, bands: Bands) -> list[dict[str, Any]]:
    """Churn per band: the rate, and how many times the average it is, with intervals by account."""
    found = rates(rows.label, rows.band, rows.account)
    limits = [0.0, *bands.edges, 100.0]
    table = []
    for index, (name, colour) in enumerate(zip(bands.names, bands.colours, strict=True)):
        inside = found.get(index)
        table.append(
            {
                "name": name,
                "colour": colour,
                "low": limits[index],
                "high": limits[index + 1],
                "n": 0 if inside is None else int(inside.n),
                "events": 0 if inside is None else int(inside.events),
                "accounts": 0 if inside is None else inside.accounts,
                "share": float((rows.band == index).mean()),
                "rate": nothing() if inside is None else inside.rate.as_dict(),
                "relative": _relative(rows, rows.band == index, inside),
            }
        )
    return table


def _relative(rows: Scored, inside: NDArray[np.bool_], counted: Rate | None) -> dict[str, float | None]:
    """How many times as often the rows inside left as the average row did.

    Where nobody inside left, resamples would call that certain; the upper end is then that of the rate.
    """
    if counted is not None and not counted.events and counted.rate.high is not None and rows.label.any():
        return {"estimate": 0.0, "low": 0.0, "high": counted.rate.high / float(rows.label.mean())}
    metric = Metric("relative", "", "", _relative_rate, True, fast=_relative_rates)
    flagged = inside.astype(np.float64)
    said = resample(rows.label, {"band": flagged}, rows.account, [metric], resamples=rows.resamples, seed=rows.seed)
    return said.interval("band", "relative").as_dict()


def _relative_rate(
    y: ArrayLike, p: ArrayLike, weight: ArrayLike | None = None, value: ArrayLike | None = None
) -> float | None:
    rows = scored_rows(y, p, weight)
    inside = float(rows.weight @ rows.p)
    if not inside or not rows.churned:
        return None
    return float(rows.weight @ (rows.p * rows.y)) / inside / (rows.churned / rows.total)


def _relative_rates(draws: Resampled) -> Floats:
    """The same per resample, from sums that are there already: for p of 0 and 1, E[(p - y)^2] = E p + E y - 2 E p y."""
    share, squared = draws.means[0], draws.means[2]
    base = draws.churners / draws.total
    both = (share + base - squared) / 2.0
    whole = share * base
    return np.asarray(np.divide(both, whole, out=np.full(whole.shape, np.nan), where=whole > 0))


def decile_table(rows: Scored) -> list[dict[str, Any]]:
    """Ten groups of about equal size, worst-scored first; equal scores stay together, so there may be fewer."""
    group = quantile_bins(rows.score, np.ones(rows.score.size), 10)
    found = rates(rows.label, group, rows.account)
    table, captured = [], 0.0
    for number, (key, one) in enumerate(sorted(found.items(), key=lambda item: str(item[0]).zfill(3))):
        inside = group == key
        captured += one.events
        table.append(
            {
                "decile": number + 1,
                "low": float(rows.score[inside].min()),
                "high": float(rows.score[inside].max()),
                "n": int(one.n),
                "events": int(one.events),
                "accounts": one.accounts,
                "rate": one.rate.as_dict(),
                "captured": captured / max(1, int(rows.label.sum())),
            }
        )
    return table


def monotone(bands: Sequence[dict[str, Any]], deciles: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Whether churn falls from band to band, and how often it rises from one tenth to the next, healthier one."""
    filled = [band for band in bands if band["n"]]
    rises = [
        [low["name"], high["name"]]
        for low, high in pairwise(filled)
        if high["rate"]["estimate"] >= low["rate"]["estimate"]
    ]
    shares = [one["rate"]["estimate"] for one in deciles]
    return {
        "bands": not rises if len(filled) > 1 else None,
        "out_of_order": rises,
        "decile_rises": sum(b > a for a, b in pairwise(shares)),
    }


def segment_table(rows: Scored) -> list[dict[str, Any]]:
    """Per segment, largest first: rate, AUC, and whether the score is shown to separate there (Holm-adjusted)."""
    if rows.segment is None:
        return []
    names, sizes = np.unique(rows.segment.astype(str), return_counts=True)
    largest = names[np.argsort(-sizes, kind="stable")][:SEGMENTS_SHOWN]
    table: list[dict[str, Any]] = []
    doubts: dict[int, float] = {}
    for name in largest.tolist():
        inside = rows.segment.astype(str) == name
        one = rate(rows.label[inside], rows.account[inside])
        exits = int(np.unique(rows.exit[inside & (rows.label == 1)]).size)
        said = rows.resampled(["auc"], inside) if exits >= SEGMENT_EXITS else None
        auc = nothing() if said is None else said.interval(MODEL, "auc").as_dict()
        error = None if said is None else said.standard_error(MODEL, "auc")
        if error and auc["estimate"] is not None:
            doubts[len(table)] = math.erfc(abs(auc["estimate"] - 0.5) / error / math.sqrt(2.0))
        table.append(
            {
                "segment": name or "(none)",
                "n": int(one.n),
                "events": int(one.events),
                "exits": exits,
                "accounts": one.accounts,
                "rate": one.rate.as_dict(),
                "auc": auc,
                "separates": None,
            }
        )
    for index, shown in holm(doubts).items():
        table[index]["separates"] = bool(shown and table[index]["auc"]["estimate"] > 0.5)
    return table


def by_date(history: History, observed: Observed, rows: Scored) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Counts of every as-of date, and AUC and capture where outcomes are known; by month where dates are many."""
    days = history.day[observed.row]
    name = partial(period, monthly=np.unique(days).size > DATES_SHOWN)
    periods, scored_periods = name(days), name(rows.day)
    snapshots, origins = [], []
    for moment in np.unique(periods).tolist():
        here = periods == moment
        label, reason = observed.label[here], observed.reason[here]
        snapshots.append(
            {
                "as_of": moment,
                "at_risk": int((label >= 0).sum()),
                "exited": int((label == 1).sum()),
                "stayed": int((label == 0).sum()),
                **{why: int((reason == why).sum()) for why in ("immature", "exit_in_gap", "left_otherwise")},
            }
        )
        inside = scored_periods == moment
        if rows.label[inside].any():
            figures = resample(
                rows.label[inside], {MODEL: rows.at_risk[inside]}, rows.account[inside], ["auc", "capture_10"],
                resamples=0, seed=rows.seed,
            ).estimates  # fmt: skip
            origins.append(
                {"as_of": moment, "n": int(inside.sum()), "events": int(rows.label[inside].sum()), "models": figures}
            )
    return snapshots, origins


def nothing() -> dict[str, float | None]:
    """A figure that is not computable, with no interval."""
    return {"estimate": None, "low": None, "high": None}
