"""What stands behind the score of one account: features in words, what was seen then and now, raw rows, a way up.

These views read the model, the kept features and the run's tables, through the code of `explain`; the others read only
what is published.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from healthscore.errors import ConfigurationError
from healthscore.models.scorecard import card_drivers, score_card
from healthscore.pipelines.accountrows import WEEK, latest_rows, weekly_rows
from healthscore.pipelines.actions.paths import path_among
from healthscore.pipelines.auditing.material import SCORED
from healthscore.pipelines.book.reading import OneAccount
from healthscore.pipelines.cardparts import CardParts, parts_of
from healthscore.pipelines.publication.history import Scored
from healthscore.pipelines.reasons import explain_rows
from healthscore.pipelines.trend.changes import replayed
from healthscore.pipelines.trend.explained import change_between
from healthscore.pipelines.trend.scorers import (
    CardScorer,
    ModelScorer,
    Scorer,
    lacking,
    matrix_of,
    measured_by,
    scorer_of,
    segments_in,
)

if TYPE_CHECKING:
    from healthscore.features.dictionary import Feature
    from healthscore.pipelines.book.opening import Book

BEFORE, WEEKS = 26, 104
"""Weeks of raw rows that are counted before the first score, and at most."""
SHOWN = ("component", "feature", "value", "points", "sentence")


def features(book: Book, account: str, as_of: date | None = None) -> pd.DataFrame:
    """What each feature takes from a score or gives it, strongest first, as `explain` tells it.

    Columns `SHOWN`: within a component the displayed points of its features add up to the component's.

    Parameters
    ----------
    as_of
        Date of the scores; None: the newest.

    Raises
    ------
    HealthScoreError
        What scored is gone, or features were not kept, or the run's tables cannot be read.
    """
    mine = OneAccount.of(_scored_at(book, as_of), account)
    rows, scorer = _scored_row(mine), scorer_of(mine, book.run.threads)
    kept = mine.features()
    known = _known(book, scorer)
    told = _by_card(scorer, known, kept, rows) if isinstance(scorer, CardScorer) else _by_model(scorer, known, kept)
    return told.iloc[np.argsort(-told["points"].abs().to_numpy(), kind="stable")].reset_index(drop=True)


def _by_model(scorer: ModelScorer, known: Mapping[str, Feature], kept: pd.DataFrame) -> pd.DataFrame:
    bundle, X = scorer.bundle, matrix_of(scorer, kept)
    design = bundle.model.design
    points = explain_rows(bundle, X, design.names).told.tenths[0] / 10.0
    values = X[0].tolist()
    named = [known[name] for name in design.names]
    return pd.DataFrame(
        {
            "component": [design.groups[group] for group in design.group_of],
            "feature": list(design.names),
            "value": values,
            "points": points,
            "sentence": [feature.say(value) for feature, value in zip(named, values, strict=True)],
        }
    )


def _by_card(scorer: CardScorer, known: Mapping[str, Feature], kept: pd.DataFrame, row: pd.DataFrame) -> pd.DataFrame:
    card, names, X = scorer.card, list(scorer.reads), matrix_of(scorer, kept)
    scores = score_card(card, names, X, segments_in(row))
    parts = CardParts(card, known, names, X, scores, card_drivers(card, scores), parts_of(card, names, X, scores))
    keys, shown = parts.by_feature()
    named = [(scores.components[component], feature) for component, feature in keys]
    return pd.DataFrame(
        {
            "component": [component for component, _ in named],
            "feature": [feature for _, feature in named],
            "value": [float(parts.values(feature)[0]) for _, feature in named],
            "points": shown[0] / 10.0,
            "sentence": [parts.told(0, component, feature) for component, feature in named],
        }
    )


def moved(book: Book, account: str, as_of: date | None = None) -> dict[str, Any] | None:
    """What moved an account's score since its previous one, as `explain` tells it; None for its first score.

    Parameters
    ----------
    as_of
        Date of the later score; None: the newest.

    Raises
    ------
    HealthScoreError
        As of `features`.
    """
    now = OneAccount.of(_scored_at(book, as_of), account)
    here, before = _scored_row(now), None
    for scored in reversed(book.history):
        earlier = OneAccount.of(scored, account)
        if scored.as_of < now.as_of and _is_scored(earlier):
            before = earlier
            break
    if before is None:
        return None
    scorer = scorer_of(now, book.run.threads)
    known, x2 = _known(book, scorer), now.features().set_index("account_id").iloc[0]
    with book.tables() as tables:
        replay = partial(replayed, book.run, tables)
        return change_between(scorer, known, before, here, x2, measured_by(now), replay)


def path(book: Book, account: str) -> dict[str, Any] | None:
    """What would bring an account to the next band, as `explain` tells it; None in the top band.

    Raises
    ------
    HealthScoreError
        As of `features`.
    """
    row = book.table[book.table["account_id"] == account]
    if row.empty or row["status"].iloc[0] != SCORED or row["band"].iloc[0] == book.bands.names[-1]:
        return None
    scorer = scorer_of(book.now, book.run.threads)
    _known(book, scorer)
    names = list(book.known)
    scores = book.now.scores(["account_id", "segment", "status", "health", "band"])
    scores = scores[scores["status"] == SCORED].reset_index(drop=True)
    kept = book.now.features().set_index("account_id")
    if gone := [name for name in names if name not in kept]:
        raise ConfigurationError(f"the scores were made without {gone[0]}, which the run measures now", "score again")
    X = np.ascontiguousarray(kept.loc[scores["account_id"], names].to_numpy(np.float64))
    return path_among(book.run, scorer, list(book.known.values()), X, scores, account, book.bands)


def latest(book: Book, account: str, as_of: date | None = None) -> dict[str, list[dict[str, Any]]]:
    """The last raw rows of an account that were visible at a date, newest first, by source.

    Parameters
    ----------
    as_of
        None: the date of the newest scores.

    Raises
    ------
    InputError
        A source breaks its contract.
    """
    with book.tables() as tables:
        return latest_rows(book.run, tables, account, book.now.as_of if as_of is None else as_of)


def weekly(book: Book, account: str) -> pd.DataFrame:
    """How many rows came of an account week by week, by source: what its score was made from, seen over time.

    Columns `week` (its first day) and one per source of the run's signals, from half a year before the first score of
    the book, but at most `WEEKS` weeks, up to the newest. What was known at the newest date is what is counted.

    Raises
    ------
    InputError
        A source breaks its contract.
    """
    now, first = book.now.as_of, book.history[0].as_of
    weeks = min(BEFORE + -(-(now - first).days // WEEK), WEEKS)
    with book.tables() as tables:
        return weekly_rows(book.run, tables, account, now, weeks)


def _scored_at(book: Book, as_of: date | None) -> Scored:
    found = [scored for scored in book.history if as_of is None or scored.as_of == as_of]
    if not found:
        dates = ", ".join(str(scored.as_of) for scored in book.history)
        raise ConfigurationError(f"nothing was scored at {as_of}", f"there are scores of {dates}")
    return found[-1]


def _scored_row(mine: OneAccount) -> pd.DataFrame:
    """Id, segment and score of the account.

    Raises
    ------
    ConfigurationError
        It has no score at the date.
    """
    rows = mine.scores(["account_id", "segment", "health", "status"])
    if rows.empty or rows["status"].iloc[0] != SCORED:
        raise ConfigurationError(f"account {mine.account!r} has no score at {mine.as_of}", "look at another date")
    return rows


def _is_scored(mine: OneAccount) -> bool:
    return bool((mine.scores(["account_id", "status"])["status"] == SCORED).any())


def _known(book: Book, scorer: Scorer) -> Mapping[str, Feature]:
    """Dictionary entries of what the scorer reads."""
    if gone := lacking(scorer, book.known):
        raise ConfigurationError(
            f"the run no longer measures {gone[0]}, which the scores are made of", "score its newest date again"
        )
    return book.known
