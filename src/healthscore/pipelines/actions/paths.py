"""Paths to the next band in words and as a table, for the accounts that somebody is to do something about."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from healthscore.config import Run
from healthscore.errors import HealthScoreError
from healthscore.features.dictionary import Feature
from healthscore.models.bundle import Bundle
from healthscore.models.health import Bands
from healthscore.models.path import Path, find_paths
from healthscore.pipelines.actions.matching import Facts
from healthscore.pipelines.actions.yardstick import Yardstick, yardstick
from healthscore.pipelines.publication.history import Scored
from healthscore.pipelines.scoretable import Rated
from healthscore.pipelines.trend.scorers import CardScorer, ModelScorer, Scorer, lacking, scorer_of, segments_in

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
FILE = "paths.csv"
NONE = "no path within what was seen"
MEANING = "a path says what healthier accounts like this one are like, not what a change would cause"
SHOWN = 3
"""Features of a path that are told in words, the strongest first; the file has all."""


@dataclass(frozen=True)
class Paths:
    """What would bring accounts to the next band.

    Attributes
    ----------
    told
        Row of the facts -> its path in words.
    result
        How many were looked for and found, and why there are none.
    frame
        A row per account and feature that moves; None where no path was looked for.
    """

    told: Mapping[int, str] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)
    frame: pd.DataFrame | None = None

    def lists(self) -> dict[str, pd.DataFrame]:
        """Its file, where there is one."""
        return {} if self.frame is None else {FILE: self.frame}


def paths_of(run: Run, now: Scored, facts: Facts, features: Sequence[Feature], rows: Rows, why: str | None) -> Paths:
    """Look for the paths of the accounts in these rows of the facts.

    Parameters
    ----------
    features
        Of the run; the scores must have been made from them.
    why
        Why the features of the scores are not known, where they are not.
    """
    names = [feature.name for feature in features]
    if facts.features is None:
        return Paths(result=_result(0, 0, why))
    if missing := [name for name in names if name not in facts.features]:
        return Paths(result=_result(0, 0, f"these scores were made without {missing[0]}, which the run measures now"))
    try:
        scorer = scorer_of(now, run.threads)
    except HealthScoreError as error:
        return Paths(result=_result(0, 0, error.what))
    if gone := lacking(scorer, names):
        return Paths(result=_result(0, 0, f"the run no longer measures {gone[0]}, which the scores are made of"))
    X = np.ascontiguousarray(facts.features[names].to_numpy(np.float64))
    below = rows[(facts.scores["band"].iloc[rows] != facts.bands[-1]).to_numpy(bool)]
    frame, told = search(run, scorer, features, X, facts.scores, below, bands_of(now.result()))
    return Paths(dict.fromkeys(below.tolist(), NONE) | told, _result(len(below), len(told), None), frame)


def _result(looked: int, found: int, why: str | None) -> dict[str, Any]:
    return {"accounts": looked, "found": found, "none": looked - found, "why_none": why, "meaning": MEANING}


def path_of_one(rated: Rated, bundle: Bundle | None, account: str) -> dict[str, Any] | None:
    """The path of one account as its explanation tells it: the one that its worklist has.

    Parameters
    ----------
    bundle
        The model that scored; None where the run's scorecard did.

    Returns
    -------
    `said` in words, `health` and `band` that it leads to, `features` that move; None for an account without a score or
    in the top band.
    """
    book, bands = rated.book, bands_of(rated.result)
    scores = rated.scores[rated.scores["status"] == "scored"].reset_index(drop=True)
    card = book.run.scorecard
    scorer: Scorer | None = ModelScorer(bundle) if bundle is not None else None if card is None else CardScorer(card)
    if scorer is None:
        return None
    # In the order of the scores, as for a worklist: of a large book the same accounts are looked at.
    place = pd.Index(book.about(np.arange(len(book.label)))["account_id"]).get_indexer(pd.Index(scores["account_id"]))
    return path_among(book.run, scorer, book.panel.features, book.panel.X[place], scores, account, bands)


def path_among(
    run: Run, scorer: Scorer, features: Sequence[Feature], X: Floats, scores: pd.DataFrame, account: str, bands: Bands
) -> dict[str, Any] | None:
    """The path of one account of a book, as `path_of_one` tells it; parameters as of `search`."""
    mine = np.flatnonzero((scores["account_id"] == account) & (scores["band"] != bands.names[-1]))
    if not len(mine):
        return None
    frame, told = search(run, scorer, features, X, scores, mine, bands)
    if not told:
        return {"said": NONE, "health": None, "band": None, "features": [], "meaning": MEANING}
    first = frame.iloc[0]
    return {
        "said": told[int(mine[0])],
        "health": first["health_then"],
        "band": first["band_then"],
        "features": frame[["feature", "value", "value_then", "points", "sentence"]].to_dict("records"),
        "meaning": MEANING,
    }


def search(
    run: Run, scorer: Scorer, features: Sequence[Feature], X: Floats, scores: pd.DataFrame, rows: Rows, bands: Bands
) -> tuple[pd.DataFrame, dict[int, str]]:
    """Look for the paths of the accounts in these rows among all accounts of a book.

    Parameters
    ----------
    features, X
        What the columns are, and the book's rows, shape (n, p).
    scores
        account_id, segment, health and band of the same rows.

    Returns
    -------
    A row per account and feature that moves, the strongest first; and each path in words, by row.
    """
    band = np.asarray(scores["band"].map({name: place for place, name in enumerate(bands.names)}), np.int64)
    measure = yardstick(run, scorer, features, X, segments_in(scores)[rows], bands)
    found = find_paths(X[rows], band[rows], X, measure.ground, measure.rescore)
    return _told(scores, bands.names, features, X, rows, found, measure)


def bands_of(result: Mapping[str, Any]) -> Bands:
    """Bands of the scores as their result tells them."""
    given = result["band_probability"]
    return Bands(tuple(given), tuple(float(one["low"]) for one in given.values())[1:], ("",) * len(given))


def _told(
    scores: pd.DataFrame,
    bands: Sequence[str],
    features: Sequence[Feature],
    X: Floats,
    rows: Rows,
    found: Sequence[Path | None],
    measure: Yardstick,
) -> tuple[pd.DataFrame, dict[int, str]]:
    pairs = [(row, path) for row, path in zip(rows.tolist(), found, strict=True) if path is not None]
    before = X[[row for row, _ in pairs]]
    after = np.array([path.changed for _, path in pairs]).reshape(before.shape)
    gained = np.full(before.shape, np.nan) if measure.points is None else measure.points(after) - measure.points(before)
    frames, told = [], {}
    for number, (row, path) in enumerate(pairs):
        moved = _moved(features, before[number], after[number], gained[number], measure.ground.spread)
        account = scores.iloc[row]
        told[row] = _in_words(moved, account["health"], path.health)
        about = {"account_id": account["account_id"], "health": account["health"], "band": account["band"]}
        about |= {"health_then": path.health, "band_then": bands[path.band], "distance": round(path.distance, 3)}
        frames.append(pd.DataFrame([about | one for one in moved]))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["account_id"]), told


def _moved(
    features: Sequence[Feature], before: Floats, after: Floats, gained: Floats, spread: Floats
) -> list[dict[str, Any]]:
    """The features that move, those that gain most points first; without points, those that move farthest."""
    same = (before == after) | (np.isnan(before) & np.isnan(after))
    far = np.abs(np.nan_to_num(after - before, nan=1.0)) / np.where(spread > 0, spread, 1.0)
    strength = np.where(np.isnan(gained), far, gained)
    columns = [column for column in np.argsort(-strength, kind="stable").tolist() if not same[column]]
    columns.sort(key=lambda column: features[column].family == "combinations")  # they follow from the others
    said = {column: features[column].say(float(after[column])) for column in columns}
    return [
        {
            "signal": features[column].signal,
            "component": features[column].component,
            "feature": features[column].name,
            "value": before[column],
            "value_then": after[column],
            "points": None if np.isnan(gained[column]) else round(float(gained[column]), 1),
            "sentence": f"{said[column]} (now {_figure(features[column], float(before[column]))})",
        }
        for column in columns
    ]


def _in_words(moved: Sequence[Mapping[str, Any]], health: float, then: float) -> str:
    """A path as a cell of a table tells it: the strongest changes, and what the score becomes."""
    said = "; ".join(str(one["sentence"]) for one in moved[:SHOWN])
    more = f"; and {len(moved) - SHOWN} more that go with these" if len(moved) > SHOWN else ""
    return f"{said}{more}: {health:.1f} -> {then:.1f}"


def _figure(feature: Feature, value: float) -> str:
    """A value as the feature's sentence would show it, alone."""
    if math.isnan(value):
        return "not known"
    if "{percent}" in feature.sentence:
        return f"{value:.0%}"
    if "{ratio}" in feature.sentence:
        return f"{math.expm1(value):+.0%}"
    if "{truth}" in feature.sentence:
        return "yes" if value else "no"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
