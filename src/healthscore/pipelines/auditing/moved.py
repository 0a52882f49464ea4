"""Has the book moved? Score and features of the newest date against the first that this scorer published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from healthscore.evaluation.drift import Move, moves
from healthscore.evaluation.multiple import holm
from healthscore.evaluation.prevalence import rate_shift
from healthscore.features.dictionary import Feature
from healthscore.models.weights.shares import spread_shares
from healthscore.pipelines.auditing.kept import kept_or_why, labels_of
from healthscore.pipelines.auditing.material import Material, Rows
from healthscore.pipelines.build import iso
from healthscore.pipelines.rates import is_jump

CHANCE = 0.05
WEEK, SEASON_DAYS = 7, 330
"""Dates of different weekdays may differ by that alone, as may those less than eleven months apart by the season."""


def first_and_last(material: Material) -> tuple[int, int] | None:
    """First and newest day of the scorer in force; None where it scored once only."""
    days = np.unique(material.day[material.model == material.in_force])
    return (int(days[0]), int(days[-1])) if len(days) > 1 else None


def drift_section(material: Material, known: Mapping[str, Feature]) -> dict[str, Any] | None:
    """Score and features then and now, with the chance of so large a move where nothing moved; None with one date.

    The score is tested by itself, the features together (Holm); `moved` counts those that are shown to have moved.
    `season` and `weekday` say that this alone may be why.
    """
    ends = first_and_last(material)
    if ends is None:
        return None
    rows = np.flatnonzero(np.isin(material.day, ends) & (material.model == material.in_force))
    score = _moves(material, rows, ends[1], [material.health[rows]])[0]
    kept, why = kept_or_why(material, rows)
    features: list[dict[str, Any]] = []
    if kept is not None:
        found = _moves(material, kept.rows, ends[1], kept.columns)
        chances = {i: one.chance for i, one in enumerate(found) if one.chance is not None}
        shown = holm(chances, CHANCE)
        about = labels_of(dict(known), kept.names)
        features = [{**about[i], **vars(one), "shown": shown.get(i, False)} for i, one in enumerate(found)]
        features.sort(key=lambda row: (not row["shown"], -(row["size"] or 0.0), row["name"]))
    return {
        "then": iso(ends[0]),
        "now": iso(ends[1]),
        "season": ends[1] - ends[0] < SEASON_DAYS,
        "weekday": (ends[1] - ends[0]) % WEEK != 0,
        "score": {**vars(score), "shown": score.chance is not None and score.chance <= CHANCE},
        "tested": len(features),
        "moved": sum(row["shown"] for row in features),
        "features": features,
        "why": why,
    }


def _moves(material: Material, rows: Rows, newest: int, columns: Any) -> list[Move]:
    return moves(columns, material.day[rows] == newest, material.book.cluster[rows], seed=material.run.seed)


def prevalence_section(material: Material) -> dict[str, Any] | None:
    """The rate of the newest date whose outcomes are known against that of the earlier ones; None with one such date.

    Scores of all scorers: the rate is the accounts' own.
    """
    rows = material.known
    days = np.unique(material.day[rows])
    if len(days) < 2:
        return None
    y, later = material.book.label[rows] == 1, material.day[rows] == days[-1]
    found = rate_shift(y, later, material.book.cluster[rows])
    before, after = found.before.estimate, found.after.estimate
    exits = max(int(y[later].sum()), int(y[~later].sum() / (len(days) - 1)))
    return {
        "as_of": iso(int(days[-1])),
        "dates_before": len(days) - 1,
        "before": found.before,
        "after": found.after,
        "difference": found.difference,
        "shown": found.difference.excludes(0.0),
        "jump": before is not None and after is not None and is_jump(before, after, exits),
    }


def shares_section(material: Material) -> list[dict[str, Any]]:
    """What moves the score, then and now: share of each component in the summed spread of its points (a description).

    The first and the newest date of the scorer in force; `then` is None with one date only.
    """
    ends = first_and_last(material)
    days = (int(material.day[-1]),) if ends is None else ends
    found = [spread_shares(np.nan_to_num(material.points[material.day == day])) for day in days]
    return [
        {
            "name": name,
            "then": None if ends is None or found[0] is None else float(found[0][i]),
            "now": None if found[-1] is None else float(found[-1][i]),
        }
        for i, name in enumerate(material.groups)
    ]
