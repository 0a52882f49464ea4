"""Single features that separate too well to be true.

The strongest honest feature of the public data, and of simulated companies, reaches an AUC of 0.80 (measured: CDNOW
0.73, Online Retail II 0.76, OULAD 0.71, software companies 0.76 to 0.80). Only the past of what the outcome itself is
made of does better: who is silent now stays silent, 0.90. A column that leaving wrote is near 1. The direction of a
feature is taken from the earlier dates, its AUC from the later ones, with an interval that resamples accounts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from healthscore.evaluation.clustered import resample
from healthscore.features.dictionary import Feature
from healthscore.outcomes.snapshots import Label
from healthscore.pipelines.leaks.findings import Evidence, Finding
from healthscore.pipelines.leaks.material import Material

LEAK = 0.93
"""Lower bound of the AUC from which on a feature is a leak."""
QUESTION, AHEAD, BEYOND = 0.80, 0.10, 0.85
"""A question: at least so good and so far ahead of all that is measured otherwise; or better than honest ones are."""
RESAMPLES = 200
FEWEST_EXITS = 20


@dataclass(frozen=True)
class Strength:
    """AUC of one feature in the direction that the earlier dates show, with missing values at one end."""

    column: int
    auc: float
    ranked: NDArray[np.float64]


def alone(material: Material) -> Evidence:
    """AUC of every feature by itself on the later dates."""
    book = material.book
    known = book.label >= 0
    y, day = (book.label[known] == Label.EXITED).astype(np.int8), book.panel.day[known]
    later = day >= np.median(np.unique(day)) if len(np.unique(day)) > 1 else np.ones(len(day), bool)
    earlier = ~later if (~later).any() else later
    if min(y[later].sum(), y[earlier].sum(), (1 - y[later]).sum(), (1 - y[earlier]).sum()) < FEWEST_EXITS:
        return Evidence(
            checked=(f"single features: not asked, fewer than {FEWEST_EXITS} exits on earlier or later dates",)
        )
    found = [
        _strength(column, book.panel.X[known, column], y, earlier, later) for column in range(len(book.panel.features))
    ]
    found.sort(key=lambda one: -one.auc)
    findings = list(_judged(material, found, y[later], book.cluster[known][later]))
    best = book.panel.features[found[0].column]
    said = (
        f"single features: each of {len(found)} by itself on {int(later.sum()):,} later snapshots; the strongest is "
        f"{best.name}, AUC {found[0].auc:.2f}"
    )
    return Evidence(tuple(findings), (said,))


def _strength(
    column: int, value: NDArray[np.float64], y: NDArray[np.int8], earlier: NDArray[np.bool_], later: NDArray[np.bool_]
) -> Strength:
    """The better of the two directions and of the two places for missing values, as the earlier dates have it."""
    from scipy.stats import rankdata

    best, chosen = -1.0, value
    for missing in (-np.inf, np.inf):
        filled = np.where(np.isnan(value), missing, value)
        area = _auc(filled[earlier], y[earlier])
        if max(area, 1 - area) > best:
            best, chosen = max(area, 1 - area), filled if area >= 0.5 else -filled
    ranked = rankdata(chosen[later])
    return Strength(column, _auc(ranked, y[later]), ranked)


def _auc(value: NDArray[np.float64], y: NDArray[np.int8]) -> float:
    from scipy.stats import rankdata

    ones = int(y.sum())
    zeros = len(y) - ones
    return float((rankdata(value)[y == 1].sum() - ones * (ones + 1) / 2) / (ones * zeros))


def _is_its_own_past(material: Material, feature: Feature) -> bool:
    """Whether a feature measures the rows that the outcome is made of, as the past silence of who falls silent."""
    signal = material.run.signals.get(feature.signal)
    return signal is not None and signal.source == material.run.need_outcome().source


def _kin(feature: Feature) -> str:
    """What a feature shares its rows with: its signal, or its component where it has none."""
    return feature.signal or feature.component


def _judged(
    material: Material, found: list[Strength], y: NDArray[np.int8], clusters: NDArray[np.int64]
) -> list[Finding]:
    features = material.book.panel.features
    first: dict[str, Strength] = {}
    for one in found:  # the strongest first: what a signal tells need not be told of each of its windows
        first.setdefault(_kin(features[one.column]), one)
    strong = [one for one in first.values() if one.auc >= QUESTION]
    if not strong:
        return []
    named = {features[one.column].name: one.ranked / len(y) for one in strong}
    drawn = resample(y, named, clusters, ["auc"], resamples=RESAMPLES, seed=material.run.seed)
    findings = []
    for one in strong:
        feature = features[one.column]
        others = max((o.auc for o in found if _kin(features[o.column]) != _kin(feature)), default=0.5)
        low = drawn.lower_bound(feature.name, "auc", level=0.99) or 0.0
        evidence = (
            f"by itself it tells who {material.words.did} with an AUC of {one.auc:.2f} (at least {low:.2f}) on later "
            f"dates; the strongest feature apart from {_kin(feature)} reaches {others:.2f}"
        )
        remedy = (
            f"look at how the rows behind {_kin(feature)} are written: who enters them, when, and whether leaving "
            "changes them"
        )
        # How old a contract is, and when it ends, was agreed before anybody left; the replay shows that it is so.
        if low >= LEAK and feature.family != "account":
            findings.append(Finding("too_good", "leak", feature.name, evidence, remedy))
        elif not _is_its_own_past(material, feature) and low >= min(BEYOND, max(QUESTION, others + AHEAD)):
            findings.append(Finding("too_good", "question", feature.name, evidence, remedy))
    return findings
