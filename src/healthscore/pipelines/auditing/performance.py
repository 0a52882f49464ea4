"""How good the published scores were, once what became of the accounts is known: the figures of a backtest."""

from __future__ import annotations

from typing import Any

import numpy as np

from healthscore.evaluation.clustered import resample
from healthscore.evaluation.proportions import rate
from healthscore.models.health import Bands
from healthscore.pipelines.announcements import announced_exits
from healthscore.pipelines.auditing.material import SCORE, Material, Rows
from healthscore.pipelines.judge import Judge

SUMMARY = ("auc", "capture_10", "observed_expected", "calibration_slope")
NOTHING: dict[str, Any] = {
    "pooled": None,
    "churners": None,
    "origins": [],
    "bands": [],
    "lead_time": None,
    "segments": [],
    "stability": None,
    "curves": {},
    "never_red": None,
    "models": [],
}
"""The section before any outcome is known."""


def performance(material: Material) -> dict[str, Any]:
    """The sections that a backtest has, too, over the rows of the scorer in force whose outcome is known."""
    if not len(material.judged):
        return NOTHING | {"models": by_model(material)}
    judge = Judge(material.book, material.judging(material.judged))
    return {
        "pooled": judge.pooled(),
        "churners": judge.churners(),
        "origins": judge.origins(),
        "bands": _bands(judge, material),
        "lead_time": judge.lead(),
        "segments": judge.segments(),
        "stability": judge.stability(),
        "curves": judge.curves() if not material.by_scorecard else {},
        "never_red": never_red(material, judge.bands),
        "models": by_model(material),
    }


def _bands(judge: Judge, material: Material) -> list[dict[str, Any]]:
    """Rate of every band beside the mean of what was said of it, and what its edges promise (`meant`)."""
    promised = material.history[-1].result().get("band_probability") or {}
    rows = judge.band_table()
    for row in rows:
        row["meant"] = (promised.get(row["name"]) or {}).get("probability")
        if material.by_scorecard:
            row["probability"] = None
    return rows


def never_red(material: Material, bands: Bands) -> dict[str, Any] | None:
    """Of the exits that published scores preceded, the share that no score had put in the worst band.

    Every published score before the exit counts, also one whose window did not reach it. None without exits.
    """
    rows = material.judged
    exits = announced_exits(material.book, rows)
    if exits.max(initial=-1) < 0:
        return None
    first_red = np.full(len(material.book.accounts), np.iinfo(np.int64).max)
    red = np.flatnonzero(bands.index(material.health) == 0)
    np.minimum.at(first_red, material.book.panel.account[red], material.day[red])
    announced = exits >= 0
    last = np.zeros(exits.max() + 1, np.int64)
    np.maximum.at(last, exits[announced], material.day[rows[announced]])
    announcing = rows[announced][np.unique(exits[announced], return_index=True)[1]]
    missed = first_red[material.book.panel.account[announcing]] > last
    return {**rate(missed, material.book.cluster[announcing]).as_dict(), "band": bands.names[0]}


def by_model(material: Material) -> list[dict[str, Any]]:
    """Headline figures of each scorer that published, oldest first, with intervals by account."""
    names = list(dict.fromkeys(material.model.tolist()))
    return [_one(material, name, material.known[material.model[material.known] == name]) for name in names]


def _one(material: Material, name: str, rows: Rows) -> dict[str, Any]:
    days = material.day[material.model == name]
    said = {"model": name, "dates": len(np.unique(days)), "in_force": name == material.in_force}
    y = (material.book.label[rows] == 1).astype(np.int8)
    size = {"n": len(rows), "events": int(y.sum())}
    if not 0 < size["events"] < size["n"]:
        return said | size | dict.fromkeys(SUMMARY)
    report = material.run.report
    found = resample(
        y,
        {SCORE: material.risk[rows]},
        material.book.cluster[rows],
        SUMMARY,
        resamples=report.resamples,
        seed=material.run.seed,
    )
    return said | size | {metric: found.interval(SCORE, metric) for metric in SUMMARY}
