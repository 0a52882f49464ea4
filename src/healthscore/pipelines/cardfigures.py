"""A scorecard held against what happened: its weights, its components alone, its hard rules, its bands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from healthscore.config import Cap, Scorecard
from healthscore.evaluation.clustered import resample
from healthscore.evaluation.proportions import rate
from healthscore.models.design import Flags
from healthscore.models.scorecard import CardScores
from healthscore.models.weights.rows import WeightRows
from healthscore.pipelines.cards import SCORECARD, is_gain
from healthscore.pipelines.judge import Judge, lead_of
from healthscore.pipelines.weighing.alone import alone_figures

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CardRows:
    """Scores by a scorecard of n rows whose outcome is known, and what became of them; arrays have shape (n,).

    `gain` says that the outcome is a good one, which healthier accounts are likelier to have.
    """

    card: Scorecard
    scores: CardScores
    y: NDArray[np.int8]
    day: NDArray[np.int64]
    cluster: NDArray[np.int64]
    gain: bool
    resamples: int
    seed: int

    def risk(self, points: Floats) -> Floats:
        """Points turned so that more of it means likelier."""
        return points if self.gain else -points

    def section(self) -> dict[str, Any]:
        """What it is, how much of it is known, its components alone, and its hard rules."""
        card, unscored = self.card, np.isnan(self.scores.score)
        purpose = None if card.purpose is None else card.purpose.model_dump(mode="json")
        return {
            "name": card.name,
            "title": card.called,
            "purpose": purpose,
            "weights": card.weights_of(),
            "variants": {
                variant.name: {
                    "weights": card.weights_of(variant),
                    "edges": variant.edges,
                    "n": int((self.scores.variant == place).sum()),
                }
                for place, variant in enumerate(card.variant)
            },
            "unscored": {"n": int(unscored.sum()), "rate": rate(self.y[unscored], self.cluster[unscored]).rate},
            "components": self.components(),
            "caps": self.caps(),
            "capping": self.capping(),
        }

    def components(self) -> dict[str, dict[str, Any]]:
        """Per component: its weight, how often nothing of it was known, and what it is worth alone where it was."""
        alone, unknown = self.alone(), np.isnan(self.scores.subscores)
        return {
            name: {
                "label": part.label or name,
                "weight": part.weight,
                "missing": float(unknown[:, place].mean()) if len(unknown) else None,
                "alone": alone[name],
            }
            for place, (name, part) in enumerate(self.card.components.items())
        }

    def alone(self) -> dict[str, dict[str, Any]]:
        """AUC of every component alone, on the rows where something of it was known: what is filled in says nothing."""
        points = self.scores.subscores
        return self._leading(self.scores.components, points, ~np.isnan(points))

    def capping(self) -> dict[str, Any] | None:
        """AUC with the hard rules less that without them, paired; None where no rule ever lowered a score."""
        if not (self.scores.cap >= 0).any():
            return None
        known = ~np.isnan(self.scores.score)
        pair = {"with": self.risk(self.scores.score[known]), "without": self.risk(self.scores.uncapped[known])}
        said = resample(self.y[known], pair, self.cluster[known], ["auc"], **self._drawn)
        return {"auc": said.interval("with", "auc", minus="without")}

    def caps(self) -> list[dict[str, Any]]:
        """How often each hard rule lowered a score, and how those accounts fared beside the others."""
        names = tuple(cap.name for cap in self.card.cap)
        if not names:
            return []
        known = ~np.isnan(self.scores.score)
        bound = known[:, None] & (self.scores.cap[:, None] == np.arange(len(names)))
        # A rule is an indicator like any other: accounts that it marks should fare worse than the rest.
        marked = self._leading(names, np.where(bound, 0.0, 1.0), np.broadcast_to(known[:, None], bound.shape))
        return [
            self._cap(cap, bound[:, place], known & ~bound[:, place], marked[cap.name]["leads"])
            for place, cap in enumerate(self.card.cap)
        ]

    def _cap(self, cap: Cap, bound: Flags, rest: Flags, leads: str) -> dict[str, Any]:
        inside, others = rate(self.y[bound], self.cluster[bound]), rate(self.y[rest], self.cluster[rest])
        return {
            "name": cap.name,
            "at_most": cap.score if cap.band is None else cap.band,
            **inside.as_dict(),
            "share": float(bound.sum() / max(bound.sum() + rest.sum(), 1)),
            "others": others.rate,
            "leads": leads,
        }

    def _leading(self, names: tuple[str, ...], points: Floats, known: Flags) -> dict[str, dict[str, Any]]:
        """What columns of points, shape (n, names), are worth alone where they are known; fewer points are likelier."""
        s = 100.0 - points if self.gain else points
        rows = WeightRows(names, s, self.y, self.day, self.day, self.cluster)
        return alone_figures(rows, known, **self._drawn)

    @property
    def _drawn(self) -> dict[str, int]:
        return {"resamples": self.resamples, "seed": self.seed}


def scorecard_section(judge: Judge) -> dict[str, Any] | None:
    """The run's scorecard in a backtest: what it is, and how it did at the same rows as the models."""
    walked, run = judge.walk.card, judge.book.run
    if walked is None or run.scorecard is None:
        return None
    days = judge.day.astype(np.int64)
    drawn = {"resamples": run.report.resamples, "seed": run.seed}
    rows = CardRows(run.scorecard, walked.scores, judge.y, days, judge.cluster, is_gain(judge.book), **drawn)
    return {
        **rows.section(),
        "figures": judge.resamples.intervals()[SCORECARD],
        "bands_by": "edges" if run.scorecard.bands.quartiles_of is None else "quartiles",
        "bands": judge.bands_by(walked.bands, walked.band, SCORECARD),
        "lead_time": lead_of(judge.book, judge.walk.rows, walked.band == 0),
        "segments": judge.segments(SCORECARD),
    }
