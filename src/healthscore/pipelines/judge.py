"""Figures of a backtest: every model against what happened, with intervals by account."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from healthscore.evaluation.announced import TARGETED_SHARE, churners_found
from healthscore.evaluation.clustered import Resamples, resample
from healthscore.evaluation.curves import capture_curve, roc_curve
from healthscore.evaluation.leadtime import lead_time
from healthscore.evaluation.metrics import METRICS, Metric, top_metrics
from healthscore.evaluation.proportions import rate, rates
from healthscore.evaluation.reliability import calibration_error, reliability_curve
from healthscore.evaluation.stability import band_flips, population_stability_index
from healthscore.models.choice import Choice
from healthscore.models.health import Bands
from healthscore.outcomes.snapshots import Label
from healthscore.pipelines.announcements import announced_exits
from healthscore.pipelines.build import Book, iso
from healthscore.pipelines.cards import CardWalk, segments_of
from healthscore.pipelines.happenings import words_of

Floats = NDArray[np.float64]


class Predicted(Protocol):
    """Predictions whose outcome is known: those of a walk over past dates (see `walk.Walk`), or published ones."""

    @property
    def rows(self) -> NDArray[np.int64]:
        """Rows of the book that were predicted; shape (n,)."""

    @property
    def probability(self) -> dict[str, Floats]:
        """Per model, shape (n,): probability, or another number that is higher for more risk."""

    @property
    def health(self) -> Floats:
        """Scores as displayed, shape (n,)."""

    @property
    def points(self) -> Floats:
        """Points per component group, shape (n, groups)."""

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the groups."""

    @property
    def origins(self) -> list[dict[str, Any]]:
        """Per date its `day`, and what was learned from (`train`)."""

    @property
    def choice(self) -> Choice:
        """Whose score it is, by name."""

    @property
    def card(self) -> CardWalk | None:
        """The run's scorecard at the same rows, where it was computed."""

    @property
    def recalibrated(self) -> dict[str, Floats]:
        """Per other calibration, shape (n,)."""


class Judge:
    """What predictions were worth; each method is one section of the result."""

    def __init__(self, book: Book, walk: Predicted) -> None:
        self.book, self.walk = book, walk
        kind = book.run.need_outcome().kind
        self.words = words_of(kind, context=any(feature.context for feature in book.panel.features))
        rows = walk.rows
        self.y = (book.label[rows] == Label.EXITED).astype(np.int8)
        self.day = book.panel.day[rows]
        self.account = book.panel.account[rows]
        self.cluster = book.cluster[rows]
        self.value = None if np.isnan(book.value[rows]).all() else np.nan_to_num(book.value[rows])
        self.bands = Bands(book.run.bands.names, book.run.bands.edges, book.run.bands.colours)
        self.chosen = walk.choice.name
        self.resamples: Resamples = resample(
            self.y,
            walk.probability,
            self.cluster,
            self.metrics(),
            resamples=book.run.report.resamples,
            seed=book.run.seed,
            value=self.value,
        )

    def metrics(self) -> list[Metric]:
        """Every registered metric that the rows allow, and capture at the team's capacity where it is declared."""
        wanted = [m for m in METRICS.values() if self.value is not None or not m.name.startswith("revenue")]
        capacity = self.book.run.report.capacity
        if capacity is not None:
            share = capacity * len(np.unique(self.day)) / max(len(self.y), 1)
            wanted += [
                m
                for m in top_metrics(min(share, 1.0), "capacity")
                if self.value is not None or not m.name.startswith("revenue")
            ]
        return wanted

    def pooled(self) -> dict[str, Any]:
        """Figures over all origins together."""
        size = self._size(np.ones(len(self.y), bool))
        return {**size, "rate": rate(self.y, self.cluster).rate, "models": self.resamples.intervals()}

    def differences(self) -> dict[str, Any]:
        """The chosen model minus every other, paired."""
        return self.resamples.differences(self.chosen)

    def origins(self) -> list[dict[str, Any]]:
        """Figures origin by origin, without intervals."""
        sections = []
        for origin in self.walk.origins:
            inside = self.day == origin["day"]
            figures = {
                name: {metric.name: self._figure(metric, p, inside) for metric in self.metrics() if metric.interval}
                for name, p in self.walk.probability.items()
            }
            sections.append(
                {"as_of": iso(origin["day"]), **self._size(inside), "train": origin["train"], "models": figures}
            )
        return sections

    def churners(self) -> dict[str, Any]:
        """Of those that it happened to, how many the worst-scored tenth of their date held, per model."""
        exits = announced_exits(self.book, self.walk.rows)
        found = {
            name: churners_found(self.y, p, self.day, exits, self.cluster) for name, p in self.walk.probability.items()
        }
        held = {name: {"held": one.rate.times(one.n)} for name, one in found.items()}
        return {"churners": int(exits.max(initial=-1)) + 1, "share": TARGETED_SHARE, "models": held}

    def band_table(self) -> list[dict[str, Any]]:
        """Rate of every band, with the probability that the model had given it; none for a gain, which has no bands."""
        if self.words["gain"]:
            return []
        return self.bands_by(self.bands, self.bands.index(self.walk.health), self.chosen)

    def bands_by(self, bands: Bands, index: NDArray[np.int64], model: str) -> list[dict[str, Any]]:
        """Rate of every band, with the mean of what a model had said of it; `index` is -1 for rows in no band."""
        found = rates(self.y, index, self.cluster)
        p = self.walk.probability[model]
        nobody = rate([], [])
        return [
            {
                "name": name,
                "colour": bands.colours[i],
                "low": low,
                "high": high,
                **found.get(i, nobody).as_dict(),
                "probability": float(p[index == i].mean()) if (index == i).any() else None,
            }
            for i, (name, low, high) in enumerate(bands.ranges())
        ]

    def curves(self) -> dict[str, Any]:
        """ROC and capture curves per model, and the reliability of the chosen one."""
        models = {name: p for name, p in self.walk.probability.items() if name != "base_rate"}
        bins = reliability_curve(self.y, self.walk.probability[self.chosen], clusters=self.cluster)
        return {
            "roc": {name: roc_curve(self.y, p) for name, p in models.items()},
            "capture": {name: capture_curve(self.y, p) for name, p in models.items()},
            "calibration": [
                {
                    "predicted": b.predicted,
                    "observed": {"estimate": b.observed, "low": b.observed_low, "high": b.observed_high},
                    "n": b.n,
                }
                for b in bins
            ],
            "calibration_error": calibration_error(self.y, self.walk.probability[self.chosen], clusters=self.cluster),
        }

    def components(self) -> list[dict[str, Any]]:
        """How much each component moves the score: share of the standard deviations of its points (a description).

        None for a gain, which has no score.
        """
        if self.words["gain"]:
            return []
        spread = self.walk.points.std(axis=0)
        total = float(spread.sum()) or 1.0
        shares = [
            {
                "name": name,
                "share": float(spread[i]) / total,
                "mean_points": float(np.abs(self.walk.points[:, i]).mean()),
            }
            for i, name in enumerate(self.walk.groups)
        ]
        return sorted(shares, key=lambda row: -float(row["share"]))

    def lead(self) -> dict[str, Any] | None:
        """How long before their exit the accounts that left had turned to the worst band."""
        return lead_of(self.book, self.walk.rows, self.bands.index(self.walk.health) == 0)

    def segments(self, model: str | None = None) -> list[dict[str, Any]]:
        """Rate and AUC of a model, the chosen one by default, per segment of the rows' dates, where there are any."""
        model = model or self.chosen
        named = np.array([segment or "" for segment in segments_of(self.book, self.walk.rows)], dtype=str)
        if not named.any():
            return []
        sections = []
        for name in np.unique(named):
            inside = named == name
            found = resample(
                self.y[inside],
                {model: self.walk.probability[model][inside]},
                self.cluster[inside],
                ["auc"],
                resamples=self.book.run.report.resamples,
                seed=self.book.run.seed,
            )
            about = self._size(inside) | {
                "segment": name or "(none)",
                "rate": rate(self.y[inside], self.cluster[inside]).rate,
            }
            sections.append(about | {"auc": found.interval(model, "auc")})
        return sections

    def stability(self) -> dict[str, Any] | None:
        """How far scores moved between neighbouring origins, and how often an account changed its band."""
        days = np.unique(self.day)
        if len(days) < 2 or self.words["gain"]:
            return None
        shifts = [
            population_stability_index(self.walk.health[self.day == before], self.walk.health[self.day == after])
            for before, after in pairwise(days)
        ]
        flips = band_flips(self.account, self.day, self.bands.index(self.walk.health))
        return {"psi": max((shift for shift in shifts if shift is not None), default=None), "band_flips": flips.rate}

    def _size(self, inside: NDArray[np.bool_]) -> dict[str, int]:
        return {
            "n": int(inside.sum()),
            "events": int(self.y[inside].sum()),
            "accounts": len(np.unique(self.account[inside])),
        }

    def _figure(self, metric: Metric, p: Floats, inside: NDArray[np.bool_]) -> float | None:
        return metric.function(self.y[inside], p[inside], None, None if self.value is None else self.value[inside])


def lead_of(book: Book, rows: NDArray[np.int64], red: NDArray[np.bool_]) -> dict[str, Any] | None:
    """How long before their exit the accounts that left had been flagged; `red` has one element per row.

    None where that says nothing: on a single date, and for outcomes that are no exits.
    """
    day, account = book.panel.day[rows], book.panel.account[rows]
    if len(np.unique(day)) < 2 or book.run.need_outcome().kind != "churn":
        return None
    number, first = np.unique(announced_exits(book, rows), return_index=True)
    exits = first[number >= 0]  # one row per exit
    exit_day = book.snapshots.exit_day[book.snapshots.at_risk][rows]
    found = lead_time(account, day, red, account[exits], exit_day[exits], data_end=book.data_end, seed=book.run.seed)
    return {key: getattr(found, key) for key in vars(found)}
