"""Good references: accounts that are very healthy, have been customers for long, and say so where they were asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from healthscore.features.dictionary import Feature
from healthscore.pipelines.build import Book
from healthscore.pipelines.scoretable import Rated

FILE = "reference_candidates.csv"
VERY_HEALTHY = 85.0
"""Grade A: on the default scale at most a quarter of the reference population's odds of leaving."""
LONG_STANDING = 365
"""Days as a customer."""
SAID_LATELY = 365
"""Days for which an answer counts; after them the account is as if it had not been asked."""
TENURE = "tenure_days"
COLUMNS = ("account_id", "name", "segment", "owner", "health", "value", TENURE, "survey", "drivers_up")


def with_references(rated: Rated) -> Rated:
    """The scores with a list of the accounts that could be asked for a reference, the most convincing first.

    On it are accounts with a health of at least 85 in the top band and no doubt about the score, that have been
    customers for a year, and whose last answer to any survey, where there is one of the past year, was favourable
    (`favourable_from` of the signal); those that answered come first. What a run does not measure is not asked for:
    `references` of the result says what was.
    """
    healthiest = list(rated.result["bands"])[-1]
    scores = rated.scores.merge(_known(rated.book), on="account_id", how="left", validate="one_to_one")
    rules = [f"health of at least {VERY_HEALTHY:g}, in the band {healthiest!r}", "no low confidence in the score"]
    doubted = scores["low_confidence"].fillna("") != ""
    fit = (scores["health"] >= VERY_HEALTHY) & (scores["band"] == healthiest) & ~doubted
    if any(feature.name == TENURE for feature in rated.book.panel.features):
        rules.append(f"a customer for at least {LONG_STANDING} days")
        fit &= scores[TENURE] >= LONG_STANDING
    asked = _surveys(rated.book)
    if asked:
        least = ", ".join(f"{signal} at least {least:g}" for signal, _, _, least in asked)
        rules.append(f"the last answer of the past {SAID_LATELY} days, where there is one: {least}")
        fit &= ~(scores["favourable"] == 0)
    found = scores[fit.fillna(False).astype(bool)].sort_values(
        ["favourable", "health", "account_id"], ascending=[False, False, True], na_position="last"
    )
    said = {"accounts": len(found), "answered": int((found["favourable"] == 1).sum()), "rules": rules}
    listed = found[list(COLUMNS)].reset_index(drop=True)
    return replace(rated, result=rated.result | {"references": said}, beside={**rated.beside, FILE: listed})


def _known(book: Book) -> pd.DataFrame:
    """Per account of the book: its tenure, what it last answered in words, and whether (1, 0, NaN) that was good."""
    answers = [_answer(book, feature, age, least) for _, feature, age, least in _surveys(book)]
    n = len(book.label)
    favourable = np.full(n, np.nan)
    for good, _ in answers:
        favourable = np.fmin(favourable, good)  # one bad answer outweighs the good ones
    said = ["; ".join(filter(None, told)) for told in zip(*(words for _, words in answers), strict=True)]
    return pd.DataFrame(
        {
            "account_id": book.about(np.arange(n))["account_id"],
            TENURE: _column(book, TENURE),
            "survey": said or [""] * n,
            "favourable": favourable,
        }
    )


def _surveys(book: Book) -> list[tuple[str, Feature, str, float]]:
    """Surveys of the run that say from where on an answer is good: signal, feature of the last, name of its age."""
    named = {feature.name: feature for feature in book.panel.features}
    return [
        (name, named[f"{name}_last"], f"{name}_age", signal.favourable_from)
        for name, signal in book.run.signals.items()
        if signal.favourable_from is not None and f"{name}_last" in named
    ]


def _answer(book: Book, feature: Feature, age: str, least: float) -> tuple[NDArray[np.float64], list[str]]:
    last = _column(book, feature.name)
    answered = ~np.isnan(last) & ~(_column(book, age) > SAID_LATELY)
    good = np.where(answered, (last >= least).astype(np.float64), np.nan)
    return good, [feature.say(float(value)) if there else "" for value, there in zip(last, answered, strict=True)]


def _column(book: Book, name: str) -> NDArray[np.float64]:
    """A feature of the book's rows; NaN where the run does not measure it."""
    names = [feature.name for feature in book.panel.features]
    return book.panel.X[:, names.index(name)] if name in names else np.full(len(book.label), np.nan)
