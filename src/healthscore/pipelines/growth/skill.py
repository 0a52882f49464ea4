"""Whether growth can be foretold at all, on accounts and dates that the model had not seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from healthscore.evaluation.clustered import resample
from healthscore.evaluation.proportions import NOT_COMPUTABLE, Estimate
from healthscore.models.candidates import Candidates
from healthscore.pipelines.build import Book
from healthscore.pipelines.wording import number

CHANCE = 0.5
"""The AUC of a lot."""


def inner_skill(book: Book, rows: NDArray[np.int64], candidates: Candidates, name: str) -> dict[str, Any]:
    """How well the model `name` told, inside the training past, who would expand: its AUC out of time.

    The predictions are those of the inner origins, made by models of what was known before each. Accounts are ranked
    within their date: that more of them expand in one season than in another is nothing to tell an account by.

    Parameters
    ----------
    book
        Under the outcome of growth.
    rows
        Those that the candidates were fitted on.
    """
    inner = rows[candidates.inner_rows]
    auc = _auc(book, inner, candidates.inner_loss[name]) if len(inner) else NOT_COMPUTABLE
    return {
        "auc": auc.as_dict(),
        "shown": shown(auc.as_dict()),
        "rows": len(inner),
        "events": int((book.label[inner] == 1).sum()),
        "dates": len(np.unique(book.panel.day[inner])),
    }


def shown(auc: Mapping[str, Any]) -> bool:
    """Whether an AUC is above chance by more than chance explains: its interval lies wholly above one half."""
    return auc["low"] is not None and auc["low"] > CHANCE


def skill_warning(skill: Mapping[str, Any]) -> str | None:
    """What to say where growth is not shown to be foretold; None where it is."""
    if skill["shown"]:
        return None
    auc = skill["auc"]
    if auc["low"] is None:
        measured = "the history is too short to test it"
    else:
        span = f"{number(auc['low'], 2)} to {number(auc['high'], 2)}"
        measured = f"out of time its AUC is {number(auc['estimate'], 2)} ({span}), and that of a lot is 0.5"
    return f"growth is not shown to be foretold: {measured}. Nobody is called ready for expansion"


def _auc(book: Book, rows: NDArray[np.int64], loss: NDArray[np.float64]) -> Estimate:
    from scipy.stats import rankdata

    happened = book.label[rows] == 1
    # A row's log-loss is -log of the probability that its outcome was given. Unlike the candidates' `inner_logit`, it
    # is of a blend whose proportions were fitted on the other origins: nothing of the row's own date went into it.
    probability = np.where(happened, np.exp(-loss), -np.expm1(-loss))
    day, within = book.panel.day[rows], np.empty(len(rows))
    for date in np.unique(day):
        inside = day == date
        within[inside] = (rankdata(probability[inside]) - 0.5) / inside.sum()
    found = resample(
        happened.astype(np.int8),
        {"growth": within},
        book.cluster[rows],
        ["auc"],
        resamples=book.run.report.resamples,
        seed=book.run.seed,
    )
    return found.interval("growth", "auc")
