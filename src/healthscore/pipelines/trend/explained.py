"""Why the score of one account changed since it was last published: by component, and by what was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from healthscore.config import Run
from healthscore.errors import HealthScoreError
from healthscore.features.dictionary import Feature
from healthscore.models.drivers import apportion, feature_points
from healthscore.models.health import tenths
from healthscore.models.ledger import change_ledger
from healthscore.models.scorecard import score_card
from healthscore.pipelines.cardparts import parts_of
from healthscore.pipelines.publication.history import Scored, scored_dates, series_of
from healthscore.pipelines.publish import RECORD
from healthscore.pipelines.rating import Scorer as Rater
from healthscore.pipelines.runs.finding import read_object
from healthscore.pipelines.scoretable import Rated
from healthscore.pipelines.trend.changes import (
    COMPONENT,
    Divided,
    Replay,
    earlier_features,
    ledger_rows,
    replayed,
    scoring_by,
)
from healthscore.pipelines.trend.scorers import CardScorer, ModelScorer, Scorer, matrix_of, measured_as, segments_in
from healthscore.tables import Tables

Floats = NDArray[np.float64]
TOLD = 8
"""Features that are told at most, those with most points first."""


def earlier_score(run: Run, rater: Rater, account: str, as_of: date, given: Path | None = None) -> Scored | None:
    """The scores in a directory, else the newest ones before the date in which the account has one; None without."""
    if given is not None:
        record = read_object(given / RECORD)
        return Scored(date.fromisoformat(record["arguments"]["as_of"]), str(record["identity"]), given)
    for scored in reversed(scored_dates(run.out, series_of(rater.card))):
        if scored.as_of < as_of:
            table = scored.scores(["account_id", "status"])
            if ((table["account_id"] == account) & (table["status"] == "scored")).any():
                return scored
    return None


def change_since(tables: Tables, rated: Rated, rater: Rater, account: str, before: Scored) -> dict[str, Any]:
    """What moved an account's score since an earlier date.

    Returns
    -------
    `since`, `health` then, `points` since; `rows` of the ledger, the strongest first; `first`, what caused most of it;
    `features`, what was seen then and now, where it moved points; `gone` and `back`, how many features of a component
    are not known any more, or again; `unexplained`, why nothing can be told apart, or None.
    """
    run, known = rater.run, {feature.name: feature for feature in rated.book.panel.features}
    here, x2 = rated.scores[rated.scores["account_id"] == account], _row_of(rated, account)
    return change_between(_scorer(rater), known, before, here, x2, measured_as(run), partial(replayed, run, tables))


def change_between(
    scorer: Scorer,
    known: Mapping[str, Feature],
    before: Scored,
    here: pd.DataFrame,
    x2: pd.Series[float],
    measured: str,
    replay: Replay | None,
) -> dict[str, Any]:
    """What moved the score of an account between two dates, as `change_since` tells it.

    Parameters
    ----------
    scorer
        Of the later date.
    known
        Dictionary entries of the features by name.
    before
        Scores of the earlier date, in which the account has one.
    here, x2
        The account's row of the later scores (account_id, health, segment), and its features there by name.
    measured, replay
        As of `earlier_features`.
    """
    here = here.set_index("account_id")
    there = before.scores(["account_id", "health", "segment"]).set_index("account_id").loc[here.index]
    shown = [tenths(table["health"].to_numpy(np.float64)) for table in (there, here)]
    told = {
        "since": before.as_of,
        "health": float(there["health"].iloc[0]),
        "points": int(shown[1][0] - shown[0][0]) / 10.0,
    }
    try:
        x1 = matrix_of(scorer, earlier_features(scorer, before, measured, replay, there.index).loc[here.index])
    except HealthScoreError as error:
        return told | {"rows": [], "first": None, "features": [], "gone": {}, "back": {}, "unexplained": error.what}
    x2_read = np.asarray(x2[list(scorer.reads)], np.float64)[None, :]
    segments = segments_in(there), segments_in(here)
    then, now = (scoring_by(scorer, one) for one in segments)
    ledger = change_ledger(then, now, x1, x2_read, shown[0], shown[1])
    divided = Divided(here.index, before.as_of, ledger_rows(scorer), ledger.shown)
    rows = divided.long("previous")[["kind", "component", "points"]]
    strongest = rows.iloc[np.argsort(-rows["points"].abs().to_numpy(), kind="stable")].to_dict("records")
    either = np.isnan(x1) | np.isnan(x2_read)
    starred = [np.where(either, np.nan, x) for x in (x1, x2_read)]
    moved = _by_feature(scorer, starred, segments, ledger.shown[0])
    return told | {
        "rows": strongest,
        "first": divided.causes()[0] or None,
        "features": _seen(moved, known, x1[0], x2_read[0], scorer.reads),
        "gone": _counted(~np.isnan(x1[0]) & np.isnan(x2_read[0]), scorer.reads, known),
        "back": _counted(np.isnan(x1[0]) & ~np.isnan(x2_read[0]), scorer.reads, known),
        "unexplained": None,
    }


def _scorer(rater: Rater) -> Scorer:
    if rater.bundle is not None:
        return ModelScorer(rater.bundle)
    assert rater.run.scorecard is not None  # noqa: S101 - what scores is a model or a scorecard
    return CardScorer(rater.run.scorecard)


def _row_of(rated: Rated, account: str) -> pd.Series[float]:
    """Features of a scored account, by their names."""
    panel = rated.book.panel
    ids = rated.book.accounts["account_id"].to_numpy()[panel.account]
    return pd.Series(panel.X[int(np.flatnonzero(ids == account)[0])], index=[one.name for one in panel.features])


def _by_feature(
    scorer: Scorer, x: Sequence[Floats], segments: Sequence[Any], shown: NDArray[np.int64]
) -> list[tuple[str, str, float]]:
    """(component, feature, points) of what moved the score; within a component they add up to its row, as displayed."""
    keys, then = _feature_points(scorer, x[0], segments[0])
    exact, moved = _feature_points(scorer, x[1], segments[1])[1] - then, []
    for number, group in enumerate(scorer.groups):
        columns = [at for at, (component, _) in enumerate(keys) if component == group]
        whole = apportion(exact[None, columns], shown[[number]])[0]
        moved += [(*keys[at], int(n) / 10.0) for at, n in zip(columns, whole, strict=True) if n]
    return sorted(moved, key=lambda one: -abs(one[2]))


def _feature_points(scorer: Scorer, X: Floats, segment: Any) -> tuple[list[tuple[str, str]], Floats]:
    """(component, feature) of every entry, and the points of one row, shape (entries,)."""
    if isinstance(scorer, ModelScorer):
        bundle = scorer.bundle
        design = bundle.model.design
        points = feature_points(bundle.model, bundle.scale, bundle.model.feature_logit(X, design.names))
        named = [design.groups[group] for group in design.group_of]
        return list(zip(named, design.names, strict=True)), points[0]
    scores = score_card(scorer.card, scorer.reads, X, segment)
    found: dict[tuple[str, str], float] = {}
    for part in parts_of(scorer.card, scorer.reads, X, scores):
        key = scorer.groups[part.component], part.feature
        found[key] = found.get(key, 0.0) + float(np.nan_to_num(part.points[0]))
    return list(found), np.array(list(found.values()))


def _seen(
    moved: Sequence[tuple[str, str, float]],
    features: Mapping[str, Feature],
    x1: Floats,
    x2: Floats,
    names: Sequence[str],
) -> list[dict[str, Any]]:
    """What was seen then and now of the features that moved the score most."""
    place = {name: at for at, name in enumerate(names)}
    return [
        {
            "kind": COMPONENT,
            "component": component,
            "feature": name,
            "points": points,
            "before": features[name].say(float(x1[place[name]])),
            "now": features[name].say(float(x2[place[name]])),
        }
        for component, name, points in moved[:TOLD]
        if name in place
    ]


def _counted(flags: NDArray[np.bool_], names: Sequence[str], features: Mapping[str, Feature]) -> dict[str, int]:
    """How many features of each component, those that are no merit left out."""
    found: dict[str, int] = {}
    for name, flag in zip(names, flags.tolist(), strict=True):
        if flag and not features[name].context:
            found[features[name].component] = found.get(features[name].component, 0) + 1
    return found
